"""What holds for every use case: one log line, no malformed request, one transaction."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import structlog
from structlog.testing import capture_logs

from pymediatr import Command, Mediator, Query, RequestHandler, StreamRequest, StreamRequestHandler
from service_chassis.behaviors import LoggingBehavior, TransactionBehavior, ValidationBehavior
from shared_kernel.errors import FieldViolation, InvalidInput, NotFound
from tests.fakes.player_clock import SteppedClock


@dataclass(frozen=True)
class RenameCommand(Command[str]):
    ship_symbol: str = "SHIP-1"
    request_id: str = ""
    token: str = "secret-token"
    faults: tuple[FieldViolation, ...] = ()

    def validate(self) -> Sequence[FieldViolation]:
        return self.faults


@dataclass(frozen=True)
class FlyCommand(RenameCommand):
    """Waits for others, so that it opens its transactions itself."""


@dataclass(frozen=True)
class NameQuery(Query[str]):
    ship_symbol: str = "SHIP-1"


@dataclass(frozen=True)
class WatchQuery(StreamRequest[int]):
    voyage_id: str = "v-1"
    faults: tuple[FieldViolation, ...] = ()

    def validate(self) -> Sequence[FieldViolation]:
        return self.faults


@dataclass
class Scopes:
    """Notes which scope is opened and how it ends."""

    entered: list[str] = field(default_factory=list)
    present: str = ""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        async with self._scope("transaction"):
            yield

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        async with self._scope("reading"):
            yield

    @asynccontextmanager
    async def _scope(self, name: str) -> AsyncIterator[None]:
        self.entered.append(name)
        self.present = name
        try:
            yield
        finally:
            self.present = ""


class Answering(RequestHandler[RenameCommand, str]):
    """Notes the scope it runs in; raises `failure` if it has one."""

    def __init__(self, scopes: Scopes, clock: SteppedClock) -> None:
        self.scopes = scopes
        self.clock = clock
        self.seen: list[str] = []
        self.failure: BaseException | None = None

    async def handle(self, request: RenameCommand) -> str:
        self.seen.append(self.scopes.present)
        self.clock.step(0.25)
        if self.failure is not None:
            raise self.failure
        return "renamed"


class Flying(RequestHandler[FlyCommand, str]):
    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes

    async def handle(self, request: FlyCommand) -> str:
        return self.scopes.present


class Naming(RequestHandler[NameQuery, str]):
    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes

    async def handle(self, request: NameQuery) -> str:
        return self.scopes.present


class Watching(StreamRequestHandler[WatchQuery, int]):
    def __init__(self) -> None:
        self.failure: Exception | None = None

    async def handle(self, request: WatchQuery) -> AsyncIterator[int]:
        yield 1
        if self.failure is not None:
            raise self.failure
        yield 2


class House:
    """A mediator with the three behaviors in their order."""

    def __init__(self, quiet: frozenset[type[object]] | set[type[object]] = frozenset()) -> None:
        self.scopes, self.clock = Scopes(), SteppedClock()
        self.answering, self.watching = Answering(self.scopes, self.clock), Watching()
        self.mediator = Mediator()
        self.mediator.add_pipeline_behavior(LoggingBehavior(self.clock, quiet=quiet))
        self.mediator.add_pipeline_behavior(ValidationBehavior())
        self.mediator.add_pipeline_behavior(TransactionBehavior(self.scopes, manual={FlyCommand}))
        self.mediator.register_handler(RenameCommand, self.answering)
        self.mediator.register_handler(FlyCommand, Flying(self.scopes))
        self.mediator.register_handler(NameQuery, Naming(self.scopes))
        self.mediator.register_handler(WatchQuery, self.watching)


@pytest.fixture
def house() -> House:
    return House()


async def test_a_command_runs_in_a_transaction_and_a_query_in_a_reading_scope(house: House) -> None:
    await house.mediator.send(RenameCommand())

    assert house.answering.seen == ["transaction"]
    assert await house.mediator.send(NameQuery()) == "reading"


async def test_a_command_that_waits_for_others_runs_in_no_transaction(house: House) -> None:
    assert await house.mediator.send(FlyCommand()) == ""


async def test_a_stream_holds_no_session(house: House) -> None:
    assert [item async for item in house.mediator.stream(WatchQuery())] == [1, 2]

    assert house.scopes.entered == []


async def test_a_malformed_request_never_reaches_its_handler_or_the_database(house: House) -> None:
    faults = (FieldViolation("ship_symbol", "is required"), FieldViolation("name", "is too long"))

    with pytest.raises(InvalidInput) as refusal:
        await house.mediator.send(RenameCommand(faults=faults))

    assert refusal.value.violations == faults
    assert (house.answering.seen, house.scopes.entered) == ([], [])


async def test_a_malformed_stream_request_yields_nothing(house: House) -> None:
    with pytest.raises(InvalidInput):
        await anext(house.mediator.stream(WatchQuery(faults=(FieldViolation("voyage_id", "is required"),))))


async def test_a_use_case_is_one_line_with_its_ids_outcome_and_time(house: House) -> None:
    with capture_logs() as logs:
        await house.mediator.send(RenameCommand(request_id="key-1"))

    expected = {"ship_symbol": "SHIP-1", "request_key": "key-1", "outcome": "ok", "ms": 250.0}
    assert logs == [{"event": "RenameCommand", "log_level": "info", **expected}]


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [(NotFound("gone"), "NOT_FOUND"), (KeyError("x"), "KeyError"), (asyncio.CancelledError(), "cancelled")],
)
async def test_a_failure_is_logged_by_its_reason_alone(house: House, failure: BaseException, outcome: str) -> None:
    house.answering.failure = failure
    with capture_logs() as logs, pytest.raises(type(failure)):
        await house.mediator.send(RenameCommand())

    assert [line["outcome"] for line in logs] == [outcome]
    assert "secret" not in str(logs)


async def test_a_quiet_use_case_is_worth_a_line_only_when_it_fails() -> None:
    house = House(quiet={RenameCommand})
    with capture_logs() as logs:
        await house.mediator.send(RenameCommand())
        house.answering.failure = NotFound("gone")
        with pytest.raises(NotFound):
            await house.mediator.send(RenameCommand())

    assert [line["log_level"] for line in logs] == ["debug", "info"]


async def test_ids_nobody_has_checked_cannot_forge_or_flood_the_log(house: House) -> None:
    with capture_logs() as logs:
        await house.mediator.send(RenameCommand(ship_symbol="SHIP\n2026 [error] forged"))
        await house.mediator.send(RenameCommand(ship_symbol="X" * 1_000_000))

    assert all(str(line["ship_symbol"]).isprintable() and len(line["ship_symbol"]) <= 64 for line in logs)


@pytest.mark.parametrize(("failure", "outcome"), [(None, "ok"), (NotFound("gone"), "NOT_FOUND")])
async def test_a_stream_is_one_line_at_its_end(house: House, failure: Exception | None, outcome: str) -> None:
    house.watching.failure = failure
    with capture_logs() as logs:
        try:
            async for _ in house.mediator.stream(WatchQuery()):
                assert logs == []
        except NotFound:
            pass

    assert [(line["event"], line["voyage_id"], line["outcome"]) for line in logs] == [("WatchQuery", "v-1", outcome)]


async def test_a_stream_that_is_left_says_so(house: House) -> None:
    with capture_logs() as logs:
        stream = house.mediator.stream(WatchQuery())
        await anext(stream)
        await stream.aclose()

    assert [line["outcome"] for line in logs] == ["left"]


async def test_nothing_is_told_before_somebody_has_said_where_lines_go(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    structlog.reset_defaults()

    await house.mediator.send(RenameCommand())

    assert capsys.readouterr() == ("", "")
