"""RoutingService's messages, made for questions and read into the product's own words."""

from collections.abc import Sequence

from google.protobuf.duration_pb2 import Duration

from protos.routing.v1 import routing_pb2 as pb
from protos.routing.v1 import routing_service_pb2 as service_pb
from routing_service.domain.route import Navigate, Refuel, Route, Step
from shared_kernel.physics import FlightMode
from tests.fakes.routing_cases import options_of
from tests.fakes.routing_oracle import Case
from tests.fakes.routing_systems import real_places


def nanos(duration: Duration) -> int:
    return duration.seconds * 10**9 + duration.nanos


def duration(amount: int) -> Duration:
    return Duration(seconds=amount // 10**9, nanos=amount % 10**9)


def graph_message(case: Case, *, name: str = "X1-T1") -> pb.SystemGraph:
    waypoints = [
        pb.Waypoint(symbol=f"{name}-A{position}", x=x, y=y, sells_fuel=sells)
        for position, (x, y, sells) in enumerate(case.places)
    ]
    return pb.SystemGraph(system_symbol=name, waypoints=waypoints)


def real_graph_message(name: str) -> pb.SystemGraph:
    waypoints = [pb.Waypoint(symbol=symbol, x=x, y=y, sells_fuel=sells) for symbol, (x, y, sells) in real_places(name)]
    return pb.SystemGraph(system_symbol=name, waypoints=waypoints)


def options_message(case: Case) -> pb.RouteOptions:
    return pb.RouteOptions(
        allowed_flight_modes=[
            pb.FlightMode.Value(f"FLIGHT_MODE_{mode.value}") for mode in options_of(case).flight_modes
        ],
        refuel_duration=duration(case.refuel),
        departure_overhead=duration(case.departure),
        objective=pb.OBJECTIVE_LEAST_FUEL if case.thrifty else pb.OBJECTIVE_FASTEST,
    )


def plan_request(case: Case) -> service_pb.PlanRouteRequest:
    return service_pb.PlanRouteRequest(
        graph=graph_message(case),
        ship=pb.ShipProfile(fuel=case.fuel, fuel_capacity=case.capacity, engine_speed=case.speed),
        origin=f"X1-T1-A{case.origin}",
        destination=f"X1-T1-A{case.goal}",
        options=options_message(case),
    )


def tour_request(case: Case, stops: Sequence[int], *, closed: bool) -> service_pb.OptimizeTourRequest:
    plan = plan_request(case)
    return service_pb.OptimizeTourRequest(
        graph=plan.graph,
        ship=plan.ship,
        origin=plan.origin,
        stops=[f"X1-T1-A{stop}" for stop in stops],
        return_to_origin=closed,
        options=plan.options,
    )


def route_of_message(message: pb.Route) -> Route:
    return Route(
        origin=message.origin,
        destination=message.destination,
        steps=tuple(_step(step) for step in message.steps),
        duration=nanos(message.duration),
        fuel_consumed=message.fuel_consumed,
        distance=message.distance,
        fuel_at_arrival=message.fuel_at_arrival,
    )


def _step(message: pb.Step) -> Step:
    if message.WhichOneof("step") == "refuel":
        return Refuel(message.refuel.waypoint, message.refuel.fuel_added)
    leg = message.navigate
    mode = FlightMode(pb.FlightMode.Name(leg.flight_mode).removeprefix("FLIGHT_MODE_"))
    return Navigate(leg.from_waypoint, leg.to_waypoint, mode, leg.fuel, nanos(leg.duration), leg.distance)
