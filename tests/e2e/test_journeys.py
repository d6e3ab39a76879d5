"""What a fleet's owner does, through real processes and real ports."""

import signal

import pytest

from protos.navigation.v1 import navigation_service_pb2
from tests.e2e.journeys import (
    PATIENCE,
    State,
    assert_flown_once,
    enlist,
    get_ship,
    get_voyage,
    navigate,
    token_of,
    trip_with_a_refuel,
    wait_for_departure,
    wait_for_end,
)
from tests.e2e.stack import Stack, eventually

pytestmark = pytest.mark.e2e
# A little less than the server lets a connection live.
WATCH_SECONDS = 100.0


def test_a_ship_flies_a_route_with_a_refuel_stop(stack: Stack) -> None:
    trip = trip_with_a_refuel(stack, f"{enlist(stack)}-1")
    voyage_id = navigate(stack, trip)

    voyage = wait_for_end(stack, voyage_id)

    assert voyage.state == State.STATE_COMPLETED
    assert get_ship(stack, trip.ship_symbol).waypoint_symbol == trip.destination
    assert_flown_once(stack.game_log(trip.ship_symbol), trip)


def test_events_are_numbered_without_gaps_and_can_be_watched_from_any(stack: Stack) -> None:
    trip = trip_with_a_refuel(stack, f"{enlist(stack)}-1")
    voyage_id = navigate(stack, trip)
    request = navigation_service_pb2.WatchVoyageRequest(voyage_id=voyage_id)

    watched = [answer.event for answer in stack.navigation.WatchVoyage(request, timeout=WATCH_SECONDS)]

    assert [event.number for event in watched] == list(range(1, len(watched) + 1))
    assert watched[0].WhichOneof("detail") == "accepted"
    assert watched[-1].WhichOneof("detail") == "ended"
    request.after_event_number = len(watched) - 1
    assert [answer.event.number for answer in stack.navigation.WatchVoyage(request, timeout=PATIENCE)] == [len(watched)]


def test_a_voyage_survives_a_kill_in_mid_flight(stack: Stack) -> None:
    trip = trip_with_a_refuel(stack, f"{enlist(stack)}-1")
    voyage_id = navigate(stack, trip)
    wait_for_departure(stack, trip)

    stack.kill("navigation_service")
    stack.start("navigation_service")
    stack.wait_until_serving("navigation_service")
    voyage = wait_for_end(stack, voyage_id)

    assert voyage.state == State.STATE_COMPLETED
    assert_flown_once(stack.game_log(trip.ship_symbol), trip)


def test_a_voyage_outlives_any_single_process(stack: Stack) -> None:
    trip = trip_with_a_refuel(stack, f"{enlist(stack)}-1")
    voyage_id = navigate(stack, trip)

    for name in ("routing_service", "player_service", "sandbox", "navigation_service"):
        stack.kill(name)
        stack.start(name)
        stack.wait_until_serving(name)
    voyage = wait_for_end(stack, voyage_id)

    assert voyage.state == State.STATE_COMPLETED
    assert_flown_once(stack.game_log(trip.ship_symbol), trip)


def test_a_drained_process_leaves_its_voyages_to_the_next(stack: Stack) -> None:
    trip = trip_with_a_refuel(stack, f"{enlist(stack)}-1")
    voyage_id = navigate(stack, trip)
    eventually(lambda: get_voyage(stack, voyage_id).state != State.STATE_PLANNED, 90, "it is under way", stack.logs)

    assert stack.kill("navigation_service", signal.SIGTERM) == 0

    stack.start("navigation_service")
    stack.wait_until_serving("navigation_service")
    assert wait_for_end(stack, voyage_id).state == State.STATE_COMPLETED


def test_a_request_sent_twice_makes_one_voyage(stack: Stack) -> None:
    trip = trip_with_a_refuel(stack, f"{enlist(stack)}-1")

    assert navigate(stack, trip, "same") == navigate(stack, trip, "same")


def test_the_token_is_in_no_log_and_in_no_database(stack: Stack) -> None:
    agent = enlist(stack)
    token = token_of(stack, agent)
    navigate(stack, trip_with_a_refuel(stack, f"{agent}-1"))

    services = [path for path in stack.directory.rglob("*") if path.is_file() and "sandbox" not in str(path)]

    assert len(services) >= 5
    assert [path.name for path in services if token.encode() in path.read_bytes()] == []
