"""`python -m tests.e2e.chaos.outages`: one part at a time is gone for a minute while voyages fly, and comes back.

The exit code says whether all were flown as planned, with every effect once, and went on by themselves.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from protos.navigation.v1 import navigation_service_pb2, navigation_service_pb2_grpc
from service_chassis.channels import open_channel
from tests.e2e.chaos.caller import Caller
from tests.e2e.chaos.cluster import PLAYERS, ROUTING, Cluster, Postgres, running_cluster
from tests.e2e.chaos.fleet import Trip, muster
from tests.e2e.chaos.report import Report, judge
from tests.e2e.chaos.run import TIME_SCALE

_LONGEST_TRIP_SECONDS = 1_800.0
_PATIENCE_SECONDS = 240.0


@dataclass(frozen=True)
class Outage:
    what: str
    begin: Callable[[], None]
    end: Callable[[], None]


@dataclass(frozen=True)
class Suffered:
    """`seconds` after its end until a standing tour was in its next round; None: it never was."""

    what: str
    report: Report
    seconds: float | None

    @property
    def held(self) -> bool:
        return self.report.held and self.seconds is not None

    def line(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.report.states.items()))
        idle = self.report.results.get("no_op", 0) + self.report.results.get("refused", 0)
        went_on = "never" if self.seconds is None else f"within {self.seconds:.0f} s"
        verdict = "held" if self.held else "BROKEN"
        return (
            f"{self.what}: {states}, {len(self.report.duplicates)} duplicated effects, {idle} calls in vain; "
            f"a standing tour's next round {went_on}: {verdict}"
        )


def outages(cluster: Cluster, postgres: Postgres) -> Sequence[Outage]:
    sleeper = cluster.replicas[0]

    def restart(name: str) -> None:
        cluster.start(name)
        cluster.wait_until_serving(name)

    return (
        Outage(
            "a replica asleep",
            partial(cluster.signal, sleeper, signal.SIGSTOP),
            partial(cluster.signal, sleeper, signal.SIGCONT),
        ),
        Outage("no routing service", partial(cluster.kill, ROUTING), partial(restart, ROUTING)),
        Outage("no player service", partial(cluster.kill, PLAYERS), partial(restart, PLAYERS)),
        Outage("no PostgreSQL", postgres.die, postgres.come_back),
    )


async def suffer(
    cluster: Cluster, outage: Outage, trips: Sequence[Trip], chance: random.Random, gone: float
) -> Suffered:
    """The last of the trips is flown to and fro until all others are over."""
    *trips, standing = trips
    services = tuple(navigation_service_pb2.DESCRIPTOR.services_by_name.values())
    async with open_channel(cluster.navigation_target, services=services) as channel:
        caller = Caller(navigation_service_pb2_grpc.NavigationServiceStub(channel), chance)
        voyages = dict(zip(await asyncio.gather(*map(caller.start, trips)), trips, strict=True))
        tour = await caller.start(replace(standing, stops=(standing.origin, standing.stops[0])), repeat=True)
        await asyncio.sleep(2)
        await asyncio.to_thread(outage.begin)
        await asyncio.sleep(gone)
        await asyncio.to_thread(outage.end)
        seconds = await _next_round(caller, tour)
        await caller.cancel(tour)
        await caller.until_none_is_active(standing.agent_symbol)
        flown = [await caller.outcome(voyage_id, trip) for voyage_id, trip in voyages.items()]
    report = judge(
        len(trips),
        flown,
        cluster.admin("GET", "/log?after=0"),
        struck={},
        deaths={},
        surprises=caller.surprises,
        seconds=gone,
        processes_lost=cluster.ended_by_themselves(),
    )
    return Suffered(outage.what, report, seconds)


async def _next_round(caller: Caller, voyage_id: str) -> float | None:
    began = time.monotonic()
    before = (await caller.voyage(voyage_id)).round
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                if (await caller.voyage(voyage_id)).round > before:
                    return time.monotonic() - began
                await asyncio.sleep(0.5)
    return None


async def _suffer_all(cluster: Cluster, postgres: Postgres, seed: int, trips: int, gone: float) -> bool:
    chance, held = random.Random(seed), True
    for number, outage in enumerate(outages(cluster, postgres)):
        mustered = await muster(cluster, chance, trips + 1, _LONGEST_TRIP_SECONDS, f"OUTAGE-{number}")
        suffered = await suffer(cluster, outage, mustered, chance, gone)
        print(suffered.line(), flush=True)
        held = held and suffered.held
    return held


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.chaos.outages", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--voyages", type=int, default=9, choices=range(1, 10), metavar="1-9", help="at a time")
    parser.add_argument("--seconds", type=float, default=60.0, help="that each outage lasts")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    with (
        tempfile.TemporaryDirectory(prefix="outages-", ignore_cleanup_errors=True) as scratch,
        running_cluster(
            Path(scratch) / "run",
            replicas=3,
            sandbox_options=("--no-rate-limit", "--time-scale", str(TIME_SCALE)),
            environment={"GAME_REQUESTS_PER_SECOND": "0", "GAME_BURST": "0", "GAME_TIME_SCALE": str(TIME_SCALE)},
        ) as (cluster, postgres),
    ):
        held = asyncio.run(_suffer_all(cluster, postgres, arguments.seed, arguments.voyages, arguments.seconds))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
