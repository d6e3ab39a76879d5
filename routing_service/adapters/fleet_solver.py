"""Fleets: ruin and recreate over the orders of all ships at once; every allocation tried where stops are few."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from routing_service.adapters.fleet_prices import Look, bound_by_collecting, worth_a_look
from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.fleet import FleetPlan, FleetProblem
from routing_service.domain.fleet_bounds import lower_bound
from routing_service.domain.fleet_exact import MAX_STOPS
from routing_service.domain.fleet_insertion import Search
from routing_service.domain.fleet_planning import FleetTask
from routing_service.domain.fleet_proof import best_orders, least_for_few
from routing_service.domain.fleet_search import begin, improve, search_of, take_up
from routing_service.domain.fleet_tables import FAR, FleetTables
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import NANOS_PER_SECOND
from routing_service.domain.tour import SolveBudget, Status
from routing_service.domain.tour_tables import NEVER

# Temperatures, as parts of the first plan's value: at the start, at the start from a known plan, and at the end.
_HOT, _WARM, _COLD = 0.05, 0.01, 0.0001
# Rounds with fewer steps per stop begin colder.
_STEPS_FOR_HOT, _COUPLED_STEPS_FOR_HOT = 1_000, 40
# Where rounds have so many steps per stop, so many begin hot, each from a plan of its own, in this part of the time.
# The best is gone on from: which ship flies far is settled early, and often not well.
_STEPS_FOR_SEVERAL, _COUPLED_STEPS_FOR_SEVERAL = 500, 80
_SEVERAL, _SEVERAL_PART = 3, 0.66
# Parts of the time: for bounds, for tables of full-tank times, and for the search by them where it is not the last.
_BOUND_PART, _TIMES_PART, _FIRST_PART = 0.05, 0.15, 0.5
# Seconds per step, about: by full-tank times, and per stop; with fuel carried.
_STEP_SECONDS, _STEP_SECONDS_PER_STOP, _COUPLED_STEP_SECONDS = 1.5e-6, 6e-8, 1.2e-4
# The parts of the time in the end for the best plan for few of the stops, and for prices; how many steps are worth a
# look for them.
_FEW_PART, _PRICES_PART, _STEPS_PER_LOOK = 0.1, 0.1, 100
# A round has no more steps than so many per stop; where whole rounds bring nothing, no more improvement is expected.
_ROUND_STEPS_PER_STOP, _COUPLED_ROUND_STEPS_PER_STOP = 8_000, 1_000
_IDLE_ROUNDS = 2
# The part of the time that is searched for at least, however long flights take to plan.
_LEAST_PART = 0.3
# How many steps lead to the plan that an exhaustive search begins with, the part of the time left that it may take, and
# the most places among which it is tried.
_STEPS_BEFORE_PROOF, _PROOF_PART, _MOST_PLACES = 200, 0.7, 500
# How much dearer ships are that end late, in the plans that searches begin with; one more try for each.
_MAKESPAN_POWERS, _TOTAL_POWERS = (2, 1, 4, 8, 16), (1, 1, 1)
# Steps between two looks at the clock.
_AT_ONCE, _COUPLED_AT_ONCE = 256, 16


class RuinAndRecreateFleetSolver:
    """Stops at the proof, at the end of its budget, or when whole rounds of its search bring nothing."""

    def solve(
        self, prepared: PreparedGraph, problem: FleetProblem, budget: SolveBudget, control: SolveControl
    ) -> FleetPlan:
        task = FleetTask.of(prepared, problem, budget.seconds)
        if not task.stops:
            return task.plan([()] * len(problem.ships), Status.OPTIMAL, 0)
        bound = lower_bound(prepared, problem, task.stops_asked, budget.seconds * _BOUND_PART)
        run = _Run(task, budget, control, bound)
        proven = run.prove(prepared, problem) if len(task.stops) <= MAX_STOPS else None
        if proven is not None:
            return proven
        run.search(prepared, problem)
        return task.plan(run.orders, Status.FEASIBLE, run.bound)


class _Run:
    """One fleet's search; `bound` in nanoseconds."""

    def __init__(self, task: FleetTask, budget: SolveBudget, control: SolveControl, bound: int) -> None:
        self._task, self._budget, self._control, self.bound = task, budget, control, bound
        self._best, self._value = np.empty(0, np.int64), np.inf
        self._steps_left = budget.work_limit or NEVER

    def search(self, prepared: PreparedGraph, problem: FleetProblem) -> None:
        """`prepared` and `problem` are about the whole system."""
        task = self._task
        if task.coupled:
            # What the tables take must not come on top of the time.
            tables = task.tables()
        for_prices = self._budget.seconds * _PRICES_PART
        for_prices *= worth_a_look(prepared, task, self.bound, for_prices)
        for_few = self._budget.seconds * _FEW_PART * self._can_prove(prepared)
        if task.sells_everywhere or not task.coupled:
            full = task.full_tank_tables(self._budget.seconds * _TIMES_PART)
            part = _FIRST_PART if task.coupled else self._part_before(for_prices + task.flying_seconds)
            self._anneal(full, part, anew=True)
        if task.coupled:
            self._anneal(tables, self._part_before(for_prices + for_few), anew=not task.sells_everywhere)
        if not self._control.expired():
            self._raise_bound(prepared, problem)

    def _part_before(self, seconds: float) -> float:
        """The part of the time left that is not needed for what takes so long then; all where steps are counted."""
        if self._budget.work_limit:
            return 1.0
        return max(_LEAST_PART, 1 - seconds / max(1e-9, self._control.remaining))

    def _raise_bound(self, prepared: PreparedGraph, problem: FleetProblem) -> None:
        """Search for a part of the time for what a plan is worth at least."""
        if not np.isfinite(self._value) or sum(map(len, self.orders)) < len(self._task.stops):
            return
        if self._task.coupled and self._can_prove(prepared):
            limit, ended = int(self._value * self._task.second) + self._task.second, self._ending_after(_FEW_PART)
            self.bound = max(self.bound, least_for_few(prepared, problem, self._task, limit, ended))
        seconds, known = self._budget.seconds * _PRICES_PART, int(self._value * NANOS_PER_SECOND)
        look = Look(seconds, self._budget.seconds * _TIMES_PART, self._ending_after(_PRICES_PART))
        if self._budget.work_limit:
            looks = max(1, self._budget.work_limit // _STEPS_PER_LOOK)
            look = replace(look, most=min(look.most, looks))
        self.bound = bound_by_collecting(prepared, problem, self._task, known, self.bound, look)

    def _ending_after(self, part: float) -> Callable[[], bool]:
        """What tells to end after this part of the time; where steps are counted, when there is no time left."""
        seconds = self._budget.seconds * part
        share = self._control.share(min(1.0, seconds / max(1e-9, self._control.remaining)))
        return lambda: self._control.expired() or (share.expired() and not self._budget.work_limit)

    def _can_prove(self, prepared: PreparedGraph) -> bool:
        """Whether few stops can be tried in every way: those of the search need not be all."""
        return not self._task.thrifty and len(prepared.graph.symbols) <= _MOST_PLACES

    def _anneal(self, tables: FleetTables, part: float, *, anew: bool) -> None:
        """Rounds that cool down, for this part of the time; the first begins hot unless a search went before."""
        seconds = self._budget.seconds * part
        control = self._control.share(part)
        search = self._begun(tables)
        idle = 0
        likely, most = self._round_steps(tables, seconds, part)
        many = _COUPLED_STEPS_FOR_HOT if tables.coupled else _STEPS_FOR_HOT
        hot = _HOT * min(1.0, likely / (many * len(self._task.stops))) if anew else _WARM
        enough = _COUPLED_STEPS_FOR_SEVERAL if tables.coupled else _STEPS_FOR_SEVERAL
        several = anew and likely >= enough * len(self._task.stops)
        if several and (search.current.ship >= 0).all():
            self._begin_several(tables, search, control.share(_SEVERAL_PART), int(likely * _SEVERAL_PART), most, hot)
            hot = _WARM
        while idle < _IDLE_ROUNDS and self._goes_on(search, control):
            before = float(search.values[1])
            self._round(tables, search, control, likely, most, hot)
            idle = idle + 1 if float(search.values[1]) >= before else 0
            hot = _WARM
        self._best, self._value = search.best, float(search.values[1])

    def _begin_several(
        self, tables: FleetTables, search: Search, control: SolveControl, likely: int, most: int, hot: float
    ) -> None:
        """Hot rounds of about so many steps in all, the first from the plan at hand, which serves all stops; the best
        plan is the one at hand then."""
        task = self._task
        order, best, least = np.argsort(-task.remote, kind="stable"), search.best.copy(), np.inf
        powers = _MAKESPAN_POWERS if task.crew.makespan else _TOTAL_POWERS
        for number, power in enumerate(powers[-_SEVERAL:]):
            if number and begin(tables, task.crew, search, order, power).size:
                continue
            share = control.share(1 / (_SEVERAL - number))
            self._round(tables, search, share, max(1, likely // _SEVERAL), most, hot)
            if float(search.values[1]) < least:
                best, least = search.best.copy(), float(search.values[1])
        search.values[1] = np.inf
        take_up(tables, task.crew, search, best)

    def _goes_on(self, search: Search, control: SolveControl) -> bool:
        open_gap = float(search.values[1]) * 1e9 > self.bound * (1 + 1e-5)
        return open_gap and self._steps_left > 0 and not control.expired() and not self._control.expired()

    def _round(
        self, tables: FleetTables, search: Search, control: SolveControl, likely: int, most: int, hot: float
    ) -> None:
        """So many steps at most; it is cold when they are done, or when the time is up, however fast steps are."""
        scale = self._scale(search)
        at_once = _COUPLED_AT_ONCE if tables.coupled else _AT_ONCE
        # A later round goes on from the best plan.
        take_up(tables, self._task.crew, search, search.best.copy())
        most, began = min(most, self._steps_left), control.remaining
        step, steps = 0, min(likely, most)
        while step < steps and not control.expired() and not self._control.expired():
            until = min(steps, step + at_once)
            step = improve(tables, self._task.crew, search, step, until, steps, hot * scale, _COLD * scale)
            if not self._budget.work_limit:
                spent = max(1e-9, 1 - control.remaining / began)
                steps = min(most, max(step + 1, int(step / spent)))
        self._steps_left -= step

    def _scale(self, search: Search) -> float:
        """What steps have to be compared with: the makespan, or two ships' part of the total."""
        value, ships = float(search.values[1]), len(self._task.problem.ships)
        return value if self._task.problem.counts_waiting or ships == 1 else 2 * value / ships

    def _round_steps(self, tables: FleetTables, seconds: float, part: float) -> tuple[int, int]:
        """How many steps a round is likely to have, and no more than how many pay."""
        stops = len(self._task.stops)
        most = stops * (_COUPLED_ROUND_STEPS_PER_STOP if tables.coupled else _ROUND_STEPS_PER_STOP)
        if self._budget.work_limit:
            most = max(1, min(most, int(self._budget.work_limit * part)))
            return most, most
        per_step = _COUPLED_STEP_SECONDS if tables.coupled else _STEP_SECONDS + _STEP_SECONDS_PER_STOP * stops
        return max(1, min(most, int(seconds / per_step))), most

    def _begun(self, tables: FleetTables) -> Search:
        """From the best plan, if there is one. Else from the best of several that are made by putting in the remote
        stops first; those that find no place in the end get one first at the next try."""
        task, crew = self._task, self._task.crew
        search = search_of(crew, tables, task.closest, task.remote, self._budget.seed)
        if self._best.size:
            take_up(tables, crew, search, self._best)
            if np.isfinite(search.values[0]):
                return search
        order = np.argsort(-task.remote, kind="stable")
        self._best, least = self._best[:0], (len(order), np.inf)
        for power in _MAKESPAN_POWERS if crew.makespan else _TOTAL_POWERS:
            missed = begin(tables, crew, search, order, power)
            if (missed.size, float(search.values[1])) < least or not self._best.size:
                least = missed.size, float(search.values[1])
                self._best = search.best.copy()
            if missed.size:
                order = np.array([*missed, *(stop for stop in order if stop not in missed)], np.int64)
            if self._control.expired():
                break
        # What was tried last may leave stops out, and be worth less for that.
        search.values[1] = np.inf
        search.best[:] = self._best
        take_up(tables, crew, search, self._best)
        return search

    def prove(self, prepared: PreparedGraph, problem: FleetProblem) -> FleetPlan | None:
        """The best of all ways to share the stops out. None if the time does not suffice, or no way serves them all.
        `prepared` and `problem` are about the whole system."""
        if not self._can_prove(prepared):
            return None
        task = self._task
        search = self._begun(task.tables())
        steps = min(_STEPS_BEFORE_PROOF, self._steps_left)
        self._round(task.tables(), search, self._control, steps, steps, _HOT)
        self._best, served = search.best, (search.current.ship >= 0).all()
        limit = int(float(search.values[1]) * 1.0001 * task.second) + task.second if served else FAR
        control = self._control.share(_PROOF_PART)
        task = task.for_a_proof(prepared, problem, limit)
        orders = best_orders(task, limit, lambda: control.expired() or self._control.expired())
        return None if orders is None else task.plan(orders, Status.OPTIMAL, self.bound)

    @property
    def orders(self) -> list[list[int]]:
        ships, stops = len(self._task.problem.ships), len(self._task.stops)
        orders: list[list[int]] = []
        for ship in range(ships):
            order: list[int] = []
            node = int(self._best[stops + ship])
            while node < stops:
                order.append(node)
                node = int(self._best[node])
            orders.append(order)
        return orders
