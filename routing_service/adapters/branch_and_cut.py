"""The shortest circuit by branch and cut (Padberg and Rinaldi, 1991; Applegate, Bixby, Chvátal and Cook, 2006).

A linear program, without the edges that trees rule out, is cut until that no longer pays; its reduced costs rule out
further edges. Then one edge is flown, or it is not: the one, of a few, by which the lesser bound of both parts rises
most (strong branching). The part with the least bound comes first.
"""

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from routing_service.adapters.floor_program import MOST_CUTS, MOST_KNOWN, FloorProgram, Relaxed
from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.cut_tree import ROUNDING
from routing_service.domain.problem import BoolArray, FloatArray, IntArray
from routing_service.domain.tour_cuts import Cut, broken_combs, broken_sets, smaller
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_trees import Trees, edges_of_shorter, tree_sets

# Combs that close less than this part of what is left of the gap pay no more, if that happens so often in a row.
_LEAST_GAIN, _SLOW = 0.02, 6
# Edges on which branching is tried.
_TRIED = 6


class _Part(NamedTuple):
    """The circuits that fly each edge so often at least and at most: none costs less than `bound`, in the program's
    parts. `flown` is what the program flies of each edge; `number` tells one part from another."""

    bound: int
    number: int
    least: IntArray
    most: IntArray
    flown: FloatArray


class FloorCombs(NamedTuple):
    """Combs, of which the last node is no member, and what each is worth, by the unit of costs; and the edges that are
    `kept`, by two nodes: no circuit that is short enough has others."""

    worth: list[tuple[Cut, float]]
    kept: BoolArray


def combs_of(trees: Trees, known: int, control: SolveControl) -> FloorCombs | None:
    """What a linear program tells, without branches, of circuits that cost less than `known`. None if there is not
    enough time."""
    if known >= MOST_KNOWN or control.expired():
        return None
    search = BranchAndCut(trees, known, control, NEVER)
    with control.interrupting(search.interrupt):
        return search.begin()


class BranchAndCut:
    """Circuits through the nodes of trees that cost less than `known`: `order` are the nodes of the shortest one, the
    first one first, none if there is none; `known` then is what it costs. None costs less than `bound`. Solves so many
    `programs` at most."""

    def __init__(self, trees: Trees, known: int, control: SolveControl, programs: int) -> None:
        self.known, self.order = known, list[int]()
        self._costs, self._control, self._programs, self._numbered = trees.costs, control, programs, 0
        self._program = FloorProgram(trees.costs, edges_of_shorter(trees, known), known)
        sets = [smaller(members, len(trees.costs)) for members, _, _ in tree_sets(trees)]
        self._program.add(Cut(members) for members in sets if not control.expired())
        self._parts: list[_Part] = []
        self._latest: _Part | None = None

    @property
    def bound(self) -> int:
        least = self._parts[0].bound if self._parts else self._limit + 1
        return min(self.known, -(-least // self._program.parts))

    def begin(self) -> FloorCombs | None:
        """Cut before there is any branch; None if there is not enough time for one program."""
        least, most = self._program.all_edges
        nodes, worth = frozenset(range(len(self._costs))), list[tuple[Cut, float]]()
        self._cut(_Part(0, 0, least, most, np.empty(0)))
        if self._latest is None:
            return None
        for (members, teeth), fee in zip(self._program.cuts, self._program.fees.tolist(), strict=False):
            if teeth and fee:
                members = members if len(nodes) - 1 not in members else nodes - members
                worth.append((Cut(members, teeth), fee / self._program.parts))
        return FloorCombs(worth, self._between(self._latest.most) > 0)

    def prove(self) -> None:
        """As far as the time and the programs go."""
        self.begin()
        while self._parts and self._parts[0].bound <= self._limit and not self._ended:
            for half in self._halves(heappop(self._parts)):
                self._cut(half)

    def interrupt(self) -> None:
        """For those who cancel, from another thread."""
        self._program.interrupt()

    @property
    def _limit(self) -> int:
        """Where bounds exceed it, nothing shorter is left."""
        return (self.known - 1) * self._program.parts

    @property
    def _ended(self) -> bool:
        return self._programs <= 0 or self._control.expired()

    def _solve(self, least: IntArray, most: IntArray) -> Relaxed | None:
        """None if time and programs are used up."""
        if self._ended:
            return None
        if len(self._program.cuts) > MOST_CUTS // 2:
            self._program = self._program.without_idle_cuts()
        self._programs -= 1
        solved = self._program.solve(least, most, self._control.remaining)
        if solved is None:
            self._programs = 0
        return solved

    def _cut(self, part: _Part) -> None:
        """Keep what is left of a part."""
        slow, cutting = 0, True
        while cutting and (solved := self._solve(part.least, part.most)) is not None:
            gain, part = solved.bound - part.bound, self._narrowed(part, solved)
            self._latest = part
            if part.bound > self._limit:
                return
            slow = slow + 1 if gain < _LEAST_GAIN * (self._limit - part.bound) else 0
            between = self._between(part.flown)
            cuts = broken_sets(between) or (broken_combs(between) if slow < _SLOW else [])
            cutting = self._program.add(cut for cut in cuts if not self._ended)
            if not cuts and not self._open(part).size:
                self._take_up(part.flown)
                if part.bound > self._limit:
                    return
        heappush(self._parts, part)

    def _narrowed(self, part: _Part, solved: Relaxed) -> _Part:
        """Without what costs too much by this solution."""
        self._numbered += 1
        most = np.where((solved.spare > self._limit - solved.bound) & (part.least == 0), 0, part.most)
        return _Part(max(part.bound, solved.bound), self._numbered, part.least, most, solved.flown)

    def _between(self, flown: FloatArray | IntArray) -> FloatArray:
        edges, between = self._program.edges, np.zeros_like(self._costs)
        between[edges[:, 0], edges[:, 1]] = between[edges[:, 1], edges[:, 0]] = flown
        return between

    def _open(self, part: _Part) -> IntArray:
        """The edges that are flown partly."""
        return np.flatnonzero((part.flown > ROUNDING) & (part.flown < 1 - ROUNDING))

    def _halves(self, part: _Part) -> list[_Part]:
        """Of the two parts, those in which there may be something shorter."""
        edges, best = self._open(part), list[_Part]()
        if not edges.size:
            # What is flown whole is a circuit, but for what numbers may be off by: no more can be told.
            self._programs, best = 0, [part]
        for edge in edges[np.argsort(np.abs(part.flown[edges] - 0.5), kind="stable")][:_TRIED].tolist():
            halves = sorted(self._half(part, edge, flown) for flown in (0, 1))
            if not best or [half.bound for half in halves] > [half.bound for half in best]:
                best = halves
            if best[0].bound > self._limit or self._ended:
                break
        return [half for half in best if half.bound <= self._limit]

    def _half(self, part: _Part, edge: int, flown: int) -> _Part:
        least, most = part.least.copy(), part.most.copy()
        least[edge] = most[edge] = flown
        self._numbered += 1
        half = part._replace(number=self._numbered, least=least, most=most)
        solved = self._solve(least, most)
        return half if solved is None else self._narrowed(half, solved)

    def _take_up(self, flown: FloatArray) -> None:
        """Note a circuit, if it is one and shorter."""
        between, order, home = self._between(flown) > 0.5, [0], len(self._costs) - 1
        between[0, home] = between[home, 0] = False
        while (following := np.flatnonzero(between[order[-1]])).size:
            between[:, order[-1]] = False
            order.append(int(following[0]))
        cost = round(self._costs[order[:-1], order[1:]].sum())
        if len(order) == len(self._costs) and order[-1] == home and cost < self.known:
            self.order, self.known = order[:-1], cost
