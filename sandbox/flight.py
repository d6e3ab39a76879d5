"""Moving ships: the rules of navigate, mode changes, jumps and warps, and the refusals when they do not hold."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from sandbox.errors import RefusedError
from sandbox.physics import FLIGHT_MODES, distance, jump_cooldown_seconds, scaled_milliseconds, trip_fuel, trip_seconds
from sandbox.universe import Ship
from sandbox.world.places import System, Waypoint


def depart(ship: Ship, here: Waypoint, there: Waypoint, now: int, time_scale: Fraction) -> None:
    """Fly within a system in the ship's present mode.

    Raises:
        RefusedError: 4203, when the tank does not cover the trip.
    """
    units = _units(here, there)
    seconds = trip_seconds(ship.flight_mode, units, ship.model.engine.speed)
    _launch(ship, there, units, now, scaled_milliseconds(seconds, time_scale))


def warp(ship: Ship, here: System, there: System, to: Waypoint, now: int, time_scale: Fraction) -> None:
    """Fly to a waypoint of another system, by the distance between the systems.

    Raises:
        RefusedError: 4203, when the tank does not cover the trip.
    """
    units = _units(here, there)
    seconds = trip_seconds(ship.flight_mode, units, ship.model.engine.speed, warp=True)
    _launch(ship, to, units, now, scaled_milliseconds(seconds, time_scale))


def _launch(ship: Ship, there: Waypoint, units: int, now: int, duration: int) -> None:
    fuel = trip_fuel(ship.flight_mode, units, ship.fuel_capacity)
    require_fuel(ship, fuel)
    ship.fuel -= fuel
    ship.consumed, ship.consumed_at = fuel, now + 3
    ship.origin, ship.waypoint = ship.waypoint, there.symbol
    ship.departure, ship.arrival = now, now + duration
    ship.docked = False


def covers(ship: Ship, here: Waypoint, there: Waypoint) -> bool:
    """Whether the tank covers a trip in the present mode."""
    return ship.fuel >= trip_fuel(ship.flight_mode, _units(here, there), ship.fuel_capacity)


def require_fuel(ship: Ship, required: int) -> None:
    """Refuse what the tank does not cover; arriving with exactly nothing is fine."""
    if ship.fuel < required:
        raise RefusedError(
            4203,
            f"Ship {ship.symbol} has {ship.fuel} fuel, and the trip takes {required}.",
            {"shipSymbol": ship.symbol, "fuelRequired": required, "fuelAvailable": ship.fuel},
        )


def jump(ship: Ship, here: System, there: System, gate: Waypoint, now: int, time_scale: Fraction) -> None:
    """Appear at a connected gate, and start the cooldown."""
    seconds = jump_cooldown_seconds(there.x - here.x, there.y - here.y)
    ship.origin = ship.waypoint = gate.symbol
    ship.departure = ship.arrival = now
    ship.docked = False
    ship.cooldown_start, ship.cooldown_end = now, now + scaled_milliseconds(seconds, time_scale)


def speed_up(ship: Ship, mode: str, units: int, now: int, time_scale: Fraction, *, warping: bool) -> None:
    """Change to a faster mode under way: the rest of the time shrinks by the modes' ratio, and is paid for in fuel.

    The live server's recomputation is unpublished; this one charges the difference between the two modes' trips for
    the fraction still ahead, rounded up. At time scale 1 a trip stays a whole number of seconds.

    Raises:
        RefusedError: 4269 for a slower mode, 4203 when the tank does not cover the difference.
    """
    old, new = _pace(ship.flight_mode, warping), _pace(mode, warping)
    if new > old:
        raise RefusedError(
            4269,
            f"Ship {ship.symbol} is in transit in {ship.flight_mode} and cannot slow down to {mode}.",
            {"shipSymbol": ship.symbol, "flightMode": ship.flight_mode, "requestedFlightMode": mode},
        )
    ahead = Fraction(ship.arrival - now, ship.arrival - ship.departure)
    capacity = ship.fuel_capacity
    extra = trip_fuel(mode, units, capacity) - trip_fuel(ship.flight_mode, units, capacity)
    fuel = max(0, ceil(extra * ahead))
    require_fuel(ship, fuel)
    total = now - ship.departure + ceil((ship.arrival - now) * new / old)
    ship.fuel -= fuel
    ship.consumed += fuel
    ship.arrival = ship.departure + (-(-total // 1000) * 1000 if time_scale == 1 else total)


def _pace(mode: str, warping: bool) -> Fraction:
    return FLIGHT_MODES[mode].warp if warping else FLIGHT_MODES[mode].navigate


def _units(here: Waypoint | System, there: Waypoint | System) -> int:
    return distance(there.x - here.x, there.y - here.y)
