"""Every RPC of NavigationService through its real port: the good answers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from navigation_service.domain.events import VoyageState
from navigation_service.domain.route import Objective
from navigation_service.domain.tour import FleetObjective
from protos.navigation.v1 import navigation_pb2 as pb
from protos.navigation.v1 import navigation_service_pb2 as service_pb
from protos.routing.v1 import routing_pb2 as routing
from shared_kernel.physics import FlightMode
from tests.fakes.navigation_component import FarSide, NavigationComponent, running, settings_for
from tests.fakes.navigation_world import DRY, FAR, HOME, LOST, PUMP, SHIP, UNIVERSE


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[NavigationComponent]:
    async with running(settings_for(tmp_path), FarSide()) as component:
        yield component


def kinds(events: list[pb.VoyageEvent]) -> list[str | None]:
    return [event.WhichOneof("detail") for event in events]


async def test_flies_a_ship_with_a_refuel_stop(service: NavigationComponent) -> None:
    accepted = await service.navigate(FAR, request_id="r-1")

    events = await service.watch(accepted.voyage_id)

    assert kinds(events) == [
        *("accepted", "departed", "arrived", "refuelled", "departed", "arrived", "ended"),
    ]
    assert [event.number for event in events] == [*range(1, 8)]
    refuelled = events[3].refuelled
    assert (refuelled.waypoint, refuelled.fuel_added, refuelled.credits) == (PUMP, 300, 216)
    ended = await service.voyage(accepted.voyage_id)
    assert (ended.state, ended.stops[0].waypoint_symbol) == (pb.Voyage.STATE_COMPLETED, FAR)
    assert ended.stops[0].HasField("visit_time")
    assert ended.HasField("end_time")
    assert not ended.HasField("eta")
    assert service.far_side.ship.waypoint_symbol == FAR


async def test_an_accepted_voyage_has_all_its_fields(service: NavigationComponent) -> None:
    voyage = await service.navigate(FAR, player_id=1, request_id="r-1")

    assert (voyage.player_id, voyage.ship_symbol, voyage.universe) == (1, SHIP, UNIVERSE)
    assert (voyage.state, voyage.step_index, voyage.round) == (pb.Voyage.STATE_PLANNED, 0, 1)
    assert (voyage.repeat, voyage.cancel_requested, voyage.request_id) == (False, False, "r-1")
    assert voyage.last_event_number == 1
    assert [step.WhichOneof("step") for step in voyage.route.steps] == ["navigate", "refuel", "navigate"]
    first = voyage.route.steps[0].navigate
    assert (first.from_waypoint, first.to_waypoint, first.fuel) == (HOME, PUMP, 300)
    assert (first.flight_mode, first.duration.seconds) == (routing.FLIGHT_MODE_CRUISE, 223)
    assert (voyage.route.duration.seconds, voyage.route.fuel_consumed) == (446, 600)
    for field in ("create_time", "update_time", "next_action_time", "eta"):
        assert voyage.HasField(field), field
    assert not voyage.HasField("failure")


async def test_a_repeat_answers_with_the_same_voyage(service: NavigationComponent) -> None:
    voyages = await asyncio.gather(*[service.navigate(PUMP, request_id="r-1") for _ in range(8)])

    assert len({voyage.voyage_id for voyage in voyages}) == 1


async def test_a_ship_that_is_there_has_arrived(service: NavigationComponent) -> None:
    voyage = await service.navigate(HOME)

    assert voyage.state == pb.Voyage.STATE_COMPLETED
    assert (voyage.route.origin, voyage.route.destination, len(voyage.route.steps)) == (HOME, HOME, 0)
    assert kinds(await service.watch(voyage.voyage_id)) == ["accepted", "ended"]


async def test_plans_without_flying(service: NavigationComponent) -> None:
    options = routing.RouteOptions(
        allowed_flight_modes=[routing.FLIGHT_MODE_DRIFT], objective=routing.OBJECTIVE_LEAST_FUEL
    )
    options.departure_overhead.FromSeconds(5)

    request = service_pb.PlanRouteRequest(destination=FAR, options=options, ship_symbol=SHIP)
    route = (await service.stub.PlanRoute(request)).route

    assert [step.navigate.flight_mode for step in route.steps] == [routing.FLIGHT_MODE_DRIFT]
    assert service.far_side.ship.waypoint_symbol == HOME


async def test_voyages_are_found_and_listed(service: NavigationComponent) -> None:
    ids = [(await service.navigate(HOME)).voyage_id for _ in range(3)]

    request = service_pb.ListVoyagesRequest(agent_symbol="ACE", page_size=2)
    first = await service.stub.ListVoyages(request)
    request.page_token = first.next_page_token
    second = await service.stub.ListVoyages(request)

    assert [voyage.voyage_id for voyage in [*first.voyages, *second.voyages]] == ids[::-1]
    assert second.next_page_token == ""
    active = service_pb.ListVoyagesRequest(states=[pb.Voyage.STATE_UNDER_WAY], ship_symbol=SHIP)
    assert not (await service.stub.ListVoyages(active)).voyages
    route = (await service.stub.GetRoute(service_pb.GetRouteRequest(voyage_id=ids[0]))).route
    assert route.destination == HOME


async def test_a_watch_resumes_after_the_last_number(service: NavigationComponent) -> None:
    voyage = await service.navigate(PUMP)

    first = await service.watch(voyage.voyage_id, until="departed")
    rest = await service.watch(voyage.voyage_id, after=first[-1].number)

    assert kinds([*first, *rest]) == ["accepted", "departed", "arrived", "ended"]


async def test_cancels_a_voyage_in_mid_flight(tmp_path: Path) -> None:
    async with running(settings_for(tmp_path), FarSide(time_scale=10.0)) as service:
        voyage = await service.navigate(PUMP)
        await service.watch(voyage.voyage_id, until="departed")

        request = service_pb.CancelVoyageRequest(voyage_id=voyage.voyage_id)
        answer = (await service.stub.CancelVoyage(request)).voyage
        events = await service.watch(voyage.voyage_id)

        assert answer.state == pb.Voyage.STATE_CANCELLED or answer.cancel_requested
        assert events[-1].state == pb.Voyage.STATE_CANCELLED
        assert service.far_side.ship.in_transit
        assert (await service.stub.CancelVoyage(request)).voyage.state == pb.Voyage.STATE_CANCELLED


async def test_ships_are_shown_as_they_are(service: NavigationComponent) -> None:
    service.far_side.game.launch("ACE-2", PUMP, fuel=7)

    ship = (await service.stub.GetShip(service_pb.GetShipRequest(ship_symbol=SHIP))).ship
    page = await service.stub.ListShips(service_pb.ListShipsRequest(player_id=1, refresh=True))

    assert (ship.ship_symbol, ship.player_id, ship.system_symbol, ship.waypoint_symbol) == (SHIP, 1, "X1-AB", HOME)
    assert (ship.nav_status, ship.flight_mode) == (pb.NAV_STATUS_DOCKED, routing.FLIGHT_MODE_CRUISE)
    assert (ship.fuel, ship.fuel_capacity, ship.engine_speed) == (400, 400, 36)
    assert (ship.role, ship.frame) == ("COMMAND", "FRAME_FRIGATE")
    assert ship.HasField("observe_time")
    assert [each.ship_symbol for each in page.ships] == ["ACE-1", "ACE-2"]
    assert page.ships[1].fuel == 7


async def test_ships_take_orders(service: NavigationComponent) -> None:
    service.far_side.game.launch(SHIP, HOME, fuel=10)

    docked = (await service.stub.DockShip(service_pb.DockShipRequest(ship_symbol=SHIP))).ship
    refuelled = (await service.stub.RefuelShip(service_pb.RefuelShipRequest(ship_symbol=SHIP))).ship
    orbited = (await service.stub.OrbitShip(service_pb.OrbitShipRequest(ship_symbol=SHIP))).ship
    burning = service_pb.SetFlightModeRequest(flight_mode=routing.FLIGHT_MODE_BURN, ship_symbol=SHIP)
    changed = (await service.stub.SetFlightMode(burning)).ship

    assert docked.nav_status == pb.NAV_STATUS_DOCKED
    assert refuelled.fuel == 400
    assert orbited.nav_status == pb.NAV_STATUS_IN_ORBIT
    assert changed.flight_mode == routing.FLIGHT_MODE_BURN


async def test_a_map_is_shown_with_what_is_not_known(service: NavigationComponent) -> None:
    request = service_pb.GetSystemGraphRequest(agent_symbol="ACE", system_symbol="X1-AB")

    answer = await service.stub.GetSystemGraph(request)

    assert answer.universe == UNIVERSE
    assert answer.graph.system_symbol == "X1-AB"
    assert {w.symbol: w.sells_fuel for w in answer.graph.waypoints}[DRY] is False
    assert answer.HasField("fetch_time")
    assert list(answer.unknown_fuel_waypoints) == [HOME, PUMP, FAR]


async def test_flies_a_tour_in_the_best_order_and_home(service: NavigationComponent) -> None:
    request = service_pb.StartTourRequest(
        ship_symbol=SHIP, waypoints=[PUMP, DRY], optimize_order=True, return_to_origin=True, request_id="r-1"
    )

    answer = await service.stub.StartTour(request)
    events = await service.watch(answer.voyage.voyage_id)

    assert [stop.waypoint_symbol for stop in answer.voyage.stops] == [DRY, PUMP]
    assert (answer.voyage.home_waypoint_symbol, answer.voyage.keep_order) == (HOME, False)
    assert answer.solution.status == routing.Solution.STATUS_OPTIMAL
    assert answer.solution.objective == answer.voyage.route.duration
    assert events[-1].state == pb.Voyage.STATE_COMPLETED
    again = await service.stub.StartTour(request)
    assert again.voyage.state == pb.Voyage.STATE_COMPLETED
    assert (again.voyage.voyage_id, again.solution) == (answer.voyage.voyage_id, answer.solution)


async def test_dispatches_a_fleet_and_names_who_and_what_is_left_out(service: NavigationComponent) -> None:
    service.far_side.game.launch("ACE-2", FAR)
    service.far_side.game.launch("ACE-3", HOME)
    cruise = routing.RouteOptions(allowed_flight_modes=[routing.FLIGHT_MODE_CRUISE])
    request = service_pb.DispatchFleetRequest(
        ship_symbols=[SHIP, "ACE-2", "ACE-3"],
        waypoints=[DRY, PUMP, LOST],
        objective=routing.FLEET_OBJECTIVE_MAKESPAN,
        options=cruise,
        request_id="r-1",
    )

    answer = await service.stub.DispatchFleet(request)

    assert {voyage.ship_symbol: [s.waypoint_symbol for s in voyage.stops] for voyage in answer.voyages} == {
        "ACE-1": [DRY],
        "ACE-2": [PUMP],
    }
    assert (list(answer.unreachable_stops), list(answer.idle_ship_symbols)) == ([LOST], ["ACE-3"])
    assert answer.solution.status == routing.Solution.STATUS_OPTIMAL
    for voyage in answer.voyages:
        assert (await service.watch(voyage.voyage_id))[-1].state == pb.Voyage.STATE_COMPLETED
    again = await service.stub.DispatchFleet(request)
    assert [voyage.voyage_id for voyage in again.voyages] == [voyage.voyage_id for voyage in answer.voyages]
    assert (list(again.unreachable_stops), list(again.idle_ship_symbols)) == ([LOST], ["ACE-3"])


async def test_a_fleet_may_be_planned_alone(service: NavigationComponent) -> None:
    request = service_pb.DispatchFleetRequest(ship_symbols=[SHIP], waypoints=[DRY, PUMP], validate_only=True)

    answer = await service.stub.DispatchFleet(request)

    assert [(voyage.voyage_id, voyage.ship_symbol) for voyage in answer.voyages] == [("", SHIP)]
    assert not (await service.stub.ListVoyages(service_pb.ListVoyagesRequest(ship_symbol=SHIP))).voyages


async def test_the_use_of_the_games_limit_is_told(service: NavigationComponent) -> None:
    budget = await service.stub.GetGameBudget(service_pb.GetGameBudgetRequest())

    # The fake game draws permits of its own.
    assert (budget.requests_last_minute, budget.limit_per_minute) == (0, 0)
    assert not budget.HasField("paused_until")
    assert not budget.players


def test_the_contracts_numbers_are_the_domains_order() -> None:
    """Requests carry enums by number, and the application counts its own by their order."""
    assert [f"FLIGHT_MODE_{mode.value}" for mode in FlightMode] == list(routing.FlightMode.keys())[1:]
    assert [f"OBJECTIVE_{each.value}" for each in Objective] == list(routing.Objective.keys())[1:]
    assert [f"FLEET_OBJECTIVE_{each.value}" for each in FleetObjective] == list(routing.FleetObjective.keys())[1:]
    assert [f"STATE_{state.value}" for state in VoyageState] == list(pb.Voyage.State.keys())[1:]
