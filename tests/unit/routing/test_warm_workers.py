"""A worker that says it is warm has nothing left to compile: that takes longer than most callers wait."""

import subprocess
import sys
from pathlib import Path


def test_a_warm_worker_compiles_nothing_for_any_kind_of_tour_or_fleet() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fakes.routing_warmth"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )

    assert ran.stdout.split() == []
