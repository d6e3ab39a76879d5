"""What each of our servers manages, beside a server that does nothing but to send back as many bytes."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import grpc

from protos.player.v1 import player_service_pb2 as player_pb
from tests.benchmarks.load.driving import GET_PLAYER, PLAN_ROUTE, Load, drive
from tests.benchmarks.load.processes import Server, serving
from tests.benchmarks.load.requests import fresh_plan_requests, plan_requests
from tests.fakes.certificates import Identities

_SERVED = "tests.benchmarks.load.served"
_IN_FLIGHT = 16
_SLICE_SECONDS = 0.1
# So many replies tell how long one is.
_SAMPLE = 64


@dataclass
class Tally:
    """What one server came to with the requests that it gets in turn, and the CPU seconds that it used."""

    turns: Iterator[bytes]
    load: Load = field(default_factory=Load)
    cpu_seconds: float = 0.0

    @property
    def cpu(self) -> float:
        """Microseconds of the server's CPU per call."""
        return 1e6 * self.cpu_seconds / len(self.load.latencies)


@dataclass(frozen=True)
class Contest:
    """One of our servers against the echo of its bytes. `target` is the least share of the echo's rate."""

    name: str
    method: str
    target: float
    ours: Server
    echo: Server
    our_tally: Tally
    echo_tally: Tally

    @property
    def share(self) -> float:
        """Our rate as a part of the echo's."""
        return self.our_tally.load.rate / self.echo_tally.load.rate


async def compare(rounds: int, seconds: float) -> list[Contest]:
    """All contests, in turn and round by round, in short slices: other work on the machine then hits all alike."""
    with ExitStack() as stack:
        contests = [await _contest(stack, *each) for each in _ours(stack)]
        for _ in range(rounds):
            for contest in contests:
                await _round(contest, seconds)
        return contests


def _ours(stack: ExitStack) -> "list[tuple[str, str, list[bytes], float, Server, Identities | None]]":
    """Quiet metrics, and the log that they have by default, as JSON. With identities, the echo has gRPC's own TLS."""
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    identities = Identities(directory / "certificates")

    def serve(*arguments: str, identities: Identities | None = None, **environment: str) -> Server:
        return stack.enter_context(serving(*arguments, identities=identities, **environment))

    fresh, repeated = fresh_plan_requests(), plan_requests()
    get_player = [player_pb.GetPlayerRequest(player_id=1).SerializeToString()]
    memory = serve(_SERVED, "player-memory")
    metered = serve(_SERVED, "player-memory", METRICS_ADDRESS="127.0.0.1:0")
    secured = serve(_SERVED, "player-memory", identities=identities)
    sqlite = serve(_SERVED, "player-sqlite", str(directory))
    routing = serve("routing_service", SOLVER_WORKERS="1")
    secured_routing = serve("routing_service", SOLVER_WORKERS="1", identities=identities)
    return [
        ("GetPlayer, in memory", GET_PLAYER, get_player, 0.60, memory, None),
        ("GetPlayer, in memory, with metrics", GET_PLAYER, get_player, 0.0, metered, None),
        ("GetPlayer, in memory, mutual TLS", GET_PLAYER, get_player, 0.60, secured, identities),
        ("GetPlayer, SQLite", GET_PLAYER, get_player, 0.15, sqlite, None),
        ("PlanRoute, 90 waypoints", PLAN_ROUTE, fresh, 0.40, routing, None),
        ("PlanRoute, trips planned before", PLAN_ROUTE, repeated, 0.50, routing, None),
        ("PlanRoute, 90 waypoints, mutual TLS", PLAN_ROUTE, fresh, 0.40, secured_routing, identities),
        ("PlanRoute, trips planned before, mutual TLS", PLAN_ROUTE, repeated, 0.50, secured_routing, identities),
    ]


async def _contest(
    stack: ExitStack,
    name: str,
    method: str,
    requests: list[bytes],
    target: float,
    ours: Server,
    identities: Identities | None,
) -> Contest:
    async with ours.channel() as channel:
        # It serves before its first player is there.
        await drive(channel, method, requests, seconds=1.0, in_flight=1)
        call: Any = channel.unary_unary(method)
        replies = [await call(request) for request in requests[:_SAMPLE]]
    middling = sorted(replies, key=len)[len(replies) // 2]
    echo = stack.enter_context(serving(_SERVED, "echo", middling.hex(), identities=identities))
    return Contest(name, method, target, ours, echo, Tally(cycle(requests)), Tally(cycle(requests)))


async def _round(contest: Contest, seconds: float) -> None:
    async with contest.ours.channel() as ours, contest.echo.channel() as echo:
        for channel, tally in ((ours, contest.our_tally), (echo, contest.echo_tally)):
            await drive(channel, contest.method, tally.turns, seconds=0.1, in_flight=_IN_FLIGHT)
        for _ in range(round(seconds / _SLICE_SECONDS)):
            await _slice(contest, contest.ours, ours, contest.our_tally)
            await _slice(contest, contest.echo, echo, contest.echo_tally)


async def _slice(contest: Contest, server: Server, channel: grpc.aio.Channel, tally: Tally) -> None:
    before = server.cpu_seconds()
    load = await drive(channel, contest.method, tally.turns, seconds=_SLICE_SECONDS, in_flight=_IN_FLIGHT)
    if load.failures:
        raise RuntimeError(f"{contest.name}: {dict(load.failures)}")
    tally.cpu_seconds += server.cpu_seconds() - before
    tally.load.add(load)


def rows(contests: Sequence[Contest]) -> list[list[str]]:
    return [
        [
            contest.name,
            f"{contest.our_tally.load.rate:,.0f}",
            f"{contest.echo_tally.load.rate:,.0f}",
            f"{contest.share:.0%}",
            f"{contest.our_tally.cpu:,.0f}",
            f"{contest.echo_tally.cpu:,.0f}",
            *(f"{1e3 * contest.our_tally.load.percentile(share):.1f}" for share in (0.5, 0.99)),
            f"{contest.target:.0%}" if contest.target else "",
        ]
        for contest in contests
    ]


HEAD = ["", "calls/s", "echo, calls/s", "share", "CPU, µs/call", "echo, µs/call", "p50 ms", "p99 ms", "target"]
