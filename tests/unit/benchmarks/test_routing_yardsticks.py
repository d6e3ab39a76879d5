"""What judges the product's plans in the benchmarks is right itself."""

import csv
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.routing.instances import Rules, Ship
from tests.benchmarks.routing.physics import world_of
from tests.benchmarks.routing.systems import SystemMap

_ROOT = Path(__file__).parents[3]


@cache
def found() -> dict[str, list[list[int | None]]]:
    """What the kernels say, beside what is true, on small cases."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.unit.benchmarks.without_compiling"],
        cwd=_ROOT,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(run.stdout))


@pytest.mark.parametrize(
    "check",
    [
        pytest.param("routes", id="exact_routes_take_what_the_oracle_says"),
        pytest.param("orders", id="orders_are_flown_as_fast_as_every_state_tried_allows"),
        pytest.param("searches", id="the_fuel_carried_search_finds_the_best_of_all_orders"),
        pytest.param("plain_searches", id="the_plain_search_finds_the_best_of_all_orders_between_stations"),
    ],
)
def test_agrees_with_trying_everything(check: str) -> None:
    assert [figures for figures in found()[check] if len(set(figures)) > 1] == []


def test_physics_are_the_game_s() -> None:
    with (_ROOT / "tests" / "golden" / "physics.csv").open() as lines:
        for row in csv.DictReader(lines):
            place = np.array([0, int(row["dx"])], np.int64), np.array([0, int(row["dy"])], np.int64)
            system = SystemMap("X1-T", "pair", ("A", "B"), *place, np.array([True, True], np.bool_))
            world = world_of(system, Ship(0, int(row["capacity"]), int(row["speed"]), 0), Rules((row["mode"],)))
            distance = world.distance[0, 1]

            assert (world.burn[0, distance], world.time[0, distance]) == (int(row["fuel"]), int(row["seconds"]) * 10**9)
