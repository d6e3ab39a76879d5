"""What each of our servers manages, beside a server that does nothing but to send back as many bytes."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import grpc

from protos.player.v1 import player_service_pb2 as player_pb
from tests.benchmarks.load.driving import GET_PLAYER, PLAN_ROUTE, drive
from tests.benchmarks.load.processes import Server, serving
from tests.benchmarks.load.requests import plan_requests

_SERVED = "tests.benchmarks.load.served"
_IN_FLIGHT = 16
_SLICE_SECONDS = 0.1


@dataclass
class Tally:
    """What one server came to: calls, the seconds in which they were made, and the CPU seconds that it used."""

    calls: int = 0
    seconds: float = 0.0
    cpu: float = 0.0


@dataclass(frozen=True)
class Contest:
    """One of our servers against the echo of its bytes. `target` is the least share of the echo's rate."""

    name: str
    method: str
    requests: Sequence[bytes]
    target: float
    ours: Server
    echo: Server
    our_tally: Tally = field(default_factory=Tally)
    echo_tally: Tally = field(default_factory=Tally)

    @property
    def share(self) -> float:
        """Our rate as a part of the echo's."""
        return _rate(self.our_tally) / _rate(self.echo_tally)


async def compare(rounds: int, seconds: float) -> list[Contest]:
    """All contests, in turn and round by round, in short slices: other work on the machine then hits all alike."""
    with ExitStack() as stack:
        contests = [await _contest(stack, *each) for each in _ours(stack)]
        for _ in range(rounds):
            for contest in contests:
                await _round(contest, seconds)
        return contests


def _ours(stack: ExitStack) -> "list[tuple[str, str, list[bytes], float, Server]]":
    """Quiet metrics, and the log that they have by default, as JSON."""
    directory = stack.enter_context(tempfile.TemporaryDirectory())
    get_player = [player_pb.GetPlayerRequest(player_id=1).SerializeToString()]
    memory = stack.enter_context(serving(_SERVED, "player-memory"))
    metered = stack.enter_context(serving(_SERVED, "player-memory", METRICS_ADDRESS="127.0.0.1:0"))
    sqlite = stack.enter_context(serving(_SERVED, "player-sqlite", directory))
    routing = stack.enter_context(serving("routing_service", SOLVER_WORKERS="1"))
    return [
        ("GetPlayer, in memory", GET_PLAYER, get_player, 0.60, memory),
        ("GetPlayer, in memory, with metrics", GET_PLAYER, get_player, 0.0, metered),
        ("GetPlayer, SQLite", GET_PLAYER, get_player, 0.15, sqlite),
        ("PlanRoute, 90 waypoints", PLAN_ROUTE, plan_requests(), 0.40, routing),
    ]


async def _contest(
    stack: ExitStack, name: str, method: str, requests: list[bytes], target: float, ours: Server
) -> Contest:
    async with grpc.aio.insecure_channel(ours.address) as channel:
        call: Any = channel.unary_unary(method)
        replies = [await call(request) for request in requests]
    middling = sorted(replies, key=len)[len(replies) // 2]
    echo = stack.enter_context(serving(_SERVED, "echo", middling.hex()))
    return Contest(name, method, requests, target, ours, echo)


async def _round(contest: Contest, seconds: float) -> None:
    async with (
        grpc.aio.insecure_channel(contest.ours.address) as ours,
        grpc.aio.insecure_channel(contest.echo.address) as echo,
    ):
        for channel in (ours, echo):
            await drive(channel, contest.method, contest.requests, seconds=0.1, in_flight=_IN_FLIGHT)
        for _ in range(round(seconds / _SLICE_SECONDS)):
            await _slice(contest, contest.ours, ours, contest.our_tally)
            await _slice(contest, contest.echo, echo, contest.echo_tally)


async def _slice(contest: Contest, server: Server, channel: grpc.aio.Channel, tally: Tally) -> None:
    before = server.cpu_seconds()
    load = await drive(channel, contest.method, contest.requests, seconds=_SLICE_SECONDS, in_flight=_IN_FLIGHT)
    if load.failures:
        raise RuntimeError(f"{contest.name}: {dict(load.failures)}")
    tally.cpu += server.cpu_seconds() - before
    tally.calls += len(load.latencies)
    tally.seconds += load.seconds


def rows(contests: Sequence[Contest]) -> list[list[str]]:
    return [
        [
            contest.name,
            f"{_rate(contest.our_tally):,.0f}",
            f"{_rate(contest.echo_tally):,.0f}",
            f"{contest.share:.0%}",
            f"{_cpu(contest.our_tally):,.0f}",
            f"{_cpu(contest.echo_tally):,.0f}",
            f"{contest.target:.0%}" if contest.target else "",
        ]
        for contest in contests
    ]


def _rate(tally: Tally) -> float:
    return tally.calls / tally.seconds


def _cpu(tally: Tally) -> float:
    """Microseconds of the server's CPU per call."""
    return 1e6 * tally.cpu / tally.calls


HEAD = ["", "calls/s", "echo, calls/s", "share", "CPU, µs/call", "echo, µs/call", "target"]
