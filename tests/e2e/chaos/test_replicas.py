"""Replicas over one database: one that dies, one that sleeps past its lease, and all of them left alone."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from protos.navigation.v1 import navigation_pb2, navigation_service_pb2, navigation_service_pb2_grpc
from service_chassis.channels import open_channel
from tests.e2e.chaos.cluster import PLAYERS, ROUTING, Cluster, running_cluster
from tests.e2e.chaos.fleet import Trip, muster
from tests.e2e.chaos.report import Entry, effects

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]

LEASE_SECONDS = 6.0
# Long enough to be caught at it, and answered in time.
SLOW_SECONDS = 1.5
State = navigation_pb2.Voyage.State


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    limits = {"GAME_REQUESTS_PER_SECOND": "0", "GAME_BURST": "0", "GAME_TIME_SCALE": "60"}
    leases = {"GAME_TIMEOUT_SECONDS": "2", "VOYAGE_LEASE_SECONDS": str(LEASE_SECONDS)}
    with running_cluster(
        tmp_path_factory.mktemp("replicas") / "run",
        replicas=2,
        sandbox_options=("--no-rate-limit", "--time-scale", "60"),
        environment=limits | leases,
    ) as (running, _):
        yield running


@asynccontextmanager
async def stub_of(cluster: Cluster, replica: str) -> AsyncIterator[Any]:
    services = tuple(navigation_service_pb2.DESCRIPTOR.services_by_name.values())
    async with open_channel(cluster.address(replica), services=services) as channel:
        yield navigation_service_pb2_grpc.NavigationServiceStub(channel)


async def accepted_by(cluster: Cluster, replica: str, trip: Trip) -> str:
    """A voyage of a docked ship, whose first actions take their time."""
    slow = {"name": "latency", "seconds": SLOW_SECONDS, "when": "after", "ship": trip.ship_symbol}
    for action in ("orbit", "navigate", "refuel"):
        cluster.admin("POST", "/faults", {**slow, "action": action})
    async with stub_of(cluster, replica) as stub:
        request = navigation_service_pb2.NavigateShipRequest(
            ship_symbol=trip.ship_symbol, destination=trip.stops[0], request_id=f"trip of {trip.ship_symbol}"
        )
        return str((await stub.NavigateShip(request)).voyage.voyage_id)


async def reached(stub: Any, voyage_id: str, holds: Callable[[Any], bool], seconds: float = 60.0) -> Any:
    """The voyage as soon as this is true of it."""
    async with asyncio.timeout(seconds):
        while True:
            request = navigation_service_pb2.GetVoyageRequest(voyage_id=voyage_id)
            voyage = (await stub.GetVoyage(request)).voyage
            if holds(voyage):
                return voyage
            await asyncio.sleep(0.05)


def log_of(cluster: Cluster, trip: Trip) -> list[Entry]:
    return [entry for entry in cluster.admin("GET", "/log?after=0") if entry["ship"] == trip.ship_symbol]


def departures(cluster: Cluster, trip: Trip) -> list[str]:
    log = log_of(cluster, trip)
    return [entry["destination"] for entry in log if entry["action"] == "navigate" and entry["result"] == "applied"]


def in_orbit(cluster: Cluster, trip: Trip) -> bool:
    return any(entry["action"] == "orbit" and entry["result"] == "applied" for entry in log_of(cluster, trip))


def waits_for_another_service(error: str) -> bool:
    return any(f"the {name} service does not answer" in error for name in ("routing", "player"))


def assert_flown_once(cluster: Cluster, trip: Trip, voyage: Any) -> None:
    assert voyage.state == State.STATE_COMPLETED
    plan = [
        ("refuel", step.refuel.waypoint) if step.HasField("refuel") else ("navigate", step.navigate.to_waypoint)
        for step in voyage.route.steps
    ]
    assert list(effects(trip.origin, log_of(cluster, trip))) == plan


def caught_in_the_act(voyage: Any) -> bool:
    return bool(voyage.owner) and voyage.state == State.STATE_UNDER_WAY


async def test_a_dead_replicas_voyage_is_taken_over_by_another(cluster: Cluster) -> None:
    first, second = cluster.replicas
    (trip,) = await muster(cluster, random.Random(1), 1, 1_200, "MORTAL")
    voyage_id = await accepted_by(cluster, first, trip)
    async with stub_of(cluster, second) as witness:
        holder = cluster.replica_of((await reached(witness, voyage_id, caught_in_the_act)).owner)
        async with stub_of(cluster, second if holder == first else first) as survivor:
            cluster.kill(holder)
            killed = time.monotonic()

            await reached(survivor, voyage_id, lambda _: bool(departures(cluster, trip)))
            taken_over_after = time.monotonic() - killed
            voyage = await reached(survivor, voyage_id, lambda voyage: voyage.HasField("end_time"))

    cluster.start(holder)
    cluster.wait_until_serving(holder)
    assert_flown_once(cluster, trip, voyage)
    assert taken_over_after < LEASE_SECONDS + 20


async def test_a_replica_that_slept_past_its_lease_does_nothing_more(cluster: Cluster) -> None:
    first, second = cluster.replicas
    (trip,) = await muster(cluster, random.Random(2), 1, 1_200, "SLEEPER")
    voyage_id = await accepted_by(cluster, first, trip)
    async with stub_of(cluster, first) as one, stub_of(cluster, second) as other:
        sleeper = cluster.replica_of((await reached(one, voyage_id, caught_in_the_act)).owner)
        awake = other if sleeper == first else one
        cluster.signal(sleeper, signal.SIGSTOP)
        try:
            # It flies while the sleeper still believes that its orbit is under way.
            await reached(awake, voyage_id, lambda _: bool(departures(cluster, trip)))
        finally:
            cluster.signal(sleeper, signal.SIGCONT)
        voyage = await reached(awake, voyage_id, lambda voyage: voyage.HasField("end_time"))
        # The sleeper is well, and knows what became of its voyage.
        await reached(one if sleeper == first else other, voyage_id, lambda told: told.state == voyage.state)

    assert_flown_once(cluster, trip, voyage)
    idle = [entry for entry in log_of(cluster, trip) if entry["result"] in ("no_op", "refused")]
    assert len(idle) <= 1


async def test_what_waits_for_other_services_is_told_on_every_replica_and_goes_on_by_itself(cluster: Cluster) -> None:
    (trip,) = await muster(cluster, random.Random(3), 1, 600, "PATIENT")
    first, second = cluster.replicas
    async with stub_of(cluster, first) as one, stub_of(cluster, second) as other:
        voyage_id = await accepted_by(cluster, first, trip)
        watches = [asyncio.create_task(watched(stub, voyage_id)) for stub in (one, other)]
        # Whoever flies it has the agent's token by now.
        await reached(one, voyage_id, lambda _: in_orbit(cluster, trip))
        cluster.kill(ROUTING)
        cluster.kill(PLAYERS)
        await reached(one, voyage_id, lambda _: bool(departures(cluster, trip)))
        # Wherever it is put, the way on from there is for the routing service to find.
        cluster.admin("POST", "/move", {"ship": trip.ship_symbol, "waypoint": trip.origin})

        # A replica that has not flown for this agent lacks the token as well.
        waiting = await reached(other, voyage_id, lambda voyage: waits_for_another_service(voyage.last_error))
        for name in (ROUTING, PLAYERS):
            cluster.start(name)
        await asyncio.to_thread(cluster.wait_until_serving, ROUTING)
        voyage = await reached(other, voyage_id, lambda voyage: voyage.HasField("end_time"), 120)

        assert waiting.state == State.STATE_UNDER_WAY
        assert voyage.state == State.STATE_COMPLETED, voyage.failure
        async with asyncio.timeout(120):
            told, told_as_well = await asyncio.gather(*watches)
        assert told == told_as_well
        assert [event.number for event in told] == [*range(1, voyage.last_event_number + 1)]


async def watched(stub: Any, voyage_id: str) -> list[Any]:
    """All events until the voyage ends, whoever flies it. Where a watch is let go of, as a connection's age does to
    those of a slow machine, it goes on after the last event."""
    events: list[Any] = []
    last = navigation_pb2.VoyageEvent()
    while not last.HasField("ended"):
        request = navigation_service_pb2.WatchVoyageRequest(voyage_id=voyage_id, after_event_number=last.number)
        try:
            async for answer in stub.WatchVoyage(request):
                last = answer.event
                events.append(last)
        except grpc.aio.AioRpcError as failure:
            if failure.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
    return events
