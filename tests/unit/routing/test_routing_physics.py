"""The arrays and kernels of the planner say what the game's physics says."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_service.domain.flight import flight_of, leg_fuel, leg_time
from routing_service.domain.prepared import prepare
from routing_service.domain.problem import RouteOptions, ShipProfile
from shared_kernel.physics import FlightMode, charged_distance, fuel_required, travel_seconds
from tests.fakes.routing_systems import REAL_SYSTEMS, real_system, system

_GOLDEN = Path(__file__).parents[2] / "golden" / "physics.csv"
_ALL = tuple(FlightMode)


@pytest.mark.parametrize("row", list(csv.DictReader(_GOLDEN.open())), ids=lambda row: "-".join(row.values()))
def test_legs_are_those_of_the_golden_table(row: dict[str, str]) -> None:
    graph = prepare(system([(0, 0, False), (int(row["dx"]), int(row["dy"]), False)]))
    mode = FlightMode(row["mode"])
    flight = flight_of(ShipProfile(0, int(row["capacity"]), int(row["speed"])), RouteOptions((mode,)))
    distance = int(graph.distance[0, 1])

    assert (leg_fuel(flight, 0, distance), leg_time(flight, 0, distance)) == (int(row["fuel"]), int(row["seconds"]))


@settings(max_examples=300, deadline=None)
@given(
    distance=st.integers(1, 2_828_428),
    speed=st.integers(1, 500),
    capacity=st.sampled_from([0, 1, 400, 100_000]),
    overhead=st.sampled_from([0, 1, 1_500_000_000]),
)
def test_legs_are_those_of_the_kernel(distance: int, speed: int, capacity: int, overhead: int) -> None:
    flight = flight_of(ShipProfile(0, capacity, speed), RouteOptions(_ALL, departure_overhead=overhead))
    for position, mode in enumerate(_ALL):
        nanos = leg_time(flight, position, distance) * (10**9 // flight.second)

        assert nanos == travel_seconds(mode, distance, speed) * 10**9 + overhead
        assert leg_fuel(flight, position, distance) == fuel_required(mode, distance, capacity)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(*[st.integers(-1_000_000, 1_000_000)] * 2), min_size=2, max_size=8))
def test_distances_are_those_of_the_kernel(points: list[tuple[int, int]]) -> None:
    prepared = prepare(system([(x, y, False) for x, y in points]))

    for start, (x, y) in enumerate(points):
        for end, (p, q) in enumerate(points):
            assert prepared.distance[start, end] == charged_distance(x - p, y - q)


@pytest.mark.parametrize("name", REAL_SYSTEMS)
def test_the_metric_obeys_the_triangle_inequality_and_bounds_every_leg(name: str) -> None:
    prepared = prepare(real_system(name))
    metric = prepared.metric

    assert (metric <= prepared.distance).all()
    assert (metric[:, None, :] <= metric[:, :, None] + metric[None, :, :]).all()
    assert (np.diagonal(metric) == 0).all()
    assert (prepared.spans == metric[:, prepared.graph.sells_fuel]).all()


@pytest.mark.parametrize("name", REAL_SYSTEMS)
def test_a_gap_is_the_least_that_the_longest_leg_of_any_path_can_be(name: str) -> None:
    prepared = prepare(real_system(name))
    # Floyd and Warshall, the longest leg in the place of the sum.
    gap = prepared.distance.copy()
    np.fill_diagonal(gap, 0)
    for via in range(len(gap)):
        gap = np.minimum(gap, np.maximum(gap[:, via, None], gap[None, via, :]))

    assert (prepared.gap == gap).all()
    assert (prepared.gaps == gap[:, prepared.graph.sells_fuel]).all()
