"""Plans for voyages: the graph, the routing service, and a second look at what it planned."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from navigation_service.application.ports import Credential, FleetWish, RoutePlanner, ShipProfile, TourWish
from navigation_service.application.system_graphs import SystemGraphs
from navigation_service.domain.errors import OutsideSystemError, RoutingUnavailableError, WaypointNotFoundError
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.route import Route, RouteOptions, flaw_in_plan, fuel_to_go_on
from navigation_service.domain.ship import Ship
from navigation_service.domain.tour import FleetPlan, ShipTour, Solution, TourPlan, flaw_in_shares, flaw_in_visits
from navigation_service.domain.voyage import Voyage
from shared_kernel.errors import DomainError
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
        return (await self.tour(graph, ship, wish, voyage.options, again=voyage.repeat)).route

    async def route_to(
        self, graph: SystemGraph, ship: Ship, destination: str, options: RouteOptions, spare: int = 0
    ) -> Route:
        """`spare`: so much of the tank is not planned with."""
        origin = ship.waypoint_symbol
        if origin == destination:
            return Route.of_nothing(origin, ship.fuel)
        route = await self._planner.plan_route(graph, _profile(ship, spare), origin, destination, options)
        route = _with_spare(route, spare)
        _require_flyable(route, graph, ship, (), destination)
        return route

    async def tour(
        self, graph: SystemGraph, ship: Ship, wish: TourWish, options: RouteOptions, *, again: bool = False
    ) -> TourPlan:
        """A stop where the ship is counts as visited at once, unless it comes later in an order to keep.

        `again`: another round follows, so that it should not end with too little fuel to get to any.
        """
        plan = await self._tour(graph, ship, wish, options)
        lacking = _lacking_fuel(graph, ship, plan.route, options) if again else 0
        for spare in sorted({lacking, min(lacking, 1)} - {0}, reverse=True):
            with suppress(DomainError):
                return await self._tour(graph, ship, wish, options, spare)
        return plan

    async def _tour(
        self, graph: SystemGraph, ship: Ship, wish: TourWish, options: RouteOptions, spare: int = 0
    ) -> TourPlan:
        """`spare`: so much of the tank is not planned with."""
        stops = wish.stops
        here = tuple(stop for stop in (stops[:1] if wish.keep_order else stops) if stop == wish.origin)
        ahead = tuple(stop for stop in stops if stop not in here)
        if not ahead or (len(ahead) == 1 and wish.destination in ("", *ahead)):
            # One way alone: that is planned exactly, and at less cost.
            end = wish.destination or (wish.origin, *here, *ahead)[-1]
            route = await self.route_to(graph, ship, end, options, spare)
            return TourPlan((*here, *ahead), route, Solution.of_exact(route))
        wish = TourWish(wish.origin, ahead, wish.keep_order, wish.destination)
        plan = await self._planner.optimize_tour(graph, _profile(ship, spare), wish, options)
        route = _with_spare(plan.route, spare)
        _require_visits(ahead, plan, wish.keep_order)
        _require_flyable(route, graph, ship, plan.visit_order, wish.destination or plan.visit_order[-1])
        return TourPlan((*here, *plan.visit_order), route, plan.solution)

    async def fleet(
        self, graph: SystemGraph, ships: Sequence[Ship], wish: FleetWish, options: RouteOptions, *, again: bool = False
    ) -> FleetPlan:
        """A tour for each ship that got stops, in the order of the ships. `again` as for a tour."""
        plan = await self._planner.partition_fleet(graph, wish, options)
        if flaw := flaw_in_shares(wish.stops, plan):
            raise _rejected(flaw)
        tours = {tour.ship_symbol: tour for tour in plan.tours}
        for ship in ships:
            if tour := tours.get(ship.ship_symbol):
                end = ship.waypoint_symbol if wish.return_to_origin else (ship.waypoint_symbol, *tour.visit_order)[-1]
                _require_flyable(tour.route, graph, ship, tour.visit_order, end)
                if again and _lacking_fuel(graph, ship, tour.route, options):
                    own = TourWish(
                        ship.waypoint_symbol, tour.visit_order, destination=end if wish.return_to_origin else ""
                    )
                    better = await self.tour(graph, ship, own, options, again=True)
                    tours[ship.ship_symbol] = ShipTour(ship.ship_symbol, better.visit_order, better.route)
        known = [tours[ship.ship_symbol] for ship in ships if ship.ship_symbol in tours]
        return FleetPlan(tuple(tour for tour in known if tour.visit_order), plan.unreachable_stops, plan.solution)

    async def map_for_caller(self, credential: Credential, ship: Ship, waypoints: Sequence[str]) -> SystemGraph:
        """The map of the ship's system. Raises OutsideSystemError, WaypointNotFoundError for a waypoint not on it."""
        for waypoint in waypoints:
            _require_system(ship, waypoint)
        graph = await self._graphs.graph(credential, ship.system_symbol)
        if missing := [waypoint for waypoint in waypoints if graph.find(waypoint) is None]:
            metadata = {"system_symbol": ship.system_symbol, "waypoint_symbol": ",".join(missing)}
            named = f"waypoint {missing[0]}" if len(missing) == 1 else f"waypoints {', '.join(missing)}"
            raise WaypointNotFoundError(f"{ship.system_symbol} has no {named}; GetSystemGraph names them all", metadata)
        return graph

    async def route_for_caller(
        self, credential: Credential, ship: Ship, destination: str, options: RouteOptions
    ) -> Route:
        """Raises as `map_for_caller` too."""
        graph = await self.map_for_caller(credential, ship, [destination])
        return await self.route_to(graph, ship, destination, options)


def _profile(ship: Ship, spare: int = 0) -> ShipProfile:
    return ShipProfile(max(ship.fuel - spare, 0), ship.fuel_capacity - spare, ship.engine_speed)


def _with_spare(route: Route, spare: int) -> Route:
    return replace(route, fuel_at_arrival=route.fuel_at_arrival + spare) if spare else route


def _lacking_fuel(graph: SystemGraph, ship: Ship, route: Route, options: RouteOptions) -> int:
    """What it would take where the route ends to get to the next fuel; 0 if there is enough."""
    needed = fuel_to_go_on(graph, route.destination, ship.fuel_capacity, options)
    return needed if needed > route.fuel_at_arrival else 0


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
