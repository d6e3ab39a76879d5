"""Tours: an exact search where stops are few; else a walk over orders, bounded and aided by OR-Tools.

CP-SAT solves the tour over floors: least costs from stop to stop, whatever was flown before. Where every stop sells
fuel these are the true costs, and its optimum is the tour's. Elsewhere it is a bound, and its order is one to start
from. (OR-Tools' routing solver finds no bounds, and holds the interpreter's lock all the while.)
"""

import numpy as np
from ortools.sat.python import cp_model

from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import IntArray, Objective
from routing_service.domain.tour import SolveBudget, Status, TourPlan, TourProblem
from routing_service.domain.tour_anneal import anneal, settle, walk_of
from routing_service.domain.tour_exact import MAX_STOPS, best_order, subsets_of, sweep
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_tables import NEVER

# A step of a search is an order that it tries.
_STEPS_PER_ROUND, _STEPS_PER_STOP = 2_000, 1_500
_ROUNDS_WITHOUT_GAIN = 2
# Temperatures, as parts of the mean cost per stop.
_HOT, _COLD = 0.3, 0.002
# Deterministic seconds of CP-SAT that stand for one step of a work limit.
_CP_SAT_PER_STEP = 1e-4
# Time left for which CP-SAT is worth setting up, which alone takes a tenth of it.
_SECONDS_PER_ARC = 1.5e-4
_SETS_AT_ONCE = 16
_CLOSEST = 12


class OrToolsTourSolver:
    """Stops at the proof, at the end of its budget, or when whole rounds of its walk bring nothing."""

    def solve(
        self, prepared: PreparedGraph, problem: TourProblem, budget: SolveBudget, control: SolveControl
    ) -> TourPlan:
        task = TourTask.of(prepared, problem, control.share(0.4).expired)
        if len(task.model.nodes) == 1:
            return task.plan(task.sequence([0])[:1], Status.OPTIMAL, 0)
        if (given := task.given_sequence) is not None:
            return task.plan_given(given)
        search = _Search(task, budget, control)
        search.walk_round()
        if len(task.model.nodes) - 1 <= MAX_STOPS and task.model.exact and search.prove():
            return task.plan(search.best, Status.OPTIMAL, 0)
        bound = search.bound()
        while search.goes_on(bound):
            search.walk_round()
        status = Status.OPTIMAL if search.cost <= bound else Status.FEASIBLE
        return task.plan(search.best, status, max(task.least_duration, bound * task.unit))


class _Search:
    """One tour's search: a walk that is carried on round by round, and its best sequence of nodes so far."""

    def __init__(self, task: TourTask, budget: SolveBudget, control: SolveControl) -> None:
        self._task = task
        self._budget = budget
        self._control = control
        self._steps_left = budget.work_limit or NEVER
        self._idle_rounds = 0
        # A destination stays where it is, at the end.
        movable = len(task.model.nodes) - (task.problem.destination is not None)
        apart = np.minimum(task.floors, task.floors.T)[:movable, :movable]
        closest = np.argsort(apart, axis=1, kind="stable")
        self._closest = closest[:, : min(_CLOSEST, movable - 1)].astype(np.int64)
        self._walk = walk_of(task.sequence(task.first_order), budget.seed)
        settle(task.model.tables, task.floors, self._walk, task.problem.ship.fuel)

    @property
    def best(self) -> IntArray:
        return self._walk.best

    @property
    def cost(self) -> int:
        """The primary cost of the best sequence; NEVER if it cannot be flown."""
        return NEVER if self._walk.best_cost[0] else int(self._walk.best_cost[1])

    def goes_on(self, bound: int) -> bool:
        within = self._steps_left > 0 and not self._control.expired()
        return within and self.cost > bound and self._idle_rounds < _ROUNDS_WITHOUT_GAIN

    def walk_round(self) -> None:
        """From the best sequence, hot at first and then ever colder."""
        stops = self._closest.shape[0] - 1
        steps = min(_STEPS_PER_ROUND + _STEPS_PER_STOP * stops, self._steps_left)
        self._steps_left -= steps
        before = self._walk.best_cost.tolist()
        self._restart(self._walk.best)
        scale = max(1.0, self._walk.cost[1] / stops)
        step = 0
        while step < steps and not self._control.expired():
            step = anneal(
                *(self._task.model.tables, self._task.floors, self._closest, self._walk),
                *(step, steps, _HOT * scale, _COLD * scale),
            )
        self._idle_rounds = self._idle_rounds + 1 if self._walk.best_cost.tolist() == before else 0

    def prove(self) -> bool:
        """Try all orders. False if the time does not suffice."""
        task = self._task
        closed, tables = task.problem.return_to_origin, task.model.tables
        subsets = subsets_of(tables, task.floors, task.problem.ship.fuel, closed=closed)
        used, sets = 1, len(subsets.rest)
        for begin in range(1, sets, _SETS_AT_ONCE):
            if self._control.expired():
                return False
            limit = min(NEVER, self.cost + 1)
            rows, used = sweep(tables, subsets, begin, min(sets, begin + _SETS_AT_ONCE), used, limit)
            if used < 0:
                return False
            subsets = subsets._replace(rows=rows)
        order = best_order(tables, subsets, used, closed, task.end_node)
        if order.size:
            self._restart(task.sequence(order.tolist()))
        return True

    def bound(self) -> int:
        """What every tour costs at least, by primary cost; improves the walk on the way. 0 where nothing is known."""
        task = self._task
        if not task.model.exact or task.problem.options.objective is not Objective.FASTEST:
            return 0
        simple = _least_into_each(task.floors, closed=task.problem.return_to_origin)
        if self._control.remaining < _SECONDS_PER_ARC * task.floors.size:
            return simple
        circuit = _CircuitOverFloors(task.floors, closed=task.problem.return_to_origin, end_node=task.end_node)
        order, bound = circuit.solve(self._control, self._budget, target=self.cost, hint=self.best)
        if order:
            self._restart(task.sequence(order))
        return max(simple, bound)

    def _restart(self, sequence: IntArray) -> None:
        self._walk.trial[:] = sequence
        settle(self._task.model.tables, self._task.floors, self._walk, self._task.problem.ship.fuel)


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
