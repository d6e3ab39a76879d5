"""A bound for tours whose stops do not all sell fuel: the cheapest walk that visits as many stops as there are.

A walk may come back to a stop once it has forgotten it: it remembers the visits to stops near the one it is at
(ng-routes, after Baldacci, Mingozzi and Roberti, 2011). Prices on stops make it dear to visit one twice (Lagrange).
Its fuel is carried along in a few levels, always rounded up, so no tour costs less than the cheapest walk.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_tables import BURNT, NEVER, TourTables

LEVELS = 24
# Stops that are remembered at each stop, itself among them.
MEMORY = 8
_ROW = 3


class Walks(NamedTuple):
    """`first[i, l]` to `first[i, l + 1]` are the rows (node, level there, cost) of flights from node i with fuel of
    level l. `kept[i, j, m]` is what the memory m at i becomes at j, -1 where it tells that j was visited.
    `value[k & 1]` is what walks of length k cost, by node, memory and level, and `before[k]` is where they come from.
    A walk begins with fuel of `level`, and leads to `end` at last, -1 for anywhere."""

    first: IntArray
    rows: IntArray
    kept: NDArray[np.int16]
    value: IntArray
    before: NDArray[np.int32]
    level: int
    end: int


def walks_of(tables: TourTables, floors: IntArray, fuel: int, end: int) -> Walks:
    """`end` is the node at which tours end, -1 for anywhere. The stops are the other nodes but for the origin (0)."""
    nodes = len(floors)
    stops = nodes - 1 - (end > 0)
    first, rows = _flights(tables, LEVELS)
    kept = _memories(floors, stops)
    shape = nodes, 1 << MEMORY, LEVELS + 1
    return Walks(
        first=first,
        rows=rows,
        kept=kept,
        value=np.full((2, *shape), NEVER, np.int64),
        before=np.zeros((stops + 1, *shape), np.int32),
        level=_level_of(fuel, tables.capacity, LEVELS),
        end=end,
    )


@borrowing
def _level_of(fuel: int, capacity: int, levels: int) -> int:
    """The least level that stands for no less fuel."""
    return int((fuel * levels + capacity - 1) // capacity) if capacity > 0 else 0


@compiled
def _flights(tables: TourTables, levels: int) -> tuple[IntArray, IntArray]:
    """Flights from node to node, of which none undercuts another that leads to the same place."""
    nodes, capacity = tables.begin.shape[0], tables.capacity
    first = np.zeros((nodes, levels + 2), np.int64)
    rows, used = np.empty((4096, _ROW), np.int64), 0
    least = np.empty(levels + 1, np.int64)
    for i in range(nodes):
        for level in range(levels + 1):
            first[i, level] = used
            fuel = level * capacity // levels
            for j in range(nodes):
                if i == j:
                    continue
                fly_at_best(tables, i, j, fuel, levels, least)
                cheapest = NEVER
                for there in range(levels, -1, -1):
                    if least[there] >= cheapest:
                        continue
                    cheapest = least[there]
                    if used == rows.shape[0]:
                        larger = np.empty((2 * used, _ROW), np.int64)
                        larger[:used] = rows
                        rows = larger
                    rows[used, 0], rows[used, 1], rows[used, 2] = j, there, cheapest
                    used += 1
        first[i, levels + 1] = used
    return first, rows[:used].copy()


@borrowing
def fly_at_best(tables: TourTables, i: int, j: int, fuel: int, levels: int, least: IntArray) -> None:
    """The least cost from i with so much fuel to j, per level there."""
    capacity = tables.capacity
    for level in range(least.size):
        least[level] = NEVER
    for row in range(tables.to_nodes.first[i, j], tables.to_nodes.first[i, j + 1]):
        left = fuel - tables.to_nodes.rows[row, BURNT]
        if left >= 0:
            level = _level_of(left, capacity, levels)
            least[level] = min(least[level], tables.to_nodes.rows[row, 0])
    for position in range(tables.begin.shape[1]):
        station, full = tables.begin[i, position], NEVER
        for row in range(tables.to_stations.first[i, station], tables.to_stations.first[i, station + 1]):
            if tables.to_stations.rows[row, BURNT] <= fuel:
                full = min(full, tables.to_stations.rows[row, 0] + tables.refuel[0])
        if full == NEVER:
            continue
        for row in range(tables.refuelled.first[station, j], tables.refuelled.first[station, j + 1]):
            level = _level_of(capacity - tables.refuelled.rows[row, BURNT], capacity, levels)
            least[level] = min(least[level], full + tables.refuelled.rows[row, 0])


def _memories(floors: IntArray, stops: int) -> NDArray[np.int16]:
    nodes = len(floors)
    apart = np.minimum(floors, floors.T).copy()
    np.fill_diagonal(apart, -1)
    near = [[stop for stop in np.argsort(row, kind="stable").tolist() if 0 < stop <= stops][:MEMORY] for row in apart]
    kept = np.full((nodes, nodes, 1 << MEMORY), -1, np.int16)
    for i in range(nodes):
        known = near[i] if 0 < i <= stops else []
        for j in range(1, stops + 1):
            if i == j:
                continue
            there = {stop: bit for bit, stop in enumerate(near[j])}
            moved = np.full(1 << MEMORY, 1 << there[j], np.int64)
            memory = np.arange(1 << MEMORY)
            for bit, stop in enumerate(known):
                if stop in there:
                    moved |= ((memory >> bit) & 1) << there[stop]
                if stop == j:
                    moved[(memory >> bit) & 1 == 1] = -1
            moved[moved != -1] |= 1 << there[j]
            kept[i, j] = moved
    return kept


@borrowing
def set_out(walks: Walks) -> None:
    """The one walk of length 0."""
    _clear(walks.value[0])
    walks.value[0, 0, 0, walks.level] = 0


@borrowing
def lengthen(walks: Walks, length: int, prices: IntArray) -> None:
    """Find the cheapest walks that visit `length` stops, less their prices, from those that visit one stop fewer."""
    here, there, stops = walks.value[(length - 1) & 1], walks.value[length & 1], walks.before.shape[0] - 1
    nodes, memories, levels = here.shape[0], here.shape[1], here.shape[2]
    _clear(there)
    for i in range(nodes):
        for memory in range(memories):
            cheapest = NEVER
            for level in range(levels - 1, -1, -1):
                so_far = here[i, memory, level]
                if so_far >= cheapest:
                    continue
                cheapest = so_far
                for row in range(walks.first[i, level], walks.first[i, level + 1]):
                    j = walks.rows[row, 0]
                    if j == 0 or j > stops:
                        continue
                    kept = walks.kept[i, j, memory]
                    cost = so_far + walks.rows[row, 2] - prices[j]
                    if kept >= 0 and cost < there[j, kept, walks.rows[row, 1]]:
                        there[j, kept, walks.rows[row, 1]] = cost
                        walks.before[length, j, kept, walks.rows[row, 1]] = (i * memories + memory) * levels + level


@borrowing
def cheapest(walks: Walks, visits: IntArray) -> int:
    """What the cheapest of all walks that visit as many stops as there are costs, less their prices; how often it
    visits each is put in `visits`. NEVER if there is none."""
    stops, end = walks.before.shape[0] - 1, walks.end
    value = walks.value[stops & 1]
    memories, levels = value.shape[1], value.shape[2]
    least, last = NEVER, 0
    for i in range(1, stops + 1):
        for memory in range(memories):
            for level in range(levels):
                so_far = value[i, memory, level]
                if so_far == NEVER:
                    continue
                if end < 0 and so_far < least:
                    least, last = so_far, (i * memories + memory) * levels + level
                for row in range(walks.first[i, level], walks.first[i, level + 1] if end >= 0 else 0):
                    if walks.rows[row, 0] == end and so_far + walks.rows[row, 2] < least:
                        least, last = so_far + walks.rows[row, 2], (i * memories + memory) * levels + level
    for stop in range(visits.size):
        visits[stop] = 0
    for length in range(stops if least < NEVER else 0, 0, -1):
        node = last // (memories * levels)
        visits[node] += 1
        last = walks.before[length, node, last // levels % memories, last % levels]
    return int(least)


@borrowing
def _clear(value: IntArray) -> None:
    for i in range(value.shape[0]):
        for memory in range(value.shape[1]):
            for level in range(value.shape[2]):
                value[i, memory, level] = NEVER
