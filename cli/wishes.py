"""What the user asked for, as requests to the navigation service. Each that starts something has a request id."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from protos.navigation.v1 import navigation_service_pb2 as pb
from protos.routing.v1.routing_pb2 import FleetObjective, FlightMode, Objective, RouteOptions
from service_chassis.wire import nanos_to_duration


@dataclass(frozen=True)
class RouteWishes:
    """What the user asked of a route. `modes` empty: the planner's default."""

    modes: Sequence[str] = ()
    least_fuel: bool = False
    refuel_seconds: float = 0.0
    departure_seconds: float = 0.0

    def to_options(self) -> RouteOptions:
        return RouteOptions(
            allowed_flight_modes=[flight_mode(mode) for mode in self.modes],
            objective=Objective.OBJECTIVE_LEAST_FUEL if self.least_fuel else Objective.OBJECTIVE_UNSPECIFIED,
            refuel_duration=nanos_to_duration(round(self.refuel_seconds * 1e9)),
            departure_overhead=nanos_to_duration(round(self.departure_seconds * 1e9)),
        )


@dataclass(frozen=True)
class TourWishes:
    """One ship, many stops. `plan_only`: nothing is kept, and nothing moves."""

    ship: str
    waypoints: Sequence[str]
    in_order: bool = False
    return_to_origin: bool = False
    repeat: bool = False
    plan_only: bool = False
    route: RouteWishes = RouteWishes()

    @property
    def first_ship(self) -> str:
        return self.ship

    def to(self, waypoints: Sequence[str]) -> Self:
        return replace(self, waypoints=waypoints)

    def to_request(self) -> pb.StartTourRequest:
        return pb.StartTourRequest(
            ship_symbol=self.ship,
            waypoints=self.waypoints,
            optimize_order=not self.in_order,
            return_to_origin=self.return_to_origin,
            repeat=self.repeat,
            options=self.route.to_options(),
            validate_only=self.plan_only,
            request_id=new_request_id(),
        )


@dataclass(frozen=True)
class FleetWishes:
    """Many ships, many stops, each to be visited by one of them."""

    ships: Sequence[str]
    waypoints: Sequence[str]
    return_to_origin: bool = False
    repeat: bool = False
    total_time: bool = False
    plan_only: bool = False
    route: RouteWishes = RouteWishes()

    @property
    def first_ship(self) -> str:
        return self.ships[0]

    def to(self, waypoints: Sequence[str]) -> Self:
        return replace(self, waypoints=waypoints)

    def to_request(self) -> pb.DispatchFleetRequest:
        objective = (
            FleetObjective.FLEET_OBJECTIVE_TOTAL_TIME if self.total_time else FleetObjective.FLEET_OBJECTIVE_MAKESPAN
        )
        return pb.DispatchFleetRequest(
            agent_symbol=agent_of(self.first_ship),
            ship_symbols=self.ships,
            waypoints=self.waypoints,
            return_to_origin=self.return_to_origin,
            objective=objective,
            repeat=self.repeat,
            options=self.route.to_options(),
            validate_only=self.plan_only,
            request_id=new_request_id(),
        )


def flight_mode(mode: str) -> FlightMode.ValueType:
    return FlightMode.Value(f"FLIGHT_MODE_{mode}")


def agent_of(ship_symbol: str) -> str:
    """A ship's symbol up to its last dash."""
    return ship_symbol.rpartition("-")[0]


def new_request_id() -> str:
    """One per invocation of a command; a repeat of the call carries the same."""
    return str(uuid.uuid4())
