"""How calls end, and what that makes of the voyage that made them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from navigation_service.domain.events import Refuelled, VoyageState, Waiting
from navigation_service.domain.outcome import (
    Done,
    NotSent,
    Outcome,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Settlement,
    settle,
    shows_effect,
)
from navigation_service.domain.ship import NavStatus, Ship
from navigation_service.domain.voyage import GameAction, Intent, Voyage
from tests.fakes.navigation_samples import NOW, A, B, C, flying, intent, later, seen, ship, voyage

BACK_OFF = timedelta(seconds=3)
BURN = "BURN"


def under_way(pending: Intent, **changes: Any) -> Voyage:
    return voyage(intent=pending, state=VoyageState.UNDER_WAY, **changes)


def settled(outcome: Outcome, of: Voyage | None = None, ship_seen: Ship | None = None) -> Settlement:
    return settle(of or under_way(intent()), seen(ship_seen or ship(A)), outcome, NOW, BACK_OFF)


@pytest.mark.parametrize(
    ("pending", "ship_seen", "shown"),
    [
        (intent(GameAction.ORBIT, ""), ship(A), True),
        (intent(GameAction.ORBIT, ""), flying(B, 10), True),
        (intent(GameAction.ORBIT, ""), ship(A, NavStatus.DOCKED), False),
        (intent(GameAction.DOCK, ""), ship(A, NavStatus.DOCKED), True),
        (intent(GameAction.DOCK, ""), ship(A), False),
        (intent(GameAction.SET_FLIGHT_MODE, "CRUISE"), ship(A), True),
        (intent(GameAction.SET_FLIGHT_MODE, BURN), ship(A), False),
        (intent(GameAction.NAVIGATE, B), flying(B, 10), True),
        (intent(GameAction.NAVIGATE, B), ship(B), True),
        (intent(GameAction.NAVIGATE, B), ship(A), False),
        (intent(GameAction.NAVIGATE, B), flying(C, 10), False),
        (intent(GameAction.NAVIGATE, B, waypoint=B), ship(B), False),
        (intent(GameAction.REFUEL, "", B, 40), ship(B, fuel=41), True),
        (intent(GameAction.REFUEL, "", B, 40), ship(B, fuel=40), False),
        (intent(GameAction.REFUEL, "", B, 100), ship(B, fuel=100), True),
        (intent(GameAction.REFUEL, "", B, 40), ship(C, fuel=100), False),
    ],
)
def test_an_effect_is_what_a_later_look_proves(pending: Intent, ship_seen: Ship, shown: bool) -> None:
    assert shows_effect(pending, ship_seen) is shown


def test_an_answer_is_the_next_sighting() -> None:
    done = settled(Done(flying(B, 50, fuel=40)))

    assert done.seen == seen(flying(B, 50, fuel=40))
    assert (done.voyage.intent, done.voyage.departed, done.pause) == (None, True, False)


def test_a_refuel_tells_what_it_cost() -> None:
    pending = intent(GameAction.REFUEL, "", B, 40, step_index=1)
    done = settled(Done(ship(B, NavStatus.DOCKED), credits=72), under_way(pending, step_index=1))

    assert done.voyage.step_index == 2
    assert done.voyage.pending_events[-1].detail == Refuelled(B, 60, 72)


def test_a_refuel_that_adds_nothing_fails_the_voyage() -> None:
    pending = intent(GameAction.REFUEL, "", B, 40, step_index=1)
    done = settled(Done(ship(B, NavStatus.DOCKED, fuel=40), credits=0), under_way(pending, step_index=1))

    assert done.voyage.failure is not None
    assert done.voyage.failure.reason == "REFUEL_REFUSED"


def test_a_lost_answer_keeps_the_intent_open() -> None:
    lost = settled(OutcomeUnknown("time-out"))

    assert lost.voyage.intent == intent()
    assert (lost.voyage.last_error, lost.voyage.attempt, lost.pause) == ("time-out", 0, False)


def test_a_call_that_was_not_sent_is_tried_again_later_and_does_not_count() -> None:
    unsent = settled(NotSent("no connection"))

    assert unsent.pause
    assert (unsent.voyage.intent, unsent.voyage.next_action_time, unsent.voyage.attempt) == (None, later(3), 0)


def test_the_request_limit_is_waited_for_and_does_not_count() -> None:
    limited = settled(RateLimited(7.5))

    assert limited.pause
    assert (limited.voyage.intent, limited.voyage.next_action_time, limited.voyage.attempt) == (None, later(7.5), 0)
    assert isinstance(limited.voyage.pending_events[-1].detail, Waiting)


def test_a_short_wait_for_the_request_limit_needs_no_second_look() -> None:
    limited = settled(RateLimited(1.0))

    assert not limited.pause
    assert limited.seen is not None
    assert (limited.voyage.intent, limited.voyage.attempt) == (None, 0)
    assert limited.voyage.last_error == "the game's request limit is used up"


@pytest.mark.parametrize("code", [4200, 4204, 4214])
def test_being_in_transit_or_there_already_calls_for_a_look(code: int) -> None:
    refused = settled(Refused(code, "no"))

    assert (refused.seen, refused.voyage.intent, refused.pause) == (None, None, False)
    assert refused.voyage.state.is_active


@pytest.mark.parametrize(
    ("code", "believed", "real"),
    [(4236, NavStatus.IN_ORBIT, NavStatus.DOCKED), (4244, NavStatus.DOCKED, NavStatus.IN_ORBIT)],
)
def test_a_nav_status_that_the_game_denies_is_corrected(code: int, believed: NavStatus, real: NavStatus) -> None:
    refused = settled(Refused(code, "no"), ship_seen=ship(A, believed))

    assert refused.seen is not None
    assert refused.seen.ship.nav_status is real
    assert refused.voyage.attempt == 1


def test_a_tank_that_the_game_finds_too_empty_calls_for_a_second_look() -> None:
    refused = settled(Refused(4203, "no"))

    assert (refused.seen, refused.voyage.doubts_physics, refused.voyage.intent) == (None, True, None)


def test_without_credits_the_voyage_fails_at_once() -> None:
    refused = settled(Refused(4600, "no", metadata={"totalPrice": "72"}))

    assert refused.voyage.failure is not None
    assert refused.voyage.failure.reason == "INSUFFICIENT_CREDITS"
    assert dict(refused.voyage.failure.metadata) == {"totalPrice": "72"}


def test_a_place_that_sells_no_fuel_is_named() -> None:
    pending = intent(GameAction.REFUEL, "", B, 40, step_index=1)
    refused = settled(Refused(4601, "no"), under_way(pending, step_index=1), ship(B, NavStatus.DOCKED, 40))

    assert (refused.no_fuel_at, refused.voyage.state.is_active) == (B, True)


@pytest.mark.parametrize("code", [4000, 4201, 4202, 404, 422, 9999])
def test_five_refusals_of_one_step_fail_the_voyage(code: int) -> None:
    present = under_way(intent())
    for attempt in range(1, 5):
        refused = settled(Refused(code, "no"), present)
        assert (refused.voyage.attempt, refused.pause, refused.voyage.next_action_time) == (attempt, True, later(3))
        present = replace(refused.voyage, intent=intent())

    failed = settled(Refused(code, "no"), present).voyage

    assert failed.failure is not None
    assert failed.failure.reason == "INVALID_SHIP_STATE"
    assert dict(failed.failure.metadata)["game_error_code"] == str(code)


@pytest.mark.parametrize(
    ("code", "status", "rejects"),
    [(4100, 401, True), (4109, 401, True), (4114, 401, True), (4115, 401, True), (4113, 401, False),
     (4110, 401, False), (4104, 400, False), (4203, 401, False)],
)  # fmt: skip
def test_a_token_is_rejected_by_its_own_codes_alone(code: int, status: int, rejects: bool) -> None:
    assert Refused(code, "no", status).rejects_token is rejects
