"""The solver ports over the pool of processes."""

from typing import cast

from routing_service.adapters.solver_pool import SolverPool
from routing_service.adapters.tour_worker import TourJob
from routing_service.domain.solve_limit import SolveLimit
from routing_service.domain.tour import TourPlan, TourProblem


class PooledTourSolver:
    def __init__(self, pool: SolverPool) -> None:
        self._pool = pool

    async def solve_tour(self, problem: TourProblem, limit: SolveLimit) -> TourPlan:
        plan = await self._pool.run(lambda seconds: TourJob(problem, limit.budget(seconds)), limit)
        return cast(TourPlan, plan)
