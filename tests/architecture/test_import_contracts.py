"""The import contracts of pyproject.toml hold, and every one of them is shown to find what it forbids."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tiny_tree import plant_tree

ROOT = Path(__file__).parents[2]
PYPROJECT = ROOT / "pyproject.toml"

# contract id, file, what is planted there
PLANTS = [
    ("layers", "player_service/domain/thing.py", "import player_service.application.ports"),
    ("layers", "player_service/application/ports.py", "import player_service.adapters.things"),
    ("layers", "routing_service/application/ports.py", "import routing_service.settings"),
    ("layers", "player_service/servicer.py", "import player_service.adapters.things"),
    ("layers", "player_service/adapters/things.py", "import player_service.servicer"),
    ("layers", "navigation_service/voyage_runner.py", "import navigation_service.adapters.things"),
    ("layers", "navigation_service/utils.py", "BELONGS_TO_NO_LAYER = True"),
    ("contexts", "navigation_service/adapters/things.py", "import player_service.domain.thing"),
    ("contexts", "cli/players.py", "import player_service.settings"),
    ("libraries-below", "service_chassis/server.py", "import player_service.settings"),
    ("libraries-below", "pymediatr/mediator.py", "import shared_kernel.errors"),
    ("libraries-below", "shared_kernel/clock.py", "import pymediatr"),
    ("libraries-below", "protos/player_pb2.py", "import shared_kernel.errors"),
    ("no-cycles", "shared_kernel/errors.py", "import shared_kernel.clock"),
    ("domain-pure", "shared_kernel/clock.py", "import asyncio"),
    ("domain-pure", "player_service/domain/thing.py", "import pymediatr"),
    ("domain-pure", "navigation_service/domain/thing.py", "import sqlalchemy.orm"),
    ("domain-pure", "routing_service/domain/planner.py", "from google.protobuf import struct_pb2"),
    ("application-pure", "player_service/application/ports.py", "from grpc import aio"),
    ("application-pure", "player_service/application/queries/get_thing.py", "import service_chassis.database"),
    ("application-pure", "routing_service/application/ports.py", "import ortools"),
    ("wire", "service_chassis/server.py", "import protos.player_pb2"),
    ("wire", "player_service/application/ports.py", "import protos.player_pb2"),
    ("wire", "player_service/bootstrap.py", "import protos.player_pb2"),
    ("servicer-thin", "player_service/servicer.py", "import service_chassis.database"),
    ("servicer-thin", "routing_service/servicer.py", "import requests"),
    ("servicer-thin", "navigation_service/messages.py", "import service_chassis.status"),
    ("runner-drives", "navigation_service/voyage_runner.py", "import service_chassis.server"),
    ("runner-drives", "navigation_service/voyage_runner.py", "import navigation_service.messages"),
    ("runner-drives", "navigation_service/voyage_runner.py", "import navigation_service.domain.thing"),
    ("adapters", "player_service/__main__.py", "import player_service.adapters.things"),
    ("adapters-translate", "player_service/adapters/things.py", "import player_service.application.queries.get_thing"),
    ("adapters-translate", "routing_service/adapters/ortools_tour.py", "import pymediatr"),
    ("adapters-translate", "navigation_service/adapters/things.py", "import navigation_service.messages"),
    ("bootstrap-alone", "navigation_service/voyage_runner.py", "import navigation_service.bootstrap"),
    ("bootstrap-alone", "cli/players.py", "import player_service.bootstrap"),
    ("main-starts", "player_service/__main__.py", "import service_chassis.server"),
    ("main-starts", "routing_service/__main__.py", "import routing_service.servicer"),
    ("settings-alone", "player_service/settings.py", "import service_chassis.telemetry"),
    ("settings-alone", "routing_service/settings.py", "import routing_service.domain.thing"),
    ("ortools-quarantine", "routing_service/domain/planner.py", "import ortools.sat"),
    ("ortools-quarantine", "navigation_service/adapters/things.py", "from ortools.constraint_solver import pywrapcp"),
    ("cli-thin", "cli/players.py", "import shared_kernel.errors"),
    ("cli-thin", "cli/players.py", "import service_chassis.server"),
    ("cli-light", "service_chassis/channels.py", "import service_chassis.database"),
    ("cli-light", "cli/__main__.py", "import sqlalchemy"),
    ("sandbox-alone", "sandbox/physics.py", "import shared_kernel.errors"),
    ("sandbox-alone", "sandbox/__main__.py", "import protos.player_pb2"),
]


def contract_ids() -> list[str]:
    return [c["id"] for c in tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> list[set[str]]:
    """The contracts that the tiny tree breaks: first as it stands, then with each of the plants."""
    tree = tmp_path_factory.mktemp("tree")
    plant_tree(tree)
    linted = subprocess.run(
        [sys.executable, "-I", Path(__file__).with_name("lint_plants.py"), tree, PYPROJECT],
        input=json.dumps([plant[1:] for plant in PLANTS]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stderr
    return [set(ids) for ids in json.loads(linted.stdout)]


def test_a_tree_that_keeps_the_rules_breaks_no_contract(broken: list[set[str]]) -> None:
    assert broken[0] == set()


@pytest.mark.parametrize("number", range(len(PLANTS)), ids=lambda number: PLANTS[number][0])
def test_a_planted_import_breaks_its_contract(broken: list[set[str]], number: int) -> None:
    contract, file, line = PLANTS[number]

    assert contract in broken[number + 1], f"{line!r} in {file} goes unnoticed"


def test_every_contract_has_a_planted_violation() -> None:
    assert {contract for contract, _, _ in PLANTS} == set(contract_ids())


def test_our_tree_keeps_every_contract() -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert linted.returncode == 0, linted.stdout
