"""The voyage as a value: its transitions, and what they tell."""

from dataclasses import replace
from datetime import timedelta

from navigation_service.domain.events import Accepted, Ended, Failure, Replanned, VoyageState, Waiting
from navigation_service.domain.route import Refuel, Route, RouteOptions
from navigation_service.domain.voyage import GameAction, Stop
from tests.fakes.navigation_samples import (
    NOW,
    ROUTE,
    SECOND,
    A,
    B,
    C,
    D,
    flying,
    intent,
    later,
    leg,
    route,
    seen,
    ship,
    voyage,
)


def test_the_first_event_is_the_plan() -> None:
    accepted = voyage().accepted(ship(A), NOW)

    assert [(event.number, event.detail) for event in accepted.pending_events] == [(1, Accepted(ROUTE))]
    assert accepted.pending_events[0].message == "planned 2 legs, 1 refuel"
    assert accepted.state is VoyageState.PLANNED


def test_a_ship_that_is_there_has_completed_its_voyage() -> None:
    accepted = voyage(Route.of_nothing(C, 100)).accepted(ship(C), NOW)

    assert (accepted.state, accepted.end_time, accepted.unvisited) == (VoyageState.COMPLETED, NOW, ())
    assert [type(event.detail) for event in accepted.pending_events] == [Accepted, Ended]


def test_a_ship_that_flies_to_its_destination_already_has_not_arrived_yet() -> None:
    accepted = voyage(Route.of_nothing(C, 60)).accepted(flying(C, 30), NOW)

    assert accepted.state is VoyageState.PLANNED
    assert accepted.unvisited == (C,)


def test_events_are_numbered_without_gaps() -> None:
    told = voyage().accepted(ship(A), NOW).drained().waiting(later(5), "the game does not answer", NOW).cancelled(NOW)

    assert [event.number for event in told.pending_events] == [2, 3]
    assert told.last_event_number == 3


def test_a_cause_of_waiting_is_told_once() -> None:
    once = voyage().waiting(later(5), "the game does not answer", NOW)
    twice = once.waiting(later(9), "the game does not answer", NOW)
    other = twice.waiting(later(12), "the planner does not answer", NOW)

    assert [type(event.detail) for event in twice.pending_events] == [Waiting]
    assert twice.next_action_time == later(9)
    assert len(other.pending_events) == 2


def test_waiting_for_an_arrival_is_not_told() -> None:
    assert voyage().waiting(later(5), "", NOW).pending_events == ()


def test_setbacks_count_in_a_row_and_end_with_success() -> None:
    set_back = voyage().waiting(later(1), "down", NOW, setback=True).waiting(later(2), "down", NOW, setback=True)

    assert (set_back.setbacks, set_back.last_error) == (2, "down")
    assert set_back.begun(intent(), NOW).took_effect(seen(flying(B, 50)), None, NOW).setbacks == 0


def test_the_first_action_puts_a_voyage_under_way() -> None:
    assert voyage().begun(intent(), NOW).state is VoyageState.UNDER_WAY


def test_a_departure_is_told_once() -> None:
    flight = seen(flying(B, 50))
    departed = voyage().under_flight(flight, NOW)

    assert departed.under_flight(flight, NOW) == departed


def test_a_departure_makes_a_new_plan_possible_here() -> None:
    assert voyage(replanned_at=(A, 100)).under_flight(seen(flying(B, 50)), NOW).replanned_at is None


def test_an_effect_of_another_step_changes_no_step() -> None:
    """A foreign hand may have brought the ship on while an outcome was unknown."""
    moved = voyage(step_index=1, intent=intent(GameAction.REFUEL, "", B, 40, step_index=0))

    assert moved.took_effect(seen(ship(B)), None, NOW).step_index == 1


def test_a_new_plan_starts_from_its_first_step() -> None:
    new = route(leg(B, C))
    planned = voyage(step_index=2, departed=True, attempt=3, setbacks=4).replanned(new, "why", ship(B, fuel=50), NOW)

    assert (planned.route, planned.step_index, planned.attempt, planned.setbacks) == (new, 0, 0, 0)
    assert (planned.departed, planned.replanned_at) == (False, (B, 50))
    assert planned.pending_events[-1].detail == Replanned(new, "why")


def test_refusals_count_within_one_step() -> None:
    refused = voyage().refused("no", NOW).refused("no", NOW)

    assert (refused.attempt, refused.last_error) == (2, "no")
    assert refused.arrived(ship(B), NOW).attempt == 0


def test_the_eta_adds_up_what_is_left() -> None:
    options = RouteOptions(refuel_duration=5 * SECOND, departure_overhead=2 * SECOND)
    planned = voyage(route(leg(A, B, seconds=60), Refuel(B, 60), leg(B, C, seconds=120)), options=options)

    assert planned.with_eta(NOW, 1.0).eta == later(60 + 2 + 5 + 120 + 2)
    assert planned.with_eta(NOW, 60.0).eta == later(1 + 2 + 5 + 2 + 2)
    assert replace(planned, departed=True).with_eta(later(10), 1.0).eta == later(10 + 5 + 120 + 2)


def test_a_failure_ends_a_voyage_for_good() -> None:
    failure = Failure("NO_ROUTE", "no fuel", (("cause", "FUEL_TOO_LOW"),))
    failed = voyage(intent=intent(), eta=later(9)).failed(failure, NOW)

    assert (failed.state, failed.failure, failed.end_time) == (VoyageState.FAILED, failure, NOW)
    assert (failed.intent, failed.eta) == (None, None)
    assert failed.pending_events[-1].detail == Ended(failure)
    assert failed.pending_events[-1].state is VoyageState.FAILED


def test_all_unvisited_stops_of_a_place_are_visited_at_once() -> None:
    stops = (Stop(B, later(-9)), Stop(B), Stop(C))
    visited = replace(voyage(), stops=stops).visiting(B, NOW)

    assert visited.stops == (Stop(B, later(-9)), Stop(B, NOW), Stop(C))


def test_arriving_late_by_our_clock_is_not_arriving_in_the_past() -> None:
    overdue = seen(flying(B, 1), later(-10))
    departed = voyage().under_flight(overdue, NOW)

    assert departed.pending_events[-1].detail.arrival_time - NOW == timedelta(0)  # type: ignore[union-attr]  # Departed


def test_a_plan_from_a_stop_visits_it_and_puts_the_rest_in_its_order() -> None:
    new = route(leg(D, C, 10), leg(C, B, 10))
    tour = voyage(stops=(B, C, D))

    planned = tour.replanned(new, "why", ship(D), NOW)

    assert planned.stops == (Stop(D, NOW), Stop(C), Stop(B))
    kept = replace(tour, keep_order=True).replanned(new, "why", ship(D), NOW)
    assert kept.stops == tour.stops


def test_there_is_no_eta_between_rounds() -> None:
    following = voyage(repeat=True, eta=later(9)).round_completed(ship(C), NOW)

    assert following.with_eta(NOW, 1.0).eta is None


def test_rounds_are_told_apart_by_number_and_start_time() -> None:
    second = voyage(repeat=True).round_completed(ship(C), later(10))
    third = second.round_completed(ship(C), later(200))

    assert (second.round, second.round_start_time) == (2, later(60))
    assert (third.round, third.round_start_time) == (3, later(200))
