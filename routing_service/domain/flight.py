"""One ship's physics as figures that the compiled searches read."""

from functools import cache
from math import gcd
from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import borrowing
from routing_service.domain.problem import NANOS_PER_SECOND, IntArray, RouteOptions, ShipProfile
from shared_kernel.physics import DEPARTURE_SECONDS, TWICE_TIME_FACTOR, FlightMode, fuel_required

TWICE_FACTOR, FUEL_BASE, FUEL_SLOPE = 0, 1, 2


class Flight(NamedTuple):
    """Times are in units of 1/`second` s, the coarsest unit in which all overheads are whole.

    A row of `modes` is (twice the time factor, fuel of a leg whatever its length, fuel per unit of distance).
    """

    modes: IntArray
    capacity: int
    speed: int
    second: int
    departure: int
    refuel: int
    least_fuel: bool


@cache
def _figures_of(modes: tuple[FlightMode, ...], has_tank: bool) -> IntArray:
    """Rows of `Flight.modes`, shared by all who read them: modes can be chosen in so few ways."""
    rows = []
    for mode in modes:
        near, far = (fuel_required(mode, distance, int(has_tank)) for distance in (1, 2))
        rows.append((TWICE_TIME_FACTOR[mode], 2 * near - far, far - near))
    return np.array(rows, np.int64)


def flight_of(ship: ShipProfile, options: RouteOptions, *, least_fuel: bool = False) -> Flight:
    unit = gcd(NANOS_PER_SECOND, options.refuel_duration, options.departure_overhead)
    return Flight(
        modes=_figures_of(options.flight_modes, ship.fuel_capacity > 0),
        capacity=ship.fuel_capacity,
        speed=ship.engine_speed,
        second=NANOS_PER_SECOND // unit,
        departure=options.departure_overhead // unit,
        refuel=options.refuel_duration // unit,
        least_fuel=least_fuel,
    )


@borrowing
def leg_time(flight: Flight, mode: int, distance: int) -> int:
    """As shared_kernel.physics.travel_seconds, and the overhead of a departure."""
    # A quotient of integers below 2**53 is exact when floored.
    seconds = int((distance * flight.modes[mode, TWICE_FACTOR] + flight.speed) / (2.0 * flight.speed))
    return (seconds + DEPARTURE_SECONDS) * flight.second + flight.departure


@borrowing
def leg_fuel(flight: Flight, mode: int, distance: int) -> int:
    """As shared_kernel.physics.fuel_required."""
    return int(flight.modes[mode, FUEL_BASE] + flight.modes[mode, FUEL_SLOPE] * distance)
