"""The game says now and then that a tank holds more than it can: then nobody knows what is in it."""

from dataclasses import replace
from typing import Any

import pytest

from navigation_service.domain.events import VoyageState
from navigation_service.domain.next_action import Become, Replan, Send, Wait, next_action
from navigation_service.domain.order import Order
from navigation_service.domain.ship import NavStatus, Ship
from navigation_service.domain.voyage import GameAction, Voyage
from tests.fakes.navigation_samples import NOW, A, B, C, D, intent, later, leg, route, seen, ship, voyage


def overfull(where: str = B, nav_status: NavStatus = NavStatus.IN_ORBIT) -> Ship:
    """As the gateway reports it: cut off at the capacity."""
    return ship(where, nav_status, fuel=100, overfull=True)


def at_refuel(**changes: Any) -> Voyage:
    return voyage(step_index=1, state=VoyageState.UNDER_WAY, **changes)


def test_no_planned_refuelling_is_skipped_for_it() -> None:
    assert next_action(at_refuel(), seen(overfull()), NOW) == Send(GameAction.DOCK)
    assert next_action(at_refuel(), seen(overfull(B, NavStatus.DOCKED)), NOW) == Send(GameAction.REFUEL)


@pytest.mark.parametrize("fuel_before", [40, 100])
def test_no_refuelling_is_taken_as_done_for_it(fuel_before: int) -> None:
    waiting = at_refuel(intent=intent(GameAction.REFUEL, "", B, fuel_before, step_index=1, settle_time=NOW))

    decision = next_action(waiting, seen(overfull(B, NavStatus.DOCKED)), NOW)

    assert isinstance(decision, Wait)
    assert decision.until > NOW
    sound = next_action(waiting, seen(ship(B, NavStatus.DOCKED, fuel=40)), NOW)
    assert isinstance(sound, Become)
    assert sound.voyage.intent is None


def test_it_fails_no_voyage_that_the_game_refused_for_want_of_fuel() -> None:
    doubting = voyage(route(leg(A, D)), (D,), state=VoyageState.UNDER_WAY, doubts_physics=True)

    assert isinstance(next_action(doubting, seen(overfull(A)), NOW), Wait)
    assert isinstance(next_action(doubting, seen(ship(A, fuel=10)), NOW), Replan)
    mismatch = next_action(doubting, seen(ship(A, fuel=100)), NOW)
    assert isinstance(mismatch, Become)
    assert mismatch.voyage.failure is not None


def test_it_does_not_hold_up_a_leg() -> None:
    flying = voyage(route(leg(A, C)), (C,), state=VoyageState.UNDER_WAY)

    assert next_action(flying, seen(overfull(A)), later(1)) == Send(GameAction.NAVIGATE, C)


def test_an_order_to_refuel_is_carried_out_in_spite_of_it() -> None:
    assert Order(GameAction.REFUEL).is_needed(overfull(B, NavStatus.DOCKED))
    assert not Order(GameAction.REFUEL).is_needed(replace(overfull(B, NavStatus.DOCKED), overfull=False))
