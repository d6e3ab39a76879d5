"""PlanRoute through a real server process, as a multiple of a bare echo of the same request bytes."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import grpc

from protos.routing.v1 import routing_pb2 as pb
from protos.routing.v1 import routing_service_pb2 as service_pb
from tests.benchmarks.routing.echo_server import METHOD
from tests.benchmarks.routing.instances import Extent, RouteCase, Rules, Ship, route_cases
from tests.benchmarks.routing.report import Findings, spread, table
from tests.benchmarks.routing.systems import SystemMap, start_systems
from tests.fakes.free_ports import free_port

_ROOT = Path(__file__).parents[4]
PLAN_ROUTE = "/spacetraders.routing.v1.RoutingService/PlanRoute"
_TRAVEL_TIMES = "/spacetraders.routing.v1.RoutingService/ComputeTravelTimes"
# The server compiles before it serves, if it was never run on this machine.
_PATIENCE = 180.0
_REQUESTS = 40
_TARGET = 3.0

Call = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True)
class _Samples:
    """Seconds per call, and each call as a multiple of the echoes before and after it."""

    calls: list[float]
    ratios: list[float]


def rpc(extent: Extent) -> Findings:
    """Two servers, ours and the echo, that live for as long as it takes."""
    with ExitStack() as servers:
        ports = [free_port(), free_port()]
        servers.enter_context(running("routing_service", LISTEN_ADDRESS=f"127.0.0.1:{ports[0]}", LOG_LEVEL="WARNING"))
        servers.enter_context(running("tests.benchmarks.routing.echo_server", str(ports[1])))
        return asyncio.run(_measured(ports[0], ports[1], extent.rounds))


@contextmanager
def running(module: str, *arguments: str, **environment: str) -> Iterator[None]:
    """A process of our own, ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], cwd=_ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


async def _measured(routing_port: int, echo_port: int, rounds: int) -> Findings:
    async with (
        grpc.aio.insecure_channel(f"127.0.0.1:{routing_port}") as routing,
        grpc.aio.insecure_channel(f"127.0.0.1:{echo_port}") as echo,
    ):
        plan, travel_times, send = (
            raw_call(routing, PLAN_ROUTE),
            raw_call(routing, _TRAVEL_TIMES),
            raw_call(echo, METHOD),
        )
        cases, system = _reachable(start_systems()), start_systems()[0]
        known = [plan_request(case) for case in cases]
        other_trips = [plan_request(_faster(case, by)) for by in range(1, rounds + 1) for case in cases]
        fresh = [plan_request(case, moved) for moved, case in enumerate(cases, 1)]
        matrix = [_matrix_request(system)]
        await until_served(plan, known[0])
        await _sandwiched(plan, send, known, len(known))
        await _sandwiched(travel_times, send, matrix, 1)
        measured = {
            "PlanRoute, a trip planned before": await _sandwiched(plan, send, known, rounds * len(known)),
            "PlanRoute, a map seen before": await _sandwiched(plan, send, other_trips, len(other_trips)),
            "PlanRoute, a map never seen": await _sandwiched(plan, send, fresh, len(fresh)),
            f"ComputeTravelTimes, {len(system)} x {len(system)}": await _sandwiched(travel_times, send, matrix, rounds),
        }
    rows = [[name, *_cells(samples)] for name, samples in measured.items()]
    ratio = median(measured["PlanRoute, a map seen before"].ratios)
    missed = [f"PlanRoute takes {ratio:.1f} times an echo, the target is {_TARGET:g}"] if ratio > _TARGET else []
    head = ["call", "ms, median / p99 / max", "times an echo of the same request, median"]
    return Findings([table(head, rows)], missed)


async def until_served(call: Call, request: bytes) -> None:
    """A server that starts refuses calls at first."""
    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            await call(request)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > give_up:
                raise
            await asyncio.sleep(0.1)
        else:
            return


def raw_call(channel: grpc.aio.Channel, method: str) -> Call:
    stub: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)

    async def call(request: bytes) -> bytes:
        answer: bytes = await stub(request, wait_for_ready=True, timeout=_PATIENCE)
        return answer

    return call


async def _sandwiched(call: Call, echo: Call, requests: Sequence[bytes], count: int) -> _Samples:
    samples = _Samples([], [])
    before = await _seconds(echo, requests[0])
    for number in range(count):
        request = requests[number % len(requests)]
        taken = await _seconds(call, request)
        after = await _seconds(echo, request)
        samples.calls.append(taken)
        samples.ratios.append(2 * taken / (before + after))
        before = after
    return samples


async def _seconds(call: Call, request: bytes) -> float:
    begun = time.perf_counter()
    await call(request)
    return time.perf_counter() - begun


def _cells(samples: _Samples) -> list[str]:
    times = spread([1e3 * seconds for seconds in samples.calls], "{:.2f}".format)
    return [" / ".join(times), f"{median(samples.ratios):.1f}"]


def _reachable(systems: Sequence[SystemMap]) -> list[RouteCase]:
    """Cases with a route, which the default modes make of all."""
    cases = route_cases(systems, 3 * _REQUESTS, seed=7)
    fuelled = [case for case in cases if case.ship.fuel >= min(2, case.ship.capacity)]
    return [replace(case, rules=Rules()) for case in fuelled[:_REQUESTS]]


def _faster(case: RouteCase, by: int) -> RouteCase:
    """Another trip over the same map, about as hard."""
    return replace(case, ship=replace(case.ship, speed=case.ship.speed + by))


def plan_request(case: RouteCase, moved: int = 0) -> bytes:
    """The request's bytes. With another `moved` the map is another one: its first waypoint lies elsewhere."""
    symbols = case.system.symbols
    graph = graph_message(case.system)
    graph.waypoints[0].x += moved
    ship = ship_message(case.ship)
    request = service_pb.PlanRouteRequest(
        graph=graph, ship=ship, origin=symbols[case.ship.origin], destination=symbols[case.destination]
    )
    return request.SerializeToString()


def _matrix_request(system: SystemMap) -> bytes:
    ship = ship_message(Ship(400, 400, 30, 0))
    request = service_pb.ComputeTravelTimesRequest(graph=graph_message(system), ship=ship, waypoints=system.symbols)
    return request.SerializeToString()


def graph_message(system: SystemMap) -> pb.SystemGraph:
    columns = zip(system.symbols, system.x.tolist(), system.y.tolist(), system.sells_fuel.tolist(), strict=True)
    waypoints = [pb.Waypoint(symbol=symbol, x=x, y=y, sells_fuel=sells) for symbol, x, y, sells in columns]
    return pb.SystemGraph(system_symbol=system.name.upper(), waypoints=waypoints)


def ship_message(ship: Ship) -> pb.ShipProfile:
    return pb.ShipProfile(fuel=ship.fuel, fuel_capacity=ship.capacity, engine_speed=ship.speed)
