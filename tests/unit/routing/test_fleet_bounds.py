"""What is said of fleets too large to try everything: bounds below every plan, fuel carried or not."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_service.adapters import fleet_prices
from routing_service.adapters.fleet_prices import Look, bound_by_collecting
from routing_service.domain import fleet_proof
from routing_service.domain.fleet_bounds import lower_bound
from routing_service.domain.fleet_collectors import Grain
from routing_service.domain.fleet_planning import FleetTask
from routing_service.domain.fleet_proof import least_for_few
from routing_service.domain.prepared import prepare
from routing_service.domain.travel_times import SECONDS_PER_SOURCE
from tests.fakes.routing_fleets import FleetCase, small_fleets

_GRAINS = st.sampled_from([Grain(2, 20, 0), Grain(5, 64, 1), Grain(8, 400, 3)])


def _bound(case: FleetCase, least: int, grain: Grain, seconds: float) -> int:
    """`seconds` decide how flights are found out about; the value known is too high, as a rule."""
    prepared, problem = prepare(case.problem.graph), case.problem
    task = FleetTask.of(prepared, problem, seconds)
    if not task.stops:
        return 0
    look = Look(seconds, seconds, lambda: False, 12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fleet_prices, "grain_within", lambda *_: grain)
        return bound_by_collecting(prepared, problem, task, least + least // 8 + 1, 0, look)


def _selling(case: FleetCase) -> FleetCase:
    ships = tuple(replace(ship, places=[(x, y, True) for x, y, _ in ship.places]) for ship in case.ships)
    return replace(case, ships=ships)


@settings(max_examples=120, deadline=None)
@given(case=small_fleets(), grain=_GRAINS, seconds=st.sampled_from([1e-6, 60.0]), selling=st.booleans())
def test_no_way_to_share_the_stops_out_undercuts_what_ships_can_collect(
    case: FleetCase, grain: Grain, seconds: float, selling: bool
) -> None:
    case = _selling(case) if selling else case
    least = case.least_objective
    if least is None:
        return

    assert _bound(case, least, grain, seconds) <= least


@settings(max_examples=80, deadline=None)
@given(case=small_fleets(), sources=st.integers(0, 7))
def test_nor_what_stops_are_worth_of_which_few_are_looked_at_exactly(case: FleetCase, sources: int) -> None:
    least, problem = case.least_objective, case.problem
    stops = tuple(stop for stop in problem.stops if stop not in case.out_of_reach)
    if least is None:
        return

    seconds = (sources + 0.5) * SECONDS_PER_SOURCE * len(problem.graph.symbols) ** 2

    assert lower_bound(prepare(problem.graph), problem, stops, seconds) <= least


@settings(max_examples=80, deadline=None)
@given(case=small_fleets(), few=st.integers(1, 4))
def test_nor_what_the_best_plan_for_few_of_the_stops_is_worth(case: FleetCase, few: int) -> None:
    least, problem = case.least_objective, case.problem
    prepared = prepare(problem.graph)
    task = FleetTask.of(prepared, problem, 60.0)
    if least is None or not task.stops:
        return

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fleet_proof, "MAX_STOPS", few)
        bound = least_for_few(prepared, problem, task, least // task.unit + 1, lambda: False)

    assert bound <= least
    if few >= len(task.stops):
        assert bound == least
