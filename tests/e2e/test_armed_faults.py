"""What becomes of voyages when the game's world changes under them: each fault alone, in a real sandbox."""

import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from protos.player.v1 import player_service_pb2
from tests.e2e.journeys import (
    PATIENCE,
    State,
    Trip,
    applied,
    assert_flown_once,
    enlist,
    get_ship,
    navigate,
    trip_with_a_refuel,
    wait_for_departure,
    wait_for_end,
)
from tests.e2e.stack import Stack, running_stack

pytestmark = pytest.mark.e2e
TIME_SCALE = 60.0
# More than a voyage takes on a slow machine, so that it shows if one waits for that long.
SKEW_SECONDS = 300
QUICK = {
    "GAME_TIMEOUT_SECONDS": "1",
    "VOYAGE_LEASE_SECONDS": "4",
    "GAME_TIME_SCALE": f"{TIME_SCALE:g}",
    "GAME_REQUESTS_PER_SECOND": "0",
    "GAME_BURST": "0",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One for all: each test has an agent of its own, and the one that ends the universe comes last."""
    options = ("--time-scale", f"{TIME_SCALE:g}", "--no-rate-limit")
    directory = tmp_path_factory.mktemp("faults")
    with running_stack(directory, sandbox_options=options, environment=QUICK) as running:
        yield running


def arm(stack: Stack, name: str, **options: Any) -> None:
    stack.admin("POST", "/faults", {"name": name, "next": 1, **options})


def under_way(stack: Stack, trip: Trip, request_id: str = "trip") -> str:
    """The id of a voyage whose ship flies."""
    voyage_id = navigate(stack, trip, request_id)
    wait_for_departure(stack, trip)
    return voyage_id


def player_state(stack: Stack, agent: str) -> int:
    request = player_service_pb2.GetPlayerRequest(agent_symbol=agent)
    return stack.players.GetPlayer(request, timeout=PATIENCE).player.state


def test_one_spurious_refusal_of_a_token_ends_nothing(stack: Stack) -> None:
    agent = enlist(stack, "DOUBTED")
    trip = trip_with_a_refuel(stack, f"{agent}-1")
    voyage_id = under_way(stack, trip)

    arm(stack, "token_rejected", agent=agent)
    ended = wait_for_end(stack, voyage_id)

    assert ended.state == State.STATE_COMPLETED, ended.failure
    assert_flown_once(stack.game_log(trip.ship_symbol), trip)
    assert player_state(stack, agent) == player_service_pb2.Player.STATE_ACTIVE


def test_a_rejected_token_fails_that_players_voyages_and_nobody_elses(stack: Stack) -> None:
    doomed, other = enlist(stack, "DOOMED"), enlist(stack, "OTHER")
    trips = [trip_with_a_refuel(stack, f"{agent}-1") for agent in (doomed, other)]
    voyages = [under_way(stack, trip, trip.ship_symbol) for trip in trips]

    token = player_service_pb2.GetAgentTokenRequest(agent_symbol=doomed)
    secret = stack.players.GetAgentToken(token, timeout=PATIENCE).token
    arm(stack, "token_rejected", revoke=True, agent=doomed)
    refused_at_once(stack, secret)
    lost, flown = (wait_for_end(stack, voyage_id) for voyage_id in voyages)

    assert (lost.state, lost.failure.reason) == (State.STATE_FAILED, "TOKEN_REJECTED")
    assert flown.state == State.STATE_COMPLETED, flown.failure
    assert player_state(stack, doomed) == player_service_pb2.Player.STATE_TOKEN_REJECTED
    with pytest.raises(grpc.RpcError, match="token"):
        navigate(stack, trips[0], "again")


def refused_at_once(stack: Stack, token: str) -> None:
    """Use up the armed refusal with this token, unless its voyage has: it is dead in either case."""
    with pytest.raises(Exception, match="401"):
        stack.game("GET", "/my/agent", token)


@pytest.mark.parametrize("hand", ["navigate", "dock"])
def test_a_foreign_hand_is_absorbed(stack: Stack, hand: str) -> None:
    trip = trip_with_a_refuel(stack, f"{enlist(stack, f'HAND-{hand.upper()}')}-1")
    arm(stack, "foreign_hand", hand=hand, ship=trip.ship_symbol)

    ended = wait_for_end(stack, navigate(stack, trip))

    assert ended.state == State.STATE_COMPLETED, ended.failure
    assert get_ship(stack, trip.ship_symbol).waypoint_symbol == trip.destination
    legs = [entry["destination"] for entry in applied(stack.game_log(trip.ship_symbol), "navigate")]
    assert legs[-1] == trip.destination


def test_a_game_whose_clock_is_off_is_flown_in_by_its_own_time(stack: Stack) -> None:
    trip = trip_with_a_refuel(stack, f"{enlist(stack, 'LATE')}-1")
    arm(stack, "clock_skew", seconds=-SKEW_SECONDS)

    began = time.monotonic()
    ended = wait_for_end(stack, navigate(stack, trip))
    took = time.monotonic() - began

    assert ended.state == State.STATE_COMPLETED, ended.failure
    assert_flown_once(stack.game_log(trip.ship_symbol), trip)
    assert took < trip.route.duration.ToSeconds() / TIME_SCALE + SKEW_SECONDS / 2
    reads = [entry for entry in stack.game_log(trip.ship_symbol) if entry["result"] == "read"]
    assert len(reads) < 20, "it does not ask again and again whether the ship has arrived"


def test_a_clock_that_jumps_in_mid_flight_delays_nothing(stack: Stack) -> None:
    trip = trip_with_a_refuel(stack, f"{enlist(stack, 'EARLY')}-1")
    began = time.monotonic()
    voyage_id = under_way(stack, trip)

    arm(stack, "clock_skew", seconds=SKEW_SECONDS)
    ended = wait_for_end(stack, voyage_id)

    assert ended.state == State.STATE_COMPLETED, ended.failure
    assert time.monotonic() - began < trip.route.duration.ToSeconds() / TIME_SCALE + SKEW_SECONDS / 2


def test_a_reset_of_the_universe_fails_the_voyages_of_the_old_one_alone(stack: Stack) -> None:
    old = trip_with_a_refuel(stack, f"{enlist(stack, 'OLDTIMER')}-1")
    lost_id = under_way(stack, old)

    arm(stack, "universe_reset")
    lost = wait_for_end(stack, lost_id)

    assert (lost.state, lost.failure.reason) == (State.STATE_FAILED, "UNIVERSE_RESET")
    new = trip_with_a_refuel(stack, f"{enlist(stack, 'NEWCOMER')}-1")
    flown = wait_for_end(stack, navigate(stack, new, "new"))
    assert flown.state == State.STATE_COMPLETED, flown.failure
    assert flown.universe != lost.universe
