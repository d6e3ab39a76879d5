"""Ports that end their process at one chosen point of a voyage, as a kill -9 at that instant would."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any, Protocol

CRASHED = 137
# By then a call is on its way, and no answer has come if the game takes longer than that.
AMID_SECONDS = 0.1

_calls_of_transaction: ContextVar[list[str] | None] = ContextVar("calls_of_transaction", default=None)


class UnitOfWork(Protocol):
    def transaction(self) -> AbstractAsyncContextManager[None]: ...

    def reading(self) -> AbstractAsyncContextManager[None]: ...


class Fuse:
    """Lists the points that a run reaches, and ends the process at `crash_at`.

    Points go by what happens there and how often it did: what runs beside the voyage does not shift them.
    """

    def __init__(self, crash_at: str = "") -> None:
        self.reached: list[str] = []
        self._crash_at = crash_at
        self._counts: Counter[str] = Counter()

    def reach(self, moment: str, deed: str) -> None:
        """`moment` is like "before"; together they are "before perform NAVIGATE 2" the second time."""
        self._counts[f"{moment} {deed}"] += 1
        point = f"{moment} {deed} {self._counts[f'{moment} {deed}']}"
        self.reached.append(point)
        if point == self._crash_at:
            os._exit(CRASHED)


class CrashingPort:
    """Any port to the outside, with a point before each call is made, one after its answer, and one amid slow ones."""

    def __init__(self, port: object, fuse: Fuse) -> None:
        self._port = port
        self._fuse = fuse

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._port, method)

        async def crashing(*arguments: Any, **options: Any) -> Any:
            deed = f"perform {arguments[2].value}" if method == "perform" else method
            self._fuse.reach("before", deed)
            fuse = asyncio.get_running_loop().call_later(AMID_SECONDS, self._fuse.reach, "amid", deed)
            answer = await call(*arguments, **options)
            fuse.cancel()
            self._fuse.reach("after", deed)
            return answer

        return crashing


class NamedPort:
    """A repository whose calls give the transaction around them its name."""

    def __init__(self, port: object, name: str) -> None:
        self._port = port
        self._name = name

    def __getattr__(self, method: str) -> Any:
        if (calls := _calls_of_transaction.get()) is not None:
            calls.append(f"{self._name}.{method}")
        return getattr(self._port, method)


class CrashingUnitOfWork:
    """Satisfies UnitOfWork, with a point before each commit and one after it. Reading changes nothing and has none."""

    def __init__(self, inner: UnitOfWork, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        calls: list[str] = []
        outer = _calls_of_transaction.set(calls)
        try:
            async with self._inner.transaction():
                yield
                self._fuse.reach("before the commit of", ", ".join(calls))
        finally:
            _calls_of_transaction.reset(outer)
        self._fuse.reach("after the commit of", ", ".join(calls))

    def reading(self) -> AbstractAsyncContextManager[None]:
        return self._inner.reading()
