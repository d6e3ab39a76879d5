"""Every RPC of NavigationService through its real port: the bad answers, by status, reason and field."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from navigation_service.domain.ship import NavStatus
from protos.navigation.v1 import navigation_service_pb2 as pb
from protos.routing.v1 import routing_pb2 as routing
from tests.fakes.navigation_component import FarSide, NavigationComponent, running, settings_for
from tests.fakes.navigation_game import Fault
from tests.fakes.navigation_world import DRY, FAR, HOME, LOST, PUMP, SHIP

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
PRECONDITION, UNAVAILABLE = grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.UNAVAILABLE
METHODS = [method.name for method in pb.DESCRIPTOR.services_by_name["NavigationService"].methods]
UNKNOWN_VOYAGE = "019aaaaa-0000-7000-8000-000000000001"
BOTH: dict[str, Any] = {"player_id": 1, "agent_symbol": "ACE"}
DEST: dict[str, Any] = {"destination": PUMP}
CRUISE = routing.FLIGHT_MODE_CRUISE
NO_MODE = cast(routing.FlightMode.ValueType, 9)
NO_GOAL = cast(routing.FleetObjective.ValueType, 9)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[NavigationComponent]:
    async with running(settings_for(tmp_path), FarSide()) as component:
        yield component


@pytest.fixture
async def slow_service(tmp_path: Path) -> AsyncIterator[NavigationComponent]:
    """Flights take seconds."""
    async with running(settings_for(tmp_path), FarSide(time_scale=10.0)) as component:
        yield component


def options(**fields: Any) -> routing.RouteOptions:
    return routing.RouteOptions(**fields)


@pytest.mark.parametrize(
    ("method", "request_", "fields"),
    [
        ("NavigateShip", pb.NavigateShipRequest(), {"ship_symbol", "destination"}),
        ("StartTour", pb.StartTourRequest(), {"ship_symbol", "waypoints"}),
        ("StartTour", pb.StartTourRequest(ship_symbol=SHIP, waypoints=[PUMP, "", PUMP]),
         {"waypoints[1]", "waypoints[2]"}),
        ("StartTour", pb.StartTourRequest(ship_symbol=SHIP, waypoints=[PUMP], repeat=True, request_id="r" * 129,
            options=options(objective=7)), {"waypoints", "request_id", "options.objective"}),
        ("DispatchFleet", pb.DispatchFleetRequest(), {"ship_symbols", "waypoints"}),
        ("DispatchFleet", pb.DispatchFleetRequest(ship_symbols=[SHIP, "BEE-1", SHIP], waypoints=[PUMP], **BOTH),
         {"player_id", "agent_symbol", "ship_symbols[2]"}),
        ("DispatchFleet", pb.DispatchFleetRequest(ship_symbols=[SHIP, "BEE-1"], waypoints=[DRY, DRY],
            objective=NO_GOAL),
         {"ship_symbols[1]", "waypoints[1]", "objective"}),
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, **BOTH, **DEST), {"player_id", "agent_symbol"}),
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, agent_symbol="BEE", **DEST), {"agent_symbol"}),
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, player_id=-1, **DEST), {"player_id"}),
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol="NODASH", **DEST), {"ship_symbol"}),
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol="ace-1", destination="x" * 65),
         {"ship_symbol", "destination"}),
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, request_id="r" * 129, **DEST), {"request_id"}),
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, options=options(
            allowed_flight_modes=[CRUISE, NO_MODE, CRUISE], objective=7, refuel_duration=Duration(seconds=-1),
            departure_overhead=Duration(seconds=10**10)), **DEST),
         {"options.allowed_flight_modes[1]", "options.allowed_flight_modes[2]", "options.objective",
          "options.refuel_duration", "options.departure_overhead"}),
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, options=options(
            allowed_flight_modes=[CRUISE] * 100_000), **DEST), {"options.allowed_flight_modes"}),
        ("PlanRoute", pb.PlanRouteRequest(options=options(allowed_flight_modes=[0])),
         {"ship_symbol", "destination", "options.allowed_flight_modes[0]"}),
        ("GetRoute", pb.GetRouteRequest(), {"voyage_id"}),
        ("GetVoyage", pb.GetVoyageRequest(voyage_id="../../etc"), {"voyage_id"}),
        ("CancelVoyage", pb.CancelVoyageRequest(voyage_id="1"), {"voyage_id"}),
        ("ListVoyages", pb.ListVoyagesRequest(), {"player_id", "agent_symbol"}),
        ("ListVoyages", pb.ListVoyagesRequest(page_size=-1, page_token="garbage", **BOTH),
         {"player_id", "agent_symbol", "page_size", "page_token"}),
        ("ListVoyages", pb.ListVoyagesRequest(ship_symbol=SHIP, agent_symbol="BEE", states=cast(Any, [0, 1, 9])),
         {"agent_symbol", "states[0]", "states[2]"}),
        ("ListVoyages", pb.ListVoyagesRequest(ship_symbol=SHIP, states=cast(Any, [1] * 100_000)), {"states"}),
        ("GetShip", pb.GetShipRequest(), {"ship_symbol"}),
        ("GetShip", pb.GetShipRequest(ship_symbol=SHIP, **BOTH), {"player_id", "agent_symbol"}),
        ("ListShips", pb.ListShipsRequest(), {"player_id", "agent_symbol"}),
        ("ListShips", pb.ListShipsRequest(agent_symbol="no such", page_token="WyJ4Il0"),
         {"agent_symbol", "page_token"}),
        ("OrbitShip", pb.OrbitShipRequest(), {"ship_symbol"}),
        ("DockShip", pb.DockShipRequest(ship_symbol="ACE 1"), {"ship_symbol"}),
        ("RefuelShip", pb.RefuelShipRequest(ship_symbol="-1"), {"ship_symbol"}),
        ("SetFlightMode", pb.SetFlightModeRequest(ship_symbol=SHIP), {"flight_mode"}),
        ("SetFlightMode", pb.SetFlightModeRequest(flight_mode=NO_MODE), {"ship_symbol", "flight_mode"}),
        ("GetSystemGraph", pb.GetSystemGraphRequest(), {"player_id", "agent_symbol", "system_symbol"}),
        ("GetSystemGraph", pb.GetSystemGraphRequest(system_symbol="X1-AB", **BOTH), {"player_id", "agent_symbol"}),
    ],
)  # fmt: skip
async def test_names_every_bad_field(
    service: NavigationComponent, method: str, request_: Any, fields: set[str]
) -> None:
    error = await service.failure(method, request_)

    assert (error.code, error.reason) == (INVALID, "INVALID_FIELD")
    assert error.domain == "spacetraders.navigation"
    assert {violation.field for violation in error.violations} == fields
    assert all(violation.description for violation in error.violations)
    assert service.far_side.game.calls == []


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (pb.WatchVoyageRequest(), {"voyage_id"}),
        (pb.WatchVoyageRequest(voyage_id=UNKNOWN_VOYAGE, after_event_number=-1), {"after_event_number"}),
    ],
)
async def test_names_the_bad_fields_of_a_watch(
    service: NavigationComponent, request_: pb.WatchVoyageRequest, fields: set[str]
) -> None:
    with pytest.raises(Exception, match="INVALID_FIELD") as raised:
        await service.watch(request_.voyage_id, request_.after_event_number)

    assert {violation.field for violation in raised.value.violations} == fields  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("method", "request_", "reason"),
    [
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol="NOBODY-1", **DEST), "PLAYER_NOT_FOUND"),
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol="ACE-99", **DEST), "SHIP_NOT_FOUND"),
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol="BEE-1", player_id=1, **DEST), "SHIP_NOT_FOUND"),
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, destination="X1-AB-NO"), "WAYPOINT_NOT_FOUND"),
        ("PlanRoute", pb.PlanRouteRequest(ship_symbol=SHIP, destination="X1-AB-NO"), "WAYPOINT_NOT_FOUND"),
        ("PlanRoute", pb.PlanRouteRequest(ship_symbol=SHIP, player_id=99, destination=PUMP), "PLAYER_NOT_FOUND"),
        ("GetRoute", pb.GetRouteRequest(voyage_id=UNKNOWN_VOYAGE), "VOYAGE_NOT_FOUND"),
        ("GetVoyage", pb.GetVoyageRequest(voyage_id=UNKNOWN_VOYAGE), "VOYAGE_NOT_FOUND"),
        ("CancelVoyage", pb.CancelVoyageRequest(voyage_id=UNKNOWN_VOYAGE), "VOYAGE_NOT_FOUND"),
        ("GetShip", pb.GetShipRequest(ship_symbol="ACE-99"), "SHIP_NOT_FOUND"),
        ("ListShips", pb.ListShipsRequest(agent_symbol="NOBODY"), "PLAYER_NOT_FOUND"),
        ("OrbitShip", pb.OrbitShipRequest(ship_symbol="ACE-99"), "SHIP_NOT_FOUND"),
        ("DockShip", pb.DockShipRequest(ship_symbol="NOBODY-1"), "PLAYER_NOT_FOUND"),
        ("RefuelShip", pb.RefuelShipRequest(ship_symbol="ACE-99"), "SHIP_NOT_FOUND"),
        ("SetFlightMode", pb.SetFlightModeRequest(ship_symbol="ACE-99", flight_mode=CRUISE), "SHIP_NOT_FOUND"),
        ("GetSystemGraph", pb.GetSystemGraphRequest(player_id=1, system_symbol="X1-NO"), "SYSTEM_NOT_FOUND"),
        ("GetSystemGraph", pb.GetSystemGraphRequest(player_id=2**62, system_symbol="X1-AB"), "PLAYER_NOT_FOUND"),
    ],
)  # fmt: skip
async def test_names_what_does_not_exist(service: NavigationComponent, method: str, request_: Any, reason: str) -> None:
    error = await service.failure(method, request_)

    assert (error.code, error.reason) == (NOT_FOUND, reason)


async def test_a_watch_of_an_unknown_voyage_is_not_found(service: NavigationComponent) -> None:
    with pytest.raises(Exception, match="VOYAGE_NOT_FOUND"):
        await service.watch(UNKNOWN_VOYAGE)


async def test_another_body_under_the_same_request_id_is_refused(service: NavigationComponent) -> None:
    await service.navigate(HOME, request_id="r-1")

    error = await service.failure(
        "NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, destination=PUMP, request_id="r-1")
    )

    assert (error.code, error.reason) == (INVALID, "REQUEST_ID_REUSED")
    assert [violation.field for violation in error.violations] == ["request_id"]


async def test_a_busy_ship_names_its_holder(slow_service: NavigationComponent) -> None:
    service = slow_service
    voyage = await service.navigate(FAR)

    for method, request in [
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, destination=PUMP)),
        ("OrbitShip", pb.OrbitShipRequest(ship_symbol=SHIP)),
        ("DockShip", pb.DockShipRequest(ship_symbol=SHIP)),
        ("RefuelShip", pb.RefuelShipRequest(ship_symbol=SHIP)),
        ("SetFlightMode", pb.SetFlightModeRequest(ship_symbol=SHIP, flight_mode=CRUISE)),
    ]:
        error = await service.failure(method, request)

        assert (error.code, error.reason) == (PRECONDITION, "SHIP_BUSY")
        assert error.metadata["voyage_id"] == voyage.voyage_id
        assert set(error.metadata) == {"voyage_id", "owner", "since"}


async def test_another_system_is_out_of_reach(service: NavigationComponent) -> None:
    for method, request in [
        ("NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, destination="X1-ZZ-A1")),
        ("PlanRoute", pb.PlanRouteRequest(ship_symbol=SHIP, destination="X1-ZZ-A1")),
    ]:
        error = await service.failure(method, request)

        assert (error.code, error.reason) == (PRECONDITION, "OUTSIDE_SYSTEM")


async def test_no_route_comes_with_what_the_planner_said(service: NavigationComponent) -> None:
    request = pb.PlanRouteRequest(ship_symbol=SHIP, destination=LOST, options=options(allowed_flight_modes=[CRUISE]))

    error = await service.failure("PlanRoute", request)

    assert (error.code, error.reason) == (PRECONDITION, "NO_ROUTE")
    assert error.metadata == {"origin": HOME, "destination": LOST, "cause": "FUEL_TOO_LOW"}


async def test_refuelling_asks_for_a_docked_ship_fuel_and_credits(service: NavigationComponent) -> None:
    game, request = service.far_side.game, pb.RefuelShipRequest(ship_symbol=SHIP)
    game.launch(SHIP, HOME, fuel=1, nav_status=NavStatus.IN_ORBIT)
    in_orbit = await service.failure("RefuelShip", request)
    game.launch(SHIP, DRY, fuel=1)
    no_fuel = await service.failure("RefuelShip", request)
    game.launch(SHIP, HOME, fuel=1)
    game.credits["ACE"] = 0
    poor = await service.failure("RefuelShip", request)

    assert (in_orbit.code, in_orbit.reason) == (PRECONDITION, "INVALID_SHIP_STATE")
    assert "dock" in in_orbit.message
    assert (no_fuel.code, no_fuel.reason) == (PRECONDITION, "INVALID_SHIP_STATE")
    assert (poor.code, poor.reason) == (PRECONDITION, "INSUFFICIENT_CREDITS")


async def test_an_ended_voyage_cannot_be_cancelled(service: NavigationComponent) -> None:
    voyage = await service.navigate(HOME)

    error = await service.failure("CancelVoyage", pb.CancelVoyageRequest(voyage_id=voyage.voyage_id))

    assert (error.code, error.reason) == (PRECONDITION, "VOYAGE_ENDED")


async def test_a_refused_token_and_a_reset_are_named(service: NavigationComponent) -> None:
    request = pb.GetShipRequest(ship_symbol=SHIP, refresh=True)
    service.far_side.game.refuse_token(service.far_side.credential)
    rejected = await service.failure("GetShip", request)
    service.far_side.players.replace_token(1, service.far_side.credential.token.reveal())
    service.far_side.game.refuse_token(service.far_side.credential, 4113)
    reset = await service.failure("GetShip", request)

    assert (rejected.code, rejected.reason) == (PRECONDITION, "TOKEN_REJECTED")
    assert rejected.metadata["agent_symbol"] == "ACE"
    assert (reset.code, reset.reason) == (PRECONDITION, "UNIVERSE_RESET")


@pytest.mark.parametrize(
    ("broken", "method", "request_", "reason"),
    [
        ("game", "GetShip", pb.GetShipRequest(ship_symbol=SHIP, refresh=True), "GAME_UNAVAILABLE"),
        ("game", "NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, **DEST), "GAME_UNAVAILABLE"),
        ("players", "NavigateShip", pb.NavigateShipRequest(ship_symbol=SHIP, **DEST), "PLAYER_SERVICE_UNAVAILABLE"),
        ("planner", "PlanRoute", pb.PlanRouteRequest(ship_symbol=SHIP, **DEST), "ROUTING_UNAVAILABLE"),
    ],
)
async def test_an_outage_says_whose_it_is_and_when_to_come_back(
    service: NavigationComponent, broken: str, method: str, request_: Any, reason: str
) -> None:
    getattr(service.far_side, broken).down = True

    error = await service.failure(method, request_)

    assert (error.code, error.reason) == (UNAVAILABLE, reason)
    assert error.retry_after is not None


async def test_an_order_whose_outcome_is_not_known_says_so(service: NavigationComponent) -> None:
    service.far_side.game.fail("ORBIT", Fault.LOST_BEFORE)
    call = service.stub.OrbitShip(pb.OrbitShipRequest(ship_symbol=SHIP), timeout=1.0)

    with pytest.raises(grpc.aio.AioRpcError, match="not known") as raised:
        await call

    assert raised.value.code() is UNAVAILABLE


@pytest.mark.parametrize("method", METHODS)
async def test_bytes_that_are_no_message_are_a_bad_request(service: NavigationComponent, method: str) -> None:
    path = f"/spacetraders.navigation.v1.NavigationService/{method}"
    async with grpc.aio.insecure_channel(f"127.0.0.1:{service.app.port}") as channel:
        open_call: Any = channel.unary_stream if method == "WatchVoyage" else channel.unary_unary
        call = open_call(path)(b"\xff\xff", timeout=10)

        assert await call.code() is INVALID


async def test_a_page_token_of_another_list_is_refused(service: NavigationComponent) -> None:
    for _ in range(2):
        await service.navigate(HOME)
    page = await service.stub.ListVoyages(pb.ListVoyagesRequest(player_id=1, page_size=1))

    error = await service.failure(
        "ListVoyages", pb.ListVoyagesRequest(ship_symbol=SHIP, page_size=1, page_token=page.next_page_token)
    )

    assert page.next_page_token
    assert (error.code, [violation.field for violation in error.violations]) == (INVALID, ["page_token"])
