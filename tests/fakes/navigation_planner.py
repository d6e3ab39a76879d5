"""A small exact route planner in place of the routing service: Dijkstra over (place, fuel), slow and plain."""

import heapq
from collections.abc import Iterator

from navigation_service.application.ports import ShipProfile
from navigation_service.domain.errors import NoRouteFoundError, RoutingUnavailableError
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.route import Navigate, Refuel, Route, RouteOptions, Step
from shared_kernel.physics import charged_distance, euclidean_distance, fuel_required, travel_seconds

_NANOS = 1_000_000_000
_State = tuple[str, int]


class FakePlanner:
    """Satisfies RoutePlanner. `down` makes every call fail; `answer` is given in place of a plan; `calls` counts."""

    def __init__(self) -> None:
        self.down = False
        self.answer: Route | None = None
        self.calls = 0

    async def plan_route(
        self, graph: SystemGraph, ship: ShipProfile, origin: str, destination: str, options: RouteOptions
    ) -> Route:
        self.calls += 1
        if graph.find(origin) is None or graph.find(destination) is None:
            raise AssertionError(f"origin {origin} and destination {destination} must be in the graph")
        if origin == destination or not 0 <= ship.fuel <= ship.fuel_capacity:
            raise AssertionError("nothing to plan, or a tank that holds more than it can")
        if self.down:
            raise RoutingUnavailableError("the routing service does not answer; try again", retry_after=1.0)
        if self.answer is not None:
            return self.answer
        steps = _shortest(graph, ship, origin, destination, options)
        if steps is None:
            metadata = {"origin": origin, "destination": destination, "cause": "FUEL_TOO_LOW"}
            raise NoRouteFoundError(f"no route leads from {origin} to {destination}", metadata)
        return _route(origin, destination, steps, ship, options)


def _shortest(
    graph: SystemGraph, ship: ShipProfile, origin: str, destination: str, options: RouteOptions
) -> tuple[Step, ...] | None:
    queue: list[tuple[int, int, _State, tuple[Step, ...]]] = [(0, 0, (origin, ship.fuel), ())]
    done: set[_State] = set()
    count = 0
    while queue:
        duration, _, state, steps = heapq.heappop(queue)
        if state[0] == destination:
            return steps
        if state in done:
            continue
        done.add(state)
        for cost, following, step in _moves(graph, ship, state, options):
            count += 1
            heapq.heappush(queue, (duration + cost, count, following, (*steps, step)))
    return None


def _moves(
    graph: SystemGraph, ship: ShipProfile, state: _State, options: RouteOptions
) -> Iterator[tuple[int, _State, Step]]:
    symbol, fuel = state
    here = graph.find(symbol)
    assert here is not None
    if here.sells_fuel and fuel < ship.fuel_capacity:
        yield options.refuel_duration, (symbol, ship.fuel_capacity), Refuel(symbol, ship.fuel_capacity - fuel)
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
            yield nanos + options.departure_overhead, (there.symbol, fuel - needed), leg


def _route(origin: str, destination: str, steps: tuple[Step, ...], ship: ShipProfile, options: RouteOptions) -> Route:
    legs = [step for step in steps if isinstance(step, Navigate)]
    refuels = [step for step in steps if isinstance(step, Refuel)]
    consumed = sum(leg.fuel for leg in legs)
    return Route(
        origin=origin,
        destination=destination,
        steps=steps,
        duration=sum(leg.duration + options.departure_overhead for leg in legs)
        + len(refuels) * options.refuel_duration,
        fuel_consumed=consumed,
        distance=sum(leg.distance for leg in legs),
        fuel_at_arrival=ship.fuel - consumed + sum(refuel.fuel_added for refuel in refuels),
    )
