"""What walks that count may come by: the rest is left out, so that the next ones take less time; compiled.

A flight by which every walk costs at least as much as a limit is in no tour below it (fixing by reduced costs, as in
Baldacci, Christofides and Mingozzi, 2008). What leads to a place is told by walks that remember nothing, what leads on
from there by those at hand.
"""

from collections.abc import Callable

import numpy as np

from routing_service.domain.compiled import borrowing
from routing_service.domain.problem import BoolArray, IntArray
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_walks import Walks


def narrowed(walks: Walks, prices: IntArray, limit: int, expired: Callable[[], bool]) -> Walks:
    """Walks of only what those come by that cost less than `limit`, in parts and less the prices, by which their
    values are filled. Also closes it to the walks that are given."""
    stops, nodes, levels, _ = walks.value.shape
    here, there = np.full((2, nodes, levels), NEVER, np.int64)
    here[0, : walks.level + 1] = 0
    used = np.zeros(len(walks.rows), np.bool_)
    for left in range(stops - 1, -1, -1):
        if expired():
            return walks
        _close(walks, prices, limit, left, here, there, used)
        here, there = there, here
    before = np.concatenate([[0], np.cumsum(used)])
    return walks._replace(first=before[walks.first], rows=walks.rows[used])


@borrowing
def _close(
    walks: Walks, prices: IntArray, limit: int, left: int, here: IntArray, there: IntArray, used: BoolArray
) -> None:
    """What has `left` stops left to visit, to which it costs so much to come `here`; finds what it does with one less,
    and notes the flights that are left."""
    nodes, levels = here.shape
    for i in range(nodes):
        for level in range(levels):
            there[i, level] = NEVER
    for i in range(nodes):
        for level in range(levels):
            cost = here[i, level]
            if cost == NEVER or cost + walks.value[left, i, level, 0] >= limit:
                walks.open[left, i, level] = False
            elif walks.open[left, i, level]:
                _fly_on(walks, prices, limit, left, i, level, cost, there, used)
    # A ship may have less fuel than its walk, which rounds it up at every stop.
    for i in range(nodes):
        for level in range(levels - 2, -1, -1):
            there[i, level] = min(there[i, level], there[i, level + 1])


@borrowing
def _fly_on(
    walks: Walks,
    prices: IntArray,
    limit: int,
    left: int,
    i: int,
    level: int,
    cost: int,
    there: IntArray,
    used: BoolArray,
) -> None:
    stops = walks.value.shape[0] - 1
    for row in range(walks.first[i, level], walks.first[i, level + 1]):
        j, level_there = walks.rows[row, 0], walks.rows[row, 1]
        if left == 0:
            used[row] |= j == walks.end
        elif 0 < j <= stops and walks.open[left - 1, j, level_there]:
            further = cost + walks.rows[row, 2] - prices[j]
            if further + walks.value[left - 1, j, level_there, walks.kept[i, j, 0]] < limit:
                used[row] = True
                there[j, level_there] = min(there[j, level_there], further)
