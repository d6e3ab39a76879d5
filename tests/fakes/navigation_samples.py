"""Ships, sightings and voyages for tests of what voyages do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from navigation_service.domain.route import Navigate, Refuel, Route, RouteOptions, Step
from navigation_service.domain.ship import NavStatus, Ship, Sighting
from navigation_service.domain.voyage import GameAction, Intent, Stop, Voyage
from shared_kernel.physics import FlightMode

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
UNIVERSE = "fake.game/2026-11-01"
SECOND = 1_000_000_000
A, B, C, D = (f"X1-AB-{letter}" for letter in "ABCD")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def ship(waypoint: str = A, nav_status: NavStatus = NavStatus.IN_ORBIT, fuel: int = 100, **changes: Any) -> Ship:
    """A ship with a tank of 100, in CRUISE."""
    built = Ship("ACE-1", "X1-AB", waypoint, nav_status, FlightMode.CRUISE, fuel, 100, 30)
    return replace(built, **changes)


def flying(to: str, arrival_in: float, fuel: int = 60, **changes: Any) -> Ship:
    return ship(to, NavStatus.IN_TRANSIT, fuel, arrival_in=timedelta(seconds=arrival_in), **changes)


def seen(ship_seen: Ship, asked: datetime = NOW, received: datetime | None = None) -> Sighting:
    return Sighting(ship_seen, asked, received or asked)


def leg(start: str, end: str, fuel: int = 40, mode: FlightMode = FlightMode.CRUISE, seconds: int = 50) -> Navigate:
    return Navigate(start, end, mode, fuel, seconds * SECOND, float(fuel))


def route(*steps: Step, origin: str = "", destination: str = "") -> Route:
    legs = [step for step in steps if isinstance(step, Navigate)]
    return Route(
        origin or (steps[0].waypoint if steps else A),
        destination or (legs[-1].to_waypoint if legs else A),
        steps,
        duration=sum(step.duration for step in legs),
        fuel_consumed=sum(step.fuel for step in legs),
    )


ROUTE = route(leg(A, B, 60), Refuel(B, 60), leg(B, C, 90))


def voyage(planned: Route = ROUTE, stops: tuple[str, ...] = (C,), **changes: Any) -> Voyage:
    """A voyage to C by way of a refuelling at B, unless told otherwise."""
    built = Voyage(
        voyage_id="019aaaaa-0000-7000-8000-000000000001",
        player_id=1,
        agent_symbol="ACE",
        ship_symbol="ACE-1",
        universe=UNIVERSE,
        system_symbol="X1-AB",
        stops=tuple(Stop(symbol) for symbol in stops),
        options=RouteOptions(),
        route=planned,
        create_time=NOW,
        update_time=NOW,
        next_action_time=NOW,
    )
    return replace(built, **changes)


def intent(
    action: GameAction = GameAction.NAVIGATE, target: str = B, waypoint: str = A, fuel: int = 100, **changes: Any
) -> Intent:
    """Of the first step, and settled six seconds from NOW."""
    return replace(Intent(action, target, 0, waypoint, fuel, 0, later(6)), **changes)
