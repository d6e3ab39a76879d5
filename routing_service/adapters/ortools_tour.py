"""Tours: an exact search where stops are few; else a walk over orders, bounded and aided by OR-Tools.

CP-SAT solves the tour over floors: least costs from stop to stop, whatever was flown before. Where every stop sells
fuel these are the true costs, and its optimum is the tour's. Elsewhere it is a bound, and its order is one to start
from. (OR-Tools' routing solver finds no bounds, and holds the interpreter's lock all the while.)
"""

import numpy as np
from ortools.sat.python import cp_model

from routing_service.adapters.solve_control import SolveControl
from routing_service.adapters.tour_rounds import TourRounds
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import IntArray, Objective
from routing_service.domain.tour import SolveBudget, Status, TourPlan, TourProblem
from routing_service.domain.tour_exact import MAX_STOPS, best_order, subsets_of, sweep
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_tables import NEVER

# How many steps lead to the tour that an exhaustive search has to undercut.
_STEPS_BEFORE_PROOF = 1_000
# The part of the time for the first round, and for each later one of what is left.
_FIRST_SHARE, _LATER_SHARE = 0.7, 0.9
# Deterministic seconds of CP-SAT that stand for one step of a work limit.
_CP_SAT_PER_STEP = 1e-4
# Time left for which CP-SAT is worth setting up, which alone takes a tenth of it.
_SECONDS_PER_ARC = 1.5e-4
_SETS_AT_ONCE = 16


class OrToolsTourSolver:
    """Stops at the proof, at the end of its budget, or when whole rounds of its search bring nothing."""

    def solve(
        self, prepared: PreparedGraph, problem: TourProblem, budget: SolveBudget, control: SolveControl
    ) -> TourPlan:
        task = TourTask.of(prepared, problem, control.share(0.4).expired)
        if len(task.model.nodes) == 1:
            return task.plan(task.sequence([0])[:1], Status.OPTIMAL, 0)
        if (given := task.given_sequence) is not None:
            return task.plan_given(given)
        solve = _Solve(task, budget, control)
        return solve.proven() or solve.searched()


class _Solve:
    """One tour's solve."""

    def __init__(self, task: TourTask, budget: SolveBudget, control: SolveControl) -> None:
        self._task, self._budget, self._control = task, budget, control
        self._rounds = TourRounds(task, budget, control)

    def proven(self) -> TourPlan | None:
        """By trying all orders; None if they are too many, or the time does not suffice."""
        task, rounds = self._task, self._rounds
        if len(task.model.nodes) - 1 > MAX_STOPS or not task.model.exact:
            return None
        rounds.round(self._control, most=_STEPS_BEFORE_PROOF)
        return task.plan(rounds.best, Status.OPTIMAL, 0) if self._try_all() else None

    def searched(self) -> TourPlan:
        """By rounds of a search, and as good a bound as there is time for."""
        task, rounds = self._task, self._rounds
        rounds.round(self._control.share(_FIRST_SHARE))
        bound = self._bound()
        while rounds.goes_on(bound):
            rounds.round(self._control.share(_LATER_SHARE))
        status = Status.OPTIMAL if rounds.cost <= bound else Status.FEASIBLE
        return task.plan(rounds.best, status, max(task.least_duration, bound * task.unit))

    def _try_all(self) -> bool:
        """False if the time does not suffice."""
        task = self._task
        closed, tables = task.problem.return_to_origin, task.model.tables
        subsets = subsets_of(tables, task.floors, task.problem.ship.fuel, closed=closed)
        used, sets = 1, len(subsets.rest)
        for begin in range(1, sets, _SETS_AT_ONCE):
            if self._control.expired():
                return False
            limit = min(NEVER, self._rounds.cost + 1)
            rows, used = sweep(tables, subsets, begin, min(sets, begin + _SETS_AT_ONCE), used, limit)
            if used < 0:
                return False
            subsets = subsets._replace(rows=rows)
        order = best_order(tables, subsets, used, closed, task.end_node)
        if order.size:
            self._rounds.best = task.sequence(order.tolist())
        return True

    def _bound(self) -> int:
        """What every tour costs at least, by primary cost; offers the search a tour on the way. 0 where nothing is
        known."""
        task = self._task
        if not task.model.exact or task.problem.options.objective is not Objective.FASTEST:
            return 0
        simple = _least_into_each(task.floors, closed=task.problem.return_to_origin)
        if self._control.remaining < _SECONDS_PER_ARC * task.floors.size:
            return simple
        circuit = _CircuitOverFloors(task.floors, closed=task.problem.return_to_origin, end_node=task.end_node)
        rounds = self._rounds
        order, bound = circuit.solve(self._control, self._budget, target=rounds.cost, hint=rounds.best)
        if order:
            rounds.offer(task.sequence(order))
        return max(simple, bound)


def _least_into_each(floors: IntArray, *, closed: bool) -> int:
    """Every node is come to from some other."""
    into = np.where(np.eye(len(floors), dtype=np.bool_), NEVER, floors).min(axis=0)
    return int(into[0 if closed else 1 :].sum())


class _CircuitOverFloors:
    """The shortest order by floors alone, as a circuit of arcs; open tours get home for nothing, from `end_node` alone
    if that is not 0."""

    def __init__(self, floors: IntArray, *, closed: bool, end_node: int) -> None:
        nodes = floors.shape[0]
        known = floors[floors < NEVER]
        # Coefficients keep clear of 2**53 in all; rounding down keeps the bound valid.
        self._scale = max(1, int(known.max()) * nodes // 2**50 + 1) if known.size else 1
        self._model = cp_model.CpModel()
        self._arcs = []
        for start in range(nodes):
            for end in range(nodes):
                floor = 0 if end == 0 and not closed else int(floors[start, end])
                if end_node and (start == end_node) != (end == 0):
                    continue
                if start != end and floor < NEVER:
                    self._arcs.append((start, end, self._model.new_bool_var(""), floor // self._scale))
        self._model.add_circuit([(start, end, flown) for start, end, flown, _ in self._arcs])
        flown, costs = [arc[2] for arc in self._arcs], [arc[3] for arc in self._arcs]
        self._model.minimize(cp_model.LinearExpr.weighted_sum(flown, costs))

    def solve(
        self, control: SolveControl, budget: SolveBudget, *, target: int, hint: IntArray
    ) -> tuple[list[int], int]:
        """An order, empty if none was found, and a bound. Stops once the bound reaches `target`."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.random_seed = budget.seed % 2**31
        solver.parameters.max_time_in_seconds = 0.6 * control.remaining
        if budget.work_limit:
            solver.parameters.max_deterministic_time = budget.work_limit * _CP_SAT_PER_STEP
        hinted = set(zip(hint.tolist(), [*hint[1:].tolist(), 0], strict=True))
        for start, end, flown, _ in self._arcs:
            if (start, end) in hinted:
                self._model.add_hint(flown, True)

        def stop_at_target(bound: float) -> None:
            if bound * self._scale >= target:
                solver.stop_search()

        solver.best_bound_callback = stop_at_target
        with control.interrupting(solver.stop_search):
            status = solver.solve(self._model)
        bound = max(0, round(solver.best_objective_bound)) * self._scale
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return [], bound if status == cp_model.UNKNOWN else 0
        following = {start: end for start, end, flown, _ in self._arcs if solver.boolean_value(flown)}
        order = [0]
        while following[order[-1]] != 0:
            order.append(following[order[-1]])
        return order, bound
