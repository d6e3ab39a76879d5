"""Between the domain's graphs and routes and the messages of the routing service."""

from navigation_service.application.ports import FleetShip, ShipProfile
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.route import Navigate, Objective, Refuel, Route, RouteOptions, Step
from navigation_service.domain.tour import FleetObjective, FleetPlan, ShipTour, Solution, TourPlan
from protos.routing.v1 import routing_pb2 as pb
from protos.routing.v1 import routing_service_pb2 as service_pb
from service_chassis.wire import duration_to_nanos, nanos_to_duration
from shared_kernel.physics import FlightMode

_TO_MODE = {mode: pb.FlightMode.Value(f"FLIGHT_MODE_{mode.value}") for mode in FlightMode}
_FROM_MODE = {number: mode for mode, number in _TO_MODE.items()}
_TO_OBJECTIVE = {objective: pb.Objective.Value(f"OBJECTIVE_{objective.value}") for objective in Objective}
_TO_FLEET_OBJECTIVE = {each: pb.FleetObjective.Value(f"FLEET_OBJECTIVE_{each.value}") for each in FleetObjective}


class UnreadableRouteError(Exception):
    """A step or a flight mode that this release does not know."""


def to_graph(graph: SystemGraph) -> pb.SystemGraph:
    waypoints = [pb.Waypoint(symbol=w.symbol, x=w.x, y=w.y, sells_fuel=w.sells_fuel) for w in graph.waypoints]
    return pb.SystemGraph(system_symbol=graph.system_symbol, waypoints=waypoints)


def to_ship(ship: ShipProfile) -> pb.ShipProfile:
    return pb.ShipProfile(fuel=ship.fuel, fuel_capacity=ship.fuel_capacity, engine_speed=ship.engine_speed)


def to_options(options: RouteOptions) -> pb.RouteOptions:
    return pb.RouteOptions(
        allowed_flight_modes=[_TO_MODE[mode] for mode in options.allowed_flight_modes],
        refuel_duration=nanos_to_duration(options.refuel_duration),
        departure_overhead=nanos_to_duration(options.departure_overhead),
        objective=_TO_OBJECTIVE[options.objective],
    )


def to_budget(seconds: float) -> pb.SolveBudget:
    return pb.SolveBudget(time_limit=nanos_to_duration(round(seconds * 1e9)))


def to_fleet_ship(ship: FleetShip) -> service_pb.FleetShip:
    return service_pb.FleetShip(
        ship_symbol=ship.ship_symbol,
        ship=to_ship(ship.ship),
        origin=ship.origin,
        available_in=nanos_to_duration(ship.available_in),
    )


def to_fleet_objective(objective: FleetObjective) -> pb.FleetObjective.ValueType:
    return _TO_FLEET_OBJECTIVE[objective]


def from_tour(answer: service_pb.OptimizeTourResponse) -> TourPlan:
    """Raises UnreadableRouteError."""
    return TourPlan(tuple(answer.visit_order), from_route(answer.route), _from_solution(answer.solution))


def from_fleet(answer: service_pb.PartitionFleetResponse) -> FleetPlan:
    """Raises UnreadableRouteError."""
    tours = (ShipTour(each.ship_symbol, tuple(each.visit_order), from_route(each.route)) for each in answer.tours)
    return FleetPlan(tuple(tours), tuple(answer.unreachable_stops), _from_solution(answer.solution))


def from_route(route: pb.Route) -> Route:
    """Raises UnreadableRouteError."""
    return Route(
        origin=route.origin,
        destination=route.destination,
        steps=tuple(_from_step(step) for step in route.steps),
        duration=duration_to_nanos(route.duration),
        fuel_consumed=route.fuel_consumed,
        distance=route.distance,
        fuel_at_arrival=route.fuel_at_arrival,
    )


def _from_step(step: pb.Step) -> Step:
    match step.WhichOneof("step"):
        case "navigate":
            leg = step.navigate
            if leg.flight_mode not in _FROM_MODE:
                raise UnreadableRouteError(f"flight mode {leg.flight_mode}")
            return Navigate(
                leg.from_waypoint,
                leg.to_waypoint,
                _FROM_MODE[leg.flight_mode],
                leg.fuel,
                duration_to_nanos(leg.duration),
                leg.distance,
            )
        case "refuel":
            return Refuel(step.refuel.waypoint, step.refuel.fuel_added)
        case _:
            raise UnreadableRouteError("a step that neither flies nor refuels")


def _from_solution(solution: pb.Solution) -> Solution:
    return Solution(
        optimal=solution.status == pb.Solution.STATUS_OPTIMAL,
        objective=duration_to_nanos(solution.objective),
        lower_bound=duration_to_nanos(solution.lower_bound),
        solve_time=duration_to_nanos(solution.solve_time),
    )
