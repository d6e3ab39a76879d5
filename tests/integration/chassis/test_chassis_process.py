"""A real process: it serves, drains on a signal with exit code 0, and says in one line why it cannot start."""

import asyncio
import os
import resource
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from protos.navigation.v1 import navigation_service_pb2 as navigation_pb
from protos.navigation.v1.navigation_service_pb2_grpc import NavigationServiceStub
from protos.player.v1 import player_service_pb2 as pb
from protos.player.v1.player_service_pb2_grpc import PlayerServiceStub
from service_chassis.status import remote_error
from tests.fakes.chassis_service import serving

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def process(*arguments: str, files: int = 1_024) -> AsyncIterator[Process]:
    """The scripted service, which may have so many open files at first; killed at the end if it still runs."""
    limited = ["/bin/sh", "-c", f'ulimit -Sn {files} && exec "$@"', "sh"]
    command = [*limited, sys.executable, "-m", "tests.fakes.chassis_process", *arguments]
    started = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=PIPE, env={**os.environ})
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def line(started: Process) -> str:
    assert started.stdout is not None
    return (await asyncio.wait_for(started.stdout.readline(), 20)).decode().strip()


async def port(started: Process) -> int:
    word, number = (await line(started)).split()
    assert word == "ready"
    return int(number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_calls_finish_ends_streams_and_exits_with_zero(number: signal.Signals) -> None:
    async with process("127.0.0.1:0") as started:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{await port(started)}") as channel:
            stream = NavigationServiceStub(channel).WatchVoyage(navigation_pb.WatchVoyageRequest(), timeout=20)
            items = aiter(stream)
            await anext(items)
            call = PlayerServiceStub(channel).GetPlayer(pb.GetPlayerRequest(player_id=500), timeout=20)
            answer = asyncio.ensure_future(_result(call))
            await _sent(channel)

            started.send_signal(number)

            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await anext(items)
            assert remote_error(failure.value).reason == "NOT_SERVING"
            assert (await answer).player.player_id == 500
        assert await line(started) == "closed"
        assert await asyncio.wait_for(started.wait(), 30) == 0


async def _result(call: grpc.aio.UnaryUnaryCall[pb.GetPlayerRequest, pb.GetPlayerResponse]) -> pb.GetPlayerResponse:
    return await call


async def _sent(channel: grpc.aio.Channel) -> None:
    """A second call over the same connection: once it is answered, the first one has arrived."""
    await asyncio.sleep(0)
    await PlayerServiceStub(channel).GetPlayer(pb.GetPlayerRequest(player_id=0), timeout=20)


async def test_no_collection_of_garbage_looks_through_what_is_there_to_stay() -> None:
    async with (
        process("127.0.0.1:0", "0.1") as started,
        grpc.aio.insecure_channel(f"127.0.0.1:{await port(started)}") as channel,
    ):
        call = PlayerServiceStub(channel).GetPlayer(pb.GetPlayerRequest(player_id=0), timeout=20)

        assert (await call).player.token_version > 10_000


async def test_a_taken_port_is_one_line_and_exit_code_one() -> None:
    async with serving() as service:
        address = f"127.0.0.1:{service.server.port}"
        async with process(address, "0.1") as started:
            output, errors = await asyncio.wait_for(started.communicate(), 20)

    told = [text for text in errors.decode().splitlines() if text.startswith("cannot start")]
    assert started.returncode == 1
    assert len(told) == 1
    assert f"LISTEN_ADDRESS {address} cannot be bound" in told[0]
    assert "Traceback" not in errors.decode()
    assert output.decode().strip() == "closed"


async def test_a_signal_ends_a_process_that_waits_to_start() -> None:
    async with process("127.0.0.1:0", "0.1", "waiting") as started:
        assert await line(started) == "waiting"

        started.send_signal(signal.SIGTERM)

        output, _ = await asyncio.wait_for(started.communicate(), 30)
    assert output.decode().split()[-1] == "closed"
    assert started.returncode == 0


async def test_asks_for_as_many_open_files_as_it_may_have() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with process("127.0.0.1:0", "0.1", "waiting", files=256) as started:
        assert await line(started) == "waiting"

        allowed, _ = resource.prlimit(started.pid, resource.RLIMIT_NOFILE)

    assert allowed == min(most, 16_384)
