"""What a fleet's flights take at least, by the best that is known, and with stops that are close to each other as one.

Who visits a cluster, visits all of its stops at once, for nothing: it takes no more than to fly from the one at which a
ship comes there to the one from which it leaves.
"""

from collections.abc import Iterator

import numpy as np

from routing_service.domain.fleet import FleetProblem, FleetShip
from routing_service.domain.fleet_flights import NEVER, carried, flights_of, geometric
from routing_service.domain.fleet_kinds import kind_of, kinds_of
from routing_service.domain.fleet_planning import FleetTask
from routing_service.domain.flight import flight_of
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import BoolArray, IntArray, ShipProfile
from routing_service.domain.route_bounds import Tables

# Kinds of ships that are told apart at most where flights are bounded by geometry.
MOST_KINDS = 12


class FleetFlights:
    """The least flights of each kind of ship there is, between `stops` clusters of stops, and from the origins, which
    are the places behind them. `prepared` and `problem` are about the whole system."""

    def __init__(
        self, prepared: PreparedGraph, problem: FleetProblem, task: FleetTask, levels: int, seconds: float, near: int
    ) -> None:
        """Stops are of one cluster if flights of less than `near` join them. If every stop sells fuel, times on a full
        tank are used, unless they take more than so many seconds."""
        self._prepared, self._problem, self._task = prepared, problem, task
        self._origins = list(dict.fromkeys(ship.origin for ship in problem.ships))
        self._profiles = kinds_of(problem)
        places = np.array([*task.stops_asked, *self._origins], np.int64)
        sells: BoolArray = problem.graph.sells_fuel[places]
        certain = task.whole and len(task.kinds) == len(self._profiles) and not task.thrifty
        if certain and task.sells_everywhere and task.full_times_seconds <= seconds:
            times = self._on_full_tanks()
        elif task.exact:
            times = self._by_tables(levels)
        else:
            if len(self._profiles) > MOST_KINDS:
                self._profiles = [_best_of(self._profiles)]
            times = self._by_geometry(places, sells, levels)
        found = list(times)
        stops = range(len(task.stops))
        apart = np.min([each[stops, -1][:, stops].min(axis=-1) for each in found], axis=0)
        cluster = _clusters(np.minimum(apart, apart.T), near)
        self.stops = int(cluster.max()) + 1
        cluster = np.array([*cluster, *range(self.stops, self.stops + len(self._origins))], np.int64)
        self.kinds = [
            flights_of(*_merged(each, sells | (capacity == 0), cluster), self.stops)
            for each, (capacity, _) in zip(found, self._profiles, strict=True)
        ]

    def _spots(self) -> IntArray:
        """The places among those of the task."""
        origins = dict.fromkeys(ship.origin for ship in self._task.problem.ships)
        return np.array([*range(len(self._task.stops)), *map(self._task.spots.index, origins)], np.int64)

    def _on_full_tanks(self) -> Iterator[IntArray]:
        spots = self._spots()
        for times in self._task.full_times:
            yield times[np.ix_(spots, spots)][:, None, :, None]

    def _by_tables(self, levels: int) -> Iterator[IntArray]:
        spots, task = self._spots(), self._task
        for (capacity, _), model in zip(self._profiles, task.models, strict=True):
            full = task.problem.graph.sells_fuel[list(task.spots)] | (capacity == 0)
            yield carried(model.tables, full, levels)[spots][:, :, spots]

    def _by_geometry(self, places: IntArray, sells: BoolArray, levels: int) -> Iterator[IntArray]:
        prepared = self._prepared
        for capacity, speed in self._profiles:
            flight = flight_of(ShipProfile(capacity, capacity, speed), self._problem.options)
            stations = prepared.stations if capacity else prepared.stations[:0]
            tables = Tables(prepared.distance, prepared.metric, prepared.gap, stations, prepared.spans, prepared.gaps)
            yield geometric(flight, tables, places, sells | (capacity == 0), levels)

    def kind_of(self, ship: FleetShip) -> int:
        kind = kind_of(ship)
        return self._profiles.index(kind) if kind in self._profiles else 0

    def place_of(self, ship: FleetShip) -> int:
        return self.stops + self._origins.index(ship.origin)

    def start_of(self, ship: FleetShip) -> int:
        kind = self.kind_of(ship)
        return self.kinds[kind].start(self.place_of(ship), ship.profile.fuel, self._profiles[kind][0])


def _best_of(kinds: list[tuple[int, int]]) -> tuple[int, int]:
    """A ship that is as good as any; those without a tank fly for nothing."""
    capacities = [capacity for capacity, _ in kinds]
    return max(capacities) if min(capacities) else 0, max(speed for _, speed in kinds)


def _clusters(apart: IntArray, near: int) -> IntArray:
    """The cluster of each stop."""
    cluster = np.arange(len(apart))
    for stop, other in np.argwhere(apart < near).tolist():
        cluster[cluster == cluster[other]] = cluster[stop]
    found: IntArray = np.unique(cluster, return_inverse=True)[1].reshape(-1)
    return found


def _merged(times: IntArray, full: BoolArray, cluster: IntArray) -> tuple[IntArray, BoolArray]:
    """The least times between clusters; a ship is full in all of one that sells fuel anywhere."""
    order = np.argsort(cluster, kind="stable")
    first = np.searchsorted(cluster[order], np.arange(cluster.max() + 1))
    some: BoolArray = np.logical_or.reduceat(full[order], first)
    least = np.minimum.reduceat(times[order], first, axis=0)
    least = np.minimum.reduceat(least[:, :, order], first, axis=2)
    least[:, :, some, -1] = least[:, :, some].min(axis=-1)
    least[:, :, some, :-1] = NEVER
    return least, some
