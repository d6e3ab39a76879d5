"""Which handlers a mediator takes, and what it says about the others."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import pytest

from pymediatr import (
    Command,
    DuplicateHandlerError,
    HandlerMismatchError,
    Mediator,
    MediatorError,
    Query,
    Request,
    RequestHandler,
    StreamRequest,
    StreamRequestHandler,
)

T = TypeVar("T")
Q = TypeVar("Q", bound=Request[Any])


@dataclass(frozen=True)
class Player:
    symbol: str


class Captain(Player): ...


class GetPlayerQuery(Query[Player]): ...


class GetPlayerHandler(RequestHandler[GetPlayerQuery, Player]):
    async def handle(self, request: GetPlayerQuery) -> Player:
        return Player("ONE")


class WatchQuery(StreamRequest[str]): ...


class WatchHandler(StreamRequestHandler[WatchQuery, str]):
    async def handle(self, request: WatchQuery) -> AsyncIterator[str]:
        yield "seen"


class Named(Protocol):
    symbol: str


class PageQuery(Query[Sequence[T]], Generic[T]): ...


class PlayersQuery(PageQuery[Player]): ...


def register(request_type: Any, handler: Any) -> Mediator:
    """Registers as an untyped caller would, whom no type checker warns."""
    mediator = Mediator()
    mediator.register_handler(request_type, handler)
    return mediator


def handler_of(request_type: Any, result_type: Any) -> RequestHandler[Any, Any]:
    class Handler(RequestHandler[request_type, result_type]):
        async def handle(self, request: Any) -> Any:
            raise NotImplementedError

    return Handler()


def test_names_every_registered_request() -> None:
    mediator = Mediator()
    mediator.register_handler(GetPlayerQuery, GetPlayerHandler())
    mediator.register_handler(WatchQuery, WatchHandler())

    assert mediator.registered_requests == frozenset({GetPlayerQuery, WatchQuery})


@pytest.mark.parametrize(
    ("request_type", "handler"), [(GetPlayerQuery, GetPlayerHandler()), (WatchQuery, WatchHandler())]
)
def test_refuses_a_second_handler_for_one_request(request_type: type[object], handler: object) -> None:
    mediator = register(request_type, handler)

    with pytest.raises(DuplicateHandlerError, match=request_type.__name__) as caught:
        mediator.register_handler(request_type, handler)  # type: ignore[call-overload]

    assert isinstance(caught.value, MediatorError)
    assert caught.value.request_type is request_type


@pytest.mark.parametrize(
    ("request_type", "handler", "reason"),
    [
        (GetPlayerQuery, handler_of(PlayersQuery, Player), "Handler handles PlayersQuery, not GetPlayerQuery"),
        (GetPlayerQuery, handler_of(GetPlayerQuery, str), "is answered with Player, but .*Handler returns str"),
        (PlayersQuery, handler_of(PlayersQuery, Sequence[str]), r"answered with .*Sequence\[.*Player\]"),
        (GetPlayerQuery, handler_of(GetPlayerQuery, Player | None), "is answered with Player"),
        (Command[None], handler_of(GetPlayerQuery, Player), "no subclass of Request"),
        (str, GetPlayerHandler(), "str is no subclass of Request or StreamRequest"),
        (GetPlayerQuery, GetPlayerHandler, "register an instance of GetPlayerHandler, not the class itself"),
        (GetPlayerQuery, WatchHandler(), "GetPlayerQuery needs a RequestHandler, which WatchHandler is not"),
        (WatchQuery, GetPlayerHandler(), "WatchQuery needs a StreamRequestHandler, which GetPlayerHandler is not"),
        (GetPlayerQuery, object(), "GetPlayerQuery needs a RequestHandler, which object is not"),
    ],
)
def test_refuses_a_handler_that_was_not_written_for_the_request(request_type: Any, handler: Any, reason: str) -> None:
    with pytest.raises(HandlerMismatchError, match=reason) as caught:
        register(request_type, handler)
    assert isinstance(caught.value, TypeError)


def test_refuses_a_request_handler_that_yields() -> None:
    class Yields(RequestHandler[GetPlayerQuery, Player]):
        async def handle(self, request: GetPlayerQuery) -> Any:
            yield Player("ONE")

    with pytest.raises(HandlerMismatchError, match="a RequestHandler returns one result"):
        register(GetPlayerQuery, Yields())


def test_refuses_a_stream_handler_that_returns() -> None:
    class Returns(StreamRequestHandler[WatchQuery, str]):
        async def handle(self, request: WatchQuery) -> Any:  # type: ignore[override]  # the mistake in question
            return ["seen"]

    with pytest.raises(HandlerMismatchError, match="has to yield its items"):
        register(WatchQuery, Returns())


@pytest.mark.parametrize(
    ("request_type", "handler"),
    [
        (GetPlayerQuery, handler_of(GetPlayerQuery, Captain)),
        (GetPlayerQuery, handler_of(Query[Player], Player)),
        (GetPlayerQuery, handler_of(GetPlayerQuery, Any)),
        (PlayersQuery, handler_of(PlayersQuery, Sequence[Player])),
        (PlayersQuery, handler_of(PlayersQuery, list[Captain])),
    ],
)
def test_takes_a_handler_of_a_wider_request_or_a_narrower_result(request_type: Any, handler: Any) -> None:
    assert register(request_type, handler).registered_requests == frozenset({request_type})


@pytest.mark.parametrize(
    ("answer", "declared"),
    [
        (Player | None, Player),
        (Player | str, Player | str),
        (Named, Player),
        (float, int),
        (object, Player),
        ("Player", Player),
        (T, Player),
        (None, None),
    ],
)
def test_takes_whatever_run_time_cannot_prove_wrong(answer: Any, declared: Any) -> None:
    class AnyQuery(Query[answer]): ...

    assert AnyQuery in register(AnyQuery, handler_of(AnyQuery, declared)).registered_requests


def test_takes_a_handler_and_a_request_without_type_arguments() -> None:
    class PingCommand(Command): ...

    class PingHandler(RequestHandler):  # type: ignore[type-arg]  # as an untyped reader writes it
        async def handle(self, request: object) -> str:
            return "pong"

    assert PingCommand in register(PingCommand, PingHandler()).registered_requests


def test_finds_the_declaration_behind_a_generic_handler_of_ones_own() -> None:
    class Audited(RequestHandler[Q, T]):
        async def handle(self, request: Q) -> T:
            raise NotImplementedError

    class AuditedGetPlayer(Audited[GetPlayerQuery, str]): ...

    with pytest.raises(HandlerMismatchError, match="returns str"):
        register(GetPlayerQuery, AuditedGetPlayer())
