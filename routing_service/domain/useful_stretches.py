"""How late a stretch may end to be of use, where every place that it may lead to sells fuel: compiled.

Whoever flies a stretch from one station to another may as well fill the tank, fly the fastest way there is on a full
one, which may refuel on its way, and fill it again. So a stretch that takes longer than that, the two refuels included,
is of no use, however little it burns; and neither is one that can only lead to such stretches.
"""

from collections.abc import Sequence

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.flight import Flight
from routing_service.domain.prepared import DistanceTable, PreparedGraph
from routing_service.domain.problem import BoolArray, IntArray
from routing_service.domain.route_bounds import NEVER, leg_cost, stretch_bound, time_lines
from routing_service.domain.stretches import AT, TIME, Stretches

# In larger systems, the legs alone take more memory than a tour is worth.
MOST_WAYPOINTS = 1_000
# So much cannot be added up to too much.
_NEVER = 1 << 60


class UsefulStretches(Stretches):
    """The stretches between these places that are of use; each sells fuel, or is where a tour begins or ends. The more
    of them are known, the fewer of the others are."""

    def __init__(self, prepared: PreparedGraph, flight: Flight, places: Sequence[int]) -> None:
        super().__init__(prepared, flight, through=True)
        self._places = np.array(places, np.int64)
        self._number = {place: number for number, place in enumerate(places)}
        self._selling = self._sells[self._places]
        self._least = _over_single_legs(flight, prepared.distance, self._selling, self._places)
        self._ahead = _least_ahead(flight, prepared.distance, prepared.metric, prepared.gap, self._places)

    def labels_from(self, source: int) -> IntArray:
        is_new = source not in self._from
        labels = super().labels_from(source)
        if is_new:
            at_once = np.full(len(self._distance), _NEVER, np.int64)
            np.minimum.at(at_once, labels[:, AT], labels[:, TIME])
            number, refuel = self._number[source], self._flight.refuel
            _take_up(self._least, number, at_once[self._places], self._selling, refuel)
        return labels

    def least_times(self) -> IntArray:
        """The least time from place to place on a full tank, refuels on the way included; NEVER where there is none."""
        for place in self._places[self._selling].tolist():
            self.labels_from(place)
        _join_all(self._least, self._selling, self._flight.refuel)
        return np.where(self._least < _NEVER, self._least, NEVER)

    def _before(self, source: int) -> IntArray | int:
        number = self._number[source]
        if not self._selling[number]:
            return super()._before(source)
        before = _before(self._least[number], self._ahead, 2 * self._flight.refuel)
        # Ways there and back are as long.
        return np.where(before > self._ahead[number], before, 0)


@compiled
def _over_single_legs(flight: Flight, distance: DistanceTable, sells: BoolArray, places: IntArray) -> IntArray:
    """The least time from place to place on a full tank, by legs that all begin with a full one (Floyd, Warshall)."""
    count = places.size
    least = np.full((count, count), _NEVER, np.int64)
    for i in range(count):
        least[i, i] = 0
        for j in range(count):
            if i != j:
                least[i, j] = min(_NEVER, leg_cost(flight, distance[places[i], places[j]], flight.capacity))
    _join_all(least, sells, flight.refuel)
    return least


@borrowing
def _join_all(least: IntArray, sells: BoolArray, refuel: int) -> None:
    for via in range(sells.size):
        if sells[via]:
            _join(least, via, refuel)


@borrowing
def _join(least: IntArray, via: int, refuel: int) -> None:
    for i in range(least.shape[0]):
        onward = least[i, via] + refuel
        for j in range(least.shape[1]):
            least[i, j] = min(least[i, j], onward + least[via, j])


@borrowing
def _take_up(least: IntArray, source: int, at_once: IntArray, sells: BoolArray, refuel: int) -> None:
    """Ways from one place that may be faster than those known, and what they lead to."""
    here = least[source]
    for to in range(here.size):
        here[to] = min(here[to], at_once[to])
    for via in range(here.size):
        for to in range(here.size if sells[via] else 0):
            here[to] = min(here[to], here[via] + refuel + least[via, to])
    if sells[source]:
        _join(least, source, refuel)


@compiled
def _least_ahead(
    flight: Flight, distance: DistanceTable, metric: DistanceTable, gap: DistanceTable, places: IntArray
) -> IntArray:
    """What the rest of a stretch to each place takes at least, by place and waypoint."""
    lines = time_lines(flight)
    ahead = np.zeros((places.size, distance.shape[0]), np.int64)
    for number in range(places.size):
        to = places[number]
        for at in range(distance.shape[0]):
            if at != to:
                one_leg = leg_cost(flight, distance[at, to], flight.capacity)
                bound = stretch_bound(flight, lines, metric[at, to], gap[at, to], flight.capacity, one_leg)
                ahead[number, at] = min(_NEVER, bound)
    return ahead


@compiled
def _before(least: IntArray, ahead: IntArray, refuels: int) -> IntArray:
    """When a ship has to be at each waypoint, if it is to be anywhere in the least time and that of the refuels."""
    before = np.zeros(ahead.shape[1], np.int64)
    for number in range(ahead.shape[0]):
        latest = least[number] + refuels
        for at in range(before.size):
            before[at] = max(before[at], latest - ahead[number, at] + 1)
    return before
