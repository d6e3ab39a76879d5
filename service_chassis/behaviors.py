"""Pipeline behaviors: what holds for every use case, whoever asks for it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, runtime_checkable

import structlog

from pymediatr import Command, PipelineBehavior, Query
from shared_kernel.clock import Clock
from shared_kernel.errors import DomainError, FieldViolation, InvalidInput

# A request's own request_id goes by another name, as lines carry the call's id under that one.
_LOGGED_IDS = {
    "player_id": "player_id",
    "agent_symbol": "agent_symbol",
    "ship_symbol": "ship_symbol",
    "voyage_id": "voyage_id",
    "system_symbol": "system_symbol",
    "request_id": "request_key",
}
_LONGEST_ID = 64


class LoggingBehavior(PipelineBehavior):
    """One line for each use case: its name, the ids it is about, its outcome and its time. Never its body.

    Requests of the types in `quiet` are only worth a line while they succeed if the level is DEBUG. There are no lines
    before `configure_logging`.
    """

    def __init__(self, clock: Clock, *, quiet: Collection[type[Any]] = ()) -> None:
        self._clock = clock
        self._quiet = frozenset(quiet)
        self._log = structlog.get_logger()

    async def handle(self, request: Any, next_handler: Callable[[], Awaitable[Any]]) -> Any:
        started = self._clock.monotonic()
        outcome = "cancelled"
        try:
            result = await next_handler()
            outcome = "ok"
            return result
        except Exception as error:
            outcome = _outcome_of(error)
            raise
        finally:
            self._write(request, outcome, started)

    async def handle_stream(self, request: Any, next_stream: Callable[[], AsyncIterator[Any]]) -> AsyncIterator[Any]:
        started = self._clock.monotonic()
        outcome = "left"
        try:
            async for item in next_stream():
                yield item
            outcome = "ok"
        except Exception as error:
            outcome = _outcome_of(error)
            raise
        finally:
            self._write(request, outcome, started)

    def _write(self, request: Any, outcome: str, started: float) -> None:
        if not structlog.is_configured():
            # Nobody has said where lines go. Made for people to read, on standard output, they would cost more than
            # the use cases that they are about.
            return
        ids = {name: _tame(value) for field, name in _LOGGED_IDS.items() if (value := getattr(request, field, None))}
        milliseconds = round((self._clock.monotonic() - started) * 1000, 1)
        write = self._log.debug if outcome == "ok" and type(request) in self._quiet else self._log.info
        write(type(request).__name__, outcome=outcome, ms=milliseconds, **ids)


def _tame(value: object) -> object:
    """Ids are logged before anybody has checked them: no line breaks, no novels."""
    if not isinstance(value, str):
        return value
    return value[:_LONGEST_ID] if value.isprintable() else ascii(value)[:_LONGEST_ID]


def _outcome_of(error: Exception) -> str:
    return error.reason if isinstance(error, DomainError) else type(error).__name__


@runtime_checkable
class Validated(Protocol):
    """A request that can say what is wrong with itself."""

    def validate(self) -> Sequence[FieldViolation]: ...


class ValidationBehavior(PipelineBehavior):
    """Refuses a malformed request before its handler sees it, naming every bad field at once."""

    def applies_to(self, request_type: type[Any]) -> bool:
        return issubclass(request_type, Validated)

    async def handle(self, request: Any, next_handler: Callable[[], Awaitable[Any]]) -> Any:
        _refuse_malformed(request)
        return await next_handler()

    async def handle_stream(self, request: Any, next_stream: Callable[[], AsyncIterator[Any]]) -> AsyncIterator[Any]:
        _refuse_malformed(request)
        async for item in next_stream():
            yield item


def _refuse_malformed(request: Validated) -> None:
    if violations := request.validate():
        raise InvalidInput(violations)


class Transactions(Protocol):
    def transaction(self) -> AbstractAsyncContextManager[None]: ...

    def reading(self) -> AbstractAsyncContextManager[None]: ...


class TransactionBehavior(PipelineBehavior):
    """A transaction around every Command, one read-only session around every Query.

    Requests in `manual` wait for the game or for another service; they open short transactions themselves,
    so that none is held across such a wait. Streams hold no session at all.
    """

    def __init__(self, database: Transactions, *, manual: Collection[type[Any]]) -> None:
        self._database = database
        self._manual = frozenset(manual)

    def applies_to(self, request_type: type[Any]) -> bool:
        return issubclass(request_type, Command | Query) and request_type not in self._manual

    async def handle(self, request: Any, next_handler: Callable[[], Awaitable[Any]]) -> Any:
        scope = self._database.transaction() if isinstance(request, Command) else self._database.reading()
        async with scope:
            return await next_handler()
