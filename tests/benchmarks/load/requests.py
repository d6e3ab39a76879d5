"""What the callers of a load test ask: in a system like the real ones, never the same twice in a row."""

import random

from protos.routing.v1 import routing_pb2 as pb
from protos.routing.v1 import routing_service_pb2 as service_pb
from routing_service.bootstrap import REMEMBERED_ROUTES
from tests.fakes.routing_messages import real_graph_message

_VARIANTS = 64
# More than a routing service remembers: whoever comes round to the first again finds it forgotten.
_FRESH = 4 * REMEMBERED_ROUTES


def fresh_plan_requests() -> list[bytes]:
    """So many that, sent in turn, none is for a trip that the service remembers."""
    return plan_requests(_FRESH)


def plan_requests(variants: int = _VARIANTS, waypoints: int = 90) -> list[bytes]:
    """Between any two of a system's waypoints, for ships with tanks of 400 to 1,200, full or half full."""
    chance = random.Random(1)
    graph = _graph(waypoints)
    symbols = [waypoint.symbol for waypoint in graph.waypoints]
    requests = []
    for _ in range(variants):
        origin, destination = chance.sample(symbols, 2)
        capacity = chance.choice((400, 600, 800, 1200))
        ship = pb.ShipProfile(fuel=capacity // chance.choice((1, 2)), fuel_capacity=capacity, engine_speed=30)
        requests.append(service_pb.PlanRouteRequest(graph=graph, ship=ship, origin=origin, destination=destination))
    return [request.SerializeToString() for request in requests]


def tour_requests(stops: int) -> list[bytes]:
    """Open tours over so many waypoints, by a frigate with a full tank."""
    chance = random.Random(2)
    graph = _graph(90)
    symbols = [waypoint.symbol for waypoint in graph.waypoints]
    requests = []
    for _ in range(_VARIANTS):
        origin, *chosen = chance.sample(symbols, stops + 1)
        ship = pb.ShipProfile(fuel=400, fuel_capacity=400, engine_speed=30)
        requests.append(service_pb.OptimizeTourRequest(graph=graph, ship=ship, origin=origin, stops=chosen))
    return [request.SerializeToString() for request in requests]


def _graph(waypoints: int) -> pb.SystemGraph:
    """A real system, and as many asteroids more as are wanted."""
    chance = random.Random(3)
    graph = real_graph_message("X1-VB74")
    while len(graph.waypoints) < waypoints:
        symbol = f"X1-VB74-Z{len(graph.waypoints)}"
        graph.waypoints.add(symbol=symbol, x=chance.randint(-700, 700), y=chance.randint(-700, 700))
    del graph.waypoints[waypoints:]
    return graph
