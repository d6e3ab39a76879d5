"""Who can get where at all: fuel alone, no time.

A stretch without a refuel burns least in the thriftiest mode over the metric of the prepared graph, so stretches
between fuel stations decide everything.
"""

from collections.abc import Callable, Sequence

import numpy as np

from routing_service.domain.compiled import compiled
from routing_service.domain.errors import Cause, NoRouteFoundError, Shortage
from routing_service.domain.flight import FUEL_BASE, FUEL_SLOPE, flight_of
from routing_service.domain.prepared import DistanceTable, PreparedGraph
from routing_service.domain.problem import BoolArray, IntArray, RouteOptions, ShipProfile


class Reach:
    """Reach of any ship with a tank, whatever its size, in the modes allowed."""

    def __init__(self, prepared: PreparedGraph, options: RouteOptions) -> None:
        self._least = _least_fuel_of_stretches(prepared.metric, flight_of(ShipProfile(1, 1, 1), options).modes)
        self._stations = prepared.stations

    def fuel_at(self, origin: int, fuel: int, capacity: int) -> IntArray:
        """The most fuel with which the ship can stand at each waypoint, refuelled where it can be; negative where
        it cannot get to."""
        return _most_fuel(self._least, self._stations, origin, fuel, capacity)

    def fuel_needed(self, destination: int, capacity: int) -> IntArray:
        """The least fuel at each waypoint that leads to the destination; more than `capacity` if none does."""
        return _least_fuel(self._least, self._stations, destination, capacity)

    def fuel_to_a_station(self) -> IntArray:
        """The least fuel at each waypoint that leads to some place that sells it; there must be one."""
        nearest: IntArray = self._least[:, self._stations].min(axis=1).astype(np.int64)
        return nearest

    def within(
        self, origin: int, fuel: int, capacity: int, *, and_back: bool = False, end: int | None = None
    ) -> BoolArray:
        """Which waypoints the ship can get to, and from there back to the origin or on to `end`."""
        end = origin if and_back else end
        best = self.fuel_at(origin, fuel, capacity)
        arrives: BoolArray = best >= 0
        return arrives if end is None else arrives & (best >= self.fuel_needed(end, capacity))


def refuse_unreachable(
    prepared: PreparedGraph,
    ship: ShipProfile,
    options: RouteOptions,
    origin: int,
    goals: Sequence[int],
    *,
    and_back: bool = False,
    end: int | None = None,
) -> None:
    """Raises NoRouteFoundError naming every goal that is out of reach by itself, in the order given.

    With `and_back` or an `end`, so is one from where the ship cannot return to the origin or go on to that end.
    """
    if ship.fuel_capacity == 0:
        return
    reach, end = Reach(prepared, options), origin if and_back else end
    within = reach.within(origin, ship.fuel, ship.fuel_capacity, end=end)
    missed = [goal for goal in goals if not within[goal]]
    if missed:
        symbols = prepared.graph.symbols
        nearest = _nearest(prepared, missed[0], within)
        shortage = _shortage(reach, ship, origin, missed, nearest=symbols[nearest], end=end)
        raise NoRouteFoundError(symbols[origin], [symbols[goal] for goal in missed], shortage)


def _nearest(prepared: PreparedGraph, goal: int, among: BoolArray) -> int:
    x, y = prepared.graph.x, prepared.graph.y
    square = (x - x[goal]) ** 2 + (y - y[goal]) ** 2
    return int(np.where(among, square, np.iinfo(np.int64).max).argmin())


def _shortage(
    reach: Reach, ship: ShipProfile, origin: int, goals: Sequence[int], *, nearest: str, end: int | None
) -> Shortage:
    def succeeds(fuel: int, capacity: int) -> bool:
        return bool(reach.within(origin, fuel, capacity, end=end)[list(goals)].all())

    required_capacity = _least_that(lambda capacity: succeeds(capacity, capacity), start=1)
    capacity = max(ship.fuel_capacity, required_capacity)
    required_fuel = _least_that(lambda fuel: succeeds(fuel, capacity), start=0)
    if required_capacity > ship.fuel_capacity:
        cause = Cause.TANK_TOO_SMALL
    else:
        cause = Cause.EMPTY_TANK if ship.fuel == 0 else Cause.FUEL_TOO_LOW
    return Shortage(cause, nearest, required_fuel, required_capacity)


def _least_that(succeeds: Callable[[int], bool], *, start: int) -> int:
    """The least amount that succeeds, where every larger one does too."""
    low, high = start - 1, max(1, start)
    while not succeeds(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if succeeds(middle) else (middle, high)
    return high


@compiled
def _least_fuel_of_stretches(metric: DistanceTable, modes: IntArray) -> DistanceTable:
    least = np.empty_like(metric)
    for u in range(metric.shape[0]):
        for v in range(metric.shape[0]):
            burnt = modes[0, FUEL_BASE] + modes[0, FUEL_SLOPE] * metric[u, v]
            for mode in range(1, modes.shape[0]):
                burnt = min(burnt, modes[mode, FUEL_BASE] + modes[mode, FUEL_SLOPE] * metric[u, v])
            least[u, v] = burnt
        least[u, u] = 0
    return least


@compiled
def _most_fuel(least: DistanceTable, stations: IntArray, origin: int, fuel: int, capacity: int) -> IntArray:
    best = np.empty(least.shape[0], np.int64)
    for at in range(best.size):
        best[at] = fuel - least[origin, at]
    used = np.zeros(stations.size, np.bool_)
    spreading = True
    while spreading:
        spreading = False
        for s in range(stations.size):
            if used[s] or best[stations[s]] < 0:
                continue
            used[s] = spreading = True
            for at in range(best.size):
                best[at] = max(best[at], capacity - least[stations[s], at])
    return best


@compiled
def _least_fuel(least: DistanceTable, stations: IntArray, destination: int, capacity: int) -> IntArray:
    needed = np.empty(least.shape[0], np.int64)
    for at in range(needed.size):
        needed[at] = least[at, destination]
    used = np.zeros(stations.size, np.bool_)
    spreading = True
    while spreading:
        spreading = False
        for s in range(stations.size):
            if used[s] or needed[stations[s]] > capacity:
                continue
            used[s] = spreading = True
            needed[stations[s]] = 0
            for at in range(needed.size):
                needed[at] = min(needed[at], least[at, stations[s]])
    return needed
