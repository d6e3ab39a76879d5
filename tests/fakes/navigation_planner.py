"""A small exact planner in place of the routing service: Dijkstra over (place, fuel, stops left), slow and plain."""

import heapq
from collections.abc import Iterator
from itertools import product

from navigation_service.application.ports import FleetShip, FleetWish, ShipProfile, TourWish
from navigation_service.domain.errors import NoRouteFoundError, RoutingUnavailableError
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.route import Navigate, Refuel, Route, RouteOptions, Step
from navigation_service.domain.tour import FleetObjective, FleetPlan, ShipTour, Solution, TourPlan
from shared_kernel.physics import charged_distance, euclidean_distance, fuel_required, travel_seconds

_NANOS = 1_000_000_000
_Left = tuple[str, ...]
_State = tuple[str, int, _Left]


class FakePlanner:
    """Satisfies RoutePlanner.

    `down` makes every call fail; `answer`, `tour_answer` and `fleet_answer` are given in place of plans; `calls`
    counts; `wishes` lists the tours and fleets that were asked for.
    """

    def __init__(self) -> None:
        self.down = False
        self.answer: Route | None = None
        self.tour_answer: TourPlan | None = None
        self.fleet_answer: FleetPlan | None = None
        self.calls = 0
        self.wishes: list[TourWish | FleetWish] = []

    async def plan_route(
        self, graph: SystemGraph, ship: ShipProfile, origin: str, destination: str, options: RouteOptions
    ) -> Route:
        self._receive(graph, ship, origin, destination)
        if origin == destination:
            raise AssertionError("nothing to plan")
        if self.answer is not None:
            return self.answer
        steps = _shortest(graph, ship, TourWish(origin, (destination,), destination=destination), options)
        if steps is None:
            metadata = {"origin": origin, "destination": destination, "cause": "FUEL_TOO_LOW"}
            raise NoRouteFoundError(f"no route leads from {origin} to {destination}", metadata)
        return _route(origin, steps, ship, options)

    async def optimize_tour(
        self, graph: SystemGraph, ship: ShipProfile, wish: TourWish, options: RouteOptions
    ) -> TourPlan:
        self.wishes.append(wish)
        self._receive(graph, ship, wish.origin, *wish.stops, *filter(None, [wish.destination]))
        _require_distinct(wish.stops)
        if self.tour_answer is not None:
            return self.tour_answer
        unreachable = _unreachable(graph, ship, wish, options)
        steps = None if unreachable else _shortest(graph, ship, wish, options)
        if steps is None:
            named = ",".join(unreachable or wish.stops)
            metadata = {"origin": wish.origin, "cause": "TANK_TOO_SMALL", "unreachable": named}
            raise NoRouteFoundError(f"no route leads to {named}", metadata)
        route = _route(wish.origin, steps, ship, options)
        return TourPlan(_visits(route, wish), route, Solution.of_exact(route))

    async def partition_fleet(self, graph: SystemGraph, wish: FleetWish, options: RouteOptions) -> FleetPlan:
        """The best of all ways to share the stops out."""
        self.wishes.append(wish)
        for ship in wish.ships:
            self._receive(graph, ship.ship, ship.origin, *wish.stops)
        _require_distinct(wish.stops)
        if self.fleet_answer is not None:
            return self.fleet_answer
        lost = [all(_tour(graph, ship, (stop,), wish, options) is None for ship in wish.ships) for stop in wish.stops]
        unreachable = tuple(stop for stop, is_lost in zip(wish.stops, lost, strict=True) if is_lost)
        stops = [stop for stop in wish.stops if stop not in unreachable]
        best: tuple[int, int, list[ShipTour]] | None = None
        for owners in product(range(len(wish.ships)), repeat=len(stops)):
            shares = [tuple(s for s, o in zip(stops, owners, strict=True) if o == n) for n in range(len(wish.ships))]
            tours = [_tour(graph, ship, share, wish, options) for ship, share in zip(wish.ships, shares, strict=True)]
            flown = [tour for tour in tours if tour is not None]
            if len(flown) < len(tours):
                continue
            cost = _costs(wish, flown)
            if best is None or cost < best[:2]:
                best = (*cost, flown)
        assert best is not None
        return FleetPlan(tuple(best[2]), unreachable, Solution(True, best[0], best[0]))

    def _receive(self, graph: SystemGraph, ship: ShipProfile, *places: str) -> None:
        self.calls += 1
        for place in places:
            if graph.find(place) is None:
                raise AssertionError(f"{place} must be in the graph")
        if not 0 <= ship.fuel <= ship.fuel_capacity:
            raise AssertionError("a tank that holds more than it can")
        if self.down:
            raise RoutingUnavailableError("the routing service does not answer; try again", retry_after=1.0)


def _require_distinct(stops: tuple[str, ...]) -> None:
    if not stops or len(set(stops)) < len(stops):
        raise AssertionError(f"stops must be named once: {stops}")


def _costs(wish: FleetWish, tours: list[ShipTour]) -> tuple[int, int]:
    """The objective, then the other of the two."""
    ends = [s.available_in + t.route.duration for s, t in zip(wish.ships, tours, strict=True) if t.visit_order]
    makespan, total = max(ends, default=0), sum(tour.route.duration for tour in tours)
    return (makespan, total) if wish.objective is FleetObjective.MAKESPAN else (total, makespan)


def _tour(
    graph: SystemGraph, ship: FleetShip, stops: tuple[str, ...], fleet: FleetWish, options: RouteOptions
) -> ShipTour | None:
    if not stops:
        return ShipTour(ship.ship_symbol, (), Route.of_nothing(ship.origin, ship.ship.fuel))
    wish = TourWish(ship.origin, stops, destination=ship.origin if fleet.return_to_origin else "")
    steps = _shortest(graph, ship.ship, wish, options)
    if steps is None:
        return None
    route = _route(ship.origin, steps, ship.ship, options)
    return ShipTour(ship.ship_symbol, _visits(route, wish), route)


def _unreachable(graph: SystemGraph, ship: ShipProfile, wish: TourWish, options: RouteOptions) -> list[str]:
    alone = (TourWish(wish.origin, (stop,), destination=wish.destination) for stop in wish.stops)
    return [one.stops[0] for one in alone if _shortest(graph, ship, one, options) is None]


def _visits(route: Route, wish: TourWish) -> tuple[str, ...]:
    if wish.keep_order:
        return wish.stops
    return tuple(dict.fromkeys(place for place in route.places if place in wish.stops))


def _after(place: str, left: _Left, *, keep_order: bool) -> _Left:
    if keep_order:
        return left[1:] if left[:1] == (place,) else left
    return tuple(stop for stop in left if stop != place)


def _shortest(graph: SystemGraph, ship: ShipProfile, wish: TourWish, options: RouteOptions) -> tuple[Step, ...] | None:
    left = _after(wish.origin, wish.stops, keep_order=wish.keep_order)
    queue: list[tuple[int, int, _State, tuple[Step, ...]]] = [(0, 0, (wish.origin, ship.fuel, left), ())]
    done: set[_State] = set()
    count = 0
    while queue:
        duration, _, state, steps = heapq.heappop(queue)
        if not state[2] and wish.destination in ("", state[0]):
            return steps
        if state in done:
            continue
        done.add(state)
        for cost, place, fuel, step in _moves(graph, ship, state, options):
            count += 1
            following = (place, fuel, _after(place, state[2], keep_order=wish.keep_order))
            heapq.heappush(queue, (duration + cost, count, following, (*steps, step)))
    return None


def _moves(
    graph: SystemGraph, ship: ShipProfile, state: _State, options: RouteOptions
) -> Iterator[tuple[int, str, int, Step]]:
    symbol, fuel, _ = state
    here = graph.find(symbol)
    assert here is not None
    if here.sells_fuel and fuel < ship.fuel_capacity:
        yield options.refuel_duration, symbol, ship.fuel_capacity, Refuel(symbol, ship.fuel_capacity - fuel)
    for there in graph.waypoints:
        if there.symbol == symbol:
            continue
        dx, dy = there.x - here.x, there.y - here.y
        distance = charged_distance(dx, dy)
        for mode in options.allowed_flight_modes:
            needed = fuel_required(mode, distance, ship.fuel_capacity)
            if needed > fuel:
                continue
            nanos = travel_seconds(mode, distance, ship.engine_speed) * _NANOS
            leg = Navigate(symbol, there.symbol, mode, needed, nanos, euclidean_distance(dx, dy))
            yield nanos + options.departure_overhead, there.symbol, fuel - needed, leg


def _route(origin: str, steps: tuple[Step, ...], ship: ShipProfile, options: RouteOptions) -> Route:
    legs = [step for step in steps if isinstance(step, Navigate)]
    refuels = [step for step in steps if isinstance(step, Refuel)]
    consumed = sum(leg.fuel for leg in legs)
    return Route(
        origin=origin,
        destination=legs[-1].to_waypoint if legs else origin,
        steps=steps,
        duration=sum(leg.duration + options.departure_overhead for leg in legs)
        + len(refuels) * options.refuel_duration,
        fuel_consumed=consumed,
        distance=sum(leg.distance for leg in legs),
        fuel_at_arrival=ship.fuel - consumed + sum(refuel.fuel_added for refuel in refuels),
    )
