"""The planner against an independent search, on anything."""

import random

import pytest
from hypothesis import given, settings

from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.prepared import PreparedGraph, prepare
from routing_service.domain.verify import verify_route
from tests.fakes.routing_cases import cost_of, map_cases, options_of, plan, ship_of, small_cases
from tests.fakes.routing_oracle import Case, Cost, least_cost, least_cost_on_a_map
from tests.fakes.routing_systems import REAL_SYSTEMS, real_places, system


def _verified_cost(case: Case, prepared: PreparedGraph) -> Cost | None:
    try:
        route = plan(case, prepared)
    except NoRouteFoundError:
        return None
    symbols = prepared.graph.symbols
    verify_route(
        prepared.graph,
        ship_of(case),
        options_of(case),
        route,
        origin=symbols[case.origin],
        destination=symbols[case.goal],
    )
    return cost_of(route, thrifty=case.thrifty)


@settings(max_examples=800, deadline=None)
@given(case=small_cases())
def test_costs_what_an_exhaustive_search_says(case: Case) -> None:
    assert least_cost(case) == _verified_cost(case, prepare(system(case.places)))


@settings(max_examples=300, deadline=None)
@given(case=small_cases(reach=1))
def test_costs_the_same_where_waypoints_share_coordinates(case: Case) -> None:
    assert least_cost(case) == _verified_cost(case, prepare(system(case.places)))


@pytest.mark.parametrize("name", REAL_SYSTEMS)
def test_costs_what_an_independent_search_says_on_real_maps(name: str) -> None:
    places = [place for _, place in real_places(name)]
    prepared = prepare(system(places))

    for case in map_cases(places, 100, seed=len(name) + len(places)):
        assert least_cost_on_a_map(case) == _verified_cost(case, prepared), case


@settings(max_examples=200, deadline=None)
@given(case=small_cases())
def test_the_oracle_for_maps_agrees_with_the_exhaustive_one(case: Case) -> None:
    assert least_cost(case) == least_cost_on_a_map(case)


@pytest.mark.parametrize("tank", [60, 90, 140])
def test_costs_what_an_independent_search_says_where_gaps_are_about_as_wide_as_tanks(tank: int) -> None:
    # Two clouds and a few waypoints between them: the search has to look at many labels before it crosses.
    chance = random.Random(tank)
    clouds = [(cloud, chance.randint(-30, 30), chance.randint(-30, 30)) for cloud in (0, 150) for _ in range(45)]
    places = [(cloud + x, y, chance.random() < 0.2) for cloud, x, y in clouds]
    places += [(chance.randint(40, 110), chance.randint(-40, 40), False) for _ in range(3)]
    prepared = prepare(system(places))

    for number in range(10):
        origin, goal, fuel = chance.randrange(45), 45 + chance.randrange(45), chance.randint(tank // 2, tank)
        modes = [["CRUISE", "BURN", "DRIFT"], ["DRIFT", "STEALTH"], ["CRUISE", "STEALTH"]][number % 3]
        case = Case(places, fuel, tank, chance.choice([3, 30]), modes, origin, goal, thrifty=number % 5 == 4)

        assert least_cost_on_a_map(case) == _verified_cost(case, prepared), case
