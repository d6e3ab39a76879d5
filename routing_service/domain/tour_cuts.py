"""Cuts: what a linear program flies too much of, but no tour does.

A tour flies at most |S| - 1 times between the nodes of a set S (Dantzig, Fulkerson and Johnson, 1954): least cuts find
a set for which that is broken, if there is one. Of combs (Grötschel and Padberg, 1979) they find those whose teeth are
pairs of nodes (Letchford, Reinelt and Theis, 2004), and then those whose teeth are pairs of groups of nodes, groups
that can be shrunk to single nodes without hiding what is broken (Padberg and Rinaldi, 1990).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import borrowing
from routing_service.domain.cut_tree import ROUNDING, least_cuts, shrunk
from routing_service.domain.problem import FloatArray, IntArray

# By how much a cut is broken at least.
_BROKEN = 1e-3
# Cuts that are taken up at once, and nodes of which there may be a comb.
_AT_ONCE, _LEAST_NODES = 40, 6


class Cut(NamedTuple):
    """`teeth` are disjoint, and each has nodes within `members` and others. None of these sets has all nodes."""

    members: frozenset[int]
    teeth: tuple[frozenset[int], ...] = ()

    @property
    def most(self) -> int:
        """How often a tour flies between members, and between the nodes of each tooth, at most."""
        return int(most_flights(len(self.members), sum(len(tooth) - 1 for tooth in self.teeth), len(self.teeth)))

    def counted(self, edges: IntArray) -> IntArray:
        """How often each edge counts; edges are rows of two nodes."""
        counted = _within(self.members, edges)
        for tooth in self.teeth:
            counted += _within(tooth, edges)
        return counted


@borrowing
def most_flights(members: int, within_teeth: int, teeth: int) -> int:
    """Between so many members, if there are any, and within teeth that each have some of them, and between whose nodes
    so many flights would not close a circle."""
    return within_teeth + (members - max(1, (teeth + 1) // 2) if members > 0 else 0)


def _within(nodes: frozenset[int], edges: IntArray) -> IntArray:
    inside = np.zeros(int(edges.max()) + 1, np.int64)
    inside[list(nodes)] = 1
    within: IntArray = inside[edges[:, 0]] * inside[edges[:, 1]]
    return within


def broken_sets(between: FloatArray) -> list[Cut]:
    """`between` is how much is flown along the edge of two nodes, both ways; each has two edges in all."""
    whole, groups = _grouped(between, 2, sharing=False)
    weights, sides = least_cuts(whole)
    order = [number for number in np.argsort(weights, kind="stable").tolist() if weights[number] < 2 - _BROKEN]
    found = [smaller(_union(groups, np.flatnonzero(sides[number])), len(between)) for number in order]
    return [Cut(members) for members in dict.fromkeys(found) if len(members) > 1]


def broken_combs(between: FloatArray) -> list[Cut]:
    """Where no sets are broken."""
    single = [frozenset([node]) for node in range(len(between))]
    found = dict.fromkeys(_odd_cuts(between, single))
    whole, groups = _grouped(between, _LEAST_NODES, sharing=True)
    if len(groups) < len(single):
        found |= dict.fromkeys(_odd_cuts(whole, groups))
    edges = np.argwhere(np.triu(between, 1) > ROUNDING)
    flown = between[edges[:, 0], edges[:, 1]]
    excess = {cut: float(cut.counted(edges) @ flown) - cut.most for cut in found}
    return sorted((cut for cut in found if excess[cut] > _BROKEN), key=lambda cut: -excess[cut])[:_AT_ONCE]


def _grouped(between: FloatArray, least: int, *, sharing: bool) -> tuple[FloatArray, list[frozenset[int]]]:
    """How much is flown between groups of nodes, of which nothing that is broken makes a difference."""
    first, weights = shrunk(between, least, sharing)
    left = np.unique(first)
    return weights[np.ix_(left, left)], [frozenset(np.flatnonzero(first == node).tolist()) for node in left]


def _union(groups: Sequence[frozenset[int]], numbers: Iterable[int]) -> frozenset[int]:
    return frozenset[int]().union(*[groups[number] for number in numbers])


def smaller(members: frozenset[int], nodes: int) -> frozenset[int]:
    """The set, or that of all other nodes: a cut says the same of either."""
    return members if 2 * len(members) <= nodes else frozenset(range(nodes)) - members


def _odd_cuts(between: FloatArray, groups: Sequence[frozenset[int]]) -> list[Cut]:
    """Combs whose teeth are pairs of groups: cuts of few edges, but for an odd number that are flown nearly once."""
    weights, sides = least_cuts(np.minimum(between, 1 - between).clip(min=0))
    edges, found = np.argwhere(np.triu(between, 1) > ROUNDING), list[Cut]()
    flown, nodes = between[edges[:, 0], edges[:, 1]], sum(map(len, groups))
    for side in sides[weights < 1 - _BROKEN]:
        leads_out = np.flatnonzero(side[edges[:, 0]] != side[edges[:, 1]])
        teeth = flown[leads_out] > 0.5
        if not teeth.sum() % 2 and teeth.size:
            turned = np.argmin(np.abs(flown[leads_out] - 0.5))
            teeth[turned] = not teeth[turned]
        handle = set(np.flatnonzero(side).tolist())
        pairs = _disjoint(handle, edges[leads_out[teeth]].tolist())
        if len(pairs) > 1 and handle:
            found.append(Cut(smaller(_union(groups, handle), nodes), tuple(_union(groups, pair) for pair in pairs)))
    return found


def _disjoint(handle: set[int], teeth: Iterable[list[int]]) -> list[list[int]]:
    """The teeth that are left: where two meet, neither is needed if the handle changes there."""
    kept: dict[int, list[int]] = {}
    for tooth in teeth:
        meeting = next((node for node in tooth if node in kept), None)
        if meeting is None:
            kept |= dict.fromkeys(tooth, tooth)
        else:
            handle ^= {meeting}
            for node in kept[meeting]:
                del kept[node]
    # A third one there may no longer lead out.
    return [tooth for node, tooth in kept.items() if node == tooth[0] and (node in handle) != (tooth[1] in handle)]
