"""Routes as the routing service plans them, and its errors in our own words."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from navigation_service.adapters.routing_client import GrpcRoutePlanner
from navigation_service.application.ports import FleetShip, FleetWish, ShipProfile, TourWish
from navigation_service.domain.errors import NoRouteFoundError, RoutingQueueFullError, RoutingUnavailableError
from navigation_service.domain.graph import SystemGraph, Waypoint
from navigation_service.domain.route import Navigate, Objective, Refuel, Route, RouteOptions
from navigation_service.domain.tour import FleetObjective, Solution
from protos.routing.v1 import routing_pb2 as pb
from protos.routing.v1 import routing_service_pb2 as service_pb
from service_chassis.call_context import entered
from service_chassis.wire import nanos_to_duration
from shared_kernel.errors import DeadlineExceeded, Exhausted, FieldViolation, InvalidInput, Unavailable
from shared_kernel.physics import FlightMode
from tests.fakes.free_ports import free_port
from tests.fakes.navigation_remote_services import ScriptedRoutingService, scripted_routing, serving_routing
from tests.fakes.navigation_voyages import ROUTE, START

GRAPH = SystemGraph(
    "fake",
    "X1-AA1",
    (
        Waypoint("X1-AA1-A1", 0, 0, sells_fuel=True),
        Waypoint("X1-AA1-B2", 300, 0, sells_fuel=True),
        Waypoint("X1-AA1-C3", 600, -1, sells_fuel=False),
    ),
    START,
)
SHIP = ShipProfile(400, 400, 36)
OPTIONS = RouteOptions((FlightMode.BURN, FlightMode.DRIFT), 1_500_000_001, 2, Objective.LEAST_FUEL)


@dataclass
class Desk:
    planner: GrpcRoutePlanner
    service: ScriptedRoutingService

    async def plan(self, options: RouteOptions = OPTIONS) -> Route:
        return await self.planner.plan_route(GRAPH, SHIP, "X1-AA1-A1", "X1-AA1-C3", options)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    service = scripted_routing()
    async with serving_routing(service) as address:
        planner = GrpcRoutePlanner(address)
        yield Desk(planner, service)
        await planner.close()


def answer(*steps: pb.Step) -> service_pb.PlanRouteResponse:
    route = pb.Route(
        origin=ROUTE.origin,
        destination=ROUTE.destination,
        steps=steps,
        duration=nanos_to_duration(ROUTE.duration),
        fuel_consumed=ROUTE.fuel_consumed,
        distance=ROUTE.distance,
        fuel_at_arrival=ROUTE.fuel_at_arrival,
    )
    return service_pb.PlanRouteResponse(route=route)


def leg(step: Navigate, number: int) -> pb.Step:
    return pb.Step(
        navigate=pb.Step.Navigate(
            from_waypoint=step.from_waypoint,
            to_waypoint=step.to_waypoint,
            flight_mode=number,  # type: ignore[arg-type]  # also numbers that no release knows
            fuel=step.fuel,
            duration=nanos_to_duration(step.duration),
            distance=step.distance,
        )
    )


async def test_asks_with_all_that_the_plan_depends_on(desk: Desk) -> None:
    desk.service.answer = answer()

    await desk.plan()

    (request,) = desk.service.requests
    assert [(w.symbol, w.x, w.y, w.sells_fuel) for w in request.graph.waypoints] == [
        ("X1-AA1-A1", 0, 0, True),
        ("X1-AA1-B2", 300, 0, True),
        ("X1-AA1-C3", 600, -1, False),
    ]
    assert request.graph.system_symbol == "X1-AA1"
    assert (request.ship.fuel, request.ship.fuel_capacity, request.ship.engine_speed) == (400, 400, 36)
    assert (request.origin, request.destination) == ("X1-AA1-A1", "X1-AA1-C3")
    options = request.options
    assert list(options.allowed_flight_modes) == [pb.FLIGHT_MODE_BURN, pb.FLIGHT_MODE_DRIFT]
    assert options.objective == pb.OBJECTIVE_LEAST_FUEL
    assert options.refuel_duration.ToNanoseconds() == 1_500_000_001
    assert options.departure_overhead.ToNanoseconds() == 2


async def test_reads_a_route_step_by_step(desk: Desk) -> None:
    first, refuel, last = ROUTE.steps
    assert isinstance(first, Navigate)
    assert isinstance(refuel, Refuel)
    assert isinstance(last, Navigate)
    tank = pb.Step(refuel=pb.Step.Refuel(waypoint=refuel.waypoint, fuel_added=refuel.fuel_added))
    desk.service.answer = answer(leg(first, pb.FLIGHT_MODE_CRUISE), tank, leg(last, pb.FLIGHT_MODE_BURN))

    assert await desk.plan() == ROUTE


@pytest.mark.parametrize("step", [pb.Step(), leg(Navigate("A", "B", FlightMode.CRUISE, 1, 1, 1.0), 99)])
async def test_does_not_guess_at_steps_that_it_does_not_know(desk: Desk, step: pb.Step) -> None:
    desk.service.answer = answer(step)

    with pytest.raises(RoutingUnavailableError, match="sent a route with"):
        await desk.plan()


SOLUTION = pb.Solution(
    status=pb.Solution.STATUS_FEASIBLE,
    objective=nanos_to_duration(9),
    lower_bound=nanos_to_duration(7),
    solve_time=nanos_to_duration(5),
)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (TourWish("X1-AA1-A1", ("X1-AA1-C3",)), (False, False, "")),
        (TourWish("X1-AA1-A1", ("X1-AA1-C3",), keep_order=True), (True, False, "")),
        (TourWish("X1-AA1-A1", ("X1-AA1-C3",), destination="X1-AA1-A1"), (False, True, "")),
        (TourWish("X1-AA1-A1", ("X1-AA1-C3",), destination="X1-AA1-B2"), (False, False, "X1-AA1-B2")),
    ],
)
async def test_asks_for_a_tour_as_it_is_wished(desk: Desk, wish: TourWish, expected: tuple[bool, bool, str]) -> None:
    desk.service.tour = service_pb.OptimizeTourResponse(
        visit_order=["X1-AA1-C3"], route=answer().route, solution=SOLUTION
    )

    plan = await desk.planner.optimize_tour(GRAPH, SHIP, wish, OPTIONS)

    (request,) = desk.service.requests
    assert (request.keep_order, request.return_to_origin, request.destination) == expected
    assert (request.origin, list(request.stops), request.ship.fuel) == ("X1-AA1-A1", ["X1-AA1-C3"], 400)
    assert request.solve.time_limit.ToSeconds() == 5
    assert plan.visit_order == ("X1-AA1-C3",)
    assert plan.route.duration == ROUTE.duration
    assert plan.solution == Solution(optimal=False, objective=9, lower_bound=7, solve_time=5)


async def test_asks_for_a_fleet_whose_ships_differ(desk: Desk) -> None:
    tours = [
        service_pb.Tour(ship_symbol="ACE-1", visit_order=["X1-AA1-C3"], route=answer().route),
        service_pb.Tour(ship_symbol="ACE-2"),
    ]
    desk.service.fleet = service_pb.PartitionFleetResponse(
        tours=tours, unreachable_stops=["X1-AA1-B2"], solution=SOLUTION
    )
    ships = (
        FleetShip("ACE-1", SHIP, "X1-AA1-A1"),
        FleetShip("ACE-2", ShipProfile(0, 0, 9), "X1-AA1-B2", 1_500_000_001),
    )
    wish = FleetWish(ships, ("X1-AA1-C3", "X1-AA1-B2"), True, FleetObjective.TOTAL_TIME)

    plan = await desk.planner.partition_fleet(GRAPH, wish, OPTIONS)

    (request,) = desk.service.requests
    assert [(s.ship_symbol, s.origin, s.ship.engine_speed) for s in request.ships] == [
        ("ACE-1", "X1-AA1-A1", 36),
        ("ACE-2", "X1-AA1-B2", 9),
    ]
    assert request.ships[1].available_in.ToNanoseconds() == 1_500_000_001
    assert (request.objective, request.return_to_origin) == (pb.FLEET_OBJECTIVE_TOTAL_TIME, True)
    assert [(tour.ship_symbol, tour.visit_order) for tour in plan.tours] == [("ACE-1", ("X1-AA1-C3",)), ("ACE-2", ())]
    assert plan.unreachable_stops == ("X1-AA1-B2",)


async def test_a_solver_gets_its_part_of_a_callers_time(desk: Desk) -> None:
    with entered("", 4.0):
        await desk.planner.optimize_tour(GRAPH, SHIP, TourWish("X1-AA1-A1", ("X1-AA1-C3",)), OPTIONS)

    (request,) = desk.service.requests
    assert 2.0 < request.solve.time_limit.ToMilliseconds() / 1_000 <= 2.8


async def test_a_tour_out_of_reach_keeps_its_reasons(desk: Desk) -> None:
    metadata = {"unreachable": "X1-AA1-B2,X1-AA1-C3"}
    desk.service.trouble = lambda: NoRouteFoundError("no route leads there", metadata)

    with pytest.raises(NoRouteFoundError) as refusal:
        await desk.planner.optimize_tour(GRAPH, SHIP, TourWish("X1-AA1-A1", ("X1-AA1-C3",)), OPTIONS)
    assert refusal.value.metadata == metadata


async def test_no_route_keeps_its_reasons(desk: Desk) -> None:
    metadata = {"origin": "X1-AA1-A1", "cause": "FUEL_TOO_LOW", "required_fuel": "600"}
    desk.service.trouble = lambda: NoRouteFoundError("no route leads there", metadata)

    with pytest.raises(NoRouteFoundError, match="no route leads there") as refusal:
        await desk.plan()
    assert refusal.value.metadata == metadata


async def test_a_bad_request_names_its_fields(desk: Desk) -> None:
    violations = [
        FieldViolation("options.refuel_duration", "must be 0 or more"),
        FieldViolation("origin", "is unknown"),
    ]
    desk.service.trouble = lambda: InvalidInput(violations)

    with pytest.raises(InvalidInput) as refusal:
        await desk.plan()
    assert list(refusal.value.violations) == violations


async def test_a_full_queue_says_when_to_come_back(desk: Desk) -> None:
    desk.service.trouble = lambda: Exhausted("the queue is full", retry_after=0.7)

    with pytest.raises(RoutingQueueFullError) as exhausted:
        await desk.plan()
    assert exhausted.value.retry_after == 0.7


@pytest.mark.parametrize(
    "trouble",
    [
        Unavailable("warming up", retry_after=2.0),
        DeadlineExceeded("too late"),
        NotImplementedError(),
        ZeroDivisionError("a bug over there"),
    ],
)
async def test_whatever_else_goes_wrong_is_an_outage(desk: Desk, trouble: Exception) -> None:
    desk.service.trouble = lambda: trouble

    with pytest.raises(RoutingUnavailableError) as outage:
        await desk.plan()
    assert "bug over there" not in outage.value.message
    assert outage.value.retry_after == (2.0 if isinstance(trouble, Unavailable) else 1.0)


async def test_a_service_that_is_not_there_is_an_outage() -> None:
    address = f"127.0.0.1:{free_port()}"
    planner = GrpcRoutePlanner(address, timeout_seconds=0.5)

    with pytest.raises(RoutingUnavailableError, match="the routing service does not answer"):
        await planner.plan_route(GRAPH, SHIP, "X1-AA1-A1", "X1-AA1-C3", OPTIONS)
    await planner.close()
