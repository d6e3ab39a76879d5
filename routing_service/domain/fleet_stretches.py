"""Stretches found fast: a fleet has a kind of ship for nearly every ship, and its tables must not eat up the time for
its search. Those of few legs, and those that lead somewhere in time: compiled."""

from collections.abc import Sequence

import numpy as np

from routing_service.domain.compiled import compiled
from routing_service.domain.flight import TWICE_FACTOR, Flight
from routing_service.domain.ordered_rows import doubled
from routing_service.domain.prepared import DistanceTable, PreparedGraph
from routing_service.domain.problem import IntArray
from routing_service.domain.stretches import AT, BEFORE, FUEL, MODE, STEPS, TIME, Stretches
from shared_kernel.physics import DEPARTURE_SECONDS

_COLUMNS = 6
# Stretches kept per place; the slowest are lost.
_KEPT = 24
# No stretch that is worth it leads farther off the straight way, in quarters of its length.
_DETOUR_QUARTERS = 6


class ShortStretches(Stretches):
    """Stretches of at most `legs` legs that lead no long way round."""

    def __init__(self, prepared: PreparedGraph, flight: Flight, *, legs: int) -> None:
        super().__init__(prepared, flight, through=True)
        self._most_legs = legs

    def labels_from(self, source: int) -> IntArray:
        if source not in self._from:
            labels = _short_from(self._distance, self._all_legs, self._flight.capacity, source, self._most_legs)
            order = np.lexsort((labels[:, STEPS], labels[:, FUEL], labels[:, TIME]))
            rank = np.empty(len(order) + 1, np.int64)
            rank[order], rank[-1] = np.arange(len(order)), -1
            labels = labels[order]
            labels[:, BEFORE] = rank[labels[:, BEFORE]]
            self._from[source] = labels
        return self._from[source]


class TimelyStretches(Stretches):
    """The stretches that ships can use which set out from one of `starts`, an origin and when they are free, and are to
    be at one of `ends` before the time `until`, in units of the flights."""

    def __init__(
        self,
        prepared: PreparedGraph,
        flight: Flight,
        starts: Sequence[tuple[int, int]],
        ends: Sequence[int],
        until: int,
    ) -> None:
        super().__init__(prepared, flight, through=True)
        self._metric = prepared.metric
        self._here = np.min([free_at + self._least(origin) for origin, free_at in starts], axis=0)
        self._latest = until - np.min([self._least(end) for end in ends], axis=0)

    def _least(self, place: int) -> IntArray:
        """The least time between this place and each."""
        flight, rate = self._flight, self._flight.modes[:, TWICE_FACTOR].min() / (2.0 * self._flight.speed)
        seconds = (rate * self._metric[place].astype(np.float64) + DEPARTURE_SECONDS - 0.5) * (1 - 1e-9)
        times: IntArray = (seconds * flight.second).astype(np.int64) + flight.departure
        times[place] = 0
        return times

    def _before(self, source: int) -> IntArray:
        before: IntArray = self._latest - self._here[source]
        return before


@compiled
def _worth_it(labels: IntArray, kept: IntArray, count: int, time: int, fuel: int) -> bool:
    for position in range(count):
        row = kept[position]
        if labels[row, TIME] <= time and labels[row, FUEL] <= fuel:
            return False
    return True


@compiled
def _keep(labels: IntArray, kept: IntArray, count: int, new: int) -> int:
    """Put the row among those kept for its place, and drop those that it undercuts; their new number."""
    position = 0
    while position < count:
        row = kept[position]
        if labels[new, TIME] <= labels[row, TIME] and labels[new, FUEL] <= labels[row, FUEL]:
            count -= 1
            kept[position] = kept[count]
        else:
            position += 1
    if count < _KEPT:
        kept[count] = new
        count += 1
    return count


@compiled
def _short_from(distance: DistanceTable, all_legs: IntArray, capacity: int, source: int, most_legs: int) -> IntArray:
    """Rows in no order; the first is the source itself, and none comes before the one in its column BEFORE."""
    places, modes = distance.shape[0], all_legs.shape[2]
    labels = np.empty((8 * places, _COLUMNS), np.int64)
    kept, counts = np.empty((places, _KEPT), np.int64), np.zeros(places, np.int64)
    for column in range(_COLUMNS):
        labels[0, column] = 0
    labels[0, AT], labels[0, BEFORE], labels[0, MODE] = source, -1, -1
    kept[source, 0], counts[source] = 0, 1
    used, done = 1, 0
    for legs in range(1, most_legs + 1):
        last = used
        for before in range(done, last):
            at, time, fuel = labels[before, AT], labels[before, TIME], labels[before, FUEL]
            alive = False
            for position in range(counts[at]):
                alive = alive or kept[at, position] == before
            if not alive:
                continue
            for to in range(places):
                if to in (at, source):
                    continue
                if (
                    legs > 1
                    and 4 * (distance[source, at] + distance[at, to] - 2) > _DETOUR_QUARTERS * distance[source, to]
                ):
                    continue
                for mode in range(modes):
                    new_time, new_fuel = time + all_legs[at, to, mode, 0], fuel + all_legs[at, to, mode, 1]
                    if new_fuel > capacity or not _worth_it(labels, kept[to], counts[to], new_time, new_fuel):
                        continue
                    if used == labels.shape[0]:
                        labels = doubled(labels)
                    labels[used, TIME], labels[used, FUEL], labels[used, STEPS] = new_time, new_fuel, legs
                    labels[used, AT], labels[used, BEFORE], labels[used, MODE] = to, before, mode
                    counts[to] = _keep(labels, kept[to], counts[to], used)
                    used += 1
        done = last
    return _needed(labels[:used], kept, counts)


@compiled
def _needed(labels: IntArray, kept: IntArray, counts: IntArray) -> IntArray:
    """The rows kept, and those that they come from."""
    needed = np.zeros(labels.shape[0], np.bool_)
    for place in range(counts.size):
        for position in range(counts[place]):
            row = kept[place, position]
            while row >= 0 and not needed[row]:
                needed[row] = True
                row = labels[row, BEFORE]
    moved, used = np.full(labels.shape[0] + 1, -1, np.int64), 0
    rows = np.empty((labels.shape[0], _COLUMNS), np.int64)
    for row in range(labels.shape[0]):
        if needed[row]:
            for column in range(_COLUMNS):
                rows[used, column] = labels[row, column]
            rows[used, BEFORE] = moved[labels[row, BEFORE]]
            moved[row] = used
            used += 1
    return rows[:used].copy()
