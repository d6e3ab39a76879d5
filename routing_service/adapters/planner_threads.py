"""The exact planner on worker threads: its kernel runs without the GIL, so the event loop goes on meanwhile."""

import asyncio
from concurrent.futures import Executor

from routing_service.domain.planner import plan_route
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import RouteOptions, ShipProfile
from routing_service.domain.route import Route


class ThreadedRoutePlanner:
    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def plan(
        self, prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, origin: int, destination: int
    ) -> Route:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, plan_route, prepared, ship, options, origin, destination)
