"""What `send` promises: the right handler, behaviors in order, nothing kept and nothing looked at."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pymediatr import (
    Command,
    HandlerNotFoundError,
    Mediator,
    NextHandler,
    PipelineBehavior,
    Query,
    Request,
    RequestHandler,
    StreamRequest,
)


@dataclass(frozen=True)
class AddQuery(Query[int]):
    left: int
    right: int


class AddHandler(RequestHandler[AddQuery, int]):
    async def handle(self, request: AddQuery) -> int:
        return request.left + request.right


class Recorder(PipelineBehavior):
    def __init__(self, name: str, record: list[str]) -> None:
        self._name = name
        self._record = record

    async def handle(self, request: Request[Any], next_handler: NextHandler) -> Any:
        self._record.append(f"{self._name} before")
        result = await next_handler()
        self._record.append(f"{self._name} after")
        return result


class Around(PipelineBehavior):
    """A behavior given as a function of (request, next_handler)."""

    def __init__(self, around: Callable[[Request[Any], NextHandler], Awaitable[Any]]) -> None:
        self._around = around

    async def handle(self, request: Request[Any], next_handler: NextHandler) -> Any:
        return await self._around(request, next_handler)


@pytest.fixture
def mediator() -> Mediator:
    mediator = Mediator()
    mediator.register_handler(AddQuery, AddHandler())
    return mediator


async def test_answers_with_what_the_handler_returns(mediator: Mediator) -> None:
    assert await mediator.send(AddQuery(2, 3)) == 5


async def test_gives_each_type_of_request_to_its_own_handler(mediator: Mediator) -> None:
    class GreetQuery(Query[str]): ...

    class GreetHandler(RequestHandler[GreetQuery, str]):
        async def handle(self, request: GreetQuery) -> str:
            return "hello"

    mediator.register_handler(GreetQuery, GreetHandler())

    assert await mediator.send(AddQuery(1, 1)) == 2
    assert await mediator.send(GreetQuery()) == "hello"


async def test_runs_the_first_added_behavior_outermost(mediator: Mediator) -> None:
    record: list[str] = []
    for name in ("log", "validate", "transact"):
        mediator.add_pipeline_behavior(Recorder(name, record))

    await mediator.send(AddQuery(1, 1))

    assert record == [
        "log before",
        "validate before",
        "transact before",
        "transact after",
        "validate after",
        "log after",
    ]


async def test_a_behavior_sees_the_request_and_may_change_the_result(mediator: Mediator) -> None:
    async def double(request: Request[Any], next_handler: NextHandler) -> Any:
        assert request == AddQuery(2, 3)
        return 2 * await next_handler()

    mediator.add_pipeline_behavior(Around(double))

    assert await mediator.send(AddQuery(2, 3)) == 10


async def test_a_behavior_may_answer_without_the_handler(mediator: Mediator) -> None:
    async def refuse(request: Request[Any], next_handler: NextHandler) -> Any:
        return -1

    inner: list[str] = []
    mediator.add_pipeline_behavior(Around(refuse))
    mediator.add_pipeline_behavior(Recorder("inner", inner))

    assert await mediator.send(AddQuery(2, 3)) == -1
    assert inner == []


async def test_a_behavior_may_try_again_and_the_inner_ones_run_again(mediator: Mediator) -> None:
    @dataclass(frozen=True)
    class FlakyCommand(Command[str]): ...

    class FailsTwice(RequestHandler[FlakyCommand, str]):
        failures_left = 2

        async def handle(self, request: FlakyCommand) -> str:
            if self.failures_left:
                self.failures_left -= 1
                raise ConnectionError
            return "done"

    async def retry(request: Request[Any], next_handler: NextHandler) -> Any:
        while True:
            try:
                return await next_handler()
            except ConnectionError:
                continue

    record: list[str] = []
    mediator.add_pipeline_behavior(Around(retry))
    mediator.add_pipeline_behavior(Recorder("inner", record))
    mediator.register_handler(FlakyCommand, FailsTwice())

    assert await mediator.send(FlakyCommand()) == "done"
    assert record == ["inner before", "inner before", "inner before", "inner after"]


async def test_an_error_of_the_handler_comes_through_as_it_is(mediator: Mediator) -> None:
    class BreakCommand(Command[None]): ...

    class BreakHandler(RequestHandler[BreakCommand, None]):
        async def handle(self, request: BreakCommand) -> None:
            raise KeyError("fuel")

    record: list[str] = []
    mediator.add_pipeline_behavior(Recorder("log", record))
    mediator.register_handler(BreakCommand, BreakHandler())

    with pytest.raises(KeyError, match="fuel"):
        await mediator.send(BreakCommand())
    assert record == ["log before"]


async def test_refuses_a_request_without_a_handler_and_names_its_type() -> None:
    with pytest.raises(HandlerNotFoundError, match="AddQuery") as caught:
        await Mediator().send(AddQuery(1, 1))
    assert isinstance(caught.value, LookupError)
    assert caught.value.request_type is AddQuery


async def test_does_not_take_the_handler_of_a_base_type(mediator: Mediator) -> None:
    class CarefulAddQuery(AddQuery): ...

    with pytest.raises(HandlerNotFoundError, match="CarefulAddQuery"):
        await mediator.send(CarefulAddQuery(1, 1))


async def test_refuses_to_send_a_stream_request_and_says_what_to_call(mediator: Mediator) -> None:
    with pytest.raises(HandlerNotFoundError, match=r"use send\(\) instead of stream\(\)"):
        mediator.stream(AddQuery(1, 1))  # type: ignore[arg-type]  # what an untyped caller may do


async def test_a_behavior_that_does_not_apply_is_left_out(mediator: Mediator) -> None:
    class CommandsOnly(Recorder):
        def applies_to(self, request_type: type[object]) -> bool:
            return issubclass(request_type, Command)

    record: list[str] = []
    mediator.add_pipeline_behavior(CommandsOnly("transact", record))

    await mediator.send(AddQuery(1, 1))

    assert record == []


async def test_asks_a_behavior_once_per_type_whether_it_applies(mediator: Mediator) -> None:
    asked: list[type[object]] = []

    class Asked(Recorder):
        def applies_to(self, request_type: type[object]) -> bool:
            asked.append(request_type)
            return True

    mediator.add_pipeline_behavior(Asked("asked", []))

    for _ in range(3):
        await mediator.send(AddQuery(1, 1))

    assert asked == [AddQuery]


async def test_a_behavior_added_after_the_first_send_holds_from_then_on(mediator: Mediator) -> None:
    await mediator.send(AddQuery(1, 1))
    record: list[str] = []

    mediator.add_pipeline_behavior(Recorder("late", record))
    await mediator.send(AddQuery(1, 1))

    assert record == ["late before", "late after"]


async def test_a_handler_may_be_registered_after_a_send_failed_for_want_of_it() -> None:
    mediator = Mediator()
    with pytest.raises(HandlerNotFoundError):
        await mediator.send(AddQuery(1, 1))

    mediator.register_handler(AddQuery, AddHandler())

    assert await mediator.send(AddQuery(1, 1)) == 2


async def test_concurrent_requests_do_not_mix(mediator: Mediator) -> None:
    async def give_way(request: Request[Any], next_handler: NextHandler) -> Any:
        await asyncio.sleep(0)
        return await next_handler()

    mediator.add_pipeline_behavior(Around(give_way))

    results = await asyncio.gather(*(mediator.send(AddQuery(n, 0)) for n in range(50)))

    assert results == list(range(50))


async def test_never_formats_compares_hashes_or_measures_a_request(mediator: Mediator) -> None:
    class SecretCommand(Command[str]):
        def _spill(self, *_: object) -> Any:
            raise AssertionError("the mediator looked into a request")

        __repr__ = __str__ = __format__ = __eq__ = __hash__ = __len__ = __bool__ = _spill

    class SecretHandler(RequestHandler[SecretCommand, str]):
        async def handle(self, request: SecretCommand) -> str:
            return "kept"

    with pytest.raises(HandlerNotFoundError):
        await mediator.send(SecretCommand())
    mediator.add_pipeline_behavior(Recorder("log", []))
    mediator.register_handler(SecretCommand, SecretHandler())

    assert await mediator.send(SecretCommand()) == "kept"


async def test_keeps_no_request_alive(mediator: Mediator) -> None:
    request = AddQuery(1, 1)
    mediator.add_pipeline_behavior(Recorder("log", []))
    await mediator.send(request)
    alive = weakref.ref(request)

    del request
    gc.collect()

    assert alive() is None


def test_a_stream_request_is_no_request() -> None:
    assert not issubclass(StreamRequest, Request)
