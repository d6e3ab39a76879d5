"""Routes in memory: fleets fly the same trips over and over, most of them on full tanks."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeAlias

from routing_service.application.ports import RoutePlanner
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import RouteOptions, ShipProfile
from routing_service.domain.route import Route

# The content of the graph, and all that a plan depends on beside it.
_Trip: TypeAlias = tuple[bytes, ShipProfile, RouteOptions, int, int]


class RememberedRoutes:
    """Satisfies RoutePlanner: has `planner` plan what is not among the `most` trips that were asked for last."""

    def __init__(self, planner: RoutePlanner, most: int) -> None:
        self._planner = planner
        self._most = most
        self._routes: OrderedDict[_Trip, Route] = OrderedDict()

    async def plan(
        self, prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, origin: int, destination: int
    ) -> Route:
        trip = prepared.graph.content_key, ship, options, origin, destination
        route = self._routes.get(trip)
        if route is None:
            route = await self._planner.plan(prepared, ship, options, origin, destination)
        self._routes[trip] = route
        self._routes.move_to_end(trip)
        if len(self._routes) > self._most:
            self._routes.popitem(last=False)
        return route

    async def travel_times(
        self, prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, source: int, goals: Sequence[int]
    ) -> tuple[int | None, ...]:
        return await self._planner.travel_times(prepared, ship, options, source, goals)
