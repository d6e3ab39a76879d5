"""Fees on flights that no tour has many of, which make walks leave a cluster as tours do.

If each flight that a cut counts costs a fee, and as many fees are given back as a tour has such flights at most, no
tour gets dearer; a walk that goes round within a set of stops does.

The sets of a shortest tree, with what the edge by which they grow further is longer than the one before as their fees,
cost the tree as much as they give back (the dual solution of the greedy algorithm: Edmonds, 1971): walks begin with the
bound that trees end with.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from routing_service.domain.compiled import borrowing
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_cuts import Cut, most_flights
from routing_service.domain.tour_trees import Trees, tree_sets

# No fee is higher, so that sums of them stay within their numbers.
_MOST = 1 << 44
# A set of stops is the bits of two numbers, the first of which holds so many; those of a third are an end of its own
# and home.
HALF = 60
# Columns of `Fees.sets` behind the set's numbers.
FEE, FIRST_TOOTH, END_OF_TEETH = 3, 4, 5


Row: TypeAlias = tuple[int, ...]


class Fees(NamedTuple):
    """A row of `sets` is the three numbers of a set, its fee, and the rows of its `teeth`, which are sets as well;
    `between[i, j]` is what a flight from node i to j costs in fees, or what it does to end at i, if j is the origin. In
    all, `given_back`. Nodes are the origin (0), the stops, an end if there is one, and home, where they begin again."""

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
    edges, fees = _edges(nodes), np.zeros((nodes + 1, nodes + 1), np.int64)
    for cut, fee in cuts:
        fees[edges[:, 0], edges[:, 1]] += fee * cut.counted(edges)
    return fees + fees.T


def _edges(nodes: int) -> IntArray:
    edges: IntArray = np.argwhere(np.triu(np.ones((nodes + 1, nodes + 1)), 1))
    return edges


def fees_of(cuts: Sequence[tuple[Cut, int]], nodes: int, stops: int) -> Fees:
    """What each cut costs by the flight. No cut has home as a member, but a tooth may; `nodes` is their number without
    home."""
    edges = _edges(nodes)
    # Tours go home from an end of their own, and from the origin to home: nothing is charged for that.
    never_charged = (edges[:, 1] == nodes) & ((edges[:, 0] == 0) | (edges[:, 0] > stops))
    rows, teeth, given_back = list[Row](), list[Row](), 0
    for cut, fee in cuts:
        given_back += fee * (cut.most - int(cut.counted(edges[never_charged]).sum()))
        rows.append((*_numbers(cut.members, nodes, stops), fee, len(teeth), len(teeth) + len(cut.teeth)))
        teeth += [_numbers(tooth, nodes, stops) for tooth in cut.teeth]
    between = edge_fees(cuts, nodes)
    between[:, 0] = between[:, nodes]
    sets = np.array(rows, np.int64).reshape(-1, 6), np.array(teeth, np.int64).reshape(-1, 3)
    return Fees(*sets, between[:nodes, :nodes].copy(), given_back)


def _numbers(members: frozenset[int], nodes: int, stops: int) -> Row:
    bits = sum(1 << stop - 1 for stop in members if 0 < stop <= stops)
    own_end, home = nodes - 1 > stops and nodes - 1 in members, nodes - 1 == stops and nodes in members
    return bits & ((1 << HALF) - 1), bits >> HALF, own_end + 2 * home


@borrowing
def most_counted(sets: IntArray, teeth: IntArray, number: int, low: int, high: int) -> int:
    """How often a cut counts flights between nodes that are not among the stops visited, at most."""
    members, within, crossing = 0, 0, 0
    for half in range(3):
        members += _size(_left(sets[number, half], half, low, high))
    for tooth in range(sets[number, FIRST_TOOTH], sets[number, END_OF_TEETH]):
        shared, others = 0, 0
        for half in range(3):
            left = _left(teeth[tooth, half], half, low, high)
            shared += _size(left & sets[number, half])
            others += _size(left & ~sets[number, half])
        within += max(0, shared + others - 1)
        crossing += shared > 0 and others > 0
    return most_flights(members, within, crossing)


@borrowing
def _left(bits: int, half: int, low: int, high: int) -> int:
    return bits & ~(low if half == 0 else high) if half < 2 else bits


@borrowing
def _size(bits: int) -> int:
    size = 0
    while bits:
        bits &= bits - 1
        size += 1
    return size
