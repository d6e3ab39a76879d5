"""PartitionFleet and ComputeTravelTimes through the service's real door."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import pytest_asyncio

from protos.routing.v1 import routing_pb2 as pb
from protos.routing.v1 import routing_service_pb2 as service_pb
from routing_service.domain.fleet import FleetPlan, FleetProblem, ShipTour
from routing_service.domain.fleet_verify import verify_fleet
from routing_service.domain.tour import Status
from service_chassis.status import RemoteError, remote_error
from tests.fakes.routing_door import RoutingStub, routing_door
from tests.fakes.routing_fleets import real_fleet
from tests.fakes.routing_messages import duration, nanos, real_graph_message, route_of_message

pytestmark = pytest.mark.asyncio(loop_scope="module")

_MAP = "X1-VB74"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def routing() -> AsyncIterator[RoutingStub]:
    async with routing_door() as stub:
        yield stub


def _request(problem: FleetProblem, **fields: Any) -> service_pb.PartitionFleetRequest:
    symbols = problem.graph.symbols
    ships = [
        service_pb.FleetShip(
            ship_symbol=ship.symbol,
            ship=pb.ShipProfile(
                fuel=ship.profile.fuel,
                fuel_capacity=ship.profile.fuel_capacity,
                engine_speed=ship.profile.engine_speed,
            ),
            origin=symbols[ship.origin],
            available_in=duration(ship.available_in),
        )
        for ship in problem.ships
    ]
    return service_pb.PartitionFleetRequest(
        graph=real_graph_message(_MAP),
        ships=ships,
        stops=[symbols[stop] for stop in problem.stops],
        return_to_origin=problem.return_to_origin,
        objective=pb.FleetObjective.Value(f"FLEET_OBJECTIVE_{problem.objective.value}"),
        **fields,
    )


def _plan_of(answer: service_pb.PartitionFleetResponse) -> FleetPlan:
    solution = answer.solution
    return FleetPlan(
        tours=tuple(
            ShipTour(tour.ship_symbol, tuple(tour.visit_order), route_of_message(tour.route)) for tour in answer.tours
        ),
        unreachable_stops=tuple(answer.unreachable_stops),
        status=Status(pb.Solution.Status.Name(solution.status).removeprefix("STATUS_")),
        objective=nanos(solution.objective),
        lower_bound=nanos(solution.lower_bound),
    )


async def _refusal(call: Any) -> RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return remote_error(caught.value)


@pytest.mark.parametrize("makespan", [True, False])
@pytest.mark.parametrize("closed", [True, False])
async def test_every_stop_is_in_one_tour_that_can_be_flown(routing: RoutingStub, closed: bool, makespan: bool) -> None:
    problem = real_fleet(3, 20, seed=6, closed=closed, makespan=makespan)
    answer = await routing.PartitionFleet(_request(problem, solve=pb.SolveBudget(work_limit=200)))

    plan = _plan_of(answer)
    verify_fleet(problem, plan)
    assert plan.unreachable_stops == ()
    assert nanos(answer.solution.solve_time) > 0


async def test_the_deadline_of_the_call_ends_the_search_before_it(routing: RoutingStub) -> None:
    problem = real_fleet(5, 50, seed=6)
    request = _request(problem, solve=pb.SolveBudget(time_limit=duration(60 * 10**9)))

    async def answered() -> service_pb.PartitionFleetResponse:
        # It keeps a twentieth of the time for the way back, which may be too little for a machine that is busy.
        for seconds in (6, 12, 24, 48):
            try:
                return await routing.PartitionFleet(request, timeout=seconds)
            except grpc.aio.AioRpcError as late:
                if late.code() not in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED):
                    raise
        raise AssertionError("it never answers in time")

    verify_fleet(problem, _plan_of(await answered()))


async def test_a_call_given_up_frees_its_solver_for_the_next(routing: RoutingStub) -> None:
    call = routing.PartitionFleet(_request(real_fleet(5, 50, seed=6)))
    await asyncio.sleep(0.3)
    call.cancel()

    answer = await routing.PartitionFleet(_request(real_fleet(2, 4, seed=6)), timeout=60)

    assert len(answer.tours) == 2


async def test_every_fault_of_a_request_is_named_at_once(routing: RoutingStub) -> None:
    request = _request(real_fleet(2, 3, seed=6))
    request.ships[0].origin = "X1-NOWHERE"
    request.ships[0].ship.engine_speed = 0
    request.ships[0].available_in.seconds = -1
    request.ships[1].ship_symbol = request.ships[0].ship_symbol
    request.stops.append(request.stops[0])
    request.objective = 9  # type: ignore[assignment]  # what a newer client might send
    request.options.refuel_duration.seconds = -1
    request.solve.time_limit.seconds = -1

    refusal = await _refusal(routing.PartitionFleet(request))

    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert {violation.field for violation in refusal.violations} == {
        "ships[0].origin",
        "ships[0].ship.engine_speed",
        "ships[0].available_in",
        "ships[1].ship_symbol",
        "stops[3]",
        "objective",
        "options.refuel_duration",
        "solve.time_limit",
    }


@pytest.mark.parametrize("ships", [0, 101])
async def test_a_fleet_has_one_to_a_hundred_ships(routing: RoutingStub, ships: int) -> None:
    request = _request(real_fleet(1, 3, seed=6))
    one = service_pb.FleetShip()
    one.CopyFrom(request.ships[0])
    del request.ships[:]
    for number in range(ships):
        one.ship_symbol = f"SHIP-{number}"
        request.ships.append(one)

    assert [v.field for v in (await _refusal(routing.PartitionFleet(request))).violations] == ["ships"]


def _times_request(**fields: Any) -> service_pb.ComputeTravelTimesRequest:
    graph = real_graph_message(_MAP)
    waypoints = [waypoint.symbol for waypoint in graph.waypoints]
    ship = pb.ShipProfile(fuel=400, fuel_capacity=400, engine_speed=36)
    defaults: dict[str, Any] = {"graph": graph, "ship": ship, "waypoints": waypoints}
    return service_pb.ComputeTravelTimesRequest(**(defaults | fields))


async def test_travel_times_are_those_of_planned_routes(routing: RoutingStub) -> None:
    request = _times_request()
    rows = (await routing.ComputeTravelTimes(request)).rows

    assert [row.from_waypoint for row in rows] == list(request.waypoints)
    for row, position in zip(rows[:10], range(5, 15), strict=True):
        time = row.travel_times[position]
        plan = await routing.PlanRoute(
            service_pb.PlanRouteRequest(
                graph=request.graph, ship=request.ship, origin=row.from_waypoint, destination=time.to_waypoint
            )
        )
        assert nanos(plan.route.duration) == nanos(time.duration)


async def test_pairs_without_a_route_and_places_with_themselves_are_left_out(routing: RoutingStub) -> None:
    ship = pb.ShipProfile(fuel=0, fuel_capacity=5, engine_speed=36)
    options = pb.RouteOptions(allowed_flight_modes=[pb.FLIGHT_MODE_CRUISE])
    request = _times_request(ship=ship, options=options)

    rows = (await routing.ComputeTravelTimes(request)).rows

    assert all(time.to_waypoint != row.from_waypoint for row in rows for time in row.travel_times)
    assert 0 < sum(len(row.travel_times) for row in rows) < len(rows) ** 2 / 2


async def test_travel_times_name_every_fault_at_once(routing: RoutingStub) -> None:
    request = _times_request(waypoints=["X1-NOWHERE", "X1-NOWHERE"], ship=pb.ShipProfile(fuel=3))

    refusal = await _refusal(routing.ComputeTravelTimes(request))

    assert {violation.field for violation in refusal.violations} == {
        "waypoints[0]",
        "waypoints[1]",
        "ship.fuel",
        "ship.engine_speed",
    }


async def test_travel_times_are_told_for_250_places_at_most(routing: RoutingStub) -> None:
    request = _times_request(waypoints=[f"X1-{number}" for number in range(251)])

    assert (await _refusal(routing.ComputeTravelTimes(request))).violations[0].field == "waypoints"
