"""What holds between the answers to related questions, and what the game's rules make of special ones."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.prepared import prepare
from routing_service.domain.route import Navigate, Refuel
from shared_kernel.physics import FlightMode
from tests.fakes.routing_cases import cost_of, plan, small_cases
from tests.fakes.routing_oracle import Case, Cost
from tests.fakes.routing_systems import system

_ALL_MODES = tuple(mode.value for mode in FlightMode)


def _cost(case: Case) -> Cost | None:
    try:
        return cost_of(plan(case), thrifty=case.thrifty)
    except NoRouteFoundError:
        return None


@settings(max_examples=150, deadline=None)
@given(case=small_cases(), dx=st.integers(-900_000, 900_000), dy=st.integers(-900_000, 900_000))
def test_moving_the_whole_system_changes_nothing(case: Case, dx: int, dy: int) -> None:
    moved = replace(case, places=[(x + dx, y + dy, sells) for x, y, sells in case.places])

    assert _cost(case) == _cost(moved)


@settings(max_examples=150, deadline=None)
@given(case=small_cases())
def test_mirroring_the_system_changes_nothing(case: Case) -> None:
    mirrored = replace(case, places=[(-y, x, sells) for x, y, sells in case.places])

    assert _cost(case) == _cost(mirrored)


@settings(max_examples=150, deadline=None)
@given(case=small_cases(), seed=st.integers(0, 99))
def test_the_order_of_waypoints_and_modes_changes_nothing(case: Case, seed: int) -> None:
    chance = random.Random(seed)
    order = chance.sample(range(len(case.places)), len(case.places))
    shuffled = replace(
        case,
        places=[case.places[old] for old in order],
        origin=order.index(case.origin),
        goal=order.index(case.goal),
        modes=chance.sample(list(case.modes), len(case.modes)),
    )

    assert _cost(case) == _cost(shuffled)


@settings(max_examples=150, deadline=None)
@given(case=small_cases())
def test_a_waypoint_far_from_everything_changes_nothing(case: Case) -> None:
    widened = replace(case, places=[*case.places, (500_000, 500_000, True)])

    assert _cost(case) == _cost(widened)


@settings(max_examples=150, deadline=None)
@given(case=small_cases(), more=st.integers(1, 20))
def test_more_fuel_is_never_slower(case: Case, more: int) -> None:
    richer = _cost(replace(case, thrifty=False, fuel=min(case.capacity, case.fuel + more)))
    poorer = _cost(replace(case, thrifty=False))

    assert poorer is None or (richer is not None and richer[0] <= poorer[0])


@settings(max_examples=150, deadline=None)
@given(case=small_cases())
def test_the_thriftiest_route_burns_no_more_and_takes_no_less_than_the_fastest(case: Case) -> None:
    fastest, thriftiest = _cost(replace(case, thrifty=False)), _cost(replace(case, thrifty=True))

    if fastest is None or thriftiest is None:
        assert fastest == thriftiest
    else:
        assert thriftiest[0] <= fastest[1]
        assert thriftiest[1] >= fastest[0]


@settings(max_examples=50, deadline=None)
@given(case=small_cases())
def test_equal_questions_get_equal_routes(case: Case) -> None:
    try:
        assert plan(case) == plan(case)
    except NoRouteFoundError:
        assert _cost(case) is None


def test_there_is_nothing_to_do_where_the_ship_already_is() -> None:
    route = plan(Case([(0, 0, True), (9, 9, True)], fuel=0, capacity=10, speed=9, modes=_ALL_MODES, goal=0))

    assert route.steps == ()
    assert (route.duration, route.fuel_consumed, route.distance, route.fuel_at_arrival) == (0, 0, 0.0, 0)


def test_an_empty_tank_is_filled_first_where_fuel_is_sold() -> None:
    route = plan(Case([(0, 0, True), (9, 0, False)], fuel=0, capacity=20, speed=9, modes=_ALL_MODES))

    assert [type(step) for step in route.steps] == [Refuel, Navigate]


def test_a_refuel_is_left_out_where_it_does_not_pay() -> None:
    case = Case([(0, 0, True), (9, 0, False)], fuel=9, capacity=20, speed=9, modes=["CRUISE", "BURN"])

    assert len(plan(replace(case, refuel=60 * 10**9)).steps) == 1
    assert len(plan(case).steps) == 2


def test_a_ship_without_a_tank_flies_for_nothing() -> None:
    route = plan(Case([(0, 0, True), (90_000, 0, False)], fuel=0, capacity=0, speed=9, modes=_ALL_MODES))

    assert [step.flight_mode for step in route.steps if isinstance(step, Navigate)] == [FlightMode.BURN]
    assert route.fuel_consumed == 0


def test_waypoints_at_the_same_place_are_a_leg_of_charged_distance_one_apart() -> None:
    route = plan(Case([(5, 5, False), (5, 5, False)], fuel=1, capacity=10, speed=9, modes=["CRUISE"]))

    assert (route.fuel_consumed, route.duration, route.distance) == (1, 18 * 10**9, 0.0)


@pytest.mark.parametrize("nanos", [1, 999_999_999, 86_400 * 10**9])
def test_overheads_count_to_the_nanosecond(nanos: int) -> None:
    places = [(0, 0, True), (30, 0, True), (60, 0, False)]
    case = Case(places, fuel=30, capacity=30, speed=9, modes=["CRUISE"], goal=2, refuel=nanos, departure=nanos)

    assert plan(case).duration == 2 * 98 * 10**9 + 3 * nanos


def test_the_largest_system_and_the_slowest_ship_stay_in_range() -> None:
    corners = [(-1_000_000, -1_000_000, True), (1_000_000, 1_000_000, False)]
    case = Case(corners, fuel=1, capacity=1, speed=1, modes=["DRIFT"], departure=1)

    assert plan(case).duration == (2_828_427 * 250 + 15) * 10**9 + 1


def test_a_system_of_a_thousand_waypoints_is_planned_in() -> None:
    chance = random.Random(8)
    places = [
        (chance.randint(-2_500, 2_500), chance.randint(-2_500, 2_500), number % 3 == 0) for number in range(1_000)
    ]
    case = Case(places, fuel=300, capacity=300, speed=15, modes=_ALL_MODES[:3], goal=999)

    assert plan(case, prepare(system(places))).steps
