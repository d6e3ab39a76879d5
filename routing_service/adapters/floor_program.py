"""A linear program over the edges of a tour: each is flown not at all, once, or partly; every node has two.

What it tells holds however far off a solver's numbers are: bounds are worked out in integers, from prices on nodes and
fees on cuts. Any would do (Lagrange), those of the program's solution do best.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from ortools.linear_solver import pywraplp

from routing_service.domain.problem import BoolArray, FloatArray, IntArray
from routing_service.domain.tour_cuts import Cut

# How many cuts there is room for; and what a tour may cost, and prices and fees in all, in parts: sums of them stay
# within their numbers.
MOST_CUTS, MOST_KNOWN, _MOST_PRICES = 800, 1 << 51, 1 << 60


class Relaxed(NamedTuple):
    """How much is flown of each edge. No tour costs less than `bound`, nor one that flies an edge, or passes over one
    that is flown, less than that and the edge's `spare` cost, or cost below nothing: in parts."""

    flown: FloatArray
    bound: int
    spare: IntArray


class FloorProgram:
    """`edges` are rows of two nodes: those that are `kept`, and one from the first node to the last, which is in every
    tour. `costs` are integers; tours count that cost less than `known`. `fees` are those of the first of `cuts` in the
    last solution."""

    def __init__(self, costs: FloatArray, kept: BoolArray, known: int, cuts: Iterable[Cut] = ()) -> None:
        self._given, self._nodes = (costs, kept, known), len(costs)
        kept = np.triu(kept, 1)
        kept[0, -1] = True
        self.edges: IntArray = np.argwhere(kept)
        self.cuts: list[Cut] = []
        self.parts = MOST_KNOWN // max(1, known)
        self._known, self._costs = known * self.parts, np.rint(costs[kept]).astype(np.int64) * self.parts
        # Costs that are near to one.
        self._unit = self._known / self._nodes
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._solver.SetSolverSpecificParametersAsString("use_preprocessing: false use_dual_simplex: true")
        self._flown = [self._column(cost) for cost in self._costs.tolist()]
        self._least, self._most = np.zeros(len(self.edges), np.int64), np.ones(len(self.edges), np.int64)
        self._counted, self._allowed = np.zeros((MOST_CUTS, len(self.edges)), np.int8), np.zeros(MOST_CUTS, np.int64)
        self._degrees = [self._degree(node) for node in range(self._nodes)]
        self._rows: list[pywraplp.Constraint] = []
        self.fees = np.zeros(0, np.int64)
        self.add(cuts)

    def add(self, cuts: Iterable[Cut]) -> bool:
        """Whether there are new ones, and room for them."""
        before = len(self.cuts)
        for cut in cuts:
            if cut not in self.cuts and len(self.cuts) < MOST_CUTS:
                counted = cut.counted(self.edges)
                self._counted[len(self.cuts)], self._allowed[len(self.cuts)] = counted, cut.most
                self.cuts.append(cut)
                self._rows.append(self._row(counted, -self._solver.infinity(), float(cut.most)))
        return len(self.cuts) > before

    def without_idle_cuts(self) -> "FloorProgram":
        """The same, of cuts only with those that cost anything in the solution at hand."""
        solved = len(self.fees)
        kept = [cut for number, cut in enumerate(self.cuts) if number >= solved or self.fees[number] > 0]
        return FloorProgram(*self._given, kept)

    @property
    def all_edges(self) -> tuple[IntArray, IntArray]:
        """How often each edge is flown at least and at most in any tour."""
        least = np.all(self.edges == (0, self._nodes - 1), axis=1).astype(np.int64)
        return least, np.ones_like(least)

    def solve(self, least: IntArray, most: IntArray, seconds: float) -> Relaxed | None:
        """Where each edge is flown so often at least and at most. None if so many seconds do not suffice."""
        for edge in np.flatnonzero((least != self._least) | (most != self._most)).tolist():
            self._flown[edge].SetBounds(float(least[edge]), float(most[edge]))
        self._least, self._most = least, most
        if self._overfull(least):
            return Relaxed(least.astype(np.float64), 2 * self._known, 0 * least)
        self._solver.SetTimeLimit(1 + int(1_000 * seconds))
        if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        flown = np.zeros(len(most))
        for edge in np.flatnonzero(most).tolist():
            flown[edge] = self._flown[edge].solution_value()
        prices, fees = self._prices(self._degrees), -self._prices(self._rows).clip(max=0)
        if np.abs(prices).sum() + fees.sum() > _MOST_PRICES:
            return None
        self.fees = np.rint(fees).astype(np.int64)
        return Relaxed(flown, *self._bound(np.rint(prices).astype(np.int64)))

    def interrupt(self) -> None:
        """End `solve`, from another thread."""
        self._solver.InterruptSolve()

    def _overfull(self, least: IntArray) -> bool:
        """Whether what has to be flown is more than a tour flies: the one case without a solution."""
        flown, cuts = np.flatnonzero(least), len(self.cuts)
        edges = np.bincount(self.edges[flown].ravel(), minlength=self._nodes)
        return bool(edges.max() > 2 or (self._counted[:cuts, flown].sum(axis=1) > self._allowed[:cuts]).any())

    def _bound(self, prices: IntArray) -> tuple[int, IntArray]:
        charged = np.flatnonzero(self.fees)
        fees, given_back = self.fees[charged], self.fees[charged] * self._allowed[charged]
        spare = self._costs - prices[self.edges].sum(axis=1) + fees @ self._counted[charged].astype(np.int64)
        at_best = spare * np.where(spare > 0, self._least, self._most)
        # Beyond what numpy counts up to.
        return sum([*(2 * prices).tolist(), *at_best.tolist(), *(-given_back).tolist()]), spare

    def _prices(self, rows: list[pywraplp.Constraint]) -> FloatArray:
        return self._unit * np.array([row.dual_value() for row in rows])

    def _degree(self, node: int) -> pywraplp.Constraint:
        """To miss an edge costs as much as a tour: there is a solution whatever edges may not be flown."""
        row = self._row(np.any(self.edges == node, axis=1), 2.0, 2.0)
        row.SetCoefficient(self._column(self._known, 2.0), 1.0)
        return row

    def _column(self, cost: int, most: float = 1.0) -> pywraplp.Variable:
        column = self._solver.NumVar(0.0, most, "")
        self._solver.Objective().SetCoefficient(column, cost / self._unit)
        return column

    def _row(self, counted: IntArray | BoolArray, least: float, most: float) -> pywraplp.Constraint:
        row = self._solver.Constraint(least, most)
        for edge in np.flatnonzero(counted).tolist():
            row.SetCoefficient(self._flown[edge], float(counted[edge]))
        return row
