"""What is said where there is no route."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings

from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.prepared import prepare
from routing_service.domain.reach import refuse_unreachable
from tests.fakes.routing_cases import THIRSTY_MODES, options_of, plan, ship_of, small_cases
from tests.fakes.routing_oracle import Case, least_cost, least_tour_cost
from tests.fakes.routing_systems import system

# A chain along the x axis; fuel is sold at 0 and at 30.
_CHAIN = [(0, 0, True), (30, 0, True), (70, 0, False), (150, 0, False)]


def _refusal(case: Case) -> NoRouteFoundError:
    with pytest.raises(NoRouteFoundError) as caught:
        plan(case)
    return caught.value


def _refused_tour(case: Case, stops: Sequence[int], *, closed: bool) -> NoRouteFoundError | None:
    prepared = prepare(system(case.places))
    try:
        refuse_unreachable(prepared, ship_of(case), options_of(case), case.origin, stops, and_back=closed)
    except NoRouteFoundError as error:
        return error
    return None


@settings(max_examples=250, deadline=None)
@given(case=small_cases(reach=20, modes=THIRSTY_MODES))
def test_the_figures_are_the_least_that_would_do(case: Case) -> None:
    assume(least_cost(case) is None)
    shortage = _refusal(case).shortage
    fuel, capacity = shortage.required_fuel, shortage.required_fuel_capacity
    assert fuel is not None
    assert capacity is not None
    tank = max(case.capacity, capacity)

    assert least_cost(replace(case, fuel=capacity, capacity=capacity)) is not None
    assert capacity == 1 or least_cost(replace(case, fuel=capacity - 1, capacity=capacity - 1)) is None
    assert least_cost(replace(case, fuel=fuel, capacity=tank)) is not None
    assert fuel == 0 or least_cost(replace(case, fuel=fuel - 1, capacity=tank)) is None


@settings(max_examples=100, deadline=None)
@given(case=small_cases(reach=20, modes=THIRSTY_MODES))
def test_the_cause_is_what_is_in_the_way(case: Case) -> None:
    assume(least_cost(case) is None)
    full_tank_would_do = least_cost(replace(case, fuel=case.capacity)) is not None

    cause = _refusal(case).metadata["cause"]

    assert cause == ("TANK_TOO_SMALL" if not full_tank_would_do else "EMPTY_TANK" if case.fuel == 0 else "FUEL_TOO_LOW")


@settings(max_examples=100, deadline=None)
@given(case=small_cases(reach=20, modes=THIRSTY_MODES))
def test_the_nearest_reachable_waypoint_is_the_one_that_is_nearest_to_the_goal(case: Case) -> None:
    assume(least_cost(case) is None)
    x, y, _ = case.places[case.goal]
    within = [end for end in range(len(case.places)) if least_cost(replace(case, goal=end)) is not None]
    nearest = min(within, key=lambda end: (case.places[end][0] - x) ** 2 + (case.places[end][1] - y) ** 2)

    assert _refusal(case).metadata["nearest_reachable"] == f"X1-T1-A{nearest}"


@settings(max_examples=100, deadline=None)
@given(case=small_cases(reach=20, modes=THIRSTY_MODES))
def test_names_every_stop_that_cannot_be_reached_or_returned_from(case: Case) -> None:
    stops = range(1, len(case.places))
    for closed in (False, True):
        out_of_reach = [stop for stop in stops if least_tour_cost(case, [stop], closed=closed) is None]

        refused = _refused_tour(case, stops, closed=closed)

        assert list(refused.unreachable if refused else ()) == [f"X1-T1-A{stop}" for stop in out_of_reach]


def test_all_of_the_metadata_is_there() -> None:
    refusal = _refusal(Case(_CHAIN, fuel=5, capacity=50, speed=9, modes=["CRUISE"], origin=2, goal=3))

    assert refusal.reason == "NO_ROUTE"
    assert refusal.metadata == {
        "origin": "X1-T1-A2",
        "destination": "X1-T1-A3",
        "cause": "TANK_TOO_SMALL",
        "unreachable": "X1-T1-A3",
        "nearest_reachable": "X1-T1-A2",
        "required_fuel": "80",
        "required_fuel_capacity": "80",
    }
    assert "fuel capacity of 80" in refusal.message


def test_an_empty_tank_that_nobody_fills_goes_nowhere() -> None:
    refusal = _refusal(Case(_CHAIN, fuel=0, capacity=100, speed=9, modes=["CRUISE", "DRIFT"], origin=2, goal=3))

    assert refusal.metadata["cause"] == "EMPTY_TANK"
    assert (refusal.metadata["required_fuel"], refusal.metadata["required_fuel_capacity"]) == ("1", "1")
    assert refusal.metadata["nearest_reachable"] == "X1-T1-A2"


def test_fuel_that_does_not_reach_the_next_station_is_too_low() -> None:
    refusal = _refusal(Case(_CHAIN, fuel=39, capacity=100, speed=9, modes=["CRUISE"], origin=2, goal=0))

    assert refusal.metadata["cause"] == "FUEL_TOO_LOW"
    assert refusal.metadata["required_fuel"] == "40"


def test_a_closed_tour_asks_for_enough_to_come_back() -> None:
    refused = _refused_tour(Case(_CHAIN, fuel=80, capacity=80, speed=9, modes=["CRUISE"]), [1, 2, 3], closed=True)

    assert refused is not None
    assert refused.unreachable == ("X1-T1-A3",)
    # From the station at 30 out to 150, and back to it.
    assert refused.metadata["required_fuel_capacity"] == "240"
    assert refused.metadata["required_fuel"] == "0"
