"""Tours and fleets through real processes: planned by routing, flown in the sandbox, round after round."""

import pytest

from protos.navigation.v1 import navigation_pb2, navigation_service_pb2
from protos.routing.v1 import routing_pb2
from tests.e2e.journeys import PATIENCE, State, enlist, get_voyage, wait_for_end
from tests.e2e.stack import Stack, eventually

pytestmark = pytest.mark.e2e


@pytest.fixture
def agent(stack: Stack) -> str:
    return enlist(stack, "TOURIST")


def ships_of(stack: Stack, agent: str) -> list[navigation_pb2.Ship]:
    request = navigation_service_pb2.ListShipsRequest(agent_symbol=agent, refresh=True)
    return list(stack.navigation.ListShips(request, timeout=PATIENCE).ships)


def fuel_stops(stack: Stack, agent: str, system: str) -> list[str]:
    request = navigation_service_pb2.GetSystemGraphRequest(agent_symbol=agent, system_symbol=system)
    graph = stack.navigation.GetSystemGraph(request, timeout=PATIENCE).graph
    return [waypoint.symbol for waypoint in graph.waypoints if waypoint.sells_fuel]


def test_a_tour_in_order_and_a_fleet_are_flown(stack: Stack, agent: str) -> None:
    ships = ships_of(stack, agent)
    frigate = next(ship for ship in ships if ship.fuel_capacity)
    near = fuel_stops(stack, agent, frigate.system_symbol)[:4]
    tour = navigation_service_pb2.StartTourRequest(
        ship_symbol=frigate.ship_symbol, waypoints=near[:3], return_to_origin=True, request_id="tour"
    )

    answer = stack.navigation.StartTour(tour, timeout=PATIENCE)
    ended = wait_for_end(stack, answer.voyage.voyage_id)

    assert ended.state == State.STATE_COMPLETED, ended.failure
    assert [stop.waypoint_symbol for stop in ended.stops] == near[:3]
    assert ended.route.destination == frigate.waypoint_symbol
    assert answer.solution.status == routing_pb2.Solution.STATUS_OPTIMAL

    fleet = navigation_service_pb2.DispatchFleetRequest(
        ship_symbols=[ship.ship_symbol for ship in ships], waypoints=near, request_id="fleet"
    )
    dispatched = stack.navigation.DispatchFleet(fleet, timeout=PATIENCE)
    visited = [stop.waypoint_symbol for voyage in dispatched.voyages for stop in voyage.stops]
    assert sorted([*visited, *dispatched.unreachable_stops]) == sorted(near)
    for voyage in dispatched.voyages:
        assert wait_for_end(stack, voyage.voyage_id).state == State.STATE_COMPLETED


def test_a_standing_tour_survives_a_kill_in_mid_round(stack: Stack, agent: str) -> None:
    frigate = next(ship for ship in ships_of(stack, agent) if ship.fuel_capacity)
    near = fuel_stops(stack, agent, frigate.system_symbol)[:2]
    request = navigation_service_pb2.StartTourRequest(
        ship_symbol=frigate.ship_symbol, waypoints=near, optimize_order=True, repeat=True, request_id="standing"
    )
    voyage_id = stack.navigation.StartTour(request, timeout=PATIENCE).voyage.voyage_id

    stack.kill("navigation_service")
    stack.start("navigation_service")
    stack.wait_until_serving("navigation_service")

    eventually(lambda: get_voyage(stack, voyage_id).round >= 2, 240, "the second round begins", stack.logs)
    cancel = navigation_service_pb2.CancelVoyageRequest(voyage_id=voyage_id)
    stack.navigation.CancelVoyage(cancel, timeout=PATIENCE)
    assert wait_for_end(stack, voyage_id).state == State.STATE_CANCELLED
