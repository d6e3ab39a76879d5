"""The sandbox's physics against the golden table, which the product's physics is held to as well."""

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from sandbox.physics import (
    distance,
    jump_cooldown_seconds,
    market_units,
    scaled_milliseconds,
    trip_fuel,
    trip_seconds,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "physics.csv"


def golden_rows() -> list[dict[str, str]]:
    with GOLDEN.open(newline="") as table:
        return list(csv.DictReader(table))


@pytest.mark.parametrize("row", golden_rows(), ids=lambda row: "-".join(row.values()))
def test_a_trip_costs_what_the_golden_table_says(row: dict[str, str]) -> None:
    units = distance(int(row["dx"]), int(row["dy"]))

    assert int(row["fuel"]) == trip_fuel(row["mode"], units, int(row["capacity"]))
    assert int(row["seconds"]) == trip_seconds(row["mode"], units, int(row["speed"]))


@pytest.mark.parametrize(
    ("mode", "seconds"), [("CRUISE", 15 + 139), ("BURN", 15 + 69), ("STEALTH", 15 + 167), ("DRIFT", 15 + 833)]
)
def test_warping_takes_the_warp_multipliers(mode: str, seconds: int) -> None:
    assert seconds == trip_seconds(mode, 100, 36, warp=True)


@pytest.mark.parametrize(("dx", "dy", "units"), [(0, 0, 1), (1, 0, 1), (1, 1, 1), (1, 2, 2), (3, 4, 5), (-30, 40, 50)])
def test_distance_is_whole_half_up_and_at_least_one(dx: int, dy: int, units: int) -> None:
    assert units == distance(dx, dy)


@pytest.mark.parametrize(("units", "seconds"), [(200, 75), (1230, 384), (1484, 460), (3416, 1040), (6422, 1942)])
def test_a_jump_cools_down_for_fifteen_seconds_and_three_tenths_of_the_distance(units: int, seconds: int) -> None:
    assert seconds == jump_cooldown_seconds(units, 0)


@pytest.mark.parametrize(
    ("seconds", "scale", "milliseconds"),
    [(43, Fraction(1), 43_000), (43, Fraction(60), 717), (1, Fraction(3), 334), (15, Fraction(10**9), 1)],
)
def test_scaled_durations_round_up_to_a_millisecond(seconds: int, scale: Fraction, milliseconds: int) -> None:
    assert milliseconds == scaled_milliseconds(seconds, scale)


@pytest.mark.parametrize(("fuel", "units"), [(0, 0), (1, 1), (36, 1), (100, 1), (101, 2), (400, 4)])
def test_the_market_charges_every_started_hundred(fuel: int, units: int) -> None:
    assert units == market_units(fuel)
