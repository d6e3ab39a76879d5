"""Reads the product's source as syntax trees, for rules that no linter knows."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("player_service", "navigation_service", "routing_service")
PACKAGES = ("protos", "pymediatr", "shared_kernel", "service_chassis", *SERVICES, "cli", "sandbox")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A file of the product: its path from the root, and what is in it."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Every function, nested ones too, as `path:Class.method`."""
        yield from _functions(self.tree, f"{self.path}:")

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def imported(self) -> Iterator[str]:
        """The dotted names that it imports at run time: modules, and `module.name` of a from-import."""
        for node in _run_time_nodes(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def product(root: Path = ROOT) -> Sequence[Module]:
    """Every module of the product below `root` that was written by hand, in order of path."""
    return tuple(
        _read(root, path)
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        if not path.name.endswith(("_pb2.py", "_pb2_grpc.py"))
    )


def lines_of(function: Function) -> int:
    """From `def` to the last line, docstring included, decorators not."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _read(root: Path, path: Path) -> Module:
    text = path.read_text()
    return Module(path.relative_to(root).as_posix(), text, ast.parse(text))


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield prefix + child.name, child
        inside = f"{prefix}{child.name}." if isinstance(child, (Function, ast.ClassDef)) else prefix
        yield from _functions(child, inside)


def _run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from _run_time_nodes(child)
