"""Fees on flights that no tour has many of, which make walks leave a cluster as tours do.

A tour flies at most |S| - 1 times between the nodes of a set S: it visits each of them once. And as each has two
neighbours, it flies at most |S| + (t - 1) / 2 times between them and along t teeth, flights that lead out of S, if t is
odd (Edmonds, 1965). So if each such flight costs a fee, and so many fees are given back, no tour gets dearer; a walk
that goes round within S does.

The sets of a shortest tree, with what the edge by which they grow further is longer than the one before as their fees,
cost the tree as much as they give back (the dual solution of the greedy algorithm: Edmonds, 1971): walks begin with the
bound that trees end with.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import borrowing
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_trees import Trees, tree_sets

# A set of stops is the bits of two numbers, the first of which holds so many.
HALF = 60
# No fee is higher, so that sums of them stay within their numbers.
_MOST = 1 << 44
# Columns of `Fees.sets`.
SET, SET_TOO, OTHERS, FEE, FIRST_TOOTH, END_OF_TEETH = range(6)


class Cut(NamedTuple):
    """`members` and `teeth`, each a pair of a member and another node. Nodes are the origin (0), the stops, an end if
    there is one, and home, which is no member."""

    members: frozenset[int]
    teeth: tuple[tuple[int, int], ...] = ()

    @property
    def most(self) -> int:
        """How often a tour flies between members and along teeth at most."""
        return len(self.members) + (len(self.teeth) - 1) // 2


class Fees(NamedTuple):
    """A row of `sets` is the two numbers of its stops, how many other nodes are in it behind which no tour flies on
    (0 or 1), its fee, and the rows of its `teeth`; `between[i, j]` is what a flight from node i to j costs in fees, or
    what it does to end at i, if j is the origin. In all, `given_back`."""

    sets: IntArray
    teeth: IntArray
    between: IntArray
    given_back: int


def no_fees(nodes: int) -> Fees:
    return fees_of([], nodes, nodes - 1)


def tree_fees(trees: Trees, scale: float) -> list[tuple[Cut, int]]:
    """In so many parts of the trees' unit."""
    # Rounded before they are taken from each other, so that sets within each other do not add up what they lose.
    fees = [
        (members, _rounded(scale * after) - _rounded(scale * before)) for members, before, after in tree_sets(trees)
    ]
    return [(Cut(members), fee) for members, fee in fees if fee > 0]


def _rounded(cost: float) -> int:
    return min(_MOST, round(cost))


def edge_fees(cuts: Sequence[tuple[Cut, int]], nodes: int) -> IntArray:
    """What edges cost in fees, by two nodes, the last of which is home."""
    fees = np.zeros((nodes + 1, nodes + 1), np.int64)
    for cut, fee in cuts:
        inside = sorted(cut.members)
        fees[np.ix_(inside, inside)] += fee
        for one, other in cut.teeth:
            fees[one, other] += fee
            fees[other, one] += fee
    return fees


def fees_of(cuts: Sequence[tuple[Cut, int]], nodes: int, stops: int) -> Fees:
    """Nodes are the origin (0), the stops, and an end if there is one: home is where they begin again."""
    rows, teeth, given_back = [], [(0, 0)][:0], 0
    for cut, fee in cuts:
        # From the origin and from an end of its own, a tour always goes home.
        flown = [tooth for tooth in cut.teeth if nodes not in tooth or 0 < min(tooth) <= stops]
        bits = sum(1 << stop - 1 for stop in cut.members if 0 < stop <= stops)
        others = sum(node > stops for node in cut.members)
        rows.append((bits & ((1 << HALF) - 1), bits >> HALF, others, fee, len(teeth), len(teeth) + len(flown)))
        teeth += flown
        given_back += fee * (cut.most - len(cut.teeth) + len(flown))
    fees = edge_fees(cuts, nodes)
    between = fees[:nodes, :nodes].copy()
    between[:, 0] = fees[:nodes, nodes]
    return Fees(np.array(rows, np.int64).reshape(-1, 6), np.array(teeth, np.int64).reshape(-1, 2), between, given_back)


@borrowing
def most_flights(members: int, teeth: int) -> int:
    """Between so many members, if there are any, and along so many teeth."""
    return min(members - 1 + teeth, members + teeth // 2)
