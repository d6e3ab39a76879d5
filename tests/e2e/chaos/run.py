"""Many voyages while everything that can fail does: processes, the database, the game's answers."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from protos.navigation.v1 import navigation_pb2, navigation_service_pb2, navigation_service_pb2_grpc
from service_chassis.channels import open_channel
from service_chassis.status import remote_error
from tests.e2e.chaos.cluster import PLAYERS, ROUTING, Cluster, Postgres, running_cluster
from tests.e2e.chaos.fleet import Trip, muster
from tests.e2e.chaos.report import Effect, Flown, Report, judge

FAULTS = ("drop_after", "drop_before", "latency", "error_5xx", "rate_storm", "overfull_tank", "poisoned_page")
TIME_SCALE = 60
State = navigation_pb2.Voyage.State
_ACTIVE = (State.STATE_PLANNED, State.STATE_UNDER_WAY)
# What callers are meant to wait out, by the contract.
_PATIENT = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
)


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
    calm_seconds: float = 90.0
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
        self._surprises: Counter[str] = Counter()
        self._accepted: dict[str, Trip] = {}

    async def run(self) -> Report:
        options, cluster = self._options, self._cluster
        trips = await muster(cluster, self._chance, options.voyages, options.longest_trip_seconds)
        for name in FAULTS:
            cluster.admin("POST", "/faults", {"name": name, "probability": options.probability})
        services = tuple(navigation_service_pb2.DESCRIPTOR.services_by_name.values())
        started = time.monotonic()
        async with open_channel(cluster.navigation_target, services=services) as channel:
            stub = navigation_service_pb2_grpc.NavigationServiceStub(channel)
            async with self._disasters():
                await self._until_all_have_ended(stub, trips, options.at_most_seconds)
            struck = {rule["name"]: rule["struck"] for rule in cluster.admin("GET", "/faults")}
            cluster.admin("DELETE", "/faults")
            for name in cluster.services:
                await asyncio.to_thread(cluster.wait_until_serving, name)
            await self._until_all_have_ended(stub, trips, options.calm_seconds)
            seconds = time.monotonic() - started
            flown = [await self._outcome(stub, voyage_id, trip) for voyage_id, trip in self._accepted.items()]
        return judge(
            options.voyages,
            flown,
            cluster.admin("GET", "/log?after=0"),
            struck=struck,
            deaths=self._deaths,
            surprises=self._surprises,
            seconds=seconds,
            processes_lost=cluster.ended_by_themselves(),
        )

    async def _until_all_have_ended(self, stub: Any, trips: Sequence[Trip], at_most_seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_seconds):
                await asyncio.gather(*(self._accept(stub, trip) for trip in trips))
                for agent_symbol in sorted({trip.agent_symbol for trip in trips}):
                    await self._until_none_is_active(stub, agent_symbol)

    async def _accept(self, stub: Any, trip: Trip) -> None:
        if trip in self._accepted.values():
            return
        await asyncio.sleep(self._chance.uniform(0, self._options.spread_seconds))
        asked: dict[str, Any] = {"ship_symbol": trip.ship_symbol, "request_id": f"trip of {trip.ship_symbol}"}
        if len(trip.stops) == 1:
            request: Any = navigation_service_pb2.NavigateShipRequest(destination=trip.stops[0], **asked)
            answer = await self._patiently(stub.NavigateShip, request)
        else:
            request = navigation_service_pb2.StartTourRequest(waypoints=trip.stops, optimize_order=True, **asked)
            answer = await self._patiently(stub.StartTour, request)
        self._accepted[answer.voyage.voyage_id] = trip

    async def _until_none_is_active(self, stub: Any, agent_symbol: str) -> None:
        request = navigation_service_pb2.ListVoyagesRequest(agent_symbol=agent_symbol, states=_ACTIVE, page_size=1)
        while True:
            if not (await self._patiently(stub.ListVoyages, request)).voyages:
                return
            await asyncio.sleep(1)

    async def _outcome(self, stub: Any, voyage_id: str, trip: Trip) -> Flown:
        try:
            voyage = (await stub.GetVoyage(navigation_service_pb2.GetVoyageRequest(voyage_id=voyage_id))).voyage
        except grpc.aio.AioRpcError:
            return Flown(voyage_id, trip.ship_symbol, trip.origin, (), state="")
        events = [event async for event in _events(stub, voyage)]
        return Flown(
            voyage_id,
            trip.ship_symbol,
            trip.origin,
            plan=tuple(_effect(step) for step in events[0].accepted.route.steps),
            state=State.Name(voyage.state).removeprefix("STATE_") if voyage.state not in _ACTIVE else "",
            failure=voyage.failure.reason,
            replans=sum(event.HasField("replanned") for event in events),
            gaps=[event.number for event in events] != list(range(1, voyage.last_event_number + 1)),
        )

    async def _patiently(self, method: Any, request: Any) -> Any:
        """As a client that knows the contract; what it does not expect is counted."""
        while True:
            try:
                return await method(request, timeout=15)
            except grpc.aio.AioRpcError as failure:
                if failure.code() not in _PATIENT:
                    error = remote_error(failure)
                    self._surprises[f"{type(request).__name__} {error.code.name} {error.reason}"] += 1
            await asyncio.sleep(self._chance.uniform(0.2, 1.0))

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


def _effect(step: Any) -> Effect:
    return ("refuel", step.refuel.waypoint) if step.HasField("refuel") else ("navigate", step.navigate.to_waypoint)


async def _events(stub: Any, voyage: Any) -> AsyncIterator[Any]:
    """Those that are stored."""
    async for answer in stub.WatchVoyage(navigation_service_pb2.WatchVoyageRequest(voyage_id=voyage.voyage_id)):
        yield answer.event
        if answer.event.number >= voyage.last_event_number:
            return
