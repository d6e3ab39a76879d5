"""What a voyage does next: one test for each row of the decision table."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from navigation_service.domain.events import Arrived, Departed, Ended, Refuelled, RoundCompleted, VoyageState
from navigation_service.domain.next_action import (
    ARRIVAL_BUFFER,
    Become,
    Decision,
    Observe,
    Replan,
    Send,
    Wait,
    next_action,
)
from navigation_service.domain.route import Refuel
from navigation_service.domain.ship import NavStatus, Ship
from navigation_service.domain.voyage import GameAction, Voyage
from shared_kernel.physics import FlightMode
from tests.fakes.navigation_samples import NOW, ROUTE, A, B, C, D, flying, intent, later, leg, route, seen, ship, voyage

DOCKED = NavStatus.DOCKED


def decide(of: Voyage, ship_seen: Ship) -> Decision:
    return next_action(of, seen(ship_seen), NOW)


def become(of: Voyage, ship_seen: Ship) -> Voyage:
    decision = decide(of, ship_seen)
    assert isinstance(decision, Become)
    return decision.voyage


def at_refuel(**changes: Any) -> Voyage:
    return voyage(step_index=1, state=VoyageState.UNDER_WAY, **changes)


# In transit


def test_adopts_a_flight_to_the_steps_target_whoever_began_it() -> None:
    adopted = become(voyage(), flying(B, arrival_in=50, fuel=40))

    assert adopted.departed
    assert adopted.pending_events[-1].detail == Departed(A, B, FlightMode.CRUISE, later(50), 40)


def test_waits_for_the_arrival_of_an_adopted_flight() -> None:
    assert decide(voyage(departed=True), flying(B, arrival_in=50)) == Wait(later(50) + ARRIVAL_BUFFER)


def test_waits_a_little_when_the_ship_is_overdue_by_our_clock() -> None:
    decision = decide(voyage(departed=True), flying(B, arrival_in=0))

    assert isinstance(decision, Wait)
    assert timedelta(0) < decision.until - NOW < timedelta(seconds=1)


def test_waits_for_the_arrival_of_a_flight_to_somewhere_else() -> None:
    decision = decide(voyage(), flying(D, arrival_in=30))

    assert decision == Wait(later(30) + ARRIVAL_BUFFER, f"the ship is in transit to {D}")


@pytest.mark.parametrize("step_index", [1, 3])
def test_waits_in_transit_at_steps_that_are_no_legs(step_index: int) -> None:
    assert isinstance(decide(voyage(step_index=step_index), flying(B, arrival_in=30)), Wait)


def test_plans_anew_after_a_flight_to_somewhere_else() -> None:
    assert isinstance(decide(voyage(), ship(D)), Replan)


def test_goes_on_as_planned_when_accepted_in_flight_to_the_plans_origin() -> None:
    assert decide(voyage(), ship(A)) == Send(GameAction.NAVIGATE, B)


# Legs


def test_a_leg_is_done_at_its_target() -> None:
    arrived = become(voyage(departed=True), ship(B, fuel=40))

    assert (arrived.step_index, arrived.departed) == (1, False)
    assert arrived.pending_events[-1].detail == Arrived(B, 40)


def test_a_leg_is_done_also_when_a_foreign_hand_brought_the_ship() -> None:
    assert become(voyage(departed=False), ship(B, DOCKED, fuel=7)).step_index == 1


def test_a_stop_is_visited_as_its_leg_is_done() -> None:
    arrived = become(voyage(stops=(B, C)), ship(B))

    assert [stop.visit_time for stop in arrived.stops] == [NOW, None]


def test_the_step_and_not_the_place_says_where_a_voyage_is() -> None:
    """A tour that passes A twice is not back at its beginning when it is at A again."""
    tour = route(leg(A, B, 10), leg(B, A, 10), leg(A, C, 10))

    assert decide(voyage(tour, stops=(B, C), step_index=2), ship(A)) == Send(GameAction.NAVIGATE, C)


def test_sets_the_flight_mode_of_the_leg_first() -> None:
    burn = voyage(route(leg(A, C, 40, FlightMode.BURN)))

    assert decide(burn, ship(A, DOCKED)) == Send(GameAction.SET_FLIGHT_MODE, "BURN")


def test_orbits_before_it_leaves() -> None:
    assert decide(voyage(), ship(A, DOCKED)) == Send(GameAction.ORBIT)


def test_navigates_from_orbit_in_the_right_mode() -> None:
    assert decide(voyage(), ship(A)) == Send(GameAction.NAVIGATE, B)


def test_goes_on_with_more_fuel_than_planned() -> None:
    full = replace(ship(A), fuel=1000, fuel_capacity=1000)

    assert decide(voyage(route(leg(A, C, 40))), full) == Send(GameAction.NAVIGATE, C)


def test_plans_anew_when_a_later_leg_cannot_be_paid_for() -> None:
    both = route(leg(A, B, 60), leg(B, C, 30))

    assert decide(voyage(both), ship(A, fuel=90)) == Send(GameAction.NAVIGATE, B)
    assert isinstance(decide(voyage(both), ship(A, fuel=89)), Replan)


def test_plans_anew_from_a_foreign_place() -> None:
    decision = decide(voyage(), ship(D))

    assert isinstance(decision, Replan)
    assert D in decision.cause


# Refuelling


def test_skips_the_refuelling_of_a_full_tank_without_a_call() -> None:
    assert become(at_refuel(), ship(B, fuel=100)).step_index == 2


def test_a_tank_that_holds_more_than_it_can_is_full() -> None:
    assert become(at_refuel(), replace(ship(B), fuel=130)).step_index == 2


def test_docks_before_it_refuels() -> None:
    assert decide(at_refuel(), ship(B, fuel=40)) == Send(GameAction.DOCK)


def test_refuels_to_full_when_docked() -> None:
    assert decide(at_refuel(), ship(B, DOCKED, fuel=40)) == Send(GameAction.REFUEL)


def test_plans_anew_at_a_refuelling_that_is_elsewhere() -> None:
    assert isinstance(decide(at_refuel(), ship(D, DOCKED, fuel=40)), Replan)


def test_plans_anew_when_a_full_tank_does_not_reach_over_the_next_leg() -> None:
    small = replace(ship(B, DOCKED, fuel=40), fuel_capacity=80)

    assert isinstance(decide(at_refuel(), small), Replan)


# The end


def test_completes_in_orbit_after_the_last_step() -> None:
    completed = become(voyage(step_index=3), ship(C))

    assert (completed.state, completed.unvisited) == (VoyageState.COMPLETED, ())
    assert completed.pending_events[-1].detail == Ended()


def test_plans_anew_when_a_stop_is_unvisited_after_the_last_step() -> None:
    assert isinstance(decide(voyage(step_index=3), ship(D)), Replan)


def test_a_cancelled_voyage_sends_nothing_more() -> None:
    assert become(voyage(cancel_requested=True), ship(A)).state is VoyageState.CANCELLED
    assert become(voyage(cancel_requested=True, intent=intent()), ship(A)).state is VoyageState.CANCELLED


# Unknown outcomes


def test_waits_until_an_unknown_outcome_must_have_settled() -> None:
    decision = decide(voyage(intent=intent()), ship(A))

    assert isinstance(decision, Wait)
    assert decision.until == later(6)


@pytest.mark.parametrize("asked", [0.0, 5.9])
def test_a_look_from_before_an_outcome_settled_proves_nothing(asked: float) -> None:
    assert next_action(voyage(intent=intent()), seen(ship(A), later(asked), later(7)), later(7)) == Observe()


def settled(of: Voyage, ship_seen: Ship) -> Voyage:
    decision = next_action(of, seen(ship_seen, later(6), later(7)), later(7))
    assert isinstance(decision, Become)
    return decision.voyage


def test_an_unknown_navigate_is_adopted_if_the_ship_flies() -> None:
    resolved = settled(voyage(intent=intent()), flying(B, 40, fuel=40))

    assert (resolved.intent, resolved.departed, resolved.step_index) == (None, True, 0)
    assert [type(event.detail) for event in resolved.pending_events] == [Departed]


def test_an_unknown_navigate_is_adopted_if_the_ship_is_there() -> None:
    resolved = settled(voyage(intent=intent()), ship(B, fuel=40))

    assert (resolved.intent, resolved.departed) == (None, True)


def test_an_unknown_refuel_is_adopted_if_the_tank_holds_more() -> None:
    pending = intent(GameAction.REFUEL, "", B, 40, step_index=1)
    resolved = settled(at_refuel(intent=pending), ship(B, DOCKED, fuel=100))

    assert (resolved.intent, resolved.step_index) == (None, 2)
    assert resolved.pending_events[-1].detail == Refuelled(B, 60, None)


@pytest.mark.parametrize(
    ("pending", "ship_seen"),
    [
        (intent(GameAction.NAVIGATE, B), ship(A)),
        (intent(GameAction.ORBIT, ""), ship(A, DOCKED)),
        (intent(GameAction.SET_FLIGHT_MODE, "BURN"), ship(A)),
    ],
)
def test_an_unknown_action_without_a_trace_is_decided_again(pending: object, ship_seen: Ship) -> None:
    resolved = settled(voyage(intent=pending), ship_seen)

    assert (resolved.intent, resolved.step_index, resolved.pending_events) == (None, 0, ())


# Doubts


def test_fails_when_the_game_sees_too_little_fuel_and_a_second_look_does_not() -> None:
    failed = become(voyage(doubts_physics=True), ship(A, fuel=100))

    assert failed.failure is not None
    assert failed.failure.reason == "PHYSICS_MISMATCH"
    assert dict(failed.failure.metadata) == {"required": "60", "available": "100"}


def test_plans_anew_when_the_second_look_sees_too_little_fuel_too() -> None:
    assert isinstance(decide(voyage(doubts_physics=True), ship(A, fuel=20)), Replan)


def test_fails_when_a_plan_was_made_here_with_this_fuel_before() -> None:
    failed = become(voyage(replanned_at=(D, 20)), ship(D, fuel=20))

    assert failed.failure is not None
    assert failed.failure.reason == "REPLAN_LOOP"
    assert dict(failed.failure.metadata) == {"waypoint": D, "fuel": "20"}


def test_plans_anew_here_again_with_other_fuel() -> None:
    assert isinstance(decide(voyage(replanned_at=(D, 20)), ship(D, fuel=21)), Replan)


def test_probes_fly_without_fuel() -> None:
    probe = replace(ship(A), fuel=0, fuel_capacity=0)
    free = route(leg(A, B, 0, FlightMode.BURN), leg(B, C, 0, FlightMode.BURN))

    assert decide(voyage(free), probe) == Send(GameAction.SET_FLIGHT_MODE, "BURN")


def test_a_refuelling_of_a_ship_without_a_tank_is_skipped() -> None:
    probe = replace(ship(A), fuel=0, fuel_capacity=0)

    assert become(voyage(route(Refuel(A, 0), leg(A, C, 0))), probe).step_index == 1


def test_the_route_of_these_tests_can_be_flown() -> None:
    assert [step.waypoint for step in ROUTE.steps] == [A, B, B]


# Tours


TOUR = route(leg(A, B, 10), leg(B, C, 10))


def test_a_stop_that_was_flown_to_when_accepted_is_visited_on_arrival() -> None:
    arrived = become(voyage(TOUR, stops=(A, C)), ship(A))

    assert [stop.visit_time for stop in arrived.stops] == [NOW, None]
    assert arrived.step_index == 0
    assert decide(arrived, ship(A)) == Send(GameAction.NAVIGATE, B)


def test_a_stop_out_of_its_turn_is_not_visited() -> None:
    in_order = voyage(TOUR, stops=(C, B), keep_order=True)

    assert become(in_order, ship(B)).unvisited == (C, B)
    assert isinstance(decide(in_order, ship(A)), Send)


def test_a_closed_tour_completes_at_home_alone() -> None:
    visited = voyage(TOUR, stops=(B, C), home=A, step_index=2).visiting(B, NOW)

    assert isinstance(decide(visited, ship(C)), Replan)
    assert become(visited.visiting(C, NOW), ship(A)).state is VoyageState.COMPLETED


def test_a_round_is_completed_after_its_last_step() -> None:
    round_one = voyage(TOUR, stops=(B, C), repeat=True, step_index=2).visiting(B, NOW)

    following = become(round_one, ship(C))

    assert following.pending_events[-1].detail == RoundCompleted(1)
    assert (following.round, following.step, following.unvisited) == (2, None, (B, C))
    assert following.state is round_one.state


def test_the_next_round_begins_a_minute_after_the_last_one_began() -> None:
    following = become(voyage(TOUR, stops=(B, C), repeat=True, step_index=2).visiting(B, NOW), ship(C))

    waiting = decide(following, ship(C))
    assert isinstance(waiting, Wait)
    assert waiting.until == later(60)
    begun = next_action(following, seen(ship(C), later(60)), later(60))
    assert begun == Replan("round 2 begins")


def test_a_round_that_took_longer_is_followed_by_the_next_at_once() -> None:
    slow = voyage(TOUR, stops=(B, C), repeat=True, step_index=2, create_time=later(-70)).visiting(B, NOW)

    assert decide(become(slow, ship(C)), ship(C)) == Replan("round 2 begins")


def test_a_new_round_is_no_replan_loop() -> None:
    again = voyage(TOUR, stops=(B, C), repeat=True, step_index=2, create_time=later(-70), replanned_at=(C, 100))

    assert isinstance(decide(become(again.visiting(B, NOW), ship(C)), ship(C)), Replan)


def test_a_ship_that_is_taken_away_between_rounds_begins_the_next_where_it_is() -> None:
    following = become(voyage(TOUR, stops=(B, C), repeat=True, step_index=2).visiting(B, NOW), ship(C))

    assert isinstance(next_action(following, seen(ship(D), later(60)), later(60)), Replan)


def test_a_cancel_between_rounds_is_heeded() -> None:
    following = become(voyage(TOUR, stops=(C,), repeat=True, step_index=2), ship(C))

    assert become(replace(following, cancel_requested=True), ship(C)).state is VoyageState.CANCELLED
