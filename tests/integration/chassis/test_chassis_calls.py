"""What travels with a call: its request id, its deadline, and what is counted of it."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from protos.player.v1 import player_service_pb2 as pb
from protos.player.v1.player_service_pb2_grpc import PlayerServiceStub
from service_chassis.app import App
from service_chassis.call_context import current_request_id, entered, remaining_seconds
from service_chassis.channels import REQUEST_ID_HEADER, open_channel
from service_chassis.server import GrpcServer, ServerOptions
from tests.fakes.chassis_service import PLAYER_SERVICE, Serving, eventually, serving
from tests.fakes.trace_collector import collecting_traces

PLAYERS = pb.DESCRIPTOR.services_by_name["PlayerService"]


@pytest.fixture
async def service() -> AsyncIterator[Serving]:
    async with serving() as started:
        yield started


async def _done(_request: object) -> None:
    return None


def handled(service: Serving, code: str) -> float | None:
    labels = {"grpc_service": PLAYER_SERVICE, "grpc_method": "GetPlayer", "grpc_code": code}
    return service.server.metrics.registry.get_sample_value("grpc_server_handled_total", labels)


async def test_a_caller_may_name_the_request_and_the_use_case_sees_that_name(service: Serving) -> None:
    names: list[str] = []

    async def script(_request: object) -> None:
        names.append(current_request_id())

    service.players.script = script
    await service.player_stub.GetPlayer(pb.GetPlayerRequest(), metadata=[(REQUEST_ID_HEADER, "call-7")], timeout=30)
    await service.player_stub.GetPlayer(pb.GetPlayerRequest(), metadata=[(REQUEST_ID_HEADER, "x" * 65)], timeout=30)
    await service.player_stub.GetPlayer(pb.GetPlayerRequest(), timeout=30)

    assert names[0] == "call-7"
    assert names[1] != "x" * 65
    assert len({*names, ""}) == 4


async def test_a_call_made_for_a_call_carries_its_request_id_and_what_is_left_of_its_time(service: Serving) -> None:
    left: list[float | None] = []

    async def script(_request: object) -> None:
        left.append(remaining_seconds())

    service.players.script = script
    async with open_channel(f"127.0.0.1:{service.server.port}", services=[PLAYERS]) as channel:
        with entered("call-7", 8.0):
            await PlayerServiceStub(channel).GetPlayer(pb.GetPlayerRequest())

    assert service.players.received[0][REQUEST_ID_HEADER] == "call-7"
    assert left[0] is not None
    assert 0 < left[0] < 8.0


async def test_a_trace_is_passed_on_with_its_state(service: Serving) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    async with open_channel(f"127.0.0.1:{service.server.port}", services=[PLAYERS]) as channel:
        stub = PlayerServiceStub(channel)

        async def pass_on(_request: object) -> None:
            service.players.script = _done
            await stub.GetPlayer(pb.GetPlayerRequest())

        service.players.script = pass_on
        metadata = [("traceparent", parent), ("tracestate", "a=1"), ("tracestate", "b=2")]
        await service.player_stub.GetPlayer(pb.GetPlayerRequest(), metadata=metadata, timeout=30)

    passed_on = service.players.received[1]
    assert (passed_on["traceparent"], passed_on["tracestate"]) == (parent, "a=1,b=2")


class CallingInTheBackground:
    """Calls GetPlayer once, then waits for the end."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.called = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        async with open_channel(self._address, services=[PLAYERS]) as channel:
            await PlayerServiceStub(channel).GetPlayer(pb.GetPlayerRequest())
        self.called.set()
        await stop.wait()


@pytest.mark.parametrize("traced", [True, False])
async def test_calls_of_background_tasks_have_spans_where_spans_are_made(service: Serving, traced: bool) -> None:
    with collecting_traces() as collector:
        task = CallingInTheBackground(f"127.0.0.1:{service.server.port}")
        options = ServerOptions("127.0.0.1:0", drain_seconds=1, otlp_endpoint=collector.endpoint if traced else "")
        app = App(GrpcServer(options, domain="spacetraders.test", services=[]), background=[task])
        await app.start()
        await asyncio.wait_for(task.called.wait(), 30)
        await app.stop()

    assert ("traceparent" in service.players.received[0]) == traced
    assert (f"{PLAYER_SERVICE}/GetPlayer".encode() in collector.everything) == traced


async def test_a_call_without_a_deadline_gets_the_channels_default(service: Serving) -> None:
    left: list[float] = []

    async def script(_request: object) -> None:
        left.append(remaining_seconds() or 0.0)

    service.players.script = script
    address = f"127.0.0.1:{service.server.port}"
    async with open_channel(address, services=[PLAYERS], default_timeout=7.0) as channel:
        await PlayerServiceStub(channel).GetPlayer(pb.GetPlayerRequest())
        await PlayerServiceStub(channel).GetPlayer(pb.GetPlayerRequest(), timeout=60)

    # gRPC rounds the time left up a little when it sends it.
    assert 0 < left[0] < 7.5
    assert 10 < left[1] < 60.5


async def test_when_the_callers_time_is_over_the_work_stops_and_is_counted_as_late(service: Serving) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def script(_request: object) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    service.players.script = script
    # On a slow machine its time may be over before the call is there.
    async with asyncio.timeout(30):
        while not begun.is_set():
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await service.player_stub.GetPlayer(pb.GetPlayerRequest(), timeout=0.1)
        await stopped.wait()

    assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await eventually(lambda: (handled(service, "DEADLINE_EXCEEDED") or 0.0) >= 1.0)


async def test_a_caller_who_leaves_stops_the_work(service: Serving) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def script(_request: object) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    service.players.script = script
    call = service.player_stub.GetPlayer(pb.GetPlayerRequest())
    waiting = asyncio.ensure_future(call.code())
    await asyncio.wait_for(begun.wait(), 30)
    call.cancel()
    await asyncio.wait_for(stopped.wait(), 30)
    await waiting

    assert handled(service, "CANCELLED") == 1.0


async def test_answers_are_counted_and_timed_by_method(service: Serving) -> None:
    await service.player_stub.GetPlayer(pb.GetPlayerRequest(), timeout=30)
    await service.player_stub.GetPlayer(pb.GetPlayerRequest(), timeout=30)

    labels = {"grpc_service": PLAYER_SERVICE, "grpc_method": "GetPlayer"}
    timed = service.server.metrics.registry.get_sample_value("grpc_server_handling_seconds_count", labels)
    assert (handled(service, "OK"), timed) == (2.0, 2.0)
