"""Every replica of a service is replaced under load, and no caller with the shipped channel settings notices."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from google.protobuf.descriptor import ServiceDescriptor

from protos.navigation.v1 import navigation_service_pb2 as navigation_pb
from protos.player.v1 import player_service_pb2 as player_pb
from protos.routing.v1 import routing_service_pb2 as routing_pb
from service_chassis.channels import open_channel
from tests.benchmarks.load.driving import Load, drive
from tests.benchmarks.load.processes import Server, start, wait_until_serving
from tests.benchmarks.load.requests import plan_requests

pytestmark = pytest.mark.e2e

PLAYERS = player_pb.DESCRIPTOR.services_by_name["PlayerService"]
NAVIGATION = navigation_pb.DESCRIPTOR.services_by_name["NavigationService"]
ROUTING = routing_pb.DESCRIPTOR.services_by_name["RoutingService"]
KEY = "bm9ib2R5LW5lZWRzLXRoaXMta2V5LWZvci1sb25nLTM="
PERSISTENT = {"GAME_API_URL": "http://127.0.0.1:9/v2", "TOKEN_ENCRYPTION_KEYS": KEY}


@dataclass
class Replicas:
    """Two processes of one service, each at an address that it keeps."""

    module: str
    environment: Mapping[str, str]
    servers: list[Server] = field(default_factory=list)

    @property
    def addresses(self) -> str:
        return ",".join(server.address for server in self.servers)

    def replace(self, position: int, number: signal.Signals) -> None:
        self.servers[position].end(number)
        self.servers[position] = start(self.module, environment=self.environment, port=self.servers[position].port)
        wait_until_serving(self.servers[position])

    def end(self) -> None:
        for server in self.servers:
            server.end(signal.SIGKILL)


@contextmanager
def two_of(module: str, **environment: str) -> Iterator[Replicas]:
    with ExitStack() as stack:
        replicas = Replicas(module, environment, [start(module, environment=environment) for _ in range(2)])
        stack.callback(replicas.end)
        for server in replicas.servers:
            wait_until_serving(server)
        yield replicas


async def replaced_under_load(
    replicas: Replicas,
    service: ServiceDescriptor,
    method: str,
    requests: list[bytes],
    *ends: tuple[int, signal.Signals],
) -> Load:
    """What callers saw of it, from before the first of the `ends` (which replica, by what signal) to after the last."""
    ended = asyncio.Event()
    async with open_channel(replicas.addresses, services=[service]) as channel:
        path = f"/{service.full_name}/{method}"
        driving = asyncio.create_task(drive(channel, path, requests, until=ended, in_flight=4))
        for position, number in ends:
            await asyncio.to_thread(replicas.replace, position, number)
        ended.set()
        return await driving


ROLLING = ((0, signal.SIGTERM), (1, signal.SIGTERM))


async def test_a_rolling_restart_of_routing_and_the_loss_of_a_replica_fail_no_call() -> None:
    with two_of("routing_service", SOLVER_WORKERS="1") as replicas:
        ends = (*ROLLING, (0, signal.SIGKILL))
        load = await replaced_under_load(replicas, ROUTING, "PlanRoute", plan_requests(), *ends)

    assert not load.failures
    assert len(load.latencies) > 100


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("module", "service", "method"),
    [("player_service", PLAYERS, "ListPlayers"), ("navigation_service", NAVIGATION, "GetGameBudget")],
    ids=["player", "navigation"],
)
async def test_a_rolling_restart_fails_no_call(
    postgres_url: str, tmp_path: Path, module: str, service: ServiceDescriptor, method: str
) -> None:
    environment = {**PERSISTENT, "DATABASE_URL": postgres_url, "DATA_DIR": str(tmp_path)}
    await asyncio.to_thread(subprocess.run, [sys.executable, "-m", module, "migrate"], env=environment, check=True)
    with two_of(module, **environment) as replicas:
        load = await replaced_under_load(replicas, service, method, [b""], *ROLLING)

    assert not load.failures
    assert len(load.latencies) > 100
