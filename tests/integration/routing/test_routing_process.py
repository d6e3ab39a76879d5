"""`python -m routing_service` as its operator meets it."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[3]


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "routing_service", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=_ROOT,
        env=os.environ | environment,
    )


def test_a_wrong_environment_ends_it_with_every_fault_and_no_traceback() -> None:
    ended = _run(LISTEN_ADDRESS="here", SOLVER_WORKERS="0")

    assert ended.returncode == 2
    assert "LISTEN_ADDRESS: must be host:port" in ended.stderr
    assert "SOLVER_WORKERS: must be greater than or equal to 1: processes that solve" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_argument_that_it_does_not_know_is_told() -> None:
    ended = _run("migrate")

    assert ended.returncode == 2
    assert "unknown arguments migrate" in ended.stderr


def test_help_says_what_it_does() -> None:
    ended = _run("--help")

    assert ended.returncode == 0
    assert "serves" in ended.stdout
