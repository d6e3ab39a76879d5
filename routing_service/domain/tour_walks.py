"""A bound for tours whose stops do not all sell fuel: the cheapest walk that visits as many stops as there are.

A walk may come back to a stop once it has forgotten it: it remembers the visits to stops near the one it is at
(ng-routes, after Baldacci, Mingozzi and Roberti, 2011). Prices on stops make it dear to visit one twice (Lagrange),
fees on flights within sets of stops to stay among few. Its fuel is carried along in a few levels, always rounded up,
so no tour costs less than the cheapest walk.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.ordered_rows import doubled
from routing_service.domain.problem import BoolArray, IntArray
from routing_service.domain.tour_fees import FEE, HALF, Fees, most_counted
from routing_service.domain.tour_tables import BURNT, NEVER, TourTables

LEVELS = 24
# Values for which there is room.
_MOST_VALUES = 12_500_000
_ROW = 3


class Walks(NamedTuple):
    """`first[i, l]` to `first[i, l + 1]` are the rows (node, level there, cost) of flights from node i with fuel of
    level l. `near[i]` are the stops that are remembered at node i, 0 for none; `kept[i, j, m]` is what the memory m at
    i becomes at j, the last one, which leads nowhere, where it tells that j was visited.
    `value[k]` is what the cheapest ways to visit k more stops cost with their fees, less their prices, by node, level
    and memory; `open` is whether walks that count may come by there. A walk begins with fuel of `level`, and leads to
    `end` at last, -1 for anywhere, where `ends` are what that costs in fees. Fees are those of `sets` and their
    `teeth`, and costs, prices and fees are in so many `parts` of a unit."""

    first: IntArray
    rows: IntArray
    near: IntArray
    kept: NDArray[np.int32]
    value: IntArray
    open: BoolArray
    level: int
    end: int
    capacity: int
    ends: IntArray
    sets: IntArray
    teeth: IntArray
    parts: int


def walks_of(
    tables: TourTables, fuel: int, end: int, fees: Fees, kept: BoolArray, parts: int, expired: Callable[[], bool]
) -> Walks:
    """Walks that remember nothing. `end` is the node at which tours end, -1 for anywhere. The stops are the other
    nodes but for the origin (0). Flights from i to j are tried if `kept[i, j]`, and so is to end at i if `kept[i, 0]`.
    Once the time has expired, flights are left out."""
    nodes = len(kept)
    stops = nodes - 1 - (end > 0)
    first, rows = np.zeros((nodes, LEVELS + 2), np.int64), [np.empty((0, _ROW), np.int64)]
    for node in range(nodes if not expired() else 0):
        bounds, found = _flights(tables, node, LEVELS, fees.between[node], kept[node], parts)
        first[node] = sum(map(len, rows)) + bounds
        rows.append(found)
        if expired():
            break
    near = np.zeros((nodes, 0), np.int64)
    value, level = _no_value(stops, nodes, 0), level_of(fuel, tables.capacity, LEVELS)
    everywhere = np.ones(value.shape[:3], np.bool_)
    return Walks(
        first,
        np.concatenate(rows),
        near,
        _memories(near),
        value,
        everywhere,
        level,
        end,
        tables.capacity,
        np.where(kept[:, 0], fees.between[:, 0], NEVER),
        fees.sets,
        fees.teeth,
        parts,
    )


def remembering(walks: Walks, floors: IntArray, memory: int) -> Walks:
    """The same, but that so many stops are remembered at each stop, besides itself, or as many as there is room for."""
    stops = len(walks.value) - 1
    while (stops + 1) * len(floors) * (LEVELS + 1) << memory > _MOST_VALUES:
        memory -= 1
    near = _nearest(floors, stops, memory)
    return walks._replace(near=near, kept=_memories(near), value=_no_value(stops, len(floors), memory))


def _no_value(stops: int, nodes: int, memory: int) -> IntArray:
    return np.full((stops + 1, nodes, LEVELS + 1, (1 << memory) + 1), NEVER, np.int64)


@borrowing
def level_of(fuel: int, capacity: int, levels: int) -> int:
    """The least level that stands for no less fuel."""
    return int((fuel * levels + capacity - 1) // capacity) if capacity > 0 else 0


@compiled
def _flights(
    tables: TourTables, i: int, levels: int, fees: IntArray, kept: BoolArray, parts: int
) -> tuple[IntArray, IntArray]:
    """Flights from node i, of which none undercuts another that leads to the same place: where those of each level
    begin, and the flights."""
    nodes, capacity = tables.begin.shape[0], tables.capacity
    first, rows, used = np.zeros(levels + 2, np.int64), np.empty((1024, _ROW), np.int64), 0
    least = np.empty(levels + 1, np.int64)
    for level in range(levels + 1):
        first[level] = used
        fuel = level * capacity // levels
        for j in range(nodes):
            if i == j or not kept[j]:
                continue
            fly_at_best(tables, i, j, fuel, levels, least)
            cheapest = NEVER
            for there in range(levels, -1, -1):
                if least[there] >= cheapest:
                    continue
                cheapest = least[there]
                if used == rows.shape[0]:
                    rows = doubled(rows)
                rows[used, 0], rows[used, 1], rows[used, 2] = j, there, cheapest * parts + fees[j]
                used += 1
    first[levels + 1] = used
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
            level = level_of(left, capacity, levels)
            least[level] = min(least[level], tables.to_nodes.rows[row, 0])
    for position in range(tables.begin.shape[1]):
        station, full = tables.begin[i, position], NEVER
        for row in range(tables.to_stations.first[i, station], tables.to_stations.first[i, station + 1]):
            if tables.to_stations.rows[row, BURNT] <= fuel:
                full = min(full, tables.to_stations.rows[row, 0] + tables.refuel[0])
        if full == NEVER:
            continue
        for row in range(tables.refuelled.first[station, j], tables.refuelled.first[station, j + 1]):
            level = level_of(capacity - tables.refuelled.rows[row, BURNT], capacity, levels)
            least[level] = min(least[level], full + tables.refuelled.rows[row, 0])


def _nearest(floors: IntArray, stops: int, memory: int) -> IntArray:
    apart = np.minimum(floors, floors.T).copy()
    near = np.zeros((len(floors), memory), np.int64)
    for i in range(1, stops + 1):
        closest = [stop for stop in np.argsort(apart[i], kind="stable").tolist() if 0 < stop <= stops and stop != i]
        near[i, : min(memory, len(closest))] = closest[:memory]
    return near


@compiled
def _memories(near: IntArray) -> NDArray[np.int32]:
    nodes, remembered = near.shape
    memories = 1 << remembered
    kept = np.full((nodes, nodes, memories), memories, np.int32)
    for i in range(nodes):
        for j in range(1, nodes):
            before, known = -1, 0
            for bit in range(remembered):
                if near[i, bit] == j:
                    before = bit
                known |= (near[j, bit] == i > 0) << bit
            for memory in range(memories):
                if before >= 0 and memory >> before & 1:
                    continue
                moved = known
                for bit in range(remembered):
                    for there in range(remembered if memory >> bit & 1 else 0):
                        moved |= (near[i, bit] == near[j, there]) << there
                kept[i, j, memory] = moved
    return kept


def flown(walks: Walks) -> BoolArray:
    """Whether there is a flight from node to node."""
    between = np.zeros((len(walks.first), len(walks.first)), np.bool_)
    between[np.repeat(np.arange(len(between)), walks.first[:, -1] - walks.first[:, 0]), walks.rows[:, 0]] = True
    return between


@borrowing
def finish(walks: Walks) -> None:
    """What it costs to end once no stop is left to visit."""
    stops, end = walks.value.shape[0] - 1, walks.end
    for i in range(stops + 1):
        for level in range(walks.value.shape[2]):
            cost = walks.ends[i] if end < 0 and walks.open[0, i, level] else NEVER
            for row in range(walks.first[i, level], walks.first[i, level + 1] if end >= 0 else 0):
                if walks.rows[row, 0] == end:
                    cost = min(cost, walks.rows[row, 2])
            for memory in range(walks.value.shape[3] - 1):
                walks.value[0, i, level, memory] = cost


@borrowing
def lengthen(walks: Walks, length: int, prices: IntArray) -> None:
    """Find what it costs to visit so many stops more, less their prices, from what it costs to visit one fewer."""
    stops, memories = walks.value.shape[0] - 1, walks.value.shape[3] - 1
    for i in range(stops + 1):
        for level in range(walks.value.shape[2]):
            here = walks.value[length, i, level]
            for memory in range(memories):
                here[memory] = NEVER
            if not walks.open[length, i, level]:
                continue
            for row in range(walks.first[i, level], walks.first[i, level + 1]):
                j = walks.rows[row, 0]
                if j == 0 or j > stops or not walks.open[length - 1, j, walks.rows[row, 1]]:
                    continue
                cost, kept = walks.rows[row, 2] - prices[j], walks.kept[i, j]
                further = walks.value[length - 1, j, walks.rows[row, 1]]
                for memory in range(memories):
                    here[memory] = min(here[memory], cost + further[kept[memory]])
            for memory in range(memories):
                if here[memory] > NEVER >> 1:
                    here[memory] = NEVER


@borrowing
def cheapest(walks: Walks, prices: IntArray, visits: IntArray) -> int:
    """What the cheapest of all walks that visit as many stops as there are costs, less their prices; how often it
    visits each is put in `visits`. NEVER if there is none."""
    stops = walks.value.shape[0] - 1
    for stop in range(visits.size):
        visits[stop] = 0
    i, level, memory = 0, walks.level, 0
    least = walks.value[stops, i, level, memory]
    for length in range(stops if least < NEVER else 0, 0, -1):
        here = walks.value[length, i, level, memory]
        for row in range(walks.first[i, level], walks.first[i, level + 1]):
            j = walks.rows[row, 0]
            if j == 0 or j > stops:
                continue
            kept = walks.kept[i, j, memory]
            if walks.rows[row, 2] - prices[j] + walks.value[length - 1, j, walks.rows[row, 1], kept] == here:
                i, level, memory = j, walks.rows[row, 1], kept
                visits[i] += 1
                break
    return int(least)


@borrowing
def holds(low: int, high: int, stop: int) -> bool:
    """Whether a set of stops, which is the bits of two numbers, holds this one."""
    return bool((low >> (stop - 1) if stop <= HALF else high >> (stop - HALF - 1)) & 1)


@borrowing
def memory_of(walks: Walks, node: int, low: int, high: int) -> int:
    """What is remembered at a node of the stops visited."""
    memory = 0
    for bit in range(walks.near.shape[1]):
        if walks.near[node, bit] > 0 and holds(low, high, walks.near[node, bit]):
            memory |= 1 << bit
    return memory


@borrowing
def rest_of(walks: Walks, left: int, node: int, fuel: int, memory: int) -> int:
    """What it costs at least to visit `left` more stops with their fees, less their prices, and to end."""
    return int(walks.value[left, node, level_of(fuel, walks.capacity, walks.value.shape[2] - 1), memory])


@borrowing
def least_rest(walks: Walks, left: int, node: int, memory: int) -> int:
    """The same, whatever fuel there is."""
    least = NEVER
    for level in range(walks.value.shape[2]):
        if walks.open[left, node, level]:
            least = min(least, walks.value[left, node, level, memory])
    return int(least)


@borrowing
def not_charged(walks: Walks, prices: IntArray, low: int, high: int) -> int:
    """The prices of all stops that are not visited, less the fees that flights from one to another of them, and to the
    end, cost at most."""
    total, stops = 0, walks.value.shape[0] - 1
    for stop in range(1, stops + 1):
        if not holds(low, high, stop):
            total += prices[stop]
    for number in range(walks.sets.shape[0]):
        total -= most_counted(walks.sets, walks.teeth, number, low, high) * walks.sets[number, FEE]
    return int(total)
