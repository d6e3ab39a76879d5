"""Fees on flights within sets of stops, which make walks leave a cluster as tours do.

A tour flies at most |S| - 1 times between the nodes of a set S: it visits each of them once. So if each such flight
costs a fee, and so many fees are given back, no tour gets dearer; a walk that goes round within S does. The sets into
which the edges of a shortest tree grow together, shortest edge first, with what the next edge is longer as their fees,
cost the tree as much as they give back (the dual solution of the greedy algorithm: Edmonds, 1971): walks begin with
the bound that trees end with.
"""

from typing import NamedTuple

import numpy as np

from routing_service.domain.problem import IntArray
from routing_service.domain.tour_trees import Trees, tree_edges

# A set of stops is the bits of two numbers, the first of which holds so many.
HALF = 60
# No fee is higher, so that sums of them stay within their numbers.
_MOST = 1 << 44


class Fees(NamedTuple):
    """A row of `sets` is the two numbers of its stops, how many other nodes are in it behind which no tour flies on
    (0 or 1), and its fee; `between[i, j]` is what a flight from node i to j costs in fees. In all, `given_back`."""

    sets: IntArray
    between: IntArray
    given_back: int


def no_fees(nodes: int) -> Fees:
    return Fees(np.zeros((0, 4), np.int64), np.zeros((nodes, nodes), np.int64), 0)


def fees_of(trees: Trees, scale: float, stops: int) -> Fees:
    """Fees in so many parts of the trees' unit. Nodes are the origin (0), the stops, and an end if there is one."""
    nodes = len(trees.prices) - 1
    least = [_MOST] * nodes
    found, members = [], [1 << node for node in range(nodes)]
    for length, one, other in tree_edges(trees):
        # Rounded before fees are taken from it, so that those of sets within each other do not add up what they lose.
        cost = min(_MOST, round(scale * length))
        found += [(members[part], cost - least[part]) for part in (one, other) if cost > least[part]]
        joined = members[one] | members[other]
        for node in range(nodes):
            if joined >> node & 1:
                members[node], least[node] = joined, cost
    return _laid_out(found, nodes, stops)


def _laid_out(found: list[tuple[int, int]], nodes: int, stops: int) -> Fees:
    sets, between, given_back = [], np.zeros((nodes, nodes), np.int64), 0
    for members, fee in found:
        inside = [node for node in range(nodes) if members >> node & 1]
        between[np.ix_(inside, inside)] += fee
        given_back += fee * (len(inside) - 1)
        bits = members >> 1 & ((1 << stops) - 1)
        sets.append((bits & ((1 << HALF) - 1), bits >> HALF, members >> (stops + 1) & 1, fee))
    # Home is not the place that tours leave from: it is in no set.
    between[:, 0] = 0
    return Fees(np.array(sets, np.int64).reshape(-1, 4), between, given_back)
