"""Stretches: sequences of legs without a refuel, between the places that a tour is about.

A stretch may stop anywhere on its way, in any mode per leg: burning first and cruising later can beat both. For two
places there are many worth keeping, each faster or thriftier than any other; they do not depend on how much fuel
the ship has, only whether it can fly them does.
"""

from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.flight import Flight, leg_fuel, leg_time
from routing_service.domain.ordered_rows import doubled
from routing_service.domain.prepared import DistanceTable, PreparedGraph
from routing_service.domain.problem import IntArray

# Columns of a label, which is a stretch that ends `AT`: the one of the label `BEFORE` with one more leg in `MODE`.
TIME, FUEL, STEPS, AT, BEFORE, MODE = range(6)
_COLUMNS = 6
# While labels wait: the next one that burns as much.
_NEXT = 6
# Marks what is no stretch, as there is a refuel on the way.
_REFUELLED = -2
_NEVER = 1 << 62
# At most so many ranges of fuel are told apart where labels are left out that others undercut.
_RANGES = 32

Leg: TypeAlias = tuple[int, int]


class Stretches:
    """The stretches of one kind of ship in one system, found source by source as they are asked for.

    With `through` false a stretch is a single leg: far cheaper to find, and not all there is. Where time comes
    first, stretches are left out that a refuel on the way makes superfluous.
    """

    def __init__(self, prepared: PreparedGraph, flight: Flight, *, through: bool) -> None:
        self._distance = prepared.distance
        self._sells = np.zeros(len(prepared.distance), np.bool_)
        if through and not flight.least_fuel:
            self._sells[prepared.stations] = True
        self._flight = flight
        self._through = through
        self._from: dict[int, IntArray] = {}

    @cached_property
    def _all_legs(self) -> IntArray:
        return _legs(self._flight, self._distance)

    def labels_from(self, source: int) -> IntArray:
        """All stretches from here that a full tank allows; of those that end at one place, the fastest first."""
        if source not in self._from:
            legs = self._all_legs if self._through else _legs(self._flight, self._distance[source : source + 1])
            before = np.full(len(self._distance), _NEVER, np.int64)
            before[:] = self._before(source)
            front = _empty_front(before, self._flight.capacity)
            self._from[source] = _stretches_from(legs, self._sells, self._flight.refuel, source, front)
        return self._from[source]

    def _before(self, source: int) -> IntArray | int:
        """The time that a stretch from here to each place has to undercut to be of any use."""
        return _NEVER

    def leave_it_at_single_legs(self) -> None:
        """From sources that nobody has asked for yet."""
        self._through = False
        self._sells = np.zeros(len(self._distance), np.bool_)

    def legs(self, source: int, label: int) -> list[Leg]:
        """The (mode, waypoint) of each leg of one of these stretches, in flying order."""
        labels = self.labels_from(source)
        legs: list[Leg] = []
        while labels[label, BEFORE] >= 0:
            legs.append((int(labels[label, MODE]), int(labels[label, AT])))
            label = int(labels[label, BEFORE])
        return legs[::-1]


class _Front(NamedTuple):
    """`places` are those that may be come to. `waiting` are the labels to be looked at, by what they burn: the last one
    of each list. `fastest` is the time that a stretch to a place has to undercut, `chosen` the label that does.
    `rivals[i, r]` is the least time of all labels at i so far that burn fuel of the range r or less; the last `digits`
    binary digits tell no ranges apart."""

    places: IntArray
    waiting: IntArray
    fastest: IntArray
    chosen: IntArray
    rivals: IntArray
    digits: int


def _empty_front(before: IntArray, capacity: int) -> _Front:
    digits = max(0, capacity.bit_length() - _RANGES.bit_length() + 1)
    return _Front(
        places=np.flatnonzero(before > 0).astype(np.int64),
        waiting=np.full(capacity + 1, -1, np.int64),
        fastest=before,
        chosen=np.full(before.size, -1, np.int64),
        rivals=np.full((before.size, (capacity >> digits) + 1), _NEVER, np.int64),
        digits=digits,
    )


@compiled
def _legs(flight: Flight, distance: DistanceTable) -> IntArray:
    """The (time, fuel) of a leg, by where it begins and ends and by its mode."""
    modes = flight.modes.shape[0]
    legs = np.empty((distance.shape[0], distance.shape[1], modes, 2), np.int64)
    for at in range(legs.shape[0]):
        for to in range(legs.shape[1]):
            for mode in range(modes):
                legs[at, to, mode, 0] = leg_time(flight, mode, distance[at, to])
                legs[at, to, mode, 1] = leg_fuel(flight, mode, distance[at, to])
    return legs


@compiled
def _stretches_from(legs: IntArray, sells: NDArray[np.bool_], refuel: int, source: int, front: _Front) -> IntArray:
    """Labels come up in order of fuel, so one is worth keeping if it is faster than all before it at its place."""
    places, through = legs.shape[1], legs.shape[0] > 1
    fan_out = places * legs.shape[2]
    labels = np.empty((4 * fan_out + 1, _COLUMNS + 1), np.int64)
    kept = np.empty((2 * places, _COLUMNS), np.int64)
    for column in range(_COLUMNS):
        labels[0, column] = 0
    labels[0, AT], labels[0, BEFORE], labels[0, MODE] = source, -1, -1
    _wait(labels, front, 0)
    count, used = 1, 0
    for fuel in range(front.waiting.size):
        # Without a tank all burn the same, and what comes of them comes up once more.
        while front.waiting[fuel] >= 0:
            first, front.waiting[fuel] = front.waiting[fuel], -1
            _choose(labels, first, front)
            for stations in (True, False):
                label = first
                while label >= 0:
                    at, following = labels[label, AT], labels[label, _NEXT]
                    if count + fan_out > labels.shape[0]:
                        labels = doubled(labels)
                    if front.chosen[at] == label and stations and sells[at]:
                        count = _refuel(legs, labels, count, label, refuel, front)
                    elif front.chosen[at] == label and not stations:
                        front.chosen[at] = -1
                        if used == kept.shape[0]:
                            kept = doubled(kept)
                        for column in range(_COLUMNS):
                            kept[used, column] = labels[label, column]
                        used += 1
                        if through or at == source:
                            count = _fly_on(legs, labels, count, label, used - 1, front)
                    label = following
    return _turned(kept[:used])


@borrowing
def _wait(labels: IntArray, front: _Front, label: int) -> None:
    labels[label, _NEXT] = front.waiting[labels[label, FUEL]]
    front.waiting[labels[label, FUEL]] = label


@borrowing
def _choose(labels: IntArray, label: int, front: _Front) -> None:
    """Of labels that burn the same, the fastest to each place, if it is faster than all that burn less."""
    fastest, chosen = front.fastest, front.chosen
    while label >= 0:
        at, time = labels[label, AT], labels[label, TIME]
        if labels[label, MODE] == _REFUELLED:
            if time + 1 < fastest[at]:
                fastest[at], chosen[at] = time + 1, -1
        elif time < fastest[at]:
            fastest[at], chosen[at] = time, label
        elif time == fastest[at] and chosen[at] >= 0 and labels[label, STEPS] < labels[chosen[at], STEPS]:
            chosen[at] = label
        label = labels[label, _NEXT]


@borrowing
def _fly_on(legs: IntArray, labels: IntArray, count: int, label: int, row: int, front: _Front) -> int:
    """Let the stretches wait that have one leg more than this one, which is kept in `row`; the new count."""
    at, time, fuel = labels[label, AT], labels[label, TIME], labels[label, FUEL]
    here = legs[at if legs.shape[0] > 1 else 0]
    for to in front.places:
        if to == at or front.fastest[to] <= time:
            continue
        for mode in range(here.shape[1]):
            arrival, burnt = time + here[to, mode, 0], fuel + here[to, mode, 1]
            if burnt >= front.waiting.size or arrival >= front.fastest[to]:
                continue
            if not _is_news(front, to, burnt, arrival):
                continue
            labels[count, TIME], labels[count, FUEL], labels[count, STEPS] = arrival, burnt, labels[label, STEPS] + 1
            labels[count, AT], labels[count, BEFORE], labels[count, MODE] = to, row, mode
            _wait(labels, front, count)
            count += 1
    return count


@borrowing
def _is_news(front: _Front, to: int, burnt: int, time: int) -> bool:
    """Whether no rival is known to be as fast on less fuel; this is one from now on."""
    spent = burnt >> front.digits
    if spent > 0 and front.rivals[to, spent - 1] <= time:
        return False
    while spent < front.rivals.shape[1] and front.rivals[to, spent] > time:
        front.rivals[to, spent] = time
        spent += 1
    return True


@borrowing
def _refuel(legs: IntArray, labels: IntArray, count: int, label: int, refuel: int, front: _Front) -> int:
    """Note how early the ship can be anywhere if it refuels where this stretch ends and flies one leg more. A stretch
    that is slower and burns no less is of no use, since it leaves no more in the tank. The new count."""
    at, time, fuel = labels[label, AT], labels[label, TIME] + refuel, labels[label, FUEL]
    for to in front.places:
        if to == at or front.fastest[to] <= time:
            continue
        for mode in range(legs.shape[2]):
            arrival, burnt = time + legs[at, to, mode, 0], max(fuel, legs[at, to, mode, 1])
            if burnt >= front.waiting.size or arrival + 1 >= front.fastest[to]:
                continue
            if not _is_news(front, to, burnt, arrival + 1):
                continue
            if burnt == fuel:
                front.fastest[to], front.chosen[to] = arrival + 1, -1
                continue
            labels[count, TIME], labels[count, FUEL], labels[count, AT] = arrival, burnt, to
            labels[count, MODE] = _REFUELLED
            _wait(labels, front, count)
            count += 1
    return count


@compiled
def _turned(labels: IntArray) -> IntArray:
    """The same, the last one first."""
    last = labels.shape[0] - 1
    turned = np.empty_like(labels)
    for label in range(last + 1):
        for column in range(_COLUMNS):
            turned[last - label, column] = labels[label, column]
        if labels[label, BEFORE] >= 0:
            turned[last - label, BEFORE] = last - labels[label, BEFORE]
    return turned
