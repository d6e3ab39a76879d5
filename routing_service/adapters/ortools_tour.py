"""Tours: all orders where stops are few; else ruin and recreate, bounded by priced walks and by OR-Tools.

CP-SAT solves the tour over floors: least costs from stop to stop, whatever was flown before. Where the tank is always
full these are the true costs, and its optimum is the tour's; where every stop sells fuel, but a refuel takes time, it
is a bound, and its order is one to start from. (OR-Tools' routing solver finds no bounds, and holds the interpreter's
lock all the while.)
"""

import numpy as np
from ortools.sat.python import cp_model

from routing_service.adapters.solve_control import SolveControl
from routing_service.adapters.tour_prices import MOST_STOPS, bound_by_walks
from routing_service.adapters.tour_rounds import LONG, TourRounds
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import IntArray, Objective
from routing_service.domain.tour import SolveBudget, Status, TourPlan, TourProblem
from routing_service.domain.tour_exact import MAX_STOPS, best_order, subsets_of, sweep
from routing_service.domain.tour_floors import order_by_floors
from routing_service.domain.tour_full_tank import FullTankTour, always_full
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_tables import NEVER

# How many steps lead to the tour that an exhaustive search has to undercut.
_STEPS_BEFORE_PROOF = 1_000
# Steps of the search by floors, per stop, where stops are few; where they are many, so many at most; and so many for
# each second.
_FLOOR_STEPS, _FEW_STOPS, _MOST_FLOOR_STEPS, _FLOOR_STEPS_PER_SECOND = 20_000, 60, 50_000, 5_000_000
# How often that is tried where stops are many, and the part of the time for it where there is a bound to be found.
_TRIES, _FLOORS_PART, _SECONDS_PER_FLOOR_STEP = 8, 0.1, 7e-8
# The part of the time that is left, of which a round makes use, and where there is much; and the part for the search if
# there is enough for bounds besides.
_ROUND_PART, _ROUND_PART_OF_MUCH, _SEARCH_PART = 0.7, 0.35, 0.5
# Steps of a work limit for one step of prices.
_STEPS_PER_PRICES = 500
# Deterministic seconds of CP-SAT that stand for one step of a work limit.
_CP_SAT_PER_STEP = 1e-4
# Time left for which CP-SAT is worth setting up, which alone takes a tenth of it.
_SECONDS_PER_ARC = 1e-4
_CP_SAT_PART = 0.9
# The part of the time that times between all stops may take.
_TIMES_PART = 0.5
_SETS_AT_ONCE = 16


class OrToolsTourSolver:
    """Stops at the proof, at the end of its budget, or when whole rounds of its search bring nothing."""

    def solve(
        self, prepared: PreparedGraph, problem: TourProblem, budget: SolveBudget, control: SolveControl
    ) -> TourPlan:
        movable = problem.distinct_stops
        if len(movable) > MAX_STOPS and not problem.keep_order and always_full(problem):
            tour = FullTankTour.of(prepared, problem)
            if tour.seconds_for_times < _TIMES_PART * control.remaining:
                return _shortest(tour, budget, control)
        task = TourTask.of(prepared, problem, control.share(0.4).expired)
        if len(task.model.nodes) == 1:
            return task.plan(task.sequence([0])[:1], Status.OPTIMAL, 0)
        if (given := task.given_sequence) is not None:
            return task.plan_given(given)
        solve = _Solve(task, budget, control)
        return solve.proven() or solve.searched()


def _shortest(tour: FullTankTour, budget: SolveBudget, control: SolveControl) -> TourPlan:
    """The shortest order by times that do not depend on each other, and CP-SAT's bound."""
    closed, fixed_end = tour.problem.return_to_origin, tour.problem.destination is not None
    bound = _least_into_each(tour.times, closed=closed)
    provable = control.remaining > _SECONDS_PER_ARC * tour.times.size
    order = _short_order(tour, budget, control.share(_FLOORS_PART if provable else 1.0))
    if provable:
        circuit = _CircuitOverFloors(tour.times, closed=closed, end_node=len(order) - 1 if fixed_end else 0)
        cost = tour.cost(tour.sequence(order))
        found, proven = circuit.solve(control, budget, target=cost, hint=order)
        bound = max(bound, proven)
        if found and tour.cost(tour.sequence(np.array(found))) < cost:
            order = np.array(found)
    return tour.plan(order, bound * tour.unit)


def _short_order(tour: FullTankTour, budget: SolveBudget, control: SolveControl) -> IntArray:
    """The best of several tries where stops are many, as far as the time goes."""
    closed, fixed_end = tour.problem.return_to_origin, tour.problem.destination is not None
    stops = len(tour.nodes) - 1
    steps, first = _floor_steps(stops, budget), np.arange(stops + 1)
    best, least = first, NEVER
    for number in range(1 if budget.work_limit or stops <= _FEW_STOPS else _TRIES):
        seed = budget.seed + number
        order = order_by_floors(tour.times, first, seed, steps, closed=closed, fixed_end=fixed_end)
        cost = tour.cost(tour.sequence(order))
        if cost < least:
            best, least = order, cost
        if control.remaining < steps * _SECONDS_PER_FLOOR_STEP:
            break
    return best


def _floor_steps(stops: int, budget: SolveBudget) -> int:
    most = _FLOOR_STEPS if budget.work_limit or stops <= _FEW_STOPS else _MOST_FLOOR_STEPS
    in_time = NEVER if budget.work_limit else int(_FLOOR_STEPS_PER_SECOND * budget.seconds)
    return min(most * stops, in_time)


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
        if task.sells_everywhere:
            rounds.offer(self._by_floors())
        bound, walks = self._bound(), self._walks_may_tell
        long = self._budget.seconds >= LONG
        search = self._control.share(_SEARCH_PART) if walks and long else self._control
        while rounds.goes_on(bound) and not search.expired():
            rounds.round(search.share(_ROUND_PART_OF_MUCH if long else _ROUND_PART))
        if walks and rounds.cost > bound and not self._control.expired():
            most = max(1, self._budget.work_limit // _STEPS_PER_PRICES) if self._budget.work_limit else NEVER
            bound = max(bound, bound_by_walks(task, rounds.cost, most, self._control))
        status = Status.OPTIMAL if rounds.cost <= bound else Status.FEASIBLE
        return task.plan(rounds.best, status, max(task.least_duration, bound * task.unit))

    @property
    def _walks_may_tell(self) -> bool:
        task = self._task
        fastest = task.model.exact and task.problem.options.objective is Objective.FASTEST
        return fastest and len(task.model.nodes) - 1 <= MOST_STOPS

    def _by_floors(self) -> IntArray:
        task = self._task
        steps = _floor_steps(len(task.model.nodes) - 1, self._budget)
        order = np.array(task.first_order, np.int64)
        closed, fixed_end = task.problem.return_to_origin, bool(task.end_node)
        found = order_by_floors(task.floors, order, self._budget.seed, steps, closed=closed, fixed_end=fixed_end)
        return task.sequence(found.tolist())

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
        if not task.sells_everywhere or self._control.remaining < _SECONDS_PER_ARC * task.floors.size:
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
        solver.parameters.max_time_in_seconds = _CP_SAT_PART * control.remaining
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
