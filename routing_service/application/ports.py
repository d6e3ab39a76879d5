"""What the use cases need of the world."""

from typing import Protocol

from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import RouteOptions, ShipProfile, SystemGraph
from routing_service.domain.route import Route


class PreparedGraphRepository(Protocol):
    """Graphs with what is derived from them, by content. Forgetting is allowed: it costs time alone."""

    async def prepared(self, graph: SystemGraph) -> PreparedGraph:
        """The tables of this graph, or of one with the same content key; made now if they are not kept."""
        ...


class RoutePlanner(Protocol):
    """The exact planner, run where it holds nobody up."""

    async def plan(
        self, prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, origin: int, destination: int
    ) -> Route:
        """As routing_service.domain.planner.plan_route. Raises NoRouteFoundError."""
        ...
