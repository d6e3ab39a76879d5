"""Channels repeat a call only where that is safe, within one deadline, and spread calls over all servers."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import grpc
import pytest

from protos.player.v1 import player_service_pb2 as pb
from protos.player.v1.player_service_pb2_grpc import PlayerServiceStub
from service_chassis.channels import open_channel
from service_chassis.database import DatabaseUnavailableError
from service_chassis.interceptor import NotServingError
from service_chassis.server import ServerOptions
from tests.fakes.chassis_service import Serving, scripted_server, serving

if TYPE_CHECKING:
    from protos.player.v1.player_service_pb2_grpc import PlayerServiceAsyncStub

PLAYERS = pb.DESCRIPTOR.services_by_name["PlayerService"]
KEYED = pb.RegisterPlayerRequest(agent_symbol="AGENT", request_id="key-1")


@pytest.fixture
async def service() -> AsyncIterator[Serving]:
    async with serving() as started:
        yield started


@asynccontextmanager
async def stub_of(address: str) -> AsyncIterator["PlayerServiceAsyncStub"]:
    async with open_channel(address, services=[PLAYERS], default_timeout=30.0) as channel:
        yield PlayerServiceStub(channel)


@pytest.fixture
async def stub(service: Serving) -> AsyncIterator["PlayerServiceAsyncStub"]:
    async with stub_of(f"127.0.0.1:{service.server.port}") as opened:
        yield opened


def fails(service: Serving, *errors: Exception) -> None:
    """Answer with these errors in turn, and with success after them."""
    left = list(errors)

    async def script(_request: object) -> None:
        if left:
            raise left.pop(0)

    service.players.script = script


GOING_DOWN = (NotServingError("going down"), NotServingError("going down"))


async def test_a_safe_method_is_repeated_until_a_server_answers(
    service: Serving, stub: "PlayerServiceAsyncStub"
) -> None:
    fails(service, *GOING_DOWN)

    await stub.GetPlayer(pb.GetPlayerRequest())

    assert len(service.players.received) == 3


async def test_a_method_that_changes_things_is_not_repeated(service: Serving, stub: "PlayerServiceAsyncStub") -> None:
    fails(service, *GOING_DOWN)

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await stub.RegisterPlayer(pb.RegisterPlayerRequest(agent_symbol="AGENT"))

    assert failure.value.code() is grpc.StatusCode.UNAVAILABLE
    assert len(service.players.received) == 1


async def test_with_a_request_id_it_is(service: Serving, stub: "PlayerServiceAsyncStub") -> None:
    fails(service, *GOING_DOWN)

    await stub.RegisterPlayer(KEYED)

    assert len(service.players.received) == 3


@pytest.mark.parametrize("method", ["GetPlayer", "RegisterPlayer"])
async def test_five_attempts_are_the_most(service: Serving, stub: "PlayerServiceAsyncStub", method: str) -> None:
    fails(service, *[NotServingError("going down")] * 9)
    call = stub.GetPlayer(pb.GetPlayerRequest()) if method == "GetPlayer" else stub.RegisterPlayer(KEYED)

    assert await call.code() is grpc.StatusCode.UNAVAILABLE
    assert len(service.players.received) == 5


@pytest.mark.parametrize("method", ["GetPlayer", "RegisterPlayer"])
async def test_an_outage_behind_the_server_is_not_hammered(
    service: Serving, stub: "PlayerServiceAsyncStub", method: str
) -> None:
    fails(service, DatabaseUnavailableError())
    call = stub.GetPlayer(pb.GetPlayerRequest()) if method == "GetPlayer" else stub.RegisterPlayer(KEYED)

    assert await call.code() is grpc.StatusCode.UNAVAILABLE
    assert len(service.players.received) == 1


async def test_other_failures_are_final(service: Serving, stub: "PlayerServiceAsyncStub") -> None:
    fails(service, ValueError("bug"))

    assert await stub.RegisterPlayer(KEYED).code() is grpc.StatusCode.INTERNAL
    assert len(service.players.received) == 1


async def test_all_attempts_share_one_deadline(service: Serving, stub: "PlayerServiceAsyncStub") -> None:
    fails(service, *[NotServingError("going down")] * 9)
    started = time.monotonic()

    code = await stub.RegisterPlayer(KEYED, timeout=0.25).code()

    assert code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    assert time.monotonic() - started < 15
    assert len(service.players.received) < 4


async def test_leaving_a_call_that_would_be_repeated_leaves_the_server_too(
    service: Serving, stub: "PlayerServiceAsyncStub"
) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def script(_request: object) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    service.players.script = script
    call = stub.RegisterPlayer(KEYED)
    await asyncio.wait_for(begun.wait(), 30)
    call.cancel()

    await asyncio.wait_for(stopped.wait(), 30)


async def test_no_server_at_all_is_told_at_once() -> None:
    async with serving() as service:
        address = f"127.0.0.1:{service.server.port}"
    async with stub_of(address) as stub:
        started = time.monotonic()

        assert await stub.RegisterPlayer(pb.RegisterPlayerRequest()).code() is grpc.StatusCode.UNAVAILABLE
        assert time.monotonic() - started < 15


async def test_a_server_that_comes_back_is_found_again() -> None:
    async with serving() as service:
        address = f"127.0.0.1:{service.server.port}"
    async with stub_of(address) as stub:
        assert await stub.RegisterPlayer(pb.RegisterPlayerRequest()).code() is grpc.StatusCode.UNAVAILABLE

        async with serving(ServerOptions(address, drain_seconds=0.5)):
            async with asyncio.timeout(30):
                while await stub.RegisterPlayer(pb.RegisterPlayerRequest()).code() is not grpc.StatusCode.OK:
                    pass


async def test_calls_are_spread_over_all_servers_and_a_drain_loses_none() -> None:
    async with serving() as one, serving() as other:
        address = f"ipv4:127.0.0.1:{one.server.port},127.0.0.1:{other.server.port}"
        async with stub_of(address) as stub:
            for _ in range(20):
                await stub.GetPlayer(pb.GetPlayerRequest())
            assert min(len(one.players.received), len(other.players.received)) >= 7

            draining = asyncio.create_task(one.server.drain())
            for _ in range(200):
                await stub.GetPlayer(pb.GetPlayerRequest())
            await draining


async def test_a_replica_that_is_back_is_found_before_calls_to_the_one_that_leaves_are_given_up() -> None:
    async with (
        serving() as leaving,
        nobody_serves() as (address, turned_away),
        stub_of(f"127.0.0.1:{leaving.server.port},{address}") as stub,
    ):
        await stub.GetPlayer(pb.GetPlayerRequest())
        # By then a channel waits as long as it ever does before it tries again.
        await asyncio.wait_for(turned_away(7), 30)
        async with serving(ServerOptions(address, drain_seconds=0.5)):
            await leaving.server.drain()
            await asyncio.gather(*(stub.GetPlayer(pb.GetPlayerRequest()) for _ in range(60)))


@asynccontextmanager
async def nobody_serves() -> AsyncIterator[tuple[str, Callable[[int], Awaitable[None]]]]:
    """An address where callers are turned away, until that many were; then it is free for a server."""
    callers: asyncio.Queue[None] = asyncio.Queue()

    def turn_away(_: object, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()
        callers.put_nowait(None)

    door = await asyncio.start_server(turn_away, "127.0.0.1", 0)

    async def turned_away(number: int) -> None:
        for _ in range(number):
            await callers.get()
        door.close()

    try:
        yield f"127.0.0.1:{door.sockets[0].getsockname()[1]}", turned_away
    finally:
        door.close()


async def test_a_server_that_is_not_ready_gets_no_call_while_another_one_is() -> None:
    async with (
        serving() as ready,
        serving(ready=False) as starting,
        stub_of(f"127.0.0.1:{ready.server.port},127.0.0.1:{starting.server.port}") as stub,
    ):
        for _ in range(100):
            await stub.RegisterPlayer(pb.RegisterPlayerRequest())
        assert not starting.players.received

        starting.server.set_serving()
        async with asyncio.timeout(30):
            while not starting.players.received:
                await stub.RegisterPlayer(pb.RegisterPlayerRequest())


async def test_a_server_whose_health_cannot_be_watched_is_called_all_the_same() -> None:
    server, players, _ = scripted_server(ServerOptions("127.0.0.1:0", drain_seconds=0, health_watches=0))
    await server.start()
    server.set_serving()
    async with stub_of(f"127.0.0.1:{server.port}") as stub:
        await stub.RegisterPlayer(pb.RegisterPlayerRequest())
    await server.drain()

    assert len(players.received) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="gRPC sets the kernel's limit on Linux alone")
async def test_a_machine_that_vanished_is_given_up_while_its_calls_can_still_be_repeated(
    service: Serving, stub: "PlayerServiceAsyncStub"
) -> None:
    await stub.GetPlayer(pb.GetPlayerRequest())

    limits = kernel_limits(service.server.port)

    assert limits
    assert all(0 < milliseconds <= 5_000 for milliseconds in limits)


def kernel_limits(port: int) -> list[int]:
    """For how many ms this process' connections to a port of this machine may hear nothing of what they sent."""
    found = []
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            if os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:"):
                with socket.socket(fileno=os.dup(int(descriptor))) as each:
                    if each.family in (socket.AF_INET, socket.AF_INET6) and each.getpeername()[1] == port:
                        found.append(each.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
    return found
