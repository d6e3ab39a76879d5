"""So many calls in flight at once, for so many seconds, and what became of them."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Any

import grpc

PLAN_ROUTE = "/spacetraders.routing.v1.RoutingService/PlanRoute"
OPTIMIZE_TOUR = "/spacetraders.routing.v1.RoutingService/OptimizeTour"
GET_PLAYER = "/spacetraders.player.v1.PlayerService/GetPlayer"


@dataclass
class Load:
    """What a while of calls came to. `latencies` in seconds, of the calls that were answered."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Calls answered per second."""
        return len(self.latencies) / self.seconds

    def add(self, other: "Load") -> None:
        """Another while of the same calls."""
        self.seconds += other.seconds
        self.latencies += other.latencies
        self.failures += other.failures

    def percentile(self, share: float) -> float:
        """In seconds; nan if nothing was answered."""
        ordered = sorted(self.latencies)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


async def drive(
    channel: grpc.aio.Channel,
    method: str,
    requests: Iterable[bytes],
    *,
    in_flight: int,
    seconds: float = inf,
    until: asyncio.Event | None = None,
) -> Load:
    """Bytes in, bytes out, so that the caller costs as little as it can. `requests` are sent in turn, over and over; an
    endless iterator goes on where it was.

    Ends after `seconds`, or when `until` is set. After a failed call, which is counted by its status, there is a pause.
    """
    call: Any = channel.unary_unary(method)
    load, turns, ending = Load(), itertools.cycle(requests), time.monotonic() + seconds

    async def keep_calling() -> None:
        while (begun := time.monotonic()) < ending and not (until and until.is_set()):
            try:
                await call(next(turns), timeout=30.0)
                load.latencies.append(time.monotonic() - begun)
            except grpc.aio.AioRpcError as error:
                load.failures[f"{error.code().name}: {error.details()}"] += 1
                await asyncio.sleep(0.02)

    begun = time.monotonic()
    await asyncio.gather(*(keep_calling() for _ in range(in_flight)))
    load.seconds = time.monotonic() - begun
    return load
