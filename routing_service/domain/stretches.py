"""Stretches: sequences of legs without a refuel, between the places that a tour is about.

A stretch may stop anywhere on its way, in any mode per leg: burning first and cruising later can beat both. For two
places there are many worth keeping, each faster or thriftier than any other; they do not depend on how much fuel
the ship has, only whether it can fly them does.
"""

from typing import TypeAlias

import numpy as np

from routing_service.domain.compiled import compiled
from routing_service.domain.flight import Flight, leg_fuel, leg_time
from routing_service.domain.ordered_rows import doubled, doubled_heap, pop, push
from routing_service.domain.prepared import DistanceTable, PreparedGraph
from routing_service.domain.problem import IntArray

# Columns of a label; labels come up in order of the first three. A stretch ends `AT`, and is the one of the label
# `BEFORE` with one more leg in `MODE`.
TIME, FUEL, STEPS, AT, BEFORE, MODE = range(6)
_COLUMNS = 6
_NEVER = 1 << 62
_ARRIVALS = 64

Leg: TypeAlias = tuple[int, int]


class Stretches:
    """The stretches of one kind of ship in one system, found source by source as they are asked for.

    With `through` false a stretch is a single leg: far cheaper to find, and not all there is. Where time comes
    first, stretches are left out that a refuel on the way makes superfluous.
    """

    def __init__(self, prepared: PreparedGraph, flight: Flight, *, through: bool) -> None:
        self._distance = prepared.distance
        self._stations = prepared.stations[:0] if flight.least_fuel else prepared.stations
        self._flight = flight
        self._through = through
        self._from: dict[int, IntArray] = {}

    def labels_from(self, source: int) -> IntArray:
        """All stretches from here that a full tank allows: rows in order of time, then fuel, then steps."""
        if source not in self._from:
            self._from[source] = _stretches_from(self._flight, self._distance, self._stations, source, self._through)
        return self._from[source]

    def legs(self, source: int, label: int) -> list[Leg]:
        """The (mode, waypoint) of each leg of one of these stretches, in flying order."""
        labels = self.labels_from(source)
        legs: list[Leg] = []
        while labels[label, BEFORE] >= 0:
            legs.append((int(labels[label, MODE]), int(labels[label, AT])))
            label = int(labels[label, BEFORE])
        return legs[::-1]

    @property
    def size_in_bytes(self) -> int:
        return sum(labels.nbytes for labels in self._from.values())


@compiled
def _undercut(
    flight: Flight, distance: DistanceTable, stations: IntArray, arrivals: IntArray, at: int, fuel: int, time: int
) -> bool:
    """Whether a stretch to a station, a refuel and one leg more are faster than this stretch, and neither burns more.

    The ship then arrives with no less in its tank, since a stretch from a full tank leaves the most.
    """
    for s in range(stations.size):
        earliest = _NEVER
        for row in range(1, arrivals[s, 0, 0] + 1):
            if arrivals[s, row, FUEL] <= fuel:
                earliest = arrivals[s, row, TIME] + flight.refuel
                break
        if earliest >= time or stations[s] == at:
            continue
        for mode in range(flight.modes.shape[0]):
            span = distance[stations[s], at]
            burnt = leg_fuel(flight, mode, span)
            if burnt <= fuel and earliest + leg_time(flight, mode, span) < time:
                return True
    return False


@compiled
def _stretches_from(
    flight: Flight, distance: DistanceTable, stations: IntArray, source: int, through: bool
) -> IntArray:
    # Labels come up in order of time, so one is worth keeping if it burns less than all before it at its place.
    places, modes = distance.shape[0], flight.modes.shape[0]
    fan_out = places * modes + 1
    labels = np.empty((2 * fan_out, _COLUMNS), np.int64)
    heap = np.empty(labels.shape[0], np.int64)
    kept = np.empty((2 * places, _COLUMNS), np.int64)
    thriftiest = np.full(places, flight.capacity + 1, np.int64)
    rival_time, rival_fuel = np.full(places, _NEVER, np.int64), np.full(places, _NEVER, np.int64)
    # Per station the first stretches that end there, from row 1; how many they are stands in row 0.
    arrivals = np.zeros((stations.size, _ARRIVALS + 1, 2), np.int64)
    for column in range(_COLUMNS):
        labels[0, column] = 0
    labels[0, AT], labels[0, BEFORE], labels[0, MODE] = source, -1, -1
    count, size, used = 1, push(heap, 0, labels, 0), 0
    while size > 0:
        label, size = pop(heap, size, labels)
        at, fuel = labels[label, AT], labels[label, FUEL]
        if fuel >= thriftiest[at]:
            continue
        if through and _undercut(flight, distance, stations, arrivals, at, fuel, labels[label, TIME]):
            continue
        thriftiest[at] = fuel
        _note_arrival(arrivals, stations, labels, label)
        if used == kept.shape[0]:
            kept = doubled(kept)
        for column in range(_COLUMNS):
            kept[used, column] = labels[label, column]
        used += 1
        if at != source and not through:
            continue
        if count + fan_out > labels.shape[0]:
            labels, heap = doubled(labels), doubled_heap(heap)
        for to in range(places):
            if to in (at, source):
                continue
            for mode in range(modes):
                burnt = fuel + leg_fuel(flight, mode, distance[at, to])
                if burnt >= thriftiest[to]:
                    continue
                time = labels[label, TIME] + leg_time(flight, mode, distance[at, to])
                if time >= rival_time[to] and burnt >= rival_fuel[to]:
                    if time > rival_time[to] or burnt > rival_fuel[to]:
                        continue
                elif burnt < rival_fuel[to]:
                    rival_time[to], rival_fuel[to] = time, burnt
                labels[count, AT], labels[count, FUEL], labels[count, TIME] = to, burnt, time
                labels[count, STEPS], labels[count, BEFORE] = labels[label, STEPS] + 1, used - 1
                labels[count, MODE] = mode
                size = push(heap, size, labels, count)
                count += 1
    return kept[:used].copy()


@compiled
def _note_arrival(arrivals: IntArray, stations: IntArray, labels: IntArray, label: int) -> None:
    for s in range(stations.size):
        if stations[s] == labels[label, AT] and arrivals[s, 0, 0] < _ARRIVALS:
            arrivals[s, 0, 0] += 1
            arrivals[s, arrivals[s, 0, 0], TIME] = labels[label, TIME]
            arrivals[s, arrivals[s, 0, 0], FUEL] = labels[label, FUEL]
