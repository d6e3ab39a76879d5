"""The laws of travel, in exact integers: distance, fuel, seconds and cooldowns, as the live server computes them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, isqrt
from types import MappingProxyType
from typing import Final

DOCKING_SECONDS: Final = 15
FUEL_PER_MARKET_UNIT: Final = 100


@dataclass(frozen=True, slots=True)
class FlightMode:
    """How a mode burns fuel and time: seconds per unit of distance are `navigate` (or `warp`) / engine speed."""

    navigate: Fraction
    warp: Fraction
    fuel_per_unit: int


FLIGHT_MODES: Final = MappingProxyType(
    {
        "DRIFT": FlightMode(navigate=Fraction(250), warp=Fraction(300), fuel_per_unit=0),
        "STEALTH": FlightMode(navigate=Fraction(30), warp=Fraction(60), fuel_per_unit=1),
        "CRUISE": FlightMode(navigate=Fraction(25), warp=Fraction(50), fuel_per_unit=1),
        "BURN": FlightMode(navigate=Fraction(25, 2), warp=Fraction(25), fuel_per_unit=2),
    }
)


def distance(dx: int, dy: int) -> int:
    """The straight line in whole units, half up; never below 1, which is what a trip between orbitals is charged."""
    return max(1, (isqrt(4 * (dx * dx + dy * dy)) + 1) // 2)


def trip_fuel(mode: str, units: int, capacity: int) -> int:
    """Fuel for `units` of distance. Ships without a tank burn nothing; DRIFT takes 1 for any distance."""
    return 0 if capacity == 0 else max(1, FLIGHT_MODES[mode].fuel_per_unit * units)


def trip_seconds(mode: str, units: int, speed: int, *, warp: bool = False) -> int:
    """Whole seconds of a trip, half up."""
    factor = FLIGHT_MODES[mode].warp if warp else FLIGHT_MODES[mode].navigate
    return _half_up(units * factor / speed) + DOCKING_SECONDS


def jump_cooldown_seconds(dx: int, dy: int) -> int:
    """Whole seconds a gate jump blocks the next one, from system coordinates."""
    return _half_up(DOCKING_SECONDS + Fraction(3, 10) * distance(dx, dy))


def scaled_milliseconds(seconds: int, time_scale: Fraction) -> int:
    """The length of a game duration on this server, rounded up to 1 ms."""
    return ceil(seconds * 1000 / time_scale)


def market_units(fuel: int) -> int:
    """Units of FUEL the market charges for `fuel` units in the tank."""
    return -(-fuel // FUEL_PER_MARKET_UNIT)


def _half_up(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()
