"""Orders by floors, bounded by trees: no circuit through all nodes is shorter than the shortest 1-tree. Compiled.

Prices on nodes, raised by subgradient steps until every node has two neighbours in the tree as far as that goes, make
the bound a good one (Held and Karp, 1970 and 1971). How much longer a tree gets by one more edge tells which edges no
shorter circuit has (alpha-nearness: Helsgaun, 2000). An edge counts what the cheaper of its two ways costs; the origin
is two nodes, one to leave from, the first, and one to come back to, the last, with an edge between them that is in
every tree.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.problem import BoolArray, FloatArray, IntArray
from routing_service.domain.tour_tables import NEVER

# Clusters of stops that lie far apart take many steps: single nodes' prices have to outbid the way between them.
_STEPS, _IDLE_STEPS, _SHORTER, _LEAST_STRIDE = 10_000, 100, 0.7, 1e-3
# Steps between two looks at the clock.
_AT_ONCE = 200
# How much of the step before goes into a step.
_MOMENTUM = 0.3
# What the sums of so many numbers may be off by.
_ROUNDING = 1e-9


class Trees(NamedTuple):
    """`costs` of edges (float64, symmetric). A circuit costs at least `bound`, which `prices` show."""

    costs: FloatArray
    prices: FloatArray
    bound: float


class _Ascent(NamedTuple):
    """The prices at hand, how many edges each node missed before, and the best prices; the bound of these, the length
    of strides, and how many were in vain."""

    prices: FloatArray
    missed: FloatArray
    best_prices: FloatArray
    best: FloatArray
    stride: FloatArray
    idle: IntArray


def trees_of(
    floors: IntArray, known: int, *, closed: bool, end_node: int, expired: Callable[[], bool] = lambda: False
) -> Trees:
    """Nodes are the origin (0), the stops, and the origin again. An open tour ends at `end_node`, anywhere if that is
    0. `known` is what a tour costs."""
    costs = _edges(floors, closed=closed, end_node=end_node)
    return _climbed(costs, np.zeros(len(costs)), known, expired)


def with_fees(trees: Trees, fees: FloatArray, kept: BoolArray, known: int, expired: Callable[[], bool]) -> Trees:
    """The same where edges cost so much more, only those that are `kept` count, and a tour costs `known`."""
    costs = np.where(kept, trees.costs, trees.costs.max()) + fees
    return _climbed(costs, trees.prices.copy(), known, expired)


def _climbed(costs: FloatArray, prices: FloatArray, known: int, expired: Callable[[], bool]) -> Trees:
    missed, best_prices = np.zeros((2, len(costs)))
    ascent = _Ascent(prices, missed, best_prices, np.full(1, -np.inf), np.ones(1), np.zeros(1, np.int64))
    for _ in range(0, _STEPS, _AT_ONCE):
        if not _ascend(costs, float(known), ascent) or expired():
            break
    return Trees(costs, ascent.best_prices, float(ascent.best[0]) * (1 - _ROUNDING))


def _edges(floors: IntArray, *, closed: bool, end_node: int) -> FloatArray:
    nodes = len(floors)
    known = floors[floors < NEVER]
    far = 4.0 * (float(known.max()) + 1.0) * (nodes + 1) if known.size else 1.0
    costs = np.full((nodes + 1, nodes + 1), far)
    between = np.where(floors < NEVER, floors, far)
    costs[1:nodes, 1:nodes] = np.minimum(between, between.T)[1:, 1:]
    costs[0, 1:nodes] = costs[1:nodes, 0] = between[0, 1:]
    ends = between[1:, 0] if closed else np.zeros(nodes - 1)
    if end_node:
        ends = np.where(np.arange(1, nodes) == end_node, 0.0, far)
    costs[nodes, 1:nodes] = costs[1:nodes, nodes] = ends
    costs[0, nodes] = costs[nodes, 0] = 0.0
    return costs


@borrowing
def _grow(costs: FloatArray, prices: FloatArray, joined: IntArray, at: IntArray, degree: IntArray, key: FloatArray,
          ends: FloatArray) -> float:  # fmt: skip
    """The shortest 1-tree: one of all nodes but the last (Prim), `joined` in this order to the nodes `at`, and the two
    edges of the last one, the dearer of which costs `ends[0]`. What it costs, less the prices."""
    last = costs.shape[0] - 1
    total, node = 0.0, 0
    for other in range(last + 1):
        degree[other], key[other] = 0, np.inf
        total -= 2.0 * prices[other]
    joined[0], at[0], key[0] = 0, -1, -np.inf
    for position in range(1, last):
        nearest, least = -1, np.inf
        for other in range(last):
            if key[other] == -np.inf:
                continue
            cost = costs[node, other] + prices[node] + prices[other]
            if cost < key[other]:
                key[other], at[other] = cost, node
            if key[other] < least:
                nearest, least = other, key[other]
        node, joined[position], key[nearest] = nearest, nearest, -np.inf
        degree[node] += 1
        degree[at[node]] += 1
        total += least
    ends[0] = np.inf
    for other in range(1, last):
        cost = costs[last, other] + prices[last] + prices[other]
        if cost < ends[0]:
            ends[0], at[last] = cost, other
    degree[last] = 2
    degree[0] += 1
    degree[at[last]] += 1
    return float(total + ends[0] + costs[last, 0] + prices[last] + prices[0])


@compiled
def _ascend(costs: FloatArray, known: float, ascent: _Ascent) -> bool:
    """Some steps; whether more may raise the bound."""
    nodes, prices = costs.shape[0], ascent.prices
    key, ends = np.empty(nodes), np.empty(1)
    joined, at, degree = np.empty(nodes, np.int64), np.empty(nodes, np.int64), np.empty(nodes, np.int64)
    for _ in range(_AT_ONCE):
        bound = _grow(costs, prices, joined, at, degree, key, ends)
        ascent.idle[0] += 1
        if bound > ascent.best[0]:
            if bound > ascent.best[0] + 1e-6 * abs(ascent.best[0]):
                ascent.idle[0] = 0
            ascent.best[0] = bound
            ascent.best_prices[:] = prices
        squares = 0
        for node in range(nodes):
            squares += (degree[node] - 2) ** 2
        if squares == 0 or ascent.best[0] > known - 1 or ascent.stride[0] < _LEAST_STRIDE:
            return False
        if ascent.idle[0] > _IDLE_STEPS:
            ascent.stride[0], ascent.idle[0] = _SHORTER * ascent.stride[0], 0
        step = ascent.stride[0] * (1.002 * known - bound) / squares
        for node in range(nodes):
            missed = float(degree[node] - 2)
            prices[node] += step * ((1 - _MOMENTUM) * missed + _MOMENTUM * ascent.missed[node])
            ascent.missed[node] = missed
    return True


def tree_sets(trees: Trees) -> list[tuple[frozenset[int], float, float]]:
    """The sets into which the edges of the shortest tree of all nodes but the last grow together, shortest edge first:
    with the length of the edge by which each grew, and of the one by which it grows further."""
    joined, at = _tree(trees.costs, trees.prices)
    edges = [(int(joined[position]), int(at[joined[position]])) for position in range(1, len(joined) - 1)]
    lengths = [float(trees.costs[edge] + trees.prices[edge[0]] + trees.prices[edge[1]]) for edge in edges]
    sets, grown_by, found = [frozenset({node}) for node in range(len(joined) - 1)], [0.0] * len(joined), []
    for length, (one, other) in sorted(zip(lengths, edges, strict=True)):
        found += [(sets[node], grown_by[node], length) for node in (one, other)]
        joined_sets = sets[one] | sets[other]
        for node in joined_sets:
            sets[node], grown_by[node] = joined_sets, length
    return [(members, before, after) for members, before, after in found if len(members) > 1]


@compiled
def _tree(costs: FloatArray, prices: FloatArray) -> tuple[IntArray, IntArray]:
    nodes = costs.shape[0]
    key, ends = np.empty(nodes), np.empty(1)
    joined, at, degree = np.empty(nodes, np.int64), np.empty(nodes, np.int64), np.empty(nodes, np.int64)
    _grow(costs, prices, joined, at, degree, key, ends)
    return joined, at


@compiled
def _least_growth(costs: FloatArray, prices: FloatArray) -> FloatArray:
    """How much longer the shortest 1-tree gets if it has to have an edge."""
    nodes = costs.shape[0]
    key, ends, growth = np.empty(nodes), np.empty(1), np.zeros((nodes, nodes))
    joined, at, degree = np.empty(nodes, np.int64), np.empty(nodes, np.int64), np.empty(nodes, np.int64)
    _grow(costs, prices, joined, at, degree, key, ends)
    # At first the dearest edge on the way in the tree.
    for position in range(1, nodes - 1):
        node = joined[position]
        cost = costs[node, at[node]] + prices[node] + prices[at[node]]
        for earlier in range(position):
            other = joined[earlier]
            growth[node, other] = growth[other, node] = (
                max(cost, growth[at[node], other]) if other != at[node] else cost
            )
    last = nodes - 1
    for node in range(last):
        for other in range(last):
            if node != other:
                growth[node, other] = costs[node, other] + prices[node] + prices[other] - growth[node, other]
        growth[node, last] = growth[last, node] = costs[last, node] + prices[last] + prices[node] - ends[0]
    return growth


def edges_of_shorter(trees: Trees, known: int) -> BoolArray:
    """By two nodes of the trees, whether a circuit that costs less than `known` may have an edge."""
    slack = known - 1 + _ROUNDING * known - trees.bound
    edges = _least_growth(trees.costs, trees.prices) <= slack
    np.fill_diagonal(edges, False)
    return edges


def may_be_flown(trees: Trees, known: int) -> BoolArray:
    """By two nodes, whether a tour that costs less than `known` may fly from one to the other: the origin is one."""
    edges = edges_of_shorter(trees, known)
    kept = edges[:-1, :-1].copy()
    kept[1:, 0] = edges[1:-1, -1]
    return kept
