"""The best of all orders, by layers: what has visited k stops leads to what has visited one more; compiled.

Labels that have visited the same stops and stand at the same one are compared with each other, fuel carried. One that
cannot end below a limit, going by the cheapest walk that it may go on with, is left out (completion bounds, after
Baldacci, Mingozzi and Roberti, 2011). The closer that bound, and the limit, the fewer are left.
"""

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.ordered_rows import doubled, precedes
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_fees import HALF
from routing_service.domain.tour_flight import BEFORE, BLOCK, COLUMNS, LEFT, NODE, cheapest, extend, refuels, start
from routing_service.domain.tour_tables import NEVER, TourTables
from routing_service.domain.tour_walks import Walks, holds, least_rest, memory_of, not_charged, rest_of

# Columns of a group: stops visited, the bits of two numbers, the node, and the labels' rows.
SET, SET_TOO, AT, LOW, END = range(5)
COLUMNS_OF_GROUPS = 5


def first_labels(fuel: int) -> tuple[IntArray, IntArray]:
    """The labels, of which there is one, at the origin, and the one group."""
    rows = np.zeros((4 * BLOCK, COLUMNS), np.int64)
    start(rows, 0, 0, fuel)
    return rows, np.array([[0, 0, 0, 0, 1]], np.int64)


def in_order(groups: IntArray) -> IntArray:
    """Groups that have visited the same stops beside each other."""
    return groups[np.lexsort((groups[:, AT], groups[:, SET_TOO], groups[:, SET]))]


@borrowing
def _sift(walks: Walks, rows: IntArray, low: int, high: int, left: int, node: int, memory: int, limit: int) -> int:
    """Keep those of the rows that may end below the limit, in parts, by the fuel that each has; the new end."""
    end = low
    for row in range(low, high):
        if rows[row, 0] * walks.parts + rest_of(walks, left, node, rows[row, LEFT], memory) < limit:
            for column in range(COLUMNS):
                rows[end, column] = rows[row, column]
            end += 1
    return end


@borrowing
def _flown_to(floors: IntArray, groups: IntArray, begin: int, stop: int, to: int) -> bool:
    nearest = NEVER
    for group in range(begin, stop):
        nearest = min(nearest, floors[groups[group, AT], to])
    return bool(nearest < NEVER)


@compiled
def advance(
    tables: TourTables,
    walks: Walks,
    floors: IntArray,
    prices: IntArray,
    groups: IntArray,
    begin: int,
    left: int,
    rows: IntArray,
    used: int,
    found: IntArray,
    count: int,
    limit: int,
) -> tuple[IntArray, int, IntArray, int, int]:
    """Visit one stop more, after which `left` are left, from all groups that have visited the same stops as the one at
    `begin`. `floors` are NEVER between nodes that no order below the limit flies between. Returns the rows, which may
    have moved to a larger array, and how many are used, -1 if a block overflowed; the groups found, and how many they
    are; and where the next set begins."""
    stops = walks.value.shape[0] - 1
    visited, visited_too, stop = groups[begin, SET], groups[begin, SET_TOO], begin
    while stop < groups.shape[0] and groups[stop, SET] == visited and groups[stop, SET_TOO] == visited_too:
        stop += 1
    if count + stops > found.shape[0]:
        found = doubled(found)
    arrivals = np.empty((stop - begin, tables.begin.shape[1], 4), np.int64)
    least = np.empty(stop - begin, np.int64)
    for group in range(begin, stop):
        low, end = groups[group, LOW], groups[group, END]
        refuels(tables, rows, low, end, groups[group, AT], arrivals[group - begin])
        least[group - begin] = rows[cheapest(rows, low, end), 0]
    later = not_charged(walks, prices, visited, visited_too)
    for to in range(1, stops + 1):
        if holds(visited, visited_too, to) or not _flown_to(floors, groups, begin, stop, to):
            continue
        now, now_too = visited, visited_too
        if to <= HALF:
            now |= 1 << (to - 1)
        else:
            now_too |= 1 << (to - HALF - 1)
        memory, rest = memory_of(walks, to, now, now_too), limit * walks.parts - (later - prices[to])
        bound = -((least_rest(walks, left, to, memory) - rest) // walks.parts)
        if used + BLOCK > rows.shape[0]:
            rows = doubled(rows)
        high = used
        for group in range(begin, stop):
            node = groups[group, AT]
            if least[group - begin] + floors[node, to] >= bound:
                continue
            low, end = groups[group, LOW], groups[group, END]
            high = extend(tables, rows, low, end, arrivals[group - begin], node, to, rows, used, high, bound)
        if high - used == BLOCK:
            return rows, -1, found, count, stop
        end = _sift(walks, rows, used, high, left, to, memory, rest)
        if end > used:
            found[count, SET], found[count, SET_TOO], found[count, AT] = now, now_too, to
            found[count, LOW], found[count, END] = used, end
            count += 1
            used = end
    return rows, used, found, count, stop


@compiled
def best_of(tables: TourTables, rows: IntArray, used: int, groups: IntArray, end_node: int, limit: int) -> IntArray:
    """The nodes of the best order below the limit, from the origin on, but for `end_node`, -1 for anywhere; `groups`
    have visited all stops. Without entries if there is none."""
    if used + BLOCK > rows.shape[0]:
        rows = doubled(rows)
    arrivals = np.empty((tables.begin.shape[1], 4), np.int64)
    end, best = used, -1
    for group in range(groups.shape[0]):
        node, low, high = groups[group, AT], groups[group, LOW], groups[group, END]
        if end_node >= 0:
            refuels(tables, rows, low, high, node, arrivals)
            end = extend(tables, rows, low, high, arrivals, node, end_node, rows, used, end, limit)
        else:
            row = cheapest(rows, low, high)
            if rows[row, 0] < limit and (best < 0 or precedes(rows, row, best)):
                best = row
    if end > used:
        best = rows[cheapest(rows, used, end), BEFORE]
    length, row = 0, best
    while row >= 0:
        length, row = length + 1, rows[row, BEFORE]
    order = np.zeros(length, np.int64)
    for position in range(length - 1, -1, -1):
        order[position] = rows[best, NODE]
        best = rows[best, BEFORE]
    return order
