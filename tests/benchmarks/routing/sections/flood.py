"""A flood of solves through a real server process: every call ends in time with a plan or a refusal that says when to
come back, and neither routes nor health wait."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field

import grpc
from google.protobuf.duration_pb2 import Duration
from grpc_health.v1 import health_pb2

from protos.routing.v1 import routing_pb2 as pb
from protos.routing.v1 import routing_service_pb2 as service_pb
from service_chassis.status import remote_error
from tests.benchmarks.routing.instances import Extent, Ship, route_cases
from tests.benchmarks.routing.report import Findings, quantile, table
from tests.benchmarks.routing.sections.rpc import (
    PLAN_ROUTE,
    graph_message,
    plan_request,
    raw_call,
    running,
    ship_message,
    until_served,
)
from tests.benchmarks.routing.systems import clustered, start_systems, uniform
from tests.fakes.free_ports import free_port

_SERVICE = "/spacetraders.routing.v1.RoutingService"
_HEALTH = "/grpc.health.v1.Health/Check"
_CALLERS = 64
_DEADLINE = 2.0
_PLANS_PER_SECOND = 20
_HEALTH_PER_SECOND = 10
# Milliseconds at the 99th percentile.
_PLAN_TARGET, _HEALTH_TARGET = 100.0, 50.0
_TARGET_IN_TIME = 0.999

Call = Callable[[], Awaitable[None]]


@dataclass
class Flood:
    """What became of the calls. Times are milliseconds; `ends` counts how solves ended."""

    solves: list[float] = field(default_factory=list)
    plans: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def in_time(self) -> float:
        """The share of solves that ended with a plan or with a refusal that says when to come back."""
        return (self.ends["plan"] + self.ends["refusal"]) / sum(self.ends.values()) if self.ends else 1.0


def flood(extent: Extent) -> Findings:
    """One server and, kind by kind, as many callers as never stop asking."""
    with ExitStack() as servers:
        port = free_port()
        servers.enter_context(running("routing_service", LISTEN_ADDRESS=f"127.0.0.1:{port}", LOG_LEVEL="ERROR"))
        return asyncio.run(_flooded(port, 2.0 + extent.rounds / 5))


async def _flooded(port: int, seconds: float) -> Findings:
    rows: list[list[str]] = []
    missed: list[str] = []
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        await until_served(raw_call(channel, PLAN_ROUTE), _plan_requests()[0])
    for name, (method, requests) in _kinds().items():
        callers = _CALLERS if requests else 0
        found = await pour(port, f"{_SERVICE}/{method}", requests, seconds, callers=callers, deadline=_DEADLINE)
        rows.append([name, *_cells(found)])
        missed.extend(f"flood of {name}: {shortcoming}" for shortcoming in shortcomings(found))
    head = [f"{_CALLERS} callers, deadline {_DEADLINE:g} s", "ended in time", "plans / refusals", "slowest end, ms"]
    head += ["PlanRoute, ms, median / p99", "health, ms, median / p99", "load"]
    return Findings([table(head, rows)], missed)


def shortcomings(found: Flood) -> list[str]:
    missed = [f"{count} x {fault}" for fault, count in found.faults.items()]
    if found.in_time < _TARGET_IN_TIME:
        missed.append(f"{found.in_time:.2%} ended in time: {dict(found.ends)}")
    for what, times, target in (("PlanRoute", found.plans, _PLAN_TARGET), ("health", found.health, _HEALTH_TARGET)):
        if times and quantile(times, 0.99) > target:
            missed.append(f"{what} took {quantile(times, 0.99):.0f} ms at p99, the target is {target:g}")
    return missed


async def pour(
    port: int, method: str, requests: Sequence[bytes], seconds: float, *, callers: int, deadline: float
) -> Flood:
    """Call for so long, each caller again as soon as it has its answer, or when a refusal said that it may."""
    found, plans = Flood(), _plan_requests()
    until = time.monotonic() + seconds
    async with AsyncExitStack() as channels, asyncio.TaskGroup() as tasks:
        solving, beside = [
            await channels.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{port}")) for _ in range(2)
        ]
        for number in range(callers):
            request = requests[number % len(requests)]
            tasks.create_task(_ask(solving.unary_unary(method), request, deadline, until, found))
        for path, sent, rate, times in (
            (PLAN_ROUTE, plans, _PLANS_PER_SECOND, found.plans),
            (_HEALTH, [health_pb2.HealthCheckRequest().SerializeToString()], _HEALTH_PER_SECOND, found.health),
        ):
            tasks.create_task(_beat(beside.unary_unary(path), sent, rate, until, times, found.faults))
    return found


async def _ask(
    stub: "grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]", request: bytes, deadline: float, until: float, found: Flood
) -> None:
    while time.monotonic() < until:
        begun, pause = time.monotonic(), 0.0
        try:
            await stub(request, timeout=deadline)
            found.ends["plan"] += 1
        except grpc.aio.AioRpcError as error:
            told = remote_error(error)
            refused = told.code is grpc.StatusCode.RESOURCE_EXHAUSTED and bool(told.retry_after)
            found.ends["refusal" if refused else f"{told.code.name}: {told.message}"] += 1
            pause = told.retry_after or 0.1
        found.solves.append(1e3 * (time.monotonic() - begun))
        await asyncio.sleep(min(pause, max(0.0, until - time.monotonic())))


async def _beat(
    stub: "grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]",
    requests: Sequence[bytes],
    rate: int,
    until: float,
    times: list[float],
    faults: Counter[str],
) -> None:
    """So many calls a second, however long they take."""
    async with asyncio.TaskGroup() as calls:
        number, due = 0, time.monotonic()
        while due < until:
            calls.create_task(_timed(stub, requests[number % len(requests)], times, faults))
            number, due = number + 1, due + 1 / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _timed(
    stub: "grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]", request: bytes, times: list[float], faults: Counter[str]
) -> None:
    begun = time.monotonic()
    try:
        await stub(request, timeout=_DEADLINE)
    except grpc.aio.AioRpcError as error:
        faults[f"{error.code().name}: {error.details()}"] += 1
    times.append(1e3 * (time.monotonic() - begun))


def _cells(found: Flood) -> list[str]:
    return [
        f"{found.in_time:.2%}",
        f"{found.ends['plan']} / {found.ends['refusal']}",
        f"{max(found.solves, default=0):,.0f}",
        *(f"{quantile(times, 0.5):.1f} / {quantile(times, 0.99):.1f}" for times in (found.plans, found.health)),
        f"{os.getloadavg()[0]:.0f}",
    ]


def _kinds() -> dict[str, tuple[str, list[bytes]]]:
    # Each caller has a map of its own: nothing is prepared before it is asked for.
    selling = [tour_request(number, anywhere=False) for number in range(_CALLERS)]
    anywhere = [tour_request(number, anywhere=True) for number in range(_CALLERS)]
    limited = [tour_request(number, anywhere=False, time_limit=1) for number in range(_CALLERS)]
    makespan, total = (
        [fleet_request(n, objective=objective) for n in range(_CALLERS)]
        for objective in (pb.FLEET_OBJECTIVE_MAKESPAN, pb.FLEET_OBJECTIVE_TOTAL_TIME)
    )
    return {
        "none, for comparison": ("OptimizeTour", []),
        "tours, 100 stops that sell fuel": ("OptimizeTour", selling),
        "the same, 1 s each": ("OptimizeTour", limited),
        "tours, 100 stops anywhere": ("OptimizeTour", anywhere),
        "fleets, 10 x 100, makespan": ("PartitionFleet", makespan),
        "fleets, 10 x 100, total time": ("PartitionFleet", total),
    }


def _plan_requests() -> list[bytes]:
    cases = route_cases(start_systems()[:3], 30, seed=3)
    fuelled = [case for case in cases if case.ship.fuel >= min(2, case.ship.capacity)]
    return [plan_request(case) for case in fuelled if "DRIFT" in case.rules.modes]


def tour_request(number: int, *, anywhere: bool, time_limit: int = 0, stops: int = 100) -> bytes:
    """A tour in a map of 120 waypoints, another one for each number; `time_limit` in seconds, 0 for the default."""
    system = (uniform if number % 2 else clustered)(stops * 6 // 5, number)
    if not anywhere:
        system = system.selling_at(list(range(1, stops + 1)))
    return service_pb.OptimizeTourRequest(
        graph=graph_message(system),
        ship=ship_message(Ship(400, 400, 30, 0)),
        origin=system.symbols[0],
        stops=system.symbols[1 : stops + 1],
        return_to_origin=True,
        solve=pb.SolveBudget(time_limit=Duration(seconds=time_limit)) if time_limit else None,
    ).SerializeToString()


def fleet_request(number: int, *, objective: pb.FleetObjective.ValueType, stops: int = 100, ships: int = 10) -> bytes:
    """Ten ships over the same kind of map."""
    system = (uniform if number % 2 else clustered)(stops * 6 // 5, number).selling_at(list(range(1, stops + 1)))
    ship = ship_message(Ship(400, 400, 30, 0))
    fleet = [
        service_pb.FleetShip(ship_symbol=f"SHIP-{ship_number}", ship=ship, origin=system.symbols[0])
        for ship_number in range(1, ships + 1)
    ]
    return service_pb.PartitionFleetRequest(
        graph=graph_message(system),
        ships=fleet,
        stops=system.symbols[1 : stops + 1],
        objective=objective,
    ).SerializeToString()
