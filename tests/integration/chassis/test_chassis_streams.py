"""A stream ends when its caller leaves, when its time is over, when it fails and when the server drains."""

import asyncio
import sys
from collections.abc import AsyncIterable, AsyncIterator
from contextvars import ContextVar
from pathlib import Path

import grpc
import pytest
from structlog.testing import capture_logs

from protos.navigation.v1 import navigation_service_pb2 as pb
from protos.navigation.v1.navigation_pb2 import VoyageEvent
from service_chassis.call_context import current_request_id
from service_chassis.channels import REQUEST_ID_HEADER
from service_chassis.status import remote_error
from shared_kernel.errors import NotFound
from tests.fakes.chassis_service import Serving, eventually, serving

ROOT = Path(__file__).parents[3]
CALLER = """
import sys, grpc
from protos.navigation.v1 import navigation_service_pb2, navigation_service_pb2_grpc
stub = navigation_service_pb2_grpc.NavigationServiceStub(grpc.insecure_channel(sys.argv[1]))
for _ in stub.WatchVoyage(navigation_service_pb2.WatchVoyageRequest(voyage_id="v-1")):
    print("got one", flush=True)
"""
REQUEST = pb.WatchVoyageRequest(voyage_id="v-1")


@pytest.fixture
async def service() -> AsyncIterator[Serving]:
    async with serving() as started:
        yield started


def event(number: int, *, filling: int = 0) -> pb.WatchVoyageResponse:
    return pb.WatchVoyageResponse(event=VoyageEvent(number=number, message="x" * filling))


async def read(stream: AsyncIterable[pb.WatchVoyageResponse]) -> list[int]:
    return [answer.event.number async for answer in stream]


async def test_a_caller_gets_every_item_and_then_the_end(service: Serving) -> None:
    for item in (event(1), event(2), None):
        service.voyages.items.put_nowait(item)

    assert await read(service.voyage_stub.WatchVoyage(REQUEST, timeout=30)) == [1, 2]


async def test_a_failure_midway_arrives_after_the_items_before_it(service: Serving) -> None:
    service.voyages.items.put_nowait(event(1))
    service.voyages.items.put_nowait(NotFound("the voyage is gone"))
    stream = service.voyage_stub.WatchVoyage(REQUEST, timeout=30)
    first = await anext(aiter(stream))

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await read(stream)

    assert first.event.number == 1
    assert remote_error(failure.value).reason == "NOT_FOUND"


async def test_a_method_left_out_is_unimplemented_as_a_stream_too(service: Serving) -> None:
    service.voyages.items.put_nowait(NotImplementedError())

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await read(service.voyage_stub.WatchVoyage(REQUEST, timeout=30))

    assert failure.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_caller_who_leaves_a_waiting_stream_ends_it_at_once(service: Serving) -> None:
    service.voyages.items.put_nowait(event(1))
    with capture_logs() as logs:
        stream = service.voyage_stub.WatchVoyage(REQUEST)
        await anext(aiter(stream))
        stream.cancel()
        await asyncio.wait_for(service.voyages.ended.wait(), 30)
        await _counted(service, "CANCELLED")

    assert [line for line in logs if line["log_level"] in ("error", "warning")] == []


async def test_a_caller_whose_process_dies_ends_its_stream(service: Serving) -> None:
    service.voyages.items.put_nowait(event(1))
    with capture_logs() as logs:
        caller = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CALLER, f"127.0.0.1:{service.server.port}", cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert caller.stdout is not None
        assert await caller.stdout.readline() == b"got one\n"
        caller.kill()
        await caller.wait()
        await asyncio.wait_for(service.voyages.ended.wait(), 30)
        await _counted(service, "CANCELLED")

    assert [line for line in logs if line["log_level"] in ("error", "warning")] == []


async def test_a_caller_who_stops_reading_and_leaves_ends_it_at_once(service: Serving) -> None:
    for number in range(64):
        service.voyages.items.put_nowait(event(number, filling=100_000))
    with capture_logs() as logs:
        stream = service.voyage_stub.WatchVoyage(REQUEST)
        await anext(aiter(stream))
        stream.cancel()
        await asyncio.wait_for(service.voyages.ended.wait(), 30)
        await _counted(service, "CANCELLED")

    assert [line for line in logs if line["log_level"] in ("error", "warning")] == []


async def test_the_callers_deadline_ends_a_stream(service: Serving) -> None:
    begun = asyncio.Event()
    service.voyages.on_step = begun.set
    # On a slow machine its time may be over before the call is there.
    async with asyncio.timeout(30):
        while not begun.is_set():
            service.voyages.items.put_nowait(event(1))
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await read(service.voyage_stub.WatchVoyage(REQUEST, timeout=0.1))
        await service.voyages.ended.wait()

    assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await _counted(service, "DEADLINE_EXCEEDED")


async def test_all_steps_of_a_stream_and_its_end_see_one_context(service: Serving) -> None:
    visits: ContextVar[int] = ContextVar("visits", default=0)
    seen: list[tuple[str, int]] = []

    def step() -> None:
        visits.set(visits.get() + 1)
        seen.append((current_request_id(), visits.get()))

    service.voyages.on_step = step
    for item in (event(1), event(2)):
        service.voyages.items.put_nowait(item)
    stream = service.voyage_stub.WatchVoyage(REQUEST, metadata=[(REQUEST_ID_HEADER, "call-7")])
    async for answer in stream:
        if answer.event.number == 2:
            stream.cancel()
            break
    await asyncio.wait_for(service.voyages.ended.wait(), 30)

    assert seen == [("call-7", 1), ("call-7", 2), ("call-7", 3)]


async def test_a_drain_ends_a_waiting_stream_with_unavailable() -> None:
    async with serving() as service:
        service.voyages.items.put_nowait(event(1))
        stream = service.voyage_stub.WatchVoyage(REQUEST, timeout=30)
        await anext(aiter(stream))

        await service.server.drain()

        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await read(stream)
    error = remote_error(failure.value)
    assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "NOT_SERVING")
    assert "resume after the last item" in error.message


async def test_a_drain_ends_a_stream_that_never_waits() -> None:
    async with serving() as service:
        service.voyages.on_step = lambda: service.voyages.items.put_nowait(event(1))
        service.voyages.items.put_nowait(event(1))
        stream = service.voyage_stub.WatchVoyage(REQUEST, timeout=30)
        await anext(aiter(stream))
        reading = asyncio.create_task(read(stream))

        await service.server.drain()

        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await reading
    assert remote_error(failure.value).reason == "NOT_SERVING"


async def _counted(service: Serving, code: str) -> None:
    """Wait until one WatchVoyage was counted as ended by `code`."""
    labels = {
        "grpc_service": "spacetraders.navigation.v1.NavigationService",
        "grpc_method": "WatchVoyage",
        "grpc_code": code,
    }
    registry = service.server.metrics.registry
    await eventually(lambda: (registry.get_sample_value("grpc_server_handled_total", labels) or 0) >= 1.0)
