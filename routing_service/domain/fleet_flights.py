"""What flights from stop to stop take at least, fuel carried in levels.

Fuel is always rounded up to a level, and a ship that comes to a place that sells some has a full tank at once, for
nothing: so no flight takes less than those here. Where nobody has worked out all ways between places, stretches without
a refuel are bounded as the planner bounds them, and joined over all stations by shortest paths.
"""

from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.flight import Flight
from routing_service.domain.problem import BoolArray, FloatArray, IntArray
from routing_service.domain.route_bounds import Tables, leg_cost, stretch_bound, time_lines
from routing_service.domain.tour_tables import TourTables
from routing_service.domain.tour_walks import fly_at_best

NEVER = 1 << 62
_ROW = 2


class LevelFlights(NamedTuple):
    """Places are the stops and then the origins. A state is a place with fuel of a level: `state[p, l]`, -1 where that
    does not happen; `place` tells the place of each, and stops have the first `at_stops` states. From state s the rows
    (state, time) from `first[s]` to before `first[s + 1]` lead to stops, none undercut by another; `to_places[s, p]` is
    the least time to a place with whatever fuel is left, NEVER if there is no way."""

    state: IntArray
    place: IntArray
    at_stops: int
    first: IntArray
    rows: IntArray
    to_places: IntArray

    def start(self, place: int, fuel: int, capacity: int) -> int:
        """The state of a ship at an origin."""
        levels = self.state.shape[1] - 1
        state = int(self.state[place, level_of(min(fuel, capacity), capacity, levels)])
        return state if state >= 0 else int(self.state[place, levels])


@borrowing
def level_of(fuel: int, capacity: int, levels: int) -> int:
    """The least level that stands for no less fuel."""
    return int((fuel * levels + capacity - 1) // capacity) if capacity > 0 else levels


def flights_of(times: IntArray, full: BoolArray, stops: int) -> LevelFlights:
    """`times[p, l, q, m]` is the least time from place p with fuel of level l to q with level m; at places that are
    `full` no level counts but the highest."""
    levels = times.shape[1] - 1
    state = np.full((len(full), levels + 1), -1, np.int64)
    live = ~full[:, None] | (np.arange(levels + 1) == levels)
    state[live] = np.arange(live.sum())
    place, _ = np.nonzero(live)
    first, rows, to_places = _undominated(np.ascontiguousarray(times), state, len(place), stops)
    return LevelFlights(state, place.astype(np.int64), int(live[:stops].sum()), first, rows, to_places)


@compiled
def _undominated(times: IntArray, state: IntArray, states: int, stops: int) -> tuple[IntArray, IntArray, IntArray]:
    places, levels = state.shape
    first, used = np.zeros(states + 1, np.int64), 0
    rows = np.empty((states * stops * levels, _ROW), np.int64)
    to_places = np.full((states, places), NEVER, np.int64)
    for p in range(places):
        for level in range(levels):
            here = state[p, level]
            if here < 0:
                continue
            for q in range(places):
                for there in range(levels - 1, -1, -1):
                    time = times[p, level, q, there]
                    if time >= to_places[here, q]:
                        continue
                    to_places[here, q] = time
                    if q < stops and p != q:
                        rows[used, 0], rows[used, 1] = state[q, there], time
                        used += 1
            first[here + 1] = used
    return first, rows[:used].copy(), to_places


@compiled
def carried(tables: TourTables, full: BoolArray, levels: int) -> IntArray:
    """Times between the nodes of these tables, in which every way there is has to be, as `flights_of` takes them."""
    places = tables.begin.shape[0]
    times = np.full((places, levels + 1, places, levels + 1), NEVER, np.int64)
    for p in range(places):
        for level in range(levels + 1):
            for q in range(places):
                least = times[p, level, q]
                if p == q:
                    least[level] = 0
                else:
                    fly_at_best(tables, p, q, level * tables.capacity // levels, levels, least)
                if full[q]:
                    for there in range(levels):
                        least[levels] = min(least[levels], least[there])
                        least[there] = NEVER
    return times


@compiled
def geometric(flight: Flight, tables: Tables, places: IntArray, full: BoolArray, levels: int) -> IntArray:
    """The same between places of a system, by bounds."""
    stations, lines, capacity = tables.stations, time_lines(flight), flight.capacity
    away = _away(flight, tables, places, full, levels)
    times = np.full((places.size, levels + 1, places.size, levels + 1), NEVER, np.int64)
    reach = np.empty(stations.size, np.int64)
    for p in range(places.size):
        for level in range(levels if full[p] else 0, levels + 1):
            fuel = level * capacity // levels
            for s in range(stations.size):
                reach[s] = _stretch(flight, lines, tables, places[p], stations[s], fuel)
                if places[p] != stations[s] and reach[s] < NEVER:
                    reach[s] += flight.refuel
            for q in range(places.size):
                least = times[p, level, q]
                for there in range(levels if full[q] else 0, levels + 1):
                    burnt = fuel if full[q] else _burnt(level, there, capacity, levels)
                    if burnt >= 0:
                        least[there] = _stretch(flight, lines, tables, places[p], places[q], burnt)
                _refuelled(reach, away, q, least)
    return times


@borrowing
def _refuelled(reach: IntArray, away: IntArray, place: int, least: IntArray) -> None:
    """Also go by way of each station, which takes so long to reach."""
    top = least.size - 1
    for s in range(reach.size):
        # The emptier a ship may come, the sooner it can be there; where it is full at once, nothing else is known.
        if reach[s] == NEVER or reach[s] + min(away[s, place, 0], away[s, place, top]) >= least[top]:
            continue
        for there in range(top + 1):
            if away[s, place, there] < NEVER:
                least[there] = min(least[there], reach[s] + away[s, place, there])


@borrowing
def _stretch(flight: Flight, lines: FloatArray, tables: Tables, start: int, end: int, fuel: int) -> int:
    if start == end:
        return 0
    one_leg = leg_cost(flight, tables.distance[start, end], fuel)
    return int(stretch_bound(flight, lines, tables.metric[start, end], tables.gap[start, end], fuel, one_leg))


@borrowing
def _burnt(level: int, there: int, capacity: int, levels: int) -> int:
    """The most that is burnt from one level to the other; negative if it cannot be."""
    fuel = level * capacity // levels
    return int(fuel if there == 0 else fuel - (there - 1) * capacity // levels - 1)


@compiled
def _between_stations(flight: Flight, tables: Tables) -> IntArray:
    """The least time from a full tank at one station to a full tank at another."""
    stations, lines = tables.stations, time_lines(flight)
    count = stations.size
    least = np.full((count, count), NEVER, np.int64)
    for s in range(count):
        for t in range(count):
            time = _stretch(flight, lines, tables, stations[s], stations[t], flight.capacity)
            if time < NEVER:
                least[s, t] = 0 if s == t else time + flight.refuel
    for via in range(count):
        for s in range(count):
            for t in range(count):
                if least[s, via] < NEVER and least[via, t] < NEVER:
                    least[s, t] = min(least[s, t], least[s, via] + least[via, t])
    return least


@compiled
def _away(flight: Flight, tables: Tables, places: IntArray, full: BoolArray, levels: int) -> IntArray:
    """The least time from a full tank at a station to a place, by the level of fuel there."""
    stations, lines, capacity = tables.stations, time_lines(flight), flight.capacity
    chains = _between_stations(flight, tables)
    away = np.full((stations.size, places.size, levels + 1), NEVER, np.int64)
    last = np.empty(levels + 1, np.int64)
    for q in range(places.size):
        for via in range(stations.size):
            for there in range(levels + 1):
                last[there] = NEVER
                burnt = capacity if full[q] else _burnt(levels, there, capacity, levels)
                if burnt >= 0 and (there == levels or not full[q]):
                    last[there] = _stretch(flight, lines, tables, stations[via], places[q], burnt)
            for s in range(stations.size):
                for there in range(levels + 1):
                    if chains[s, via] < NEVER and last[there] < NEVER:
                        away[s, q, there] = min(away[s, q, there], chains[s, via] + last[there])
    return away
