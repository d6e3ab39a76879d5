"""Flight: distance, fuel and time of one leg, in exact integers.

Source of the formulas: the game's wiki (travel fuel and time), checked against departures and arrivals that
the live server reported; tests/golden/physics.csv keeps the vectors. Both quantities round half up.
"""

from enum import Enum
from math import isqrt, sqrt


class FlightMode(Enum):
    """How a ship flies a leg. The value is the game's own word."""

    CRUISE = "CRUISE"
    BURN = "BURN"
    DRIFT = "DRIFT"
    STEALTH = "STEALTH"

    # An enum's own is a function in Python, which tables by mode would call several times for each leg.
    __hash__ = object.__hash__


DEFAULT_FLIGHT_MODES = (FlightMode.CRUISE, FlightMode.BURN, FlightMode.DRIFT)

# Seconds per unit of distance at speed 1, doubled so that BURN's 12.5 stays an integer.
TWICE_TIME_FACTOR = {
    FlightMode.CRUISE: 50,
    FlightMode.BURN: 25,
    FlightMode.DRIFT: 500,
    FlightMode.STEALTH: 60,
}
DEPARTURE_SECONDS = 15


def charged_distance(dx: int, dy: int) -> int:
    """The distance that fuel and time are charged for: Euclidean, rounded half up, at least 1."""
    return max(1, (isqrt(4 * (dx * dx + dy * dy)) + 1) // 2)


def euclidean_distance(dx: int, dy: int) -> float:
    return sqrt(dx * dx + dy * dy)


def fuel_required(mode: FlightMode, distance: int, fuel_capacity: int) -> int:
    """Fuel units of one leg. `distance` as of `charged_distance`; ships without a tank fly for nothing."""
    if fuel_capacity == 0:
        return 0
    if mode is FlightMode.DRIFT:
        return 1
    return 2 * distance if mode is FlightMode.BURN else distance


def travel_seconds(mode: FlightMode, distance: int, engine_speed: int) -> int:
    """Whole seconds of one leg: round(distance x factor / speed + 15), half up."""
    return (distance * TWICE_TIME_FACTOR[mode] + engine_speed) // (2 * engine_speed) + DEPARTURE_SECONDS
