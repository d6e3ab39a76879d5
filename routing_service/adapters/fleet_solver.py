"""Fleets: ruin and recreate over the orders of all ships at once; every allocation tried where stops are few."""

import numpy as np

from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.fleet import FleetPlan, FleetProblem
from routing_service.domain.fleet_planning import FleetTask
from routing_service.domain.fleet_search import Search, begin, improve, search_of, take_up
from routing_service.domain.fleet_tables import FleetTables
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import IntArray
from routing_service.domain.tour import SolveBudget, Status

# Temperatures, as parts of the first plan's value.
_HOT, _WARM, _COLD = 0.01, 0.002, 0.0001
_TRIES = 3
# Steps between two looks at the clock.
_AT_ONCE = 16
_MOST_STEPS = 10_000_000


class RuinAndRecreateFleetSolver:
    """Stops at the proof, at the end of its budget, or when whole rounds of its search bring nothing."""

    def solve(
        self, prepared: PreparedGraph, problem: FleetProblem, budget: SolveBudget, control: SolveControl
    ) -> FleetPlan:
        task = FleetTask.of(prepared, problem, budget.seconds)
        if not task.stops:
            return task.plan([()] * len(problem.ships), Status.OPTIMAL, 0)
        run = _Run(task, budget, control)
        run.run()
        return task.plan(run.orders(), Status.FEASIBLE, 0)


class _Run:
    """One fleet's search."""

    def __init__(self, task: FleetTask, budget: SolveBudget, control: SolveControl) -> None:
        self._task, self._budget, self._control = task, budget, control
        self._best: IntArray | None = None
        self.trace = []

    def run(self) -> None:
        task = self._task
        if task.sells_everywhere:
            self._search(task.full_tank_tables(), part=0.5 if task.coupled else 1.0)
        if task.coupled:
            self._search(task.tables(), part=1.0)

    def _search(self, tables: FleetTables, part: float) -> None:
        task, crew = self._task, self._task.crew
        search = search_of(crew, tables, task.closest, task.remote, self._budget.seed)
        control = self._control.share(part)
        if self._best is None:
            self._begin(tables, search)
        else:
            take_up(tables, crew, search, self._best)
        first = self._best is None
        scale = float(search.values[1])
        steps = self._steps(tables, control.remaining)
        step = 0
        while step < steps and not control.expired():
            until = min(steps, step + _AT_ONCE)
            step = improve(tables, crew, search, step, until, steps, (_HOT if first else _WARM) * scale, _COLD * scale)
        self._best = search.best
        self.trace.append((step, steps, round(control.remaining, 3)))
        RuinAndRecreateFleetSolver.last = self.trace

    def _steps(self, tables: FleetTables, seconds: float) -> int:
        if self._budget.work_limit:
            return min(self._budget.work_limit, _MOST_STEPS)
        stops = len(self._task.stops)
        per_step = (2e-6 + 1e-7 * stops) if not tables.coupled else 3e-4
        return max(1, int(seconds / per_step))

    def _begin(self, tables: FleetTables, search: Search) -> None:
        """The remote stops first. Those that find no place in the end get one first at the next try."""
        order = np.argsort(-self._task.remote, kind="stable")
        for _ in range(_TRIES):
            missed = begin(tables, self._task.crew, search, order)
            if not missed.size:
                break
            order = np.array([*missed, *(stop for stop in order if stop not in missed)], np.int64)

    def orders(self) -> list[list[int]]:
        best, ships, stops = self._best, len(self._task.problem.ships), len(self._task.stops)
        assert best is not None
        orders: list[list[int]] = []
        for ship in range(ships):
            order: list[int] = []
            node = int(best[stops + ship])
            while node < stops:
                order.append(node)
                node = int(best[node])
            orders.append(order)
        return orders
