"""The shortest order by floors alone: trees tell what is left to try, and CP-SAT tries it."""

from collections.abc import Callable
from math import ceil

import numpy as np
from ortools.sat.python import cp_model

from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.problem import IntArray
from routing_service.domain.tour import SolveBudget
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_trees import may_be_flown, trees_of

# Deterministic seconds of CP-SAT that stand for one step of a work limit.
_CP_SAT_PER_STEP = 1e-4


class FloorCircuit:
    """`order` is the shortest known, the origin first, and costs `cost`; none costs less than `bound`.

    Open tours get home for nothing, from `end_node` alone if that is not 0.
    """

    def __init__(
        self,
        floors: IntArray,
        order: IntArray,
        *,
        closed: bool,
        end_node: int,
        expired: Callable[[], bool] = lambda: False,
    ) -> None:
        self.order = order
        # What cannot be flown still has a place in sums.
        self._far = NEVER // (2 * len(floors))
        self._floors = np.minimum(floors, self._far)
        if not closed:
            self._floors[:, 0] = self._far if end_node else 0
            self._floors[end_node, 0] = 0
        self.cost = self._cost_of(order)
        self.trees = trees_of(floors, self.cost, closed=closed, end_node=end_node, expired=expired)
        self.bound = min(self.cost, max(0, ceil(self.trees.bound)))

    def prove(self, control: SolveControl, budget: SolveBudget, part: float = 0.9) -> None:
        """Raise the bound, find what is shorter, as far as this part of the time goes."""
        if self.bound == self.cost:
            return
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.random_seed = budget.seed % 2**31
        solver.parameters.max_time_in_seconds = part * control.remaining
        if budget.work_limit:
            solver.parameters.max_deterministic_time = budget.work_limit * _CP_SAT_PER_STEP
        # Coefficients keep clear of 2**53 in all; rounding down keeps the bound valid.
        scale = self.cost // 2**50 + 1
        model, arcs = self._model(scale)
        with control.interrupting(solver.stop_search):
            status = solver.solve(model)
        # What was left out leads to nothing shorter than the order known.
        if status != cp_model.MODEL_INVALID:
            bound = max(0, round(solver.best_objective_bound)) * scale
            self.bound = max(self.bound, min(self.cost, bound))
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            self._take_up({start: end for start, end, flown in arcs if solver.boolean_value(flown)})

    def _model(self, scale: int) -> tuple[cp_model.CpModel, list[tuple[int, int, cp_model.IntVar]]]:
        """All arcs of shorter circuits, and those of the one known."""
        model, arcs = cp_model.CpModel(), []
        kept = may_be_flown(self.trees, self.cost) & (self._floors < self._far)
        kept[self.order, np.roll(self.order, -1)] = True
        for start, end in np.argwhere(kept).tolist():
            arcs.append((start, end, model.new_bool_var("")))
        model.add_circuit(arcs)
        lengths = [int(self._floors[start, end]) // scale for start, end, _ in arcs]
        model.minimize(cp_model.LinearExpr.weighted_sum([flown for _, _, flown in arcs], lengths))
        known = set(zip(self.order.tolist(), np.roll(self.order, -1).tolist(), strict=True))
        for start, end, flown in arcs:
            model.add_hint(flown, (start, end) in known)
        return model, arcs

    def _take_up(self, following: dict[int, int]) -> None:
        order = [0]
        while following[order[-1]] != 0:
            order.append(following[order[-1]])
        found = np.array(order, np.int64)
        if self._cost_of(found) < self.cost:
            self.order, self.cost = found, self._cost_of(found)

    def _cost_of(self, order: IntArray) -> int:
        return int(self._floors[order, np.roll(order, -1)].sum())
