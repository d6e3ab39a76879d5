"""Fuel and time of a leg, against the golden vectors and against the formula in exact fractions."""

import csv
from fractions import Fraction
from math import floor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.physics import FlightMode, charged_distance, euclidean_distance, fuel_required, travel_seconds

GOLDEN = Path(__file__).parents[2] / "golden" / "physics.csv"
VECTORS = list(csv.DictReader(GOLDEN.read_text().splitlines()))
FACTOR = {
    FlightMode.CRUISE: Fraction(25),
    FlightMode.BURN: Fraction(25, 2),
    FlightMode.DRIFT: Fraction(250),
    FlightMode.STEALTH: Fraction(30),
}
coordinates = st.integers(-1_000_000, 1_000_000)


def _named(row: dict[str, str]) -> str:
    return f"{row['mode']}-{row['distance']}-speed{row['speed']}"


@pytest.mark.parametrize("row", VECTORS, ids=_named)
def test_a_leg_costs_the_fuel_and_time_of_the_golden_table(row: dict[str, str]) -> None:
    mode, speed, capacity = FlightMode(row["mode"]), int(row["speed"]), int(row["capacity"])
    dx, dy = int(row["dx"]), int(row["dy"])
    distance = charged_distance(dx, dy)

    assert int(row["fuel"]) == fuel_required(mode, distance, capacity)
    assert int(row["seconds"]) == travel_seconds(mode, distance, speed)
    assert float(row["distance"]) == pytest.approx(euclidean_distance(dx, dy), abs=0.01)


def test_the_golden_table_knows_every_mode() -> None:
    assert {mode.value for mode in FlightMode} == {row["mode"] for row in VECTORS}


@given(coordinates, coordinates)
def test_distance_is_the_root_rounded_half_up_and_at_least_one(dx: int, dy: int) -> None:
    distance = charged_distance(dx, dy)
    square = dx * dx + dy * dy

    assert distance >= 1
    if square > 0:
        assert (2 * distance - 1) ** 2 <= 4 * square < (2 * distance + 1) ** 2


@given(st.sampled_from(FlightMode), st.integers(1, 3_000_000), st.integers(1, 500))
def test_time_rounds_half_up_exactly(mode: FlightMode, distance: int, speed: int) -> None:
    exact = distance * FACTOR[mode] / speed + 15

    assert floor(exact + Fraction(1, 2)) == travel_seconds(mode, distance, speed)


@pytest.mark.parametrize("mode", FlightMode)
def test_a_ship_without_a_tank_flies_for_nothing(mode: FlightMode) -> None:
    assert fuel_required(mode, 1_000, 0) == 0


def test_orbitals_at_one_place_are_a_leg_all_the_same() -> None:
    distance = charged_distance(0, 0)

    assert distance == 1
    assert [fuel_required(mode, distance, 400) for mode in FlightMode] == [1, 2, 1, 1]
