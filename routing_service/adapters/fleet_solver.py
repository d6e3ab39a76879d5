"""Fleets: ruin and recreate over the orders of all ships at once; every allocation tried where stops are few."""

import numpy as np

from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.fleet import FleetPlan, FleetProblem
from routing_service.domain.fleet_labels import empty_fleet
from routing_service.domain.fleet_planning import FleetTask
from routing_service.domain.fleet_search import Search, begin, improve
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.tour import SolveBudget, Status

# Temperatures, as parts of the first plan's value.
_HOT, _COLD = 0.01, 0.0001
_TRIES = 3
_AT_ONCE_SECONDS = 0.005


class RuinAndRecreateFleetSolver:
    """Stops at the proof, at the end of its budget, or when whole rounds of its search bring nothing."""

    def solve(
        self, prepared: PreparedGraph, problem: FleetProblem, budget: SolveBudget, control: SolveControl
    ) -> FleetPlan:
        task = FleetTask.of(prepared, problem, thorough=True)
        if not task.stops:
            return task.plan([()] * len(problem.ships), Status.OPTIMAL, 0)
        search = _Search(task, budget, control)
        search.run()
        return task.plan(search.orders(), Status.FEASIBLE, 0)


class _Search:
    def __init__(self, task: FleetTask, budget: SolveBudget, control: SolveControl) -> None:
        self._task, self._budget, self._control = task, budget, control
        self._crew = task.crew
        self._tables = task.tables(coupled=task.coupled)
        ships, stops = len(task.problem.ships), len(task.stops)
        shape = (ships, stops, self._tables.near.shape[2], self._tables.away.first.shape[1])
        current, trial = (empty_fleet(*shape, coupled=task.coupled) for _ in range(2))
        self._search = Search(
            current=current,
            trial=trial,
            best=current.after.copy(),
            values=np.full(2, np.inf),
            closest=task.closest,
            remote=task.remote,
            chance=np.array([budget.seed * 2 + 1], np.uint64) * np.uint64(0x9E3779B97F4A7C15),
        )
        self.steps = 0

    def run(self) -> None:
        order = np.argsort(-self._task.remote, kind="stable")
        missed = begin(self._tables, self._crew, self._search, order)
        for _ in range(_TRIES):
            if not missed.size:
                break
            # What found no place in the end gets one first.
            order = np.array([*missed, *(stop for stop in order if stop not in missed)], np.int64)
            missed = begin(self._tables, self._crew, self._search, order)
        steps = self._budget.work_limit or round(self._budget.seconds * 3000)
        step, scale = 0, float(self._search.values[1])
        at_once = 16
        while step < steps and not self._control.expired():
            step = improve(
                self._tables,
                self._crew,
                self._search,
                step,
                min(steps, step + at_once),
                steps,
                _HOT * scale,
                _COLD * scale,
            )
        self.steps = step

    def orders(self) -> list[list[int]]:
        ships, stops = len(self._task.problem.ships), len(self._task.stops)
        orders: list[list[int]] = []
        for ship in range(ships):
            order: list[int] = []
            node = int(self._search.best[stops + ship])
            while node < stops:
                order.append(node)
                node = int(self._search.best[node])
            orders.append(order)
        return orders
