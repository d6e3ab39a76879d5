"""What operators are shown of the solvers."""

from typing import cast

import pytest
from prometheus_client import CollectorRegistry

from routing_service.adapters.metrics import MeteredFleetSolver, MeteredTourSolver, SolverMetrics
from routing_service.adapters.solver_pool import SolverPool
from routing_service.domain.errors import QueueFullError
from routing_service.domain.fleet import FleetPlan, FleetProblem
from routing_service.domain.route import Route
from routing_service.domain.solve_limit import SolveLimit
from routing_service.domain.tour import Status, TourPlan, TourProblem

ROUTE = Route("X1-T1-A0", "X1-T1-A1", (), duration=200, fuel_consumed=0, distance=0.0, fuel_at_arrival=0)
# The solvers below look at neither.
PROBLEM, LIMIT = cast(TourProblem, None), cast(SolveLimit, None)


class Solvers:
    """Answer at once, with the same plan or error for everybody."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    async def solve_tour(self, problem: TourProblem, limit: SolveLimit) -> TourPlan:
        if self._error is not None:
            raise self._error
        return TourPlan(("X1-T1-A1",), ROUTE, Status.FEASIBLE, 150)

    async def solve_fleet(self, problem: FleetProblem, limit: SolveLimit) -> FleetPlan:
        return FleetPlan((), (), Status.OPTIMAL, objective=0, lower_bound=0)


def value(metrics: SolverMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"spacetraders_{name}", labels)


async def test_plans_are_timed_and_their_gaps_shown_by_kind_of_problem() -> None:
    metrics = SolverMetrics(CollectorRegistry())

    await MeteredTourSolver(Solvers(), metrics).solve_tour(PROBLEM, LIMIT)
    await MeteredFleetSolver(Solvers(), metrics).solve_fleet(cast(FleetProblem, None), LIMIT)

    assert value(metrics, "solve_seconds_count", problem="tour") == 1
    assert value(metrics, "solve_gap_ratio_sum", problem="tour") == 0.25
    assert value(metrics, "solve_gap_ratio_bucket", problem="fleet", le="0.0") == 1


async def test_solves_that_fail_are_timed_and_have_no_gap() -> None:
    metrics = SolverMetrics(CollectorRegistry())

    with pytest.raises(QueueFullError):
        await MeteredTourSolver(Solvers(QueueFullError("full")), metrics).solve_tour(PROBLEM, LIMIT)

    assert value(metrics, "solve_seconds_count", problem="tour") == 1
    assert value(metrics, "solve_gap_ratio_count", problem="tour") is None


def test_the_queue_is_shown_as_it_is_when_somebody_looks() -> None:
    metrics = SolverMetrics(CollectorRegistry())
    metrics.watch(SolverPool(lambda: lambda job, control: job, workers=3, waiting=2))

    assert value(metrics, "solver_queue_length") == 0
    assert value(metrics, "solver_busy") == 0
