"""What a type checker is promised: results inferred, foreign handlers rejected. One mypy run over all of it."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

CASES = """
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, assert_type

from pymediatr import (
    Command, Mediator, NextHandler, NextStream, PipelineBehavior, Query, Request, RequestHandler, StreamRequest,
    StreamRequestHandler,
)


@dataclass(frozen=True)
class CountCommand(Command[int]):
    name: str


class CountHandler(RequestHandler[CountCommand, int]):
    async def handle(self, request: CountCommand) -> int:
        return len(request.name)


@dataclass(frozen=True)
class NameQuery(Query[str | None]): ...


class NameHandler(RequestHandler[NameQuery, str | None]):
    async def handle(self, request: NameQuery) -> str | None:
        return None


class BareRequest(Request): ...


class BareCommand(Command): ...


class BareStream(StreamRequest): ...


@dataclass(frozen=True)
class WatchQuery(StreamRequest[bytes]): ...


class WatchHandler(StreamRequestHandler[WatchQuery, bytes]):
    async def handle(self, request: WatchQuery) -> AsyncIterator[bytes]:
        yield b""


class PlainBehavior(PipelineBehavior):
    async def handle(self, request: Request[Any], next_handler: NextHandler) -> Any:
        return await next_handler()

    async def handle_stream(self, request: StreamRequest[Any], next_stream: NextStream) -> AsyncIterator[Any]:
        async for item in next_stream():
            yield item

    def applies_to(self, request_type: type) -> bool:
        return issubclass(request_type, Command)


async def infers(mediator: Mediator) -> None:
    mediator.add_pipeline_behavior(PlainBehavior())
    mediator.register_handler(CountCommand, CountHandler())
    mediator.register_handler(NameQuery, NameHandler())
    mediator.register_handler(WatchQuery, WatchHandler())
    assert_type(await mediator.send(CountCommand("a")), int)
    assert_type(await mediator.send(NameQuery()), str | None)
    assert_type(await mediator.send(BareRequest()), Any)
    assert_type(await mediator.send(BareCommand()), Any)
    async for item in mediator.stream(WatchQuery()):
        assert_type(item, bytes)
    async with aclosing(mediator.stream(WatchQuery())) as items:
        assert_type(await anext(items), bytes)
    async for anything in mediator.stream(BareStream()):
        assert_type(anything, Any)
    unregistered: frozenset[type[object]] = frozenset({CountCommand}) - mediator.registered_requests


async def rejects(mediator: Mediator) -> None:
    wrong: str = await mediator.send(CountCommand("a"))  # E: arg-type
    (await mediator.send(NameQuery())).upper()  # E: union-attr
    await mediator.send("no request")  # E: arg-type
    await mediator.send(CountCommand)  # E: arg-type
    await mediator.send(WatchQuery())  # E: arg-type
    mediator.stream(CountCommand("a"))  # E: arg-type
    mediator.register_handler(CountCommand, NameHandler())  # E: misc
    mediator.register_handler(WatchQuery, CountHandler())  # E: misc
    mediator.register_handler(CountCommand, WatchHandler())  # E: misc
    mediator.register_handler(CountCommand, CountHandler)  # E: call-overload
    mediator.add_pipeline_behavior(CountHandler())  # E: arg-type


class Forgetful(RequestHandler[CountCommand, int]): ...


Forgetful()  # E: abstract


class Swapped(RequestHandler[CountCommand, int]):
    async def handle(self, request: NameQuery) -> int:  # E: override
        return 0


class Blocking(RequestHandler[CountCommand, int]):
    def handle(self, request: CountCommand) -> int:  # E: override
        return 0


class NoRequest(RequestHandler[str, int]):  # E: type-var
    async def handle(self, request: str) -> int:
        return 0
"""


def run_mypy(tmp_path: Path, *files: Path) -> str:
    options = ["--strict", "--config-file=", "--python-version=3.11", "--no-error-summary"]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *options, *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"MYPYPATH": str(ROOT)},
    ).stdout


def test_mypy_infers_what_is_promised_and_rejects_exactly_what_is_wrong(tmp_path: Path) -> None:
    cases = tmp_path / "cases.py"
    cases.write_text(CASES)
    readme = tmp_path / "readme.py"
    readme.write_text((ROOT / "pymediatr/README.md").read_text().split("```python\n")[1].split("```")[0])

    report = run_mypy(tmp_path, cases, readme)

    found = {(int(line), code) for line, code in re.findall(r"^cases\.py:(\d+): error: .*\[([a-z-]+)\]$", report, re.M)}
    expected = {
        (number, code)
        for number, line in enumerate(CASES.splitlines(), start=1)
        for code in re.findall(r"# E: ([a-z-]+)", line)
    }
    assert found == expected, report
    assert "readme.py" not in report, report


def test_runs_on_the_standard_library_alone() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import pymediatr; print('typing_extensions' in sys.modules)"
    )

    ran = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout == "False\n"
