"""The fleets' solver port over the pool of processes."""

from typing import cast

from routing_service.adapters.fleet_worker import FleetJob
from routing_service.adapters.solver_pool import SolverPool
from routing_service.domain.fleet import FleetPlan, FleetProblem
from routing_service.domain.solve_limit import SolveLimit


class PooledFleetSolver:
    def __init__(self, pool: SolverPool) -> None:
        self._pool = pool

    async def solve_fleet(self, problem: FleetProblem, limit: SolveLimit) -> FleetPlan:
        plan = await self._pool.run(lambda seconds: FleetJob(problem, limit.budget(seconds)), limit)
        return cast(FleetPlan, plan)
