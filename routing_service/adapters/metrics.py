"""How the solvers are doing, counted for Prometheus. Made only where metrics are served."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Gauge, Histogram

from routing_service.adapters.solver_pool import SolverPool
from routing_service.application.ports import FleetSolver, TourSolver
from routing_service.domain.fleet import FleetPlan, FleetProblem
from routing_service.domain.solve_limit import SolveLimit
from routing_service.domain.tour import TourPlan, TourProblem

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_GAPS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class SolverMetrics:
    """The collectors of the routing service, in `registry`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._waiting = Gauge("spacetraders_solver_queue_length", "Solves that wait for a worker.", registry=registry)
        self._busy = Gauge("spacetraders_solver_busy", "Solves in hand.", registry=registry)
        self._seconds = Histogram(
            "spacetraders_solve_seconds",
            "From asking for a plan to having it, the wait for a worker included.",
            ["problem"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._gap = Histogram(
            "spacetraders_solve_gap_ratio",
            "How far a plan may be from the best there is, as a part of its cost: 0 is proven.",
            ["problem"],
            buckets=_GAPS,
            registry=registry,
        )

    def watch(self, pool: SolverPool) -> None:
        """Show the pool as it is when somebody looks."""
        self._waiting.set_function(lambda: pool.queue_length)
        self._busy.set_function(lambda: pool.busy)

    @contextmanager
    def timed(self, problem: str) -> Iterator[None]:
        """Solves that fail are timed too: those that run out of time are what to look for."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._seconds.labels(problem).observe(time.monotonic() - started)

    def solved(self, problem: str, cost: int, lower_bound: int) -> None:
        self._gap.labels(problem).observe((cost - lower_bound) / cost if cost else 0.0)


class MeteredTourSolver:
    """Satisfies TourSolver."""

    def __init__(self, solver: TourSolver, metrics: SolverMetrics) -> None:
        self._solver = solver
        self._metrics = metrics

    async def solve_tour(self, problem: TourProblem, limit: SolveLimit) -> TourPlan:
        with self._metrics.timed("tour"):
            plan = await self._solver.solve_tour(problem, limit)
        self._metrics.solved("tour", plan.route.duration, plan.lower_bound)
        return plan


class MeteredFleetSolver:
    """Satisfies FleetSolver."""

    def __init__(self, solver: FleetSolver, metrics: SolverMetrics) -> None:
        self._solver = solver
        self._metrics = metrics

    async def solve_fleet(self, problem: FleetProblem, limit: SolveLimit) -> FleetPlan:
        with self._metrics.timed("fleet"):
            plan = await self._solver.solve_fleet(problem, limit)
        self._metrics.solved("fleet", plan.objective, plan.lower_bound)
        return plan
