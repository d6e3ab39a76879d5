"""Rules of the house that no linter knows, each shown to find a breach."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.source import Module, product

FORBIDDEN_WORDS = frozenset(
    {"Manager", "Helper", "Helpers", "Util", "Utils", "Common", "Base", "Processor", "Data", "Info", "Impl"}
)


def environment_outside_settings(module: Module) -> Iterator[str]:
    """The environment is read in settings.py, and comes to all others by argument."""
    if module.name == "settings.py":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.environb", "os.getenv"):
            yield f"{module.path}:{node.lineno} reads {ast.unparse(node)}"
    if {"os.environ", "os.environb", "os.getenv"} & set(module.imported()):
        yield f"{module.path} imports the environment"


def clock_inside(module: Module) -> Iterator[str]:
    """Use cases and domain are told the time by the Clock port."""
    if "/domain/" not in module.path and "/application/" not in module.path:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and re.search(r"\bdate(time)?\.(now|utcnow|today)$", ast.unparse(node)):
            yield f"{module.path}:{node.lineno} reads the machine's clock"


def try_in_servicer(module: Module) -> Iterator[str]:
    """Errors pass through a servicer; the interceptor maps them, once."""
    if module.name == "servicer.py":
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Try | ast.TryStar):
                yield f"{module.path}:{node.lineno} has a try"


def forbidden_names(module: Module) -> Iterator[str]:
    """Names say what a thing is. These words say nothing."""
    for class_ in module.classes():
        words = set(re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*", class_.name))
        if words & FORBIDDEN_WORDS or re.match(r"_?I[A-Z][a-z]", class_.name):
            yield f"{module.path}: class {class_.name}"
    words = {word.capitalize() for part in module.path.removesuffix(".py").split("/") for word in part.split("_")}
    if words & FORBIDDEN_WORDS:
        yield f"{module.path}: its name"


RULES = [environment_outside_settings, clock_inside, try_in_servicer, forbidden_names]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_holds_everywhere(rule: Callable[[Module], Iterator[str]]) -> None:
    assert [breach for module in product() for breach in rule(module)] == []


@pytest.mark.parametrize(
    ("rule", "file", "code"),
    [
        (environment_outside_settings, "cli/up.py", "import os\nx = os.environ['HOME']"),
        (environment_outside_settings, "player_service/bootstrap.py", "import os\nx = os.getenv('HOME')"),
        (environment_outside_settings, "cli/up.py", "from os import environ"),
        (clock_inside, "player_service/domain/player.py", "import datetime\nx = datetime.datetime.now()"),
        (clock_inside, "player_service/application/ports.py", "from datetime import date\nf = date.today"),
        (try_in_servicer, "player_service/servicer.py", "def f():\n    try:\n        g()\n    finally:\n        h()"),
        (forbidden_names, "cli/ships.py", "class ShipManager: ..."),
        (forbidden_names, "cli/ships.py", "class BaseShip: ..."),
        (forbidden_names, "cli/ships.py", "class IShip: ..."),
        (forbidden_names, "cli/ships.py", "class HTTPInfo: ..."),
        (forbidden_names, "cli/utils.py", ""),
        (forbidden_names, "cli/ship_helpers/list.py", ""),
    ],
)
def test_the_rule_finds_a_breach(tmp_path: Path, rule: Callable[[Module], Iterator[str]], file: str, code: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(code)

    assert [breach for module in product(tmp_path) for breach in rule(module)]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("player_service/settings.py", "import os\nx = os.environ"),
        (
            "player_service/adapters/metadata.py",
            "class Database: ...\nclass Metadata: ...\nclass IO: ...\nclass Item: ...",
        ),
        ("player_service/bootstrap.py", "try:\n    import uvloop\nexcept ImportError:\n    pass"),
        ("player_service/adapters/clock.py", "import datetime\nx = datetime.datetime.now()"),
    ],
)
def test_the_rules_leave_good_code_alone(tmp_path: Path, file: str, code: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(code)

    assert [breach for rule in RULES for module in product(tmp_path) for breach in rule(module)] == []
