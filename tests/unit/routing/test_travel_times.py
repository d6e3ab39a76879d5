"""Tables of travel times against the planner, pair by pair, and against an independent search."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings

from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.planner import plan_route
from routing_service.domain.prepared import prepare
from routing_service.domain.problem import Objective, RouteOptions, ShipProfile
from routing_service.domain.travel_times import NEVER, travel_times_from
from tests.fakes.routing_cases import options_of, ship_of, small_cases
from tests.fakes.routing_oracle import Case, least_cost
from tests.fakes.routing_systems import real_system, system

_FRIGATE = ShipProfile(400, 400, 36)


@settings(max_examples=400, deadline=None)
@given(case=small_cases())
def test_every_time_is_what_an_exhaustive_search_says(case: Case) -> None:
    full = replace(case, fuel=case.capacity)
    times = travel_times_from(prepare(system(case.places)), ship_of(case), options_of(case), case.origin)

    for goal in range(len(case.places)):
        cost = least_cost(replace(full, goal=goal))
        expected = NEVER if cost is None else cost[1 if case.thrifty else 0]
        assert expected == times[goal]


@pytest.mark.parametrize("objective", Objective)
@pytest.mark.parametrize("tank", [0, 80, 400])
def test_every_time_on_a_real_map_is_the_planners_own(objective: Objective, tank: int) -> None:
    prepared = prepare(real_system("X1-AD75"))
    ship, options = replace(_FRIGATE, fuel=tank, fuel_capacity=tank), RouteOptions(objective=objective)
    places = range(len(prepared.graph.symbols))
    chance = random.Random(tank)
    for source in chance.sample(places, 5):
        times = travel_times_from(prepared, ship, options, source)
        for goal in chance.sample(places, 8):
            try:
                expected = plan_route(prepared, ship, options, source, goal).duration
            except NoRouteFoundError:
                expected = NEVER
            assert expected == times[goal]


def test_the_fuel_in_the_tank_says_nothing() -> None:
    prepared = prepare(real_system("X1-AD75"))
    full, empty = (travel_times_from(prepared, replace(_FRIGATE, fuel=fuel), RouteOptions(), 3) for fuel in (400, 0))

    assert full.tolist() == empty.tolist()
