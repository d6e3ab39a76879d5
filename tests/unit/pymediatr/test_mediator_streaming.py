"""What `stream` promises: items as they come, behaviors around the iteration, everything closed at its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest

from pymediatr import (
    HandlerNotFoundError,
    Mediator,
    NextHandler,
    NextStream,
    PipelineBehavior,
    Request,
    StreamRequest,
    StreamRequestHandler,
)


@dataclass(frozen=True)
class CountQuery(StreamRequest[int]):
    end: int


class CountHandler(StreamRequestHandler[CountQuery, int]):
    """Counts; tells the record when it starts and ends, and takes a turn of the loop to end."""

    def __init__(self, record: list[str]) -> None:
        self._record = record

    async def handle(self, request: CountQuery) -> AsyncIterator[int]:
        self._record.append("handler opened")
        try:
            for number in range(request.end):
                yield number
        finally:
            await asyncio.sleep(0)
            self._record.append("handler closed")


class PassingBehavior(PipelineBehavior):
    async def handle(self, request: Request[Any], next_handler: NextHandler) -> Any:
        return await next_handler()


class StreamRecorder(PassingBehavior):
    def __init__(self, name: str, record: list[str]) -> None:
        self._name = name
        self._record = record
        self.closed = asyncio.Event()

    async def handle_stream(self, request: StreamRequest[Any], next_stream: NextStream) -> AsyncIterator[Any]:
        self._record.append(f"{self._name} opened")
        try:
            async for item in next_stream():
                yield item
        finally:
            self._record.append(f"{self._name} closed")
            self.closed.set()


NESTED = ["outer opened", "inner opened", "handler opened", "handler closed", "inner closed", "outer closed"]


@pytest.fixture
def record() -> list[str]:
    return []


@pytest.fixture
def mediator(record: list[str]) -> Mediator:
    mediator = Mediator()
    mediator.add_pipeline_behavior(StreamRecorder("outer", record))
    mediator.add_pipeline_behavior(PassingBehavior())
    mediator.add_pipeline_behavior(StreamRecorder("inner", record))
    mediator.register_handler(CountQuery, CountHandler(record))
    return mediator


async def test_yields_every_item_in_order(mediator: Mediator) -> None:
    assert [item async for item in mediator.stream(CountQuery(3))] == [0, 1, 2]


async def test_wraps_the_iteration_with_the_first_added_behavior_outermost(
    mediator: Mediator, record: list[str]
) -> None:
    async for _ in mediator.stream(CountQuery(1)):
        pass

    assert record == NESTED


async def test_closes_everything_innermost_first_when_the_consumer_stops_early(
    mediator: Mediator, record: list[str]
) -> None:
    async with aclosing(mediator.stream(CountQuery(1_000))) as numbers:
        async for _ in numbers:
            break

    assert record == NESTED


async def test_closes_everything_when_the_consumer_drops_the_stream(record: list[str]) -> None:
    outer = StreamRecorder("outer", record)
    mediator = Mediator()
    mediator.add_pipeline_behavior(outer)
    mediator.add_pipeline_behavior(StreamRecorder("inner", record))
    mediator.register_handler(CountQuery, CountHandler(record))

    async for _ in mediator.stream(CountQuery(1_000)):
        break
    await outer.closed.wait()

    assert record == NESTED


async def test_closes_everything_when_the_consumer_is_cancelled(mediator: Mediator, record: list[str]) -> None:
    class EndlessQuery(StreamRequest[int]): ...

    class EndlessHandler(StreamRequestHandler[EndlessQuery, int]):
        async def handle(self, request: EndlessQuery) -> AsyncIterator[int]:
            record.append("handler opened")
            try:
                yield 1
                await asyncio.Event().wait()
            finally:
                record.append("handler closed")

    mediator.register_handler(EndlessQuery, EndlessHandler())
    first_came = asyncio.Event()

    async def consume() -> None:
        async for _ in mediator.stream(EndlessQuery()):
            first_came.set()

    consumer = asyncio.create_task(consume())
    await first_came.wait()
    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer

    assert record == NESTED


async def test_an_error_of_the_handler_reaches_behaviors_and_consumer_as_it_is(
    mediator: Mediator, record: list[str]
) -> None:
    class BreakQuery(StreamRequest[int]): ...

    class BreakHandler(StreamRequestHandler[BreakQuery, int]):
        async def handle(self, request: BreakQuery) -> AsyncIterator[int]:
            yield 1
            raise KeyError("fuel")

    mediator.register_handler(BreakQuery, BreakHandler())
    items = mediator.stream(BreakQuery())

    assert await anext(items) == 1
    with pytest.raises(KeyError, match="fuel"):
        await anext(items)
    assert record == ["outer opened", "inner opened", "inner closed", "outer closed"]


async def test_nothing_runs_before_the_first_item_is_asked_for(mediator: Mediator, record: list[str]) -> None:
    stream = mediator.stream(CountQuery(3))
    await stream.aclose()

    assert record == []


async def test_a_behavior_may_open_the_rest_again() -> None:
    class TwiceBehavior(PassingBehavior):
        async def handle_stream(self, request: StreamRequest[Any], next_stream: NextStream) -> AsyncIterator[Any]:
            for _ in range(2):
                async for item in next_stream():
                    yield item

    mediator = Mediator()
    mediator.add_pipeline_behavior(TwiceBehavior())
    mediator.register_handler(CountQuery, CountHandler([]))

    assert [item async for item in mediator.stream(CountQuery(2))] == [0, 1, 0, 1]


async def test_a_behavior_may_draw_on_the_rest_from_a_task_of_its_own(record: list[str]) -> None:
    class BufferingBehavior(PassingBehavior):
        async def handle_stream(self, request: StreamRequest[Any], next_stream: NextStream) -> AsyncIterator[Any]:
            buffer: asyncio.Queue[Any] = asyncio.Queue(maxsize=2)

            async def pump() -> None:
                async for item in next_stream():
                    await buffer.put(item)

            pumping = asyncio.create_task(pump())
            try:
                while True:
                    yield await buffer.get()
            finally:
                pumping.cancel()
                await asyncio.gather(pumping, return_exceptions=True)

    class OneThenWaitHandler(StreamRequestHandler[CountQuery, int]):
        async def handle(self, request: CountQuery) -> AsyncIterator[int]:
            try:
                yield 1
                await asyncio.Event().wait()
            finally:
                record.append("handler closed")

    mediator = Mediator()
    mediator.add_pipeline_behavior(BufferingBehavior())
    mediator.register_handler(CountQuery, OneThenWaitHandler())

    async with aclosing(mediator.stream(CountQuery(1))) as numbers:
        assert await anext(numbers) == 1
        await asyncio.sleep(0)

    assert record == ["handler closed"]


async def test_takes_an_iterator_that_is_no_generator() -> None:
    class Countdown:
        def __init__(self, start: int) -> None:
            self._left = start

        def __aiter__(self) -> "Countdown":
            return self

        async def __anext__(self) -> int:
            if not self._left:
                raise StopAsyncIteration
            self._left -= 1
            return self._left

    class CountdownHandler(StreamRequestHandler[CountQuery, int]):
        def handle(self, request: CountQuery) -> AsyncIterator[int]:
            return Countdown(request.end)

    mediator = Mediator()
    mediator.register_handler(CountQuery, CountdownHandler())

    assert [item async for item in mediator.stream(CountQuery(2))] == [1, 0]


async def test_a_behavior_that_does_not_apply_is_left_out(record: list[str]) -> None:
    class NeverBehavior(StreamRecorder):
        def applies_to(self, request_type: type[object]) -> bool:
            return False

    mediator = Mediator()
    mediator.add_pipeline_behavior(NeverBehavior("never", record))
    mediator.register_handler(CountQuery, CountHandler([]))

    assert [item async for item in mediator.stream(CountQuery(1))] == [0]
    assert record == []


def test_refuses_a_stream_request_without_a_handler_at_the_call() -> None:
    with pytest.raises(HandlerNotFoundError, match="CountQuery"):
        Mediator().stream(CountQuery(1))


def test_refuses_to_send_a_stream_request_and_says_what_to_call_instead(mediator: Mediator) -> None:
    with pytest.raises(HandlerNotFoundError, match=r"use stream\(\) instead of send\(\)"):
        mediator.send(CountQuery(1))  # type: ignore[arg-type, unused-coroutine]  # what an untyped caller may do
