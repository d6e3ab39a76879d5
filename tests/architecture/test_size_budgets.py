"""Files and functions stay small enough to be read in one go. Generated code and tests are not counted."""

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.architecture.source import Module, lines_of, product

FILE_LINES, FILE_LINES_P90 = 400, 250
FUNCTION_LINES, FUNCTION_LINES_P90 = 60, 30
HANDLER_LINES = 25
RPC_LINES = 10
BOOTSTRAP_LINES = 90
SEARCH_LINES = 120

# A solver's search loop reads as its paper's pseudo-code, in one piece.
SEARCH_LOOPS = frozenset({"routing_service/domain/label_search.py:search"})


def percentile_90(sizes: Mapping[str, int]) -> int:
    ordered = sorted(sizes.values())
    return ordered[math.ceil(0.9 * len(ordered)) - 1] if ordered else 0


def file_sizes(modules: Sequence[Module]) -> dict[str, int]:
    return {module.path: len(module.text.splitlines()) for module in modules}


def function_sizes(modules: Sequence[Module]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for module in modules:
        for name, function in module.functions():
            # Overloads and the halves of a property share a name.
            sizes[name] = max(lines_of(function), sizes.get(name, 0))
    return sizes


def budget_of(function: str) -> int:
    """The most lines that the function `path:Class.method` may have."""
    if function in SEARCH_LOOPS:
        return SEARCH_LINES
    return BOOTSTRAP_LINES if function.partition(":")[0].endswith("/bootstrap.py") else FUNCTION_LINES


def oversized(modules: Sequence[Module]) -> Iterator[str]:
    """Every breach of a budget, in words."""
    files, functions = file_sizes(modules), function_sizes(modules)
    yield from _beyond(files, dict.fromkeys(files, FILE_LINES))
    yield from _beyond(functions, {name: budget_of(name) for name in functions})
    yield from _beyond(functions, dict.fromkeys(_handlers(modules), HANDLER_LINES))
    yield from _beyond(functions, dict.fromkeys(_rpc_methods(modules), RPC_LINES))
    for kind, sizes, budget in (
        ("files", files, FILE_LINES_P90),
        ("functions", functions, FUNCTION_LINES_P90),
    ):
        if percentile_90(sizes) > budget:
            yield f"the 90th percentile of all {kind} is {percentile_90(sizes)} lines, the budget is {budget}"


def _beyond(sizes: Mapping[str, int], budgets: Mapping[str, int]) -> Iterator[str]:
    for name, budget in budgets.items():
        if sizes[name] > budget:
            yield f"{name} has {sizes[name]} lines, the budget is {budget}"


def _handlers(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        if "/application/" in module.path:
            yield from (name for name, _ in module.functions() if name.endswith("Handler.handle"))


def _rpc_methods(modules: Sequence[Module]) -> Iterator[str]:
    for module in modules:
        if module.name == "servicer.py":
            yield from (
                f"{module.path}:{class_.name}.{method.name}"
                for class_ in module.classes()
                for method in class_.body
                if isinstance(method, ast.AsyncFunctionDef) and method.name[0].isupper()
            )


def test_files_and_functions_keep_their_budgets() -> None:
    assert list(oversized(product())) == []


def test_only_long_search_loops_are_listed_as_such() -> None:
    sizes = function_sizes(product())

    assert {name for name in SEARCH_LOOPS if sizes.get(name, 0) <= FUNCTION_LINES} == set()


def body(lines: int, indent: str = "    ") -> str:
    return "".join(f"{indent}x = {n}\n" for n in range(lines - 1))


@pytest.mark.parametrize(
    ("file", "code", "breach"),
    [
        ("cli/long.py", body(402, ""), "cli/long.py has 401 lines, the budget is 400"),
        ("cli/f.py", "def f():\n" + body(61), "cli/f.py:f has 61 lines, the budget is 60"),
        (
            "player_service/bootstrap.py",
            "def build():\n" + body(91),
            "player_service/bootstrap.py:build has 91 lines, the budget is 90",
        ),
        (
            "player_service/application/queries/get.py",
            "class GetHandler:\n    async def handle(self, request):\n" + body(26, "        "),
            "player_service/application/queries/get.py:GetHandler.handle has 26 lines, the budget is 25",
        ),
        (
            "player_service/servicer.py",
            "class PlayerServicer:\n    async def GetPlayer(self, request, context):\n" + body(11, "        "),
            "player_service/servicer.py:PlayerServicer.GetPlayer has 11 lines, the budget is 10",
        ),
        (
            "cli/f.py",
            "def f():\n" + body(31),
            "the 90th percentile of all functions is 31 lines, the budget is 30",
        ),
        ("cli/f.py", body(252, ""), "the 90th percentile of all files is 251 lines, the budget is 250"),
    ],
)
def test_finds_what_is_too_long(tmp_path: Path, file: str, code: str, breach: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(code)

    assert breach in list(oversized(product(tmp_path)))


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("cli/f.py", "def f():\n" + body(30)),
        ("cli/f_pb2.py", body(1_000, "")),
        ("player_service/bootstrap.py", "def build():\n" + body(90) + "".join(f"def f{n}(): ...\n" for n in range(9))),
    ],
)
def test_takes_what_is_within_its_budget(tmp_path: Path, file: str, code: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(code)

    assert list(oversized(product(tmp_path))) == []
