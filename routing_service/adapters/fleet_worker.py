"""The solver of a worker process: tours, and fleets."""

import time
from dataclasses import dataclass

import numpy as np

from routing_service.adapters.fleet_solver import RuinAndRecreateFleetSolver
from routing_service.adapters.solve_control import SolveControl
from routing_service.adapters.tour_worker import TourJob, TourWorker, warm_tour_worker
from routing_service.domain.fleet import FleetObjective, FleetPlan, FleetProblem, FleetShip
from routing_service.domain.problem import RouteOptions, ShipProfile, SystemGraph
from routing_service.domain.tour import SolveBudget, TourPlan


@dataclass(frozen=True)
class FleetJob:
    problem: FleetProblem
    budget: SolveBudget


class SolvingWorker:
    """Takes either kind of job; graphs are prepared once for both."""

    def __init__(self, tours: TourWorker) -> None:
        self._tours = tours
        self._fleets = RuinAndRecreateFleetSolver()

    def __call__(self, job: FleetJob | TourJob, control: SolveControl) -> FleetPlan | TourPlan:
        if isinstance(job, TourJob):
            return self._tours(job, control)
        return self._fleets.solve(self._tours.prepared(job.problem.graph), job.problem, job.budget, control)


def warm_worker() -> SolvingWorker:
    """A worker whose kernels are compiled: every way to solve has been gone once."""
    worker = SolvingWorker(warm_tour_worker())
    for stops, selling in ((3, 2), (14, 2), (14, 1)):
        places = np.arange(stops + 1, dtype=np.int64) * 10
        symbols = tuple(f"W{place}" for place in places)
        graph = SystemGraph("", symbols, places, places, np.arange(stops + 1) % selling == 0, f"warm {stops}".encode())
        ships = tuple(FleetShip(f"S-{number}", ShipProfile(50, 50, 1), 0) for number in range(2))
        problem = FleetProblem(graph, ships, tuple(range(1, stops + 1)), True, FleetObjective.MAKESPAN, RouteOptions())
        worker(FleetJob(problem, SolveBudget(60.0, work_limit=20)), SolveControl(time.monotonic() + 60.0))
    return SolvingWorker(TourWorker())
