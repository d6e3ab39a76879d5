"""What a fleet's search reads: the tables of each kind of ship, joined, over one numbering of places.

Spots are the places that matter: the stops, in order, and then every origin that is no stop. Ships of equal tank and
speed are of one kind.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.flight import Flight, leg_fuel, leg_time
from routing_service.domain.prepared import DistanceTable
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_tables import BURNT, PRIMARY, Entries, TourModel
from routing_service.domain.tour_ways import thinned

# Stations at which a ship that leaves a spot may refuel first, as far as the search is concerned.
_NEAR = 12
# Stands for NEVER in floors, so that some of them can be added up.
FAR = 1 << 58


class Ways(NamedTuple):
    """Ways of a ship of kind k from i to j: the rows (time, burnt) `first[k, i, j]` to before `first[k, i, j + 1]`, in
    order of time, and of falling fuel."""

    first: IntArray
    rows: IntArray


class FleetTables(NamedTuple):
    """`direct` leads from spot to spot without a refuel, `reach` from a spot to each of its stations in `near` (-1: no
    such station), `away` from a full tank at a station to a spot. `floors[k, i, j]` is the least time from a full tank,
    `hops[k, s, t]` the time of one leg from a full tank at a station to a full tank at another. `coupled` is whether
    what was flown before matters. `capacity` is per kind; `refuel` is the time it takes."""

    direct: Ways
    reach: Ways
    away: Ways
    near: IntArray
    floors: IntArray
    hops: IntArray
    capacity: IntArray
    refuel: int
    coupled: bool


def joined(
    models: Sequence[TourModel], floors: Sequence[IntArray], hops: Sequence[IntArray], refuel: int
) -> FleetTables:
    """The tables of all kinds; their models have the same nodes. Kinds without a tank have no stations."""
    stations = max(len(model.stations) for model in models)
    near = np.full((len(models), len(models[0].nodes), min(_NEAR, stations)), -1, np.int64)
    for kind, model in enumerate(models):
        begin = model.tables.begin[:, : near.shape[2]]
        near[kind, :, : begin.shape[1]] = begin
    return FleetTables(
        direct=_joined([model.tables.to_nodes for model in models], len(models[0].nodes)),
        reach=_reach(models, near),
        away=_joined([model.tables.refuelled for model in models], stations),
        near=near,
        floors=np.minimum(np.array(floors), FAR),
        hops=np.array(hops),
        capacity=np.array([model.tables.capacity for model in models], np.int64),
        refuel=refuel,
        coupled=True,
    )


def _joined(entries: Sequence[Entries], sources: int) -> Ways:
    firsts, rows, used = [], [np.empty((0, 2), np.int64)], 0
    for entry in entries:
        first = np.full((sources, entry.first.shape[1]), used, np.int64)
        first[: len(entry.first)] = entry.first + used
        firsts.append(first)
        rows.append(entry.rows[:, [PRIMARY, BURNT]])
        used += len(entry.rows)
    return _thinned(Ways(np.array(firsts), np.concatenate(rows)))


def _thinned(ways: Ways) -> Ways:
    kinds, sources, bounds = ways.first.shape
    first, rows = thinned(ways.first.reshape(kinds * sources, bounds), ways.rows)
    return Ways(first.reshape(kinds, sources, bounds), rows)


def _reach(models: Sequence[TourModel], near: IntArray) -> Ways:
    first = np.zeros((*near.shape[:2], near.shape[2] + 1), np.int64)
    rows, used = [np.empty((0, 2), np.int64)], 0
    for kind, model in enumerate(models):
        entries = model.tables.to_stations
        first[kind], found = _near_alone(entries.first, entries.rows, near[kind])
        first[kind] += used
        rows.append(found)
        used += len(found)
    return _thinned(Ways(first, np.concatenate(rows)))


@compiled
def _near_alone(first: IntArray, rows: IntArray, near: IntArray) -> tuple[IntArray, IntArray]:
    """The ways (time, burnt) from each node to its stations in `near`, in that order."""
    bounds, used = np.zeros((near.shape[0], near.shape[1] + 1), np.int64), 0
    found = np.empty((rows.shape[0], 2), np.int64)
    for node in range(near.shape[0]):
        bounds[node, 0] = used
        for position in range(near.shape[1]):
            station = near[node, position]
            if station >= 0:
                for row in range(first[node, station], first[node, station + 1]):
                    found[used, 0], found[used, 1] = rows[row, PRIMARY], rows[row, BURNT]
                    used += 1
            bounds[node, position + 1] = used
    return bounds, found[:used].copy()


def uncoupled(floors: Sequence[IntArray]) -> FleetTables:
    """Tables in which nothing but the floors counts."""
    kinds, spots = len(floors), len(floors[0])
    nothing = Ways(np.zeros((kinds, 1, 1), np.int64), np.zeros((0, 2), np.int64))
    return FleetTables(
        direct=nothing,
        reach=nothing,
        away=nothing,
        near=np.full((kinds, spots, 0), -1, np.int64),
        floors=np.minimum(np.array(floors), FAR),
        hops=np.zeros((kinds, 0, 0), np.int64),
        capacity=np.zeros(kinds, np.int64),
        refuel=0,
        coupled=False,
    )


@compiled
def single_legs(flight: Flight, distance: DistanceTable, places: IntArray) -> IntArray:
    """The time of the fastest leg between any two of these places that a full tank allows, a refuel included."""
    times = np.full((places.size, places.size), FAR, np.int64)
    for i in range(places.size):
        for j in range(places.size):
            span = distance[places[i], places[j]]
            for mode in range(flight.modes.shape[0]):
                if places[i] != places[j] and leg_fuel(flight, mode, span) <= flight.capacity:
                    times[i, j] = min(times[i, j], leg_time(flight, mode, span) + flight.refuel)
            if places[i] == places[j]:
                times[i, j] = 0
    return times


@borrowing
def _in_two_legs(flight: Flight, near: int, far: int, most: int) -> int:
    """The least time of two legs that a full tank allows together, the refuel behind them included; `most` at most."""
    for one in range(flight.modes.shape[0]):
        burnt, time = leg_fuel(flight, one, near), leg_time(flight, one, near) + flight.refuel
        for other in range(flight.modes.shape[0]):
            if burnt + leg_fuel(flight, other, far) <= flight.capacity:
                most = min(most, time + leg_time(flight, other, far))
    return most


@compiled
def _add_second_legs(flight: Flight, distance: DistanceTable, places: IntArray, times: IntArray) -> None:
    """Also go by way of a place that leads not far round, where the tank is too small for the fastest leg."""
    for i in range(places.size):
        for j in range(places.size):
            span = distance[places[i], places[j]]
            fastest = 0
            for mode in range(1, flight.modes.shape[0]):
                if leg_time(flight, mode, span) < leg_time(flight, fastest, span):
                    fastest = mode
            if places[i] == places[j] or leg_fuel(flight, fastest, span) <= flight.capacity:
                continue
            for via in range(distance.shape[0]):
                near, far = distance[places[i], via], distance[via, places[j]]
                if via != places[i] and via != places[j] and 8 * (near + far) <= 9 * span:
                    times[i, j] = _in_two_legs(flight, near, far, times[i, j])


@compiled
def full_tank_times(
    flight: Flight, distance: DistanceTable, stations: IntArray, spots: IntArray, two_legs: bool
) -> IntArray:
    """The time between any two spots that sell fuel, over one leg or two, with a full tank for each: a refuel is paid
    for on the way, and at the end."""
    places = np.concatenate((spots, stations))
    times = single_legs(flight, distance, places)
    if two_legs:
        _add_second_legs(flight, distance, places, times)
    for via in range(spots.size, places.size if flight.capacity > 0 else spots.size):
        for i in range(places.size):
            first = times[i, via]
            for j in range(places.size):
                times[i, j] = min(times[i, j], first + times[via, j])
    return times[: spots.size, : spots.size].copy()


@compiled
def stations_on_the_way(flight: Flight, distance: DistanceTable, stations: IntArray, spots: IntArray) -> IntArray:
    """On how many of the fastest ways between two spots a ship refuels at each station, a full tank given at first."""
    places = np.concatenate((spots, stations))
    times, used = single_legs(flight, distance, places), np.zeros(stations.size, np.int64)
    following = np.empty(times.shape, np.int32)
    for i in range(places.size):
        for j in range(places.size):
            following[i, j] = j
    for via in range(spots.size, places.size):
        for i in range(places.size):
            first = times[i, via]
            if first >= FAR:
                continue
            for j in range(places.size):
                if first + times[via, j] < times[i, j]:
                    times[i, j], following[i, j] = first + times[via, j], following[i, via]
    for i in range(spots.size):
        for j in range(spots.size):
            at = following[i, j]
            while at != j and times[i, j] < FAR:
                used[max(0, at - spots.size)] += at >= spots.size
                at = following[at, j]
    return used
