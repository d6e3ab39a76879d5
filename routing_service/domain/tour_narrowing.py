"""What walks that count may come by: the rest is left out, so that the next ones take less time; compiled.

A flight by which every walk costs at least as much as a limit is in no tour below it (fixing by reduced costs, as in
Baldacci, Christofides and Mingozzi, 2008). What leads to a place is told by walks that remember nothing, what leads on
from there by those at hand.
"""

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.problem import BoolArray, IntArray
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_walks import Walks


def narrowed(walks: Walks, prices: IntArray, limit: int) -> Walks:
    """Walks of only what those come by that cost less than `limit`, in parts and less the prices, by which their
    values are filled. Also closes it to the walks that are given."""
    used = _close(walks, prices, limit)
    before = np.concatenate([[0], np.cumsum(used)])
    return walks._replace(first=before[walks.first], rows=walks.rows[used])


@compiled
def _close(walks: Walks, prices: IntArray, limit: int) -> BoolArray:
    """Which flights are left."""
    stops, nodes, levels = walks.value.shape[0] - 1, walks.value.shape[1], walks.value.shape[2]
    here, there = np.full((nodes, levels), NEVER, np.int64), np.empty((nodes, levels), np.int64)
    here[0, : walks.level + 1] = 0
    used = np.zeros(walks.rows.shape[0], np.bool_)
    for left in range(stops, -1, -1):
        there[:] = NEVER
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
        here, there = there, here
    return used


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
