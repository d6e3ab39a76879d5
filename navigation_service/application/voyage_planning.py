"""Plans for voyages: the graph, the routing service, and a second look at what it planned."""

from navigation_service.application.ports import Credential, RoutePlanner, ShipProfile
from navigation_service.application.system_graphs import SystemGraphs
from navigation_service.domain.errors import OutsideSystemError, RoutingUnavailableError, WaypointNotFoundError
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.route import Route, RouteOptions, flaw_in_plan
from navigation_service.domain.ship import Ship
from navigation_service.domain.voyage import Voyage
from shared_kernel.symbols import WaypointSymbol


class VoyagePlanning:
    def __init__(self, graphs: SystemGraphs, planner: RoutePlanner) -> None:
        self._graphs = graphs
        self._planner = planner

    async def route_of_voyage(self, credential: Credential, voyage: Voyage, ship: Ship) -> Route:
        """A new route over the stops that the voyage has not visited yet, from where the ship is or will arrive."""
        graph = await self._graphs.graph(credential, voyage.system_symbol)
        return await self.route_to(graph, ship, voyage.unvisited[0], voyage.options)

    async def route_to(self, graph: SystemGraph, ship: Ship, destination: str, options: RouteOptions) -> Route:
        """Raises as RoutePlanner does, and RoutingUnavailableError for a plan that cannot be flown."""
        origin = ship.waypoint_symbol
        if origin == destination:
            return Route.of_nothing(origin, ship.fuel)
        profile = ShipProfile(ship.fuel, ship.fuel_capacity, ship.engine_speed)
        route = await self._planner.plan_route(graph, profile, origin, destination, options)
        if (route.origin, route.destination) != (origin, destination):
            fault: str | None = f"it leads from {route.origin} to {route.destination}"
        else:
            fault = flaw_in_plan(route, graph, ship.fuel, ship.fuel_capacity)
        if fault:
            raise RoutingUnavailableError(f"the routing service sent a plan that cannot be flown: {fault}")
        return route

    async def route_for_caller(
        self, credential: Credential, ship: Ship, destination: str, options: RouteOptions
    ) -> Route:
        """Raises OutsideSystemError, WaypointNotFoundError, and as SystemGraphs.graph and `route_to` do."""
        system = WaypointSymbol(destination).system_symbol
        if system != ship.system_symbol and system != destination:
            metadata = {"ship_system": ship.system_symbol, "destination_system": system}
            raise OutsideSystemError(
                f"{destination} lies outside {ship.system_symbol}, where {ship.ship_symbol} is; "
                "choose a waypoint of that system",
                metadata,
            )
        graph = await self._graphs.graph(credential, ship.system_symbol)
        if graph.find(destination) is None:
            metadata = {"system_symbol": ship.system_symbol, "waypoint_symbol": destination}
            raise WaypointNotFoundError(f"there is no waypoint {destination} in {ship.system_symbol}", metadata)
        return await self.route_to(graph, ship, destination, options)
