"""Many voyages while everything that can fail does: processes, the database, the game's answers."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from protos.navigation.v1 import navigation_service_pb2, navigation_service_pb2_grpc
from service_chassis.channels import open_channel
from tests.e2e.chaos.caller import Caller
from tests.e2e.chaos.cluster import PLAYERS, ROUTING, Cluster, Postgres, running_cluster
from tests.e2e.chaos.fleet import Trip, muster
from tests.e2e.chaos.report import Report, judge

FAULTS = ("drop_after", "drop_before", "latency", "error_5xx", "rate_storm", "overfull_tank", "poisoned_page")
TIME_SCALE = 60


@dataclass(frozen=True)
class Options:
    """`kill_seconds` between two deaths of replicas.

    After `at_most_seconds` there are no more disasters, and whatever does not end in `calm_seconds` then is lost.
    """

    seed: int = 1
    voyages: int = 200
    replicas: int = 3
    kill_seconds: float = 3.0
    probability: float = 0.05
    spread_seconds: float = 40.0
    longest_trip_seconds: float = 2_400.0
    at_most_seconds: float = 300.0
    calm_seconds: float = 300.0
    environment: dict[str, str] = field(default_factory=dict)


def run_chaos(options: Options, directory: Path) -> Report:
    """Everything that it starts is gone when it returns."""
    with running_cluster(
        directory,
        replicas=options.replicas,
        sandbox_options=("--no-rate-limit", "--time-scale", str(TIME_SCALE), "--seed", str(options.seed)),
        environment={
            "GAME_REQUESTS_PER_SECOND": "0",
            "GAME_BURST": "0",
            "GAME_TIME_SCALE": str(TIME_SCALE),
            **options.environment,
        },
    ) as (cluster, postgres):
        return asyncio.run(_Run(options, cluster, postgres).run())


class _Run:
    def __init__(self, options: Options, cluster: Cluster, postgres: Postgres) -> None:
        self._options = options
        self._cluster = cluster
        self._postgres = postgres
        self._chance = random.Random(options.seed)
        self._deaths: Counter[str] = Counter()
        self._accepted: dict[str, Trip] = {}

    async def run(self) -> Report:
        options, cluster = self._options, self._cluster
        trips = await muster(cluster, self._chance, options.voyages, options.longest_trip_seconds)
        for name in FAULTS:
            cluster.admin("POST", "/faults", {"name": name, "probability": options.probability})
        services = tuple(navigation_service_pb2.DESCRIPTOR.services_by_name.values())
        started = time.monotonic()
        async with open_channel(cluster.navigation_target, services=services) as channel:
            caller = Caller(navigation_service_pb2_grpc.NavigationServiceStub(channel), self._chance)
            async with self._disasters():
                await self._until_all_have_ended(caller, trips, options.at_most_seconds)
            struck = {rule["name"]: rule["struck"] for rule in cluster.admin("GET", "/faults")}
            cluster.admin("DELETE", "/faults")
            for name in cluster.services:
                await asyncio.to_thread(cluster.wait_until_serving, name)
            await self._until_all_have_ended(caller, trips, options.calm_seconds)
            seconds = time.monotonic() - started
            flown = [await caller.outcome(voyage_id, trip) for voyage_id, trip in self._accepted.items()]
        return judge(
            options.voyages,
            flown,
            cluster.admin("GET", "/log?after=0"),
            struck=struck,
            deaths=self._deaths,
            surprises=caller.surprises,
            seconds=seconds,
            processes_lost=cluster.ended_by_themselves(),
        )

    async def _until_all_have_ended(self, caller: Caller, trips: Sequence[Trip], at_most_seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_seconds):
                await asyncio.gather(*(self._accept(caller, trip) for trip in trips))
                for agent_symbol in sorted({trip.agent_symbol for trip in trips}):
                    await caller.until_none_is_active(agent_symbol)

    async def _accept(self, caller: Caller, trip: Trip) -> None:
        if trip not in self._accepted.values():
            await asyncio.sleep(self._chance.uniform(0, self._options.spread_seconds))
            self._accepted[await caller.start(trip)] = trip

    @asynccontextmanager
    async def _disasters(self) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(self._kill_again_and_again(self._cluster.replicas, self._options.kill_seconds)),
            asyncio.create_task(self._kill_again_and_again([ROUTING, PLAYERS], 5 * self._options.kill_seconds)),
            asyncio.create_task(self._restart_postgres_once()),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _kill_again_and_again(self, names: Sequence[str], seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            name = self._chance.choice(names)
            self._cluster.kill(name)
            self._cluster.start(name)
            self._deaths[name] += 1

    async def _restart_postgres_once(self) -> None:
        await asyncio.sleep(self._options.spread_seconds / 2)
        await asyncio.shield(asyncio.to_thread(self._postgres.die_and_return))
        self._deaths["postgresql"] += 1
