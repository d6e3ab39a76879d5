"""Least cuts between nodes, as many as tell of all pairs: Gusfield's tree (1990), compiled.

Of any two nodes, a least cut that parts them is among those found. Flows go along shortest ways (Edmonds and Karp,
1972), of which there are few where nodes have few neighbours.
"""

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.problem import BoolArray, FloatArray, IntArray

# What counts as nothing, and by how much a number may be off.
_NOTHING, ROUNDING = 1e-9, 1e-6


@compiled
def least_cuts(between: FloatArray) -> tuple[FloatArray, BoolArray]:
    """`between` is symmetric. A row of the second array is one side of a cut, which weighs as much as the first has in
    that row; row 0 is none."""
    nodes = between.shape[0]
    weights, sides, beside = np.full(nodes, np.inf), np.zeros((nodes, nodes), np.bool_), np.zeros(nodes, np.int64)
    near, room = np.full((nodes, nodes + 1), -1, np.int64), np.empty((nodes, nodes))
    came_from, queue = np.empty(nodes, np.int64), np.empty(nodes, np.int64)
    for node in range(nodes):
        count = 0
        for other in range(nodes):
            if other != node and between[node, other] > _NOTHING:
                near[node, count] = other
                count += 1
    for node in range(1, nodes):
        target = beside[node]
        room[:] = between
        weights[node] = _flow(near, room, came_from, queue, node, target)
        for other in range(nodes):
            sides[node, other] = came_from[other] >= 0
            if other != node and sides[node, other] and beside[other] == target:
                beside[other] = node
        if sides[node, beside[target]]:
            beside[node], beside[target] = beside[target], node
    return weights, sides


@borrowing
def _flow(near: IntArray, room: FloatArray, came_from: IntArray, queue: IntArray, source: int, target: int) -> float:
    """The most that flows; `came_from` then shows what the source still reaches, and `room` is used up."""
    total = 0.0
    while _reaches(near, room, came_from, queue, source, target):
        least, node = np.inf, target
        while node != source:
            least, node = min(least, room[came_from[node], node]), came_from[node]
        node = target
        while node != source:
            room[came_from[node], node] -= least
            room[node, came_from[node]] += least
            node = came_from[node]
        total += least
    return total


@borrowing
def _reaches(near: IntArray, room: FloatArray, came_from: IntArray, queue: IntArray, source: int, target: int) -> bool:
    for node in range(came_from.size):
        came_from[node] = -1
    came_from[source], queue[0], begin, end = source, source, 0, 1
    while begin < end:
        node, number = queue[begin], 0
        begin += 1
        while near[node, number] >= 0:
            other = near[node, number]
            if came_from[other] < 0 and room[node, other] > _NOTHING:
                came_from[other], queue[end] = node, other
                end += 1
                if other == target:
                    return True
            number += 1
    return False


@compiled
def shrunk(between: FloatArray, least_nodes: int, sharing: bool) -> tuple[IntArray, FloatArray]:
    """The first node of the group to which each node comes to belong, when two groups become one if 1 is flown between
    them, and, if `sharing`, as much between both and a third; and what is flown between groups, by their first nodes.
    At least so many remain, if there are as many."""
    nodes, weights = between.shape[0], between.copy()
    groups, count, again = np.arange(nodes), nodes, True
    while again:
        again = False
        for one in range(nodes):
            for other in range(one + 1 if groups[one] == one else nodes, nodes):
                if count <= least_nodes or groups[other] != other or abs(weights[one, other] - 1) > ROUNDING:
                    continue
                if sharing and not _share(weights, one, other):
                    continue
                for node in range(nodes):
                    weights[one, node] = weights[node, one] = weights[one, node] + weights[other, node]
                    weights[other, node] = weights[node, other] = 0
                    groups[node] = one if groups[node] == other else groups[node]
                weights[one, one] = 0
                count, again = count - 1, True
    return groups, weights


@borrowing
def _share(weights: FloatArray, one: int, other: int) -> bool:
    for node in range(weights.shape[0]):
        if node not in (one, other) and weights[one, node] + weights[other, node] > 1 - ROUNDING:
            return True
    return False
