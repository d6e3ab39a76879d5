"""What each of our servers manages, beside a server that does nothing but to send back as many bytes."""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import grpc

from protos.player.v1 import player_service_pb2 as player_pb
from tests.benchmarks.load.driving import GET_PLAYER, PLAN_ROUTE, drive
from tests.benchmarks.load.processes import Server, serving
from tests.benchmarks.load.requests import plan_requests

_SERVED = "tests.benchmarks.load.served"
_IN_FLIGHT = 16


@dataclass(frozen=True)
class Contest:
    """One of our servers against the echo of its bytes. `target` is the least share of the echo's rate."""

    name: str
    method: str
    requests: Sequence[bytes]
    target: float
    ours: Server
    echo: Server
    samples: "list[Sample]" = field(default_factory=list)


@dataclass(frozen=True)
class Sample:
    """Calls per second, and microseconds of the server's CPU per call: of ours, and of the echo right after it."""

    rate: float
    cpu: float
    echo_rate: float
    echo_cpu: float


async def compare(rounds: int, seconds: float) -> list[Contest]:
    """All contests, in turn and round by round, so that other work on the machine does not hit one of them alone."""
    with ExitStack() as stack:
        contests = [await _contest(stack, *each) for each in _ours(stack)]
        for number in range(rounds + 1):
            for contest in contests:
                sample = await _sample(contest, seconds)
                if number:
                    contest.samples.append(sample)
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


async def _sample(contest: Contest, seconds: float) -> Sample:
    rate, cpu = await _measured(contest, contest.ours, seconds)
    echo_rate, echo_cpu = await _measured(contest, contest.echo, seconds)
    return Sample(rate, cpu, echo_rate, echo_cpu)


async def _measured(contest: Contest, server: Server, seconds: float) -> tuple[float, float]:
    async with grpc.aio.insecure_channel(server.address) as channel:
        await drive(channel, contest.method, contest.requests, seconds=0.1, in_flight=_IN_FLIGHT)
        before = server.cpu_seconds()
        load = await drive(channel, contest.method, contest.requests, seconds=seconds, in_flight=_IN_FLIGHT)
        used = server.cpu_seconds() - before
    if load.failures:
        raise RuntimeError(f"{contest.name}: {dict(load.failures)}")
    return load.rate, 1e6 * used / len(load.latencies)


def rows(contests: Sequence[Contest]) -> list[list[str]]:
    return [
        [
            contest.name,
            f"{median(sample.rate for sample in contest.samples):,.0f}",
            f"{median(sample.echo_rate for sample in contest.samples):,.0f}",
            f"{share(contest):.0%}",
            f"{median(sample.cpu for sample in contest.samples):,.0f}",
            f"{median(sample.echo_cpu for sample in contest.samples):,.0f}",
            f"{contest.target:.0%}" if contest.target else "",
        ]
        for contest in contests
    ]


def share(contest: Contest) -> float:
    """Our rate as a part of the echo's."""
    return median(sample.rate / sample.echo_rate for sample in contest.samples)


HEAD = ["", "calls/s", "echo, calls/s", "share", "CPU, µs/call", "echo, µs/call", "target"]

if __name__ == "__main__":
    for row in rows(asyncio.run(compare(5, 0.5))):
        print(row)
