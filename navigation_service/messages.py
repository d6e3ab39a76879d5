"""Ships, routes and voyages as the messages of the contract, and route options back."""

from collections.abc import Iterable
from typing import Any

from navigation_service.application.fields import RequestedOptions
from navigation_service.domain.events import (
    Accepted,
    Arrived,
    Departed,
    Ended,
    EventDetail,
    Failure,
    Refuelled,
    Replanned,
    RoundCompleted,
    VoyageEvent,
    VoyageState,
    Waiting,
)
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.route import Navigate, Refuel, Route, Step
from navigation_service.domain.ship import NavStatus, ShipRecord
from navigation_service.domain.tour import Solution
from navigation_service.domain.voyage import Voyage
from protos.navigation.v1 import navigation_pb2 as pb
from protos.routing.v1 import routing_pb2 as routing
from service_chassis.wire import datetime_to_timestamp, duration_to_nanos, nanos_to_duration
from shared_kernel.physics import FlightMode

_FLIGHT_MODES = {mode: routing.FlightMode.Value(f"FLIGHT_MODE_{mode.value}") for mode in FlightMode}
_NAV_STATUSES = {status: pb.NavStatus.Value(f"NAV_STATUS_{status.value}") for status in NavStatus}
_STATES = {state: pb.Voyage.State.Value(f"STATE_{state.value}") for state in VoyageState}


def from_options(message: routing.RouteOptions) -> RequestedOptions:
    return RequestedOptions(
        allowed_flight_modes=tuple(message.allowed_flight_modes),
        refuel_duration=duration_to_nanos(message.refuel_duration),
        departure_overhead=duration_to_nanos(message.departure_overhead),
        objective=message.objective,
    )


def to_ship(record: ShipRecord) -> pb.Ship:
    ship = record.ship
    return pb.Ship(
        ship_symbol=ship.ship_symbol,
        player_id=record.player_id,
        system_symbol=ship.system_symbol,
        waypoint_symbol=ship.waypoint_symbol,
        nav_status=_NAV_STATUSES[ship.nav_status],
        flight_mode=_FLIGHT_MODES[ship.flight_mode],
        fuel=ship.fuel,
        fuel_capacity=ship.fuel_capacity,
        engine_speed=ship.engine_speed,
        origin_waypoint_symbol=ship.origin_waypoint_symbol,
        departure_time=datetime_to_timestamp(ship.departure_time),
        arrival_time=datetime_to_timestamp(ship.arrival_time),
        voyage_id=record.voyage_id,
        role=ship.role,
        frame=ship.frame,
        observe_time=datetime_to_timestamp(record.observe_time),
    )


def to_graph(graph: SystemGraph) -> routing.SystemGraph:
    waypoints = [routing.Waypoint(symbol=w.symbol, x=w.x, y=w.y, sells_fuel=w.sells_fuel) for w in graph.waypoints]
    return routing.SystemGraph(system_symbol=graph.system_symbol, waypoints=waypoints)


def to_route(route: Route) -> routing.Route:
    return routing.Route(
        origin=route.origin,
        destination=route.destination,
        steps=map(_to_step, route.steps),
        duration=nanos_to_duration(route.duration),
        fuel_consumed=route.fuel_consumed,
        distance=route.distance,
        fuel_at_arrival=route.fuel_at_arrival,
    )


def to_voyage(voyage: Voyage) -> pb.Voyage:
    stops = [
        pb.Voyage.Stop(waypoint_symbol=stop.waypoint_symbol, visit_time=datetime_to_timestamp(stop.visit_time))
        for stop in voyage.stops
    ]
    return pb.Voyage(
        voyage_id=voyage.voyage_id,
        player_id=voyage.player_id,
        ship_symbol=voyage.ship_symbol,
        universe=voyage.universe,
        stops=stops,
        state=_STATES[voyage.state],
        route=to_route(voyage.route),
        step_index=voyage.step_index,
        repeat=voyage.repeat,
        round=voyage.round,
        create_time=datetime_to_timestamp(voyage.create_time),
        update_time=datetime_to_timestamp(voyage.update_time),
        next_action_time=datetime_to_timestamp(voyage.next_action_time) if voyage.state.is_active else None,
        end_time=datetime_to_timestamp(voyage.end_time),
        eta=datetime_to_timestamp(voyage.eta),
        failure=_to_failure(voyage.failure),
        cancel_requested=voyage.cancel_requested,
        owner=voyage.lease.owner if voyage.lease else "",
        lease_expire_time=datetime_to_timestamp(voyage.lease.until) if voyage.lease else None,
        attempt=voyage.attempt,
        last_error=voyage.last_error,
        last_event_number=voyage.last_event_number,
        request_id=voyage.request_id,
        home_waypoint_symbol=voyage.home,
        keep_order=voyage.keep_order,
    )


def to_voyages(voyages: Iterable[Voyage]) -> list[pb.Voyage]:
    return [to_voyage(voyage) for voyage in voyages]


def to_solution(solution: Solution | None) -> routing.Solution | None:
    if solution is None:
        return None
    status = routing.Solution.STATUS_OPTIMAL if solution.optimal else routing.Solution.STATUS_FEASIBLE
    return routing.Solution(
        status=status,
        objective=nanos_to_duration(solution.objective),
        lower_bound=nanos_to_duration(solution.lower_bound),
        solve_time=nanos_to_duration(solution.solve_time),
    )


def to_event(event: VoyageEvent) -> pb.VoyageEvent:
    return pb.VoyageEvent(
        number=event.number,
        voyage_id=event.voyage_id,
        time=datetime_to_timestamp(event.time),
        state=_STATES[event.state],
        step_index=event.step_index,
        message=event.message,
        **_to_detail(event.detail),
    )


def _to_step(step: Step) -> routing.Step:
    if isinstance(step, Refuel):
        return routing.Step(refuel=routing.Step.Refuel(waypoint=step.waypoint, fuel_added=step.fuel_added))
    return routing.Step(navigate=_to_leg(step))


def _to_leg(leg: Navigate) -> routing.Step.Navigate:
    return routing.Step.Navigate(
        from_waypoint=leg.from_waypoint,
        to_waypoint=leg.to_waypoint,
        flight_mode=_FLIGHT_MODES[leg.flight_mode],
        fuel=leg.fuel,
        duration=nanos_to_duration(leg.duration),
        distance=leg.distance,
    )


def _to_detail(detail: EventDetail) -> dict[str, Any]:
    """The field of the event's oneof and its message."""
    event = pb.VoyageEvent
    match detail:
        case Accepted(route=route):
            return {"accepted": event.Accepted(route=to_route(route))}
        case Replanned(route=route, cause=cause):
            return {"replanned": event.Replanned(route=to_route(route), cause=cause)}
        case Departed():
            return {"departed": _to_departed(detail)}
        case Arrived(waypoint=waypoint, fuel=fuel):
            return {"arrived": event.Arrived(waypoint=waypoint, fuel=fuel)}
        case Refuelled(waypoint=waypoint, fuel_added=added, credits=paid):
            return {"refuelled": event.Refuelled(waypoint=waypoint, fuel_added=added, credits=paid)}
        case Waiting(until=until, cause=cause):
            return {"waiting": event.Waiting(until=datetime_to_timestamp(until), cause=cause)}
        case RoundCompleted(round=number):
            return {"round_completed": event.RoundCompleted(round=number)}
        case Ended(failure=failure):
            return {"ended": event.Ended(failure=_to_failure(failure))}


def _to_departed(departed: Departed) -> pb.VoyageEvent.Departed:
    return pb.VoyageEvent.Departed(
        from_waypoint=departed.from_waypoint,
        to_waypoint=departed.to_waypoint,
        flight_mode=_FLIGHT_MODES[departed.flight_mode],
        arrival_time=datetime_to_timestamp(departed.arrival_time),
        fuel=departed.fuel,
    )


def _to_failure(failure: Failure | None) -> pb.Failure | None:
    if failure is None:
        return None
    return pb.Failure(reason=failure.reason, message=failure.message, metadata=dict(failure.metadata))
