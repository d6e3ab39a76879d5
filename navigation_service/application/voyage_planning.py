"""Plans for voyages: the graph, the routing service, and a second look at what it planned."""

from navigation_service.application.ports import Credential, RoutePlanner, ShipProfile
from navigation_service.application.system_graphs import SystemGraphs
from navigation_service.domain.errors import RoutingUnavailableError
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.route import Route, RouteOptions, flaw_in_plan
from navigation_service.domain.ship import Ship
from navigation_service.domain.voyage import Voyage


class VoyagePlanning:
    def __init__(self, graphs: SystemGraphs, planner: RoutePlanner) -> None:
        self._graphs = graphs
        self._planner = planner

    async def route_of_voyage(self, credential: Credential, voyage: Voyage, ship: Ship) -> Route:
        """A new route over the stops that the voyage has not visited yet, from where the ship is or will arrive."""
        graph = await self._graphs.graph(credential, voyage.system_symbol)
        return await self.route_to(graph, ship, voyage.unvisited[0], voyage.options)

    async def route_to(self, graph: SystemGraph, ship: Ship, destination: str, options: RouteOptions) -> Route:
        """Raises what RoutePlanner raises, and RoutingUnavailableError for a plan that cannot be flown."""
        origin = ship.waypoint_symbol
        if origin == destination:
            return Route.of_nothing(origin, ship.fuel)
        profile = ShipProfile(ship.fuel, ship.fuel_capacity, ship.engine_speed)
        route = await self._planner.plan_route(graph, profile, origin, destination, options)
        if fault := flaw_in_plan(route, graph, ship.fuel, ship.fuel_capacity):
            raise RoutingUnavailableError(f"the routing service sent a plan that cannot be flown: {fault}")
        return route
