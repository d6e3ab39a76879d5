"""What is compiled, when, and under which stamp it is stored."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from routing_service.domain import label_search
from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.warm_up import warm_up_planner
from tests.fakes.routing_cases import map_cases, plan
from tests.fakes.routing_systems import real_places

_FACTOR = 3


@compiled
def _tripled(number: int) -> int:
    return _FACTOR * number


@compiled
def _sum_of_tripled(first: int, second: int) -> int:
    return _tripled(first) + _tripled(second)


def _stamp(kernel: Callable[..., Any]) -> str:
    cache: Any = kernel
    return str(cache._cache._impl.locator.get_source_stamp())


def _renewed_stamp(kernel: Callable[..., Any]) -> str:
    dispatcher: Any = kernel
    return _stamp(compiled(dispatcher.py_func))


def test_a_kernel_calls_kernels() -> None:
    assert _sum_of_tripled(1, 2) == 9


def test_a_kernel_that_borrows_is_not_taken_for_one_that_counts_references() -> None:
    def doubled(number: int) -> int:
        return 2 * number

    counting = _stamp(compiled(doubled))

    assert _stamp(borrowing(doubled)) != counting


def test_the_stamp_of_a_kernel_follows_what_it_calls_and_reads(monkeypatch: Any) -> None:
    before = _stamp(_sum_of_tripled)
    assert _renewed_stamp(_sum_of_tripled) == before

    monkeypatch.setattr(sys.modules[__name__], "_FACTOR", 4)

    assert _renewed_stamp(_sum_of_tripled) != before


def _printed(kernel: Path, *arguments: str) -> str:
    """By a process of its own, which stores its kernels beside the file."""
    return subprocess.run(
        [sys.executable, kernel, *arguments],
        env=os.environ | {"NUMBA_CACHE_DIR": str(kernel.parent / "kernels"), "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    ).stdout.strip()


def test_a_kernel_is_stored_under_a_stamp_of_those_that_stand_behind_it(tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.py"
    kernel.write_text(
        "from routing_service.domain.compiled import compilations, compiled\n"
        "@compiled\ndef one():\n    return _two()\n@compiled\ndef _two():\n    return 2\n"
        "print(compilations(one) > 0, one())\n"
    )

    assert [_printed(kernel), _printed(kernel)] == ["True 2", "False 2"]
    kernel.write_text(kernel.read_text().replace("return 2", "return 3"))
    assert _printed(kernel) == "True 3"


def test_after_the_warm_up_no_plan_waits_for_a_compiler() -> None:
    warm_up_planner()
    kernel: Any = label_search.search
    compilations = list(kernel.signatures)
    places = [place for _, place in real_places("X1-NC38")]

    for case in map_cases(places, 40, seed=3):
        try:
            plan(case)
        except Exception as error:
            assert getattr(error, "reason", "") == "NO_ROUTE"  # noqa: PT017  # any other error is a failure

    assert list(kernel.signatures) == compilations


def test_kernels_work_where_nothing_can_be_stored(tmp_path: Path) -> None:
    source = (
        "from routing_service.domain.compiled import compiled\n@compiled\ndef one():\n    return 1\nassert one() == 1"
    )
    module = tmp_path / "read_only" / "kernel.py"
    module.parent.mkdir()
    module.write_text(source)
    # A file where the folder for stored kernels would be.
    (module.parent / "__pycache__").write_text("")

    ran = subprocess.run(
        [sys.executable, "-c", "import runpy, sys; sys.path.insert(0, '.'); runpy.run_path(sys.argv[1])", module],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )

    assert ran.returncode == 0, ran.stderr


def test_kernels_are_loaded_from_the_place_that_is_named_for_them_though_it_is_read_only(tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.py"
    kernel.write_text(
        "import sys, tempfile\n"
        "def refuse(*args, **kwargs): raise PermissionError\n"
        "if sys.argv[1] == 'read-only': tempfile.TemporaryFile = refuse\n"
        "from routing_service.domain.compiled import compilations, compiled\n"
        "@compiled\ndef one():\n    return 1\n"
        "print(compilations(one))\n"
    )

    assert [_printed(kernel, "writable"), _printed(kernel, "read-only")] == ["1", "0"]
