"""Plans for voyages: the graph, the routing service, and a second look at what it planned."""

from collections.abc import Sequence

from navigation_service.application.ports import Credential, FleetWish, RoutePlanner, ShipProfile, TourWish
from navigation_service.application.system_graphs import SystemGraphs
from navigation_service.domain.errors import OutsideSystemError, RoutingUnavailableError, WaypointNotFoundError
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.route import Route, RouteOptions, flaw_in_plan
from navigation_service.domain.ship import Ship
from navigation_service.domain.tour import FleetPlan, Solution, TourPlan, flaw_in_shares, flaw_in_visits
from navigation_service.domain.voyage import Voyage
from shared_kernel.symbols import WaypointSymbol


class VoyagePlanning:
    """Plans begin where a ship is, or will arrive. Its methods raise as RoutePlanner does, and
    RoutingUnavailableError for a plan that cannot be flown; those that take a credential as SystemGraphs.graph too.
    """

    def __init__(self, graphs: SystemGraphs, planner: RoutePlanner) -> None:
        self._graphs = graphs
        self._planner = planner

    async def route_of_voyage(self, credential: Credential, voyage: Voyage, ship: Ship) -> Route:
        """A new route over the stops that the voyage has not visited yet and, of a closed tour, home."""
        graph = await self._graphs.graph(credential, voyage.system_symbol)
        wish = TourWish(ship.waypoint_symbol, voyage.unvisited, voyage.keep_order, voyage.home)
        return (await self.tour(graph, ship, wish, voyage.options)).route

    async def route_to(self, graph: SystemGraph, ship: Ship, destination: str, options: RouteOptions) -> Route:
        origin = ship.waypoint_symbol
        if origin == destination:
            return Route.of_nothing(origin, ship.fuel)
        route = await self._planner.plan_route(graph, _profile(ship), origin, destination, options)
        _require_flyable(route, graph, ship, (), destination)
        return route

    async def tour(self, graph: SystemGraph, ship: Ship, wish: TourWish, options: RouteOptions) -> TourPlan:
        """A stop where the ship is counts as visited at once, unless it comes later in an order to keep."""
        stops = wish.stops
        here = tuple(stop for stop in (stops[:1] if wish.keep_order else stops) if stop == wish.origin)
        ahead = tuple(stop for stop in stops if stop not in here)
        if not ahead or (len(ahead) == 1 and wish.destination in ("", *ahead)):
            # One way alone: that is planned exactly, and at less cost.
            route = await self.route_to(graph, ship, wish.destination or (wish.origin, *here, *ahead)[-1], options)
            return TourPlan((*here, *ahead), route, Solution.of_exact(route))
        wish = TourWish(wish.origin, ahead, wish.keep_order, wish.destination)
        plan = await self._planner.optimize_tour(graph, _profile(ship), wish, options)
        _require_visits(ahead, plan, wish.keep_order)
        _require_flyable(plan.route, graph, ship, plan.visit_order, wish.destination or plan.visit_order[-1])
        return TourPlan((*here, *plan.visit_order), plan.route, plan.solution)

    async def fleet(
        self, graph: SystemGraph, ships: Sequence[Ship], wish: FleetWish, options: RouteOptions
    ) -> FleetPlan:
        """A tour for each ship that got stops, in the order of the ships."""
        plan = await self._planner.partition_fleet(graph, wish, options)
        if flaw := flaw_in_shares(wish.stops, plan):
            raise _rejected(flaw)
        tours = {tour.ship_symbol: tour for tour in plan.tours}
        for ship in ships:
            if tour := tours.get(ship.ship_symbol):
                end = ship.waypoint_symbol if wish.return_to_origin else (ship.waypoint_symbol, *tour.visit_order)[-1]
                _require_flyable(tour.route, graph, ship, tour.visit_order, end)
        known = [tours[ship.ship_symbol] for ship in ships if ship.ship_symbol in tours]
        return FleetPlan(tuple(tour for tour in known if tour.visit_order), plan.unreachable_stops, plan.solution)

    async def map_for_caller(self, credential: Credential, ship: Ship, waypoints: Sequence[str]) -> SystemGraph:
        """The map of the ship's system. Raises OutsideSystemError, WaypointNotFoundError for a waypoint not on it."""
        for waypoint in waypoints:
            _require_system(ship, waypoint)
        graph = await self._graphs.graph(credential, ship.system_symbol)
        if missing := [waypoint for waypoint in waypoints if graph.find(waypoint) is None]:
            named = ",".join(missing)
            metadata = {"system_symbol": ship.system_symbol, "waypoint_symbol": named}
            raise WaypointNotFoundError(
                f"there is no waypoint {named} in {ship.system_symbol}; GetSystemGraph names them all", metadata
            )
        return graph

    async def route_for_caller(
        self, credential: Credential, ship: Ship, destination: str, options: RouteOptions
    ) -> Route:
        """Raises as `map_for_caller` too."""
        graph = await self.map_for_caller(credential, ship, [destination])
        return await self.route_to(graph, ship, destination, options)


def _profile(ship: Ship) -> ShipProfile:
    return ShipProfile(ship.fuel, ship.fuel_capacity, ship.engine_speed)


def _require_system(ship: Ship, waypoint: str) -> None:
    system = WaypointSymbol(waypoint).system_symbol
    if system not in (ship.system_symbol, waypoint):
        metadata = {"ship_system": ship.system_symbol, "destination_system": system}
        raise OutsideSystemError(
            f"{waypoint} lies outside {ship.system_symbol}, where {ship.ship_symbol} is; "
            "choose a waypoint of that system",
            metadata,
        )


def _require_visits(stops: Sequence[str], plan: TourPlan, keep_order: bool) -> None:
    if sorted(plan.visit_order) != sorted(stops):
        raise _rejected("it does not visit the stops that were asked for")
    if keep_order and plan.visit_order != tuple(stops):
        raise _rejected("it does not keep their order")


def _require_flyable(
    route: Route, graph: SystemGraph, ship: Ship, visit_order: Sequence[str], destination: str
) -> None:
    ends = (ship.waypoint_symbol, destination)
    flaw = flaw_in_plan(route, graph, ship.fuel, ship.fuel_capacity) or flaw_in_visits(route, visit_order)
    if (route.origin, route.destination) != ends:
        flaw = f"it leads from {route.origin} to {route.destination}"
    if flaw:
        raise _rejected(flaw)


def _rejected(flaw: str) -> RoutingUnavailableError:
    return RoutingUnavailableError(f"the routing service sent a plan that cannot be flown: {flaw}")
