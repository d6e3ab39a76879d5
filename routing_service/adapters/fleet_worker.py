"""The solver of a worker process: tours, and fleets."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from routing_service.adapters.fleet_solver import RuinAndRecreateFleetSolver
from routing_service.adapters.solve_control import SolveControl
from routing_service.adapters.tour_worker import TourJob, TourWorker, warm_tour_worker
from routing_service.domain.compiled import compilations
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
    # A search that waits for the compiler may run out of time before it comes to its last kernel.
    while compilations(_solve_in_every_way):
        pass
    return SolvingWorker(TourWorker())


def _solve_in_every_way() -> None:
    worker = SolvingWorker(warm_tour_worker())
    for job in _warm_jobs():
        worker(job, SolveControl(time.monotonic() + 60.0))


def _warm_jobs() -> Iterator[FleetJob]:
    """Few stops for a proof, more with and without fuel for each; then hardly time for tables: of a large system, with
    and without fuel for each, and of all that fuel allows."""
    ample = (4, 3, 2, 60.0), (15, 14, 2, 60.0), (15, 14, 1, 60.0)
    scarce = (260, 14, 1, 0.1), (260, 14, 2, 0.05), (30, 29, 2, 0.05)
    for places, stops, selling, seconds in (*ample, *scarce):
        at = np.arange(places, dtype=np.int64) * 10
        symbols = tuple(f"W{place}" for place in range(places))
        sells_fuel = (np.arange(places) <= stops) & (np.arange(places) % selling == 0)
        graph = SystemGraph("", symbols, at, at, sells_fuel, f"warm {places} {selling}".encode())
        ships = tuple(FleetShip(f"S-{number}", ShipProfile(50, 50, 1), 0) for number in range(2))
        options = RouteOptions(refuel_duration=0 if seconds > 1 else 1_000_000_000)
        problem = FleetProblem(graph, ships, tuple(range(1, stops + 1)), True, FleetObjective.MAKESPAN, options)
        yield FleetJob(problem, SolveBudget(seconds, work_limit=20))
