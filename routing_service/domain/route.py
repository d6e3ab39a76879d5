"""A route: what a ship does, step by step, and what that comes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from routing_service.domain.problem import NANOS_PER_SECOND, RouteOptions, ShipProfile, SystemGraph
from shared_kernel.physics import FlightMode, charged_distance, euclidean_distance, fuel_required, travel_seconds

# A flight to a waypoint, by its position in the graph; None instead of a mode is a refuel where the ship stands.
Move: TypeAlias = tuple[FlightMode | None, int]


@dataclass(frozen=True, slots=True)
class Navigate:
    """One leg. `duration` is the game's flight time alone, in nanoseconds; `distance` is Euclidean."""

    from_waypoint: str
    to_waypoint: str
    flight_mode: FlightMode
    fuel: int
    duration: int
    distance: float


@dataclass(frozen=True, slots=True)
class Refuel:
    """Filling the tank; `fuel_added` is never 0."""

    waypoint: str
    fuel_added: int


Step: TypeAlias = Navigate | Refuel


@dataclass(frozen=True, slots=True)
class Route:
    """Steps from origin to destination. `duration` (nanoseconds) includes the overheads of legs and refuels."""

    origin: str
    destination: str
    steps: tuple[Step, ...]
    duration: int
    fuel_consumed: int
    distance: float
    fuel_at_arrival: int


def route_of(graph: SystemGraph, ship: ShipProfile, options: RouteOptions, origin: int, moves: Iterable[Move]) -> Route:
    """Spell out what these moves are, leg by leg, by the kernel's physics."""
    at, fuel, duration, consumed, length = origin, ship.fuel, 0, 0, 0.0
    steps: list[Step] = []
    for mode, to in moves:
        if mode is None:
            steps.append(Refuel(graph.symbols[at], ship.fuel_capacity - fuel))
            duration += options.refuel_duration
            fuel = ship.fuel_capacity
            continue
        leg = _leg(graph, ship, at, to, mode)
        steps.append(leg)
        at, fuel, consumed, length = to, fuel - leg.fuel, consumed + leg.fuel, length + leg.distance
        duration += leg.duration + options.departure_overhead
    return Route(graph.symbols[origin], graph.symbols[at], tuple(steps), duration, consumed, length, fuel)


def _leg(graph: SystemGraph, ship: ShipProfile, at: int, to: int, mode: FlightMode) -> Navigate:
    (from_x, from_y), (to_x, to_y) = graph.places[at], graph.places[to]
    dx, dy = to_x - from_x, to_y - from_y
    charged = charged_distance(dx, dy)
    return Navigate(
        from_waypoint=graph.symbols[at],
        to_waypoint=graph.symbols[to],
        flight_mode=mode,
        fuel=fuel_required(mode, charged, ship.fuel_capacity),
        duration=travel_seconds(mode, charged, ship.engine_speed) * NANOS_PER_SECOND,
        distance=euclidean_distance(dx, dy),
    )
