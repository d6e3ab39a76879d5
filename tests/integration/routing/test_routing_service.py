"""RoutingService through its real door."""

import asyncio
import multiprocessing
import os
import random
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.message import Message

from protos.routing.v1 import routing_pb2 as pb
from protos.routing.v1 import routing_service_pb2 as service_pb
from routing_service.domain.errors import QueueFullError
from routing_service.domain.route import Route
from routing_service.domain.tour import Status, TourPlan
from routing_service.domain.verify import verify_route, verify_tour
from service_chassis.status import RemoteError, remote_error
from tests.fakes.routing_cases import MODES, cost_of, map_cases, options_of, ship_of, tour_of
from tests.fakes.routing_door import FixedTours, RoutingStub, routing_door
from tests.fakes.routing_messages import nanos, plan_request, real_graph_message, route_of_message, tour_request
from tests.fakes.routing_oracle import Case, least_cost_on_a_map, least_tour_cost
from tests.fakes.routing_systems import real_places, system

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Fuel is sold at 0 and at 30; the last waypoint is far out.
_CHAIN = Case([(0, 0, True), (30, 0, True), (70, 0, False), (150, 0, False)], 80, 80, 9, MODES[:3])
_STRANDED = replace(_CHAIN, modes=["CRUISE"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def routing() -> AsyncIterator[RoutingStub]:
    async with routing_door() as stub:
        yield stub


async def _refusal(call: Any) -> RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return remote_error(caught.value)


async def test_plans_what_an_independent_search_says(routing: RoutingStub) -> None:
    places = [place for _, place in real_places("X1-NC38")]
    graph = system(places)
    for case in map_cases(places, 60, seed=21):
        expected = least_cost_on_a_map(case)
        if expected is None:
            assert (await _refusal(routing.PlanRoute(plan_request(case)))).reason == "NO_ROUTE"
            continue
        route = route_of_message((await routing.PlanRoute(plan_request(case))).route)

        ends = {"origin": graph.symbols[case.origin], "destination": graph.symbols[case.goal]}
        verify_route(graph, ship_of(case), options_of(case), route, **ends)
        assert expected == cost_of(route, thrifty=case.thrifty)


async def test_the_way_to_where_the_ship_is_has_no_steps(routing: RoutingStub) -> None:
    route = (await routing.PlanRoute(plan_request(replace(_CHAIN, goal=0)))).route

    assert list(route.steps) == []
    assert nanos(route.duration) == 0


async def test_a_changed_map_under_the_same_name_is_another_map(routing: RoutingStub) -> None:
    near, far = (replace(_CHAIN, places=[(0, 0, True), (distance, 0, True)], goal=1) for distance in (9, 18))

    answers = [(await routing.PlanRoute(plan_request(case))).route.distance for case in (near, far, near)]

    assert answers == [9.0, 18.0, 9.0]


@pytest.mark.parametrize("closed", [True, False])
async def test_tours_cost_what_an_exhaustive_search_says(routing: RoutingStub, closed: bool) -> None:
    stops = [3, 1, 2]
    answer = await routing.OptimizeTour(tour_request(_CHAIN, stops, closed=closed))

    route, solution = route_of_message(answer.route), answer.solution
    graph = system(_CHAIN.places)
    plan = TourPlan(tuple(answer.visit_order), route, Status.OPTIMAL, nanos(solution.lower_bound))
    verify_tour(tour_of(_CHAIN, stops, graph, closed=closed), plan)
    assert least_tour_cost(_CHAIN, stops, closed=closed) == cost_of(route)
    assert solution.status == pb.Solution.STATUS_OPTIMAL
    assert nanos(solution.objective) == route.duration
    assert nanos(solution.solve_time) > 0


async def test_a_time_limit_ends_a_large_tour_with_a_plan_and_a_bound(routing: RoutingStub) -> None:
    graph = real_graph_message("X1-VB74")
    origin, *stops = random.Random(6).sample([waypoint.symbol for waypoint in graph.waypoints], 61)
    request = service_pb.OptimizeTourRequest(
        graph=graph,
        ship=pb.ShipProfile(fuel=100, fuel_capacity=400, engine_speed=36),
        origin=origin,
        stops=stops,
        return_to_origin=True,
    )
    request.solve.time_limit.FromMilliseconds(500)

    answer = await routing.OptimizeTour(request)

    assert sorted(answer.visit_order) == sorted(stops)
    assert answer.solution.status == pb.Solution.STATUS_FEASIBLE
    assert 0 < nanos(answer.solution.lower_bound) < nanos(answer.solution.objective)


async def test_a_killed_solver_process_costs_the_caller_nothing(routing: RoutingStub) -> None:
    call = asyncio.ensure_future(_answered(routing, tour_request(_CHAIN, [1, 2, 3], closed=True)))
    await asyncio.sleep(0)
    _kill_all_workers()

    assert (await call).solution.status == pb.Solution.STATUS_OPTIMAL


def _kill_all_workers() -> None:
    for nursery in multiprocessing.active_children():
        for worker in Path(f"/proc/{nursery.pid}/task/{nursery.pid}/children").read_text().split():
            os.kill(int(worker), signal.SIGKILL)
        nursery.kill()


async def _answered(routing: RoutingStub, request: service_pb.OptimizeTourRequest) -> service_pb.OptimizeTourResponse:
    # With what they are copies of killed too, a solver has to start from nothing, which takes long on a busy machine.
    return await routing.OptimizeTour(request, timeout=90)


async def test_says_what_is_in_the_way_of_a_route(routing: RoutingStub) -> None:
    refusal = await _refusal(routing.PlanRoute(plan_request(replace(_STRANDED, goal=3))))

    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NO_ROUTE")
    assert refusal.domain == "spacetraders.routing"
    assert refusal.metadata == {
        "origin": "X1-T1-A0",
        "destination": "X1-T1-A3",
        "cause": "TANK_TOO_SMALL",
        "unreachable": "X1-T1-A3",
        "nearest_reachable": "X1-T1-A2",
        "required_fuel": "0",
        "required_fuel_capacity": "120",
    }


async def test_names_every_stop_of_a_tour_that_is_out_of_reach(routing: RoutingStub) -> None:
    case = replace(_STRANDED, capacity=60, fuel=60)
    refusal = await _refusal(routing.OptimizeTour(tour_request(case, [3, 1, 2], closed=True)))

    assert refusal.reason == "NO_ROUTE"
    assert refusal.metadata["unreachable"] == "X1-T1-A3,X1-T1-A2"
    assert refusal.metadata["required_fuel_capacity"] == "240"


async def test_says_when_no_order_can_be_flown_though_each_stop_can(routing: RoutingStub) -> None:
    case = Case([(0, 0, False), (9, 0, False), (-9, 0, False)], 9, 100, 9, ["CRUISE"])
    refusal = await _refusal(routing.OptimizeTour(tour_request(case, [1, 2], closed=False)))

    assert (refusal.reason, refusal.metadata["cause"]) == ("NO_ROUTE", "FUEL_TOO_LOW")
    assert "no order of all of them" in refusal.message
    assert "required_fuel" not in refusal.metadata


def _clear(*names: str) -> Callable[[Any], None]:
    def clear(request: Any) -> None:
        for name in names:
            request.ClearField(name)

    return clear


def _waypoint(position: int, **changes: Any) -> Callable[[Any], None]:
    return lambda request: request.graph.waypoints[position].MergeFrom(pb.Waypoint(**changes))


_COMMON_FAULTS: list[tuple[Callable[[Any], None], list[str]]] = [
    (_clear("graph"), ["graph.waypoints"]),
    (_clear("ship"), ["ship.engine_speed"]),
    (_clear("origin"), ["origin"]),
    (lambda request: request.ship.MergeFrom(pb.ShipProfile(fuel=81)), ["ship.fuel"]),
    (lambda request: request.ship.MergeFrom(pb.ShipProfile(fuel_capacity=100_001)), ["ship.fuel_capacity"]),
    (lambda request: request.ship.MergeFrom(pb.ShipProfile(engine_speed=-1)), ["ship.engine_speed"]),
    (_waypoint(1, symbol="X1-T1-A2"), ["graph.waypoints[2].symbol"]),
    (_waypoint(1, symbol="no symbol", x=2_000_000), ["graph.waypoints[1].symbol", "graph.waypoints[1].x"]),
    (lambda request: request.options.allowed_flight_modes.append(17), ["options.allowed_flight_modes[3]"]),
    (lambda request: request.options.refuel_duration.FromSeconds(-1), ["options.refuel_duration"]),
    (lambda request: request.options.departure_overhead.FromSeconds(10**9), ["options.departure_overhead"]),
    (lambda request: setattr(request.options, "objective", 9), ["options.objective"]),
]
_PLAN_FAULTS: list[tuple[Callable[[Any], None], list[str]]] = [
    (_clear("destination", "origin"), ["origin", "destination"]),
    (lambda request: setattr(request, "destination", "X1-T1-Z9"), ["destination"]),
]
_TOUR_FAULTS: list[tuple[Callable[[Any], None], list[str]]] = [
    (_clear("stops"), ["stops"]),
    (lambda request: request.stops.append("X1-T1-A1"), ["stops[3]"]),
    (lambda request: request.stops.append("X1-T1-Z9"), ["stops[3]"]),
    (lambda request: request.solve.time_limit.FromSeconds(-1), ["solve.time_limit"]),
]


async def _expect_faults(call: Any, request: Message, spoil: Callable[[Any], None], fields: list[str]) -> None:
    spoil(request)

    refusal = await _refusal(call(request))

    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert [violation.field for violation in refusal.violations] == fields
    assert all(violation.description for violation in refusal.violations)


@pytest.mark.parametrize(("spoil", "fields"), [*_COMMON_FAULTS, *_PLAN_FAULTS])
async def test_a_malformed_plan_request_is_told_field_by_field(
    routing: RoutingStub, spoil: Callable[[Any], None], fields: list[str]
) -> None:
    await _expect_faults(routing.PlanRoute, plan_request(_CHAIN), spoil, fields)


@pytest.mark.parametrize(("spoil", "fields"), [*_COMMON_FAULTS, *_TOUR_FAULTS])
async def test_a_malformed_tour_request_is_told_field_by_field(
    routing: RoutingStub, spoil: Callable[[Any], None], fields: list[str]
) -> None:
    await _expect_faults(routing.OptimizeTour, tour_request(_CHAIN, [1, 2, 3], closed=True), spoil, fields)


async def test_an_oversized_system_is_refused_before_it_is_read() -> None:
    crowd = [pb.Waypoint(symbol=f"W{number}") for number in range(30_000)]
    request = plan_request(_CHAIN)
    request.graph.waypoints.extend(crowd)
    async with routing_door(FixedTours(QueueFullError("unused"))) as routing:
        refusal = await _refusal(routing.PlanRoute(request))

    assert [violation.field for violation in refusal.violations] == ["graph.waypoints"]


async def test_a_full_queue_says_when_to_come_back() -> None:
    async with routing_door(FixedTours(QueueFullError("full", retry_after=2.0))) as routing:
        refusal = await _refusal(routing.OptimizeTour(tour_request(_CHAIN, [1], closed=False)))

    assert (refusal.code, refusal.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL")
    assert refusal.retry_after == 2.0


async def test_a_solver_gets_no_more_time_than_the_call_has_left() -> None:
    tours = FixedTours(QueueFullError("full"))
    async with routing_door(tours) as routing:
        for timeout in (4.0, 40.0):
            await _refusal(routing.OptimizeTour(tour_request(_CHAIN, [1], closed=False), timeout=timeout))

    # gRPC rounds the time left up a little when it sends it.
    assert 0 < tours.seconds[0] < 3.9
    assert tours.seconds[1] == 10.0


async def test_a_plan_that_cannot_be_flown_never_leaves_the_service() -> None:
    nonsense = Route("X1-T1-A0", "X1-T1-A1", (), 1, 0, 0.0, 80)
    async with routing_door(FixedTours(TourPlan(("X1-T1-A1",), nonsense, Status.FEASIBLE, 0))) as routing:
        refusal = await _refusal(routing.OptimizeTour(tour_request(_CHAIN, [1], closed=False)))

    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "X1-T1" not in refusal.message


async def test_a_tour_that_burns_more_than_can_be_counted_is_answered(routing: RoutingStub) -> None:
    # A chain of full tanks, folded so that no leg cuts across, and stops at its two ends in turn.
    graph = pb.SystemGraph()
    for number in range(210):
        row, column = divmod(number, 21)
        along = min(column, 19) if row % 2 == 0 else 19 - min(column, 19)
        x, y = along * 100_000 - 1_000_000, row * 200_000 - 1_000_000 + (column == 20) * 100_000
        graph.waypoints.add(symbol=f"W{number}", x=x, y=y, sells_fuel=True)
    ends = [f"W{stop}" for near in range(99) for stop in (209 - near, 1 + near)]
    request = service_pb.OptimizeTourRequest(graph=graph, origin="W0", stops=ends, keep_order=True)
    request.ship.MergeFrom(pb.ShipProfile(fuel=100_000, fuel_capacity=100_000, engine_speed=1))
    request.options.allowed_flight_modes.append(pb.FLIGHT_MODE_CRUISE)

    route = (await routing.OptimizeTour(request)).route

    assert sum(step.navigate.fuel for step in route.steps) > route.fuel_consumed == 2**31 - 1
