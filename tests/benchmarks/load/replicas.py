"""Routing with one process and with two: what they manage, where time goes, and whether callers notice a change."""

import asyncio
import os
import resource
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import grpc

from protos.routing.v1 import routing_service_pb2 as pb
from service_chassis.channels import open_channel
from tests.benchmarks.load.driving import OPTIMIZE_TOUR, PLAN_ROUTE, Load, drive
from tests.benchmarks.load.processes import Server, serving, start, wait_until_serving
from tests.benchmarks.load.requests import fresh_plan_requests, plan_requests, tour_requests

_ROUTING = pb.DESCRIPTOR.services_by_name["RoutingService"]
_BUSY = 0.85
WORKLOADS: dict[str, tuple[str, Callable[[], list[bytes]], int]] = {
    "PlanRoute, 90 waypoints": (PLAN_ROUTE, fresh_plan_requests, 32),
    "OptimizeTour, 8 stops": (OPTIMIZE_TOUR, lambda: tour_requests(8), 4),
    "OptimizeTour, 25 stops": (OPTIMIZE_TOUR, lambda: tour_requests(25), 4),
}


@dataclass(frozen=True)
class Run:
    """One workload over so many processes. `cores` are what servers, the caller and the whole machine used."""

    workload: str
    processes: int
    load: Load
    servers: float
    caller: float
    machine: float

    @property
    def cpu(self) -> float:
        """Seconds of the servers' CPU for each call."""
        return self.servers * self.load.seconds / max(len(self.load.latencies), 1)

    @property
    def bottleneck(self) -> str:
        """What kept the rate from being higher."""
        if self.machine > _BUSY * (os.cpu_count() or 1):
            return f"the machine: {self.servers:.1f} cores for routing, {self.caller:.1f} for the caller"
        if self.caller > _BUSY:
            return "the caller, a single Python process"
        if self.servers > _BUSY * self.processes:
            return "the event loop of each routing process" if "Plan" in self.workload else "the solver of each process"
        return "waiting: too few calls in flight"


async def measure(seconds: float) -> list[Run]:
    """Each process with one solver, as on one core."""
    runs: list[Run] = []
    with ExitStack() as stack:
        servers = [stack.enter_context(serving("routing_service", SOLVER_WORKERS="1")) for _ in range(2)]
        for workload in WORKLOADS:
            runs += [await _run(workload, servers[:number], seconds) for number in (1, 2)]
    return runs


async def _run(workload: str, servers: list[Server], seconds: float) -> Run:
    method, requests, in_flight = WORKLOADS[workload]
    async with _channel(servers) as channel:
        await drive(channel, method, requests(), seconds=1.0, in_flight=in_flight)
        before = [server.cpu_seconds() for server in servers]
        own, machine = _own_seconds(), _machine_seconds()
        load = await drive(channel, method, requests(), seconds=seconds, in_flight=in_flight)
        used = sum(server.cpu_seconds() - spent for server, spent in zip(servers, before, strict=True))
    machine = _machine_seconds() - machine
    caller = _own_seconds() - own
    return Run(workload, len(servers), load, *(each / load.seconds for each in (used, caller, machine)))


def _channel(servers: list[Server]) -> grpc.aio.Channel:
    """As shipped: round_robin over all addresses, retries by the contract's marks."""
    return open_channel(",".join(server.address for server in servers), services=[_ROUTING])


def _own_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _machine_seconds() -> float:
    """CPU seconds that all processes of the machine have used."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, irq, softirq, *_ = map(int, stat.readline().split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Change:
    """What callers saw while replicas came and went. `seconds_to_work`: until a new one had its first call."""

    calls: int
    failures: Counter[str]
    seconds_to_work: float


async def survive(number: signal.Signals) -> Change:
    """Two processes under load: one is ended by the signal, and comes back at its address."""
    with ExitStack() as stack:
        servers = [stack.enter_context(serving("routing_service", SOLVER_WORKERS="1")) for _ in range(2)]
        async with _channel(servers) as channel:
            driving = asyncio.create_task(drive(channel, PLAN_ROUTE, plan_requests(), seconds=10.0, in_flight=8))
            await asyncio.sleep(1.5)
            await asyncio.to_thread(servers[0].end, number)
            successor = start("routing_service", environment={"SOLVER_WORKERS": "1"}, port=servers[0].port)
            stack.callback(successor.end, signal.SIGKILL)
            await asyncio.to_thread(wait_until_serving, successor)
            waited = await _until_working(successor)
            load = await driving
    return Change(len(load.latencies), load.failures, waited)


async def _until_working(server: Server) -> float:
    """Seconds until its CPU shows that calls come in."""
    clock = asyncio.get_running_loop().time
    began, before = clock(), server.cpu_seconds()
    while server.cpu_seconds() - before < 0.05:
        await asyncio.sleep(0.02)
        if clock() - began > 30.0:
            return float("inf")
    return clock() - began
