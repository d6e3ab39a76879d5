"""Each part of the product uses the libraries that its place allows, and no others."""

import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, SERVICES, Module, product

# path pattern -> what it may import beside the standard library and our own packages (those: see the import contracts)
LIBRARIES: dict[str, frozenset[str]] = {
    "pymediatr/*": frozenset(),
    "shared_kernel/*": frozenset(),
    "player_service/domain/*": frozenset(),
    "navigation_service/domain/*": frozenset(),
    "routing_service/domain/*": frozenset({"numpy", "numba"}),
    "*_service/application/*": frozenset(),
    "*_service/servicer.py": frozenset({"grpc"}),
    "*_service/messages.py": frozenset(),
    "*_service/voyage_runner.py": frozenset(),
    "*_service/settings.py": frozenset({"pydantic", "pydantic_settings"}),
    "*_service/__main__.py": frozenset(),
    "cli/*": frozenset({"grpc", "grpc_health", "google", "typer", "rich"}),
    "sandbox/*": frozenset({"starlette", "uvicorn"}),
}

# Pure code computes. It does no I/O, has no concurrency, and is told the time.
IMPURE = frozenset(
    {
        *("asyncio", "concurrent", "multiprocessing", "queue", "signal", "subprocess", "threading"),
        *("http", "io", "logging", "os", "pathlib", "select", "selectors", "shutil", "socket", "sqlite3", "ssl"),
        *("secrets", "tempfile", "time", "urllib"),
    }
)
# path pattern -> what it must not import of the standard library
DENIED: dict[str, frozenset[str]] = {
    "*_service/domain/*": IMPURE,
    "shared_kernel/*": IMPURE - {"time", "secrets"},  # SystemClock and uuid7 are where time and chance come from
    "*_service/application/*": IMPURE - {"asyncio"},
}


def strangers(modules: Sequence[Module]) -> Iterator[str]:
    """Every import that its place does not allow, in words."""
    for module in modules:
        for name in sorted({imported.partition(".")[0] for imported in module.imported()}):
            if not _allowed(module.path, name):
                yield f"{module.path} imports {name}"


def _allowed(path: str, name: str) -> bool:
    if name in PACKAGES:
        return True
    if name in sys.stdlib_module_names:
        return not any(fnmatch(path, pattern) and name in denied for pattern, denied in DENIED.items())
    return all(name in allowed for pattern, allowed in LIBRARIES.items() if fnmatch(path, pattern))


def test_every_part_imports_only_what_its_place_allows() -> None:
    assert list(strangers(product())) == []


@pytest.mark.parametrize(
    ("file", "code", "found"),
    [
        ("pymediatr/mediator.py", "import typing_extensions", "typing_extensions"),
        ("pymediatr/mediator.py", "def send():\n    import attrs", "attrs"),
        ("shared_kernel/clock.py", "from asyncio import sleep", "asyncio"),
        ("shared_kernel/clock.py", "import numpy", "numpy"),
        ("player_service/domain/player.py", "import numpy", "numpy"),
        ("navigation_service/domain/voyage.py", "import time", "time"),
        ("routing_service/domain/verify.py", "import ortools", "ortools"),
        ("player_service/application/ports.py", "import cryptography.fernet", "cryptography"),
        ("player_service/application/queries/get.py", "import os", "os"),
        ("player_service/servicer.py", "import structlog", "structlog"),
        ("navigation_service/voyage_runner.py", "import structlog", "structlog"),
        ("player_service/settings.py", "import yaml", "yaml"),
        ("player_service/__main__.py", "import typer", "typer"),
        ("cli/ships.py", "import requests", "requests"),
        ("sandbox/app.py", "import grpc", "grpc"),
    ],
)
def test_finds_what_a_place_does_not_allow(tmp_path: Path, file: str, code: str, found: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(code)

    assert list(strangers(product(tmp_path))) == [f"{file} imports {found}"]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("pymediatr/requests.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import typing_extensions"),
        ("routing_service/domain/planner.py", "import heapq\nimport numpy as np\nimport shared_kernel.physics"),
        ("player_service/adapters/players_sql.py", "import sqlalchemy"),
        ("player_service/application/once.py", "import asyncio"),
        ("shared_kernel/clock.py", "import time"),
    ],
)
def test_takes_what_a_place_allows(tmp_path: Path, file: str, code: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(code)

    assert list(strangers(product(tmp_path))) == []


def test_every_service_is_covered() -> None:
    assert all(any(fnmatch(f"{service}/domain/x.py", pattern) for pattern in LIBRARIES) for service in SERVICES)
