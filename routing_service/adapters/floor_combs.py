"""Combs: what no order flies much of, but the shortest trees do. A linear program finds them, and what they are worth.

It begins with the sets of the shortest tree. What its solution violates is added, and so on: sets that hang together
too closely, and combs, which are odd cycles of halves with the edges that lead out of them (2-matching inequalities,
found as in Padberg and Hong, 1980). They close up to two thirds of the gap that trees leave.
"""

from collections.abc import Callable, Iterator

import numpy as np
from ortools.linear_solver import pywraplp

from routing_service.domain.problem import BoolArray, IntArray
from routing_service.domain.tour_fees import Cut
from routing_service.domain.tour_trees import FloatArray, Trees, edges_of_shorter, tree_sets

# What counts as an integer, and by how much a cut is violated at least.
_ROUNDING, _VIOLATED = 1e-6, 1e-4


def combs_of(trees: Trees, known: int, expired: Callable[[], bool]) -> list[tuple[Cut, float]]:
    """Combs and what each is worth, in the trees' unit, by circuits that are shorter than `known`."""
    program = _Program(trees, known)
    for members, _, _ in tree_sets(trees):
        program.add(Cut(members))
    while True:
        if program.solver.Solve() != pywraplp.Solver.OPTIMAL:
            return []
        found = [] if expired() else program.violated()
        if not found:
            return program.worth()
        for cut in found:
            program.add(cut)


class _Program:
    """Variables are `edges`, rows of two nodes, the last of which is home: it is beside the origin."""

    def __init__(self, trees: Trees, known: int) -> None:
        kept, self._home = np.triu(edges_of_shorter(trees, known), 1), len(trees.costs) - 1
        kept[0, self._home] = True
        self.edges: IntArray = np.argwhere(kept)
        # Costs that are near to one.
        self._unit = known / len(trees.costs)
        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        self._flown = [self.solver.NumVar(float(edge == [0, self._home]), 1.0, "") for edge in self.edges.tolist()]
        for flown, (one, other) in zip(self._flown, self.edges.tolist(), strict=True):
            self.solver.Objective().SetCoefficient(flown, float(trees.costs[one, other]) / self._unit)
        self._degrees = [self._row(np.any(self.edges == node, axis=1), 2.0, 2.0) for node in range(len(trees.costs))]
        self._cuts: list[Cut] = []
        self._rows: list[pywraplp.Constraint] = []

    def add(self, cut: Cut) -> None:
        self._cuts.append(cut)
        self._rows.append(self._row(self._counted(cut), -self.solver.infinity(), float(cut.most)))

    def worth(self) -> list[tuple[Cut, float]]:
        """Of the combs."""
        worth = [(cut, -row.dual_value() * self._unit) for cut, row in zip(self._cuts, self._rows, strict=True)]
        return [(cut, fee) for cut, fee in worth if cut.teeth and fee > 0]

    def violated(self) -> list[Cut]:
        values = np.array([flown.solution_value() for flown in self._flown])
        found = [*self._too_close(values)]
        return found or [*self._odd_cycles(values)]

    def _too_close(self, values: FloatArray) -> Iterator[Cut]:
        """Sets that grow together by what is flown most."""
        for members in self._grown(np.flatnonzero(values > _ROUNDING)[np.argsort(-values[values > _ROUNDING])]):
            cut = Cut(frozenset(members))
            if self._home in members:
                cut = Cut(frozenset(range(self._home + 1)) - cut.members)
            if len(cut.members) > 1 and self._excess(cut, values) > _VIOLATED:
                yield cut

    def _odd_cycles(self, values: FloatArray) -> Iterator[Cut]:
        partly = np.flatnonzero((values > _ROUNDING) & (values < 1 - _ROUNDING))
        wholly = self.edges[values >= 1 - _ROUNDING].tolist()
        largest: dict[int, set[int]] = {}
        for members in self._grown(partly):
            largest.update(dict.fromkeys(members, members))
        for members in {id(handle): handle for handle in largest.values()}.values():
            handle = members if self._home not in members else set(range(self._home + 1)) - members
            teeth = [(a, b) if a in handle else (b, a) for a, b in wholly if (a in handle) != (b in handle)]
            cut = Cut(frozenset(handle), tuple(teeth))
            if len(teeth) % 2 and self._excess(cut, values) > _VIOLATED:
                yield cut

    def _excess(self, cut: Cut, values: FloatArray) -> float:
        return float(values[self._counted(cut)].sum()) - cut.most

    def _counted(self, cut: Cut) -> BoolArray:
        inside = np.zeros(self._home + 1, np.bool_)
        inside[list(cut.members)] = True
        counted = inside[self.edges[:, 0]] & inside[self.edges[:, 1]]
        for tooth in cut.teeth:
            counted |= (self.edges == sorted(tooth)).all(axis=1)
        return counted

    def _grown(self, order: IntArray) -> Iterator[set[int]]:
        """The sets into which nodes grow together along these edges, one after the other."""
        sets = [{node} for node in range(self._home + 1)]
        for one, other in self.edges[order].tolist():
            if sets[one] is not sets[other]:
                joined = sets[one] | sets[other]
                for node in joined:
                    sets[node] = joined
                yield joined

    def _row(self, counted: BoolArray, least: float, most: float) -> pywraplp.Constraint:
        row = self.solver.Constraint(least, most)
        for edge in np.flatnonzero(counted).tolist():
            row.SetCoefficient(self._flown[edge], 1.0)
        return row
