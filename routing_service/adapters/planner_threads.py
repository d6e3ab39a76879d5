"""The exact planner, on worker threads where it takes a while: its kernel runs without the GIL, so the loop goes on."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor

from routing_service.domain.planner import plan_route
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import RouteOptions, ShipProfile
from routing_service.domain.route import Route
from routing_service.domain.travel_times import NEVER, travel_times_from

# A plan over so few takes a fraction of a millisecond, less than to go to a thread and to come back.
_FEW_WAYPOINTS = 128


class ThreadedRoutePlanner:
    """Single plans run on `planning`; tables of travel times run on `tabulating`, so that plans never wait for them."""

    def __init__(self, planning: Executor, tabulating: Executor) -> None:
        self._planning = planning
        self._tabulating = tabulating

    async def plan(
        self, prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, origin: int, destination: int
    ) -> Route:
        if len(prepared.graph.symbols) <= _FEW_WAYPOINTS:
            return plan_route(prepared, ship, options, origin, destination)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._planning, plan_route, prepared, ship, options, origin, destination)

    async def travel_times(
        self, prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, source: int, goals: Sequence[int]
    ) -> tuple[int | None, ...]:
        loop = asyncio.get_running_loop()
        times = await loop.run_in_executor(self._tabulating, travel_times_from, prepared, ship, options, source)
        return tuple(time if time < NEVER else None for time in times[list(goals)].tolist())
