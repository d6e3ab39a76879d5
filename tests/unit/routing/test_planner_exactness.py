"""The planner against an independent search, on anything."""

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
