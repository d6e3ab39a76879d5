"""The solver of a worker process: tours."""

import time
from dataclasses import dataclass

import numpy as np

from routing_service.adapters.graphs_in_memory import PreparedGraphs
from routing_service.adapters.ortools_tour import OrToolsTourSolver
from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.prepared import PreparedGraph, prepare
from routing_service.domain.problem import NANOS_PER_SECOND, RouteOptions, ShipProfile, SystemGraph
from routing_service.domain.tour import SolveBudget, TourPlan, TourProblem
from routing_service.domain.tour_cuts import broken_combs
from routing_service.domain.tour_floors import order_by_floors
from routing_service.domain.tour_trees import may_be_flown, trees_of

_GRAPH_CACHE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class TourJob:
    problem: TourProblem
    budget: SolveBudget


class TourWorker:
    """Keeps the graphs it prepared: the next tour is often flown in the same system."""

    def __init__(self) -> None:
        self._solver = OrToolsTourSolver()
        self._graphs = PreparedGraphs(_GRAPH_CACHE_BYTES)

    def __call__(self, job: TourJob, control: SolveControl) -> TourPlan:
        return self._solver.solve(self.prepared(job.problem.graph), job.problem, job.budget, control)

    def prepared(self, graph: SystemGraph) -> PreparedGraph:
        """The tables of this graph, kept or made now."""
        kept = self._graphs.get(graph.content_key)
        if kept is None:
            kept = prepare(graph)
            self._graphs.keep(kept)
        return kept


def warm_tour_worker() -> TourWorker:
    """A worker whose kernels are compiled: every way to solve has been gone once."""
    worker = TourWorker()
    tours = (3, 20, 0, 50), (14, 20, 0, 50), (14, 10, 0, 50), (14, 10, 0, 0), (14, 10, NANOS_PER_SECOND, 50)
    for stops, apart, refuel, tank in tours:
        places = np.arange(stops + 1, dtype=np.int64) * 10
        symbols = tuple(f"W{place}" for place in places)
        graph = SystemGraph("", symbols, places, places, places % apart == 0, f"warm-up {stops} {apart}".encode())
        options = RouteOptions(refuel_duration=refuel)
        problem = TourProblem(graph, ShipProfile(tank, tank, 1), options, 0, tuple(range(1, stops + 1)), True)
        worker(TourJob(problem, SolveBudget(60.0, work_limit=100)), SolveControl(time.monotonic() + 60.0))
    # Only tours that are longer, or not as plain, come to these.
    floors = np.ones((5, 5), np.int64)
    order_by_floors(floors, np.arange(5), 1, 10, lambda: False, closed=True, fixed_end=False)
    may_be_flown(trees_of(floors, 6, closed=True, end_node=0), 6)
    broken_combs(np.full((8, 8), 2 / 7))
    return TourWorker()
