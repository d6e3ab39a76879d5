"""Tours in a given order, and tours that end where they are told to, against an independent search."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_service.adapters.nearest_neighbour import NearestNeighbourTourSolver
from routing_service.adapters.ortools_tour import OrToolsTourSolver
from routing_service.adapters.solve_control import SolveControl
from routing_service.application.fields import BudgetInput, GraphInput, OptionsInput, ShipInput
from routing_service.application.queries.optimize_tour import OptimizeTourQuery
from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.prepared import prepare
from routing_service.domain.problem import RouteOptions, ShipProfile
from routing_service.domain.tour import SolveBudget, Status, TourPlan, TourProblem
from routing_service.domain.verify import PlanRejectedError, verify_tour
from tests.fakes.routing_cases import cost_of, small_cases, tour_of
from tests.fakes.routing_oracle import Case, Cost, least_tour_cost
from tests.fakes.routing_systems import real_system, system

_FRIGATE = ShipProfile(400, 400, 36)
_LINE = system([(0, 0, True), (10, 0, False), (20, 0, False)])


def _solve(problem: TourProblem, *, work_limit: int = 0) -> TourPlan:
    control = SolveControl(time.monotonic() + 60.0)
    plan = OrToolsTourSolver().solve(prepare(problem.graph), problem, SolveBudget(60.0, 0, work_limit), control)
    verify_tour(problem, plan)
    return plan


def _proven_cost(case: Case, stops: Sequence[int], *, closed: bool, in_order: bool, end: int | None) -> Cost | None:
    problem = tour_of(case, stops, system(case.places), closed=closed)
    end = None if closed else end
    try:
        plan = _solve(
            replace(
                problem,
                keep_order=in_order,
                return_to_origin=closed or end == case.origin,
                destination=None if end == case.origin else end,
            ),
            work_limit=50,
        )
    except NoRouteFoundError:
        return None
    assert plan.status is Status.OPTIMAL
    return cost_of(plan.route, thrifty=case.thrifty)


@st.composite
def _tours(draw: st.DrawFn) -> tuple[Case, list[int], bool, int | None]:
    case = draw(small_cases())
    place = st.integers(0, len(case.places) - 1)
    return (
        case,
        draw(st.lists(place, min_size=1, max_size=4, unique=True)),
        draw(st.booleans()),
        draw(place | st.none()),
    )


@settings(max_examples=200, deadline=None)
@given(tour=_tours())
def test_an_order_that_is_kept_is_flown_as_well_as_it_can_be(tour: tuple[Case, list[int], bool, int | None]) -> None:
    case, stops, closed, end = tour

    expected = least_tour_cost(case, stops, closed=closed, in_order=True, end=end)

    assert expected == _proven_cost(case, stops, closed=closed, in_order=True, end=end)


@settings(max_examples=200, deadline=None)
@given(tour=_tours())
def test_an_end_is_kept_in_the_best_order(tour: tuple[Case, list[int], bool, int | None]) -> None:
    case, stops, _, end = tour

    expected = least_tour_cost(case, stops, closed=False, end=end)

    assert expected == _proven_cost(case, stops, closed=False, in_order=False, end=end)


@pytest.mark.parametrize("stops", [12, 30])
def test_many_stops_end_where_they_are_told_to(stops: int) -> None:
    graph = real_system("X1-VB74")
    origin, end, *chosen = random.Random(stops).sample(range(len(graph.symbols)), stops + 2)
    problem = TourProblem(graph, _FRIGATE, RouteOptions(), origin, tuple(chosen), False, destination=end)

    plan = _solve(problem, work_limit=500)

    assert plan.route.destination == graph.symbols[end]
    assert graph.symbols[end] not in plan.visit_order
    anywhere = _solve(replace(problem, stops=(*chosen, end), destination=None), work_limit=500)
    assert plan.lower_bound >= anywhere.lower_bound * 0.9
    assert plan.route.duration >= anywhere.lower_bound


def test_a_stop_that_is_the_end_is_visited_last() -> None:
    plan = _solve(TourProblem(_LINE, ShipProfile(90, 90, 9), RouteOptions(), 0, (1, 2), False, destination=1))

    assert plan.visit_order == (_LINE.symbols[2], _LINE.symbols[1])


def test_an_origin_that_comes_later_in_an_order_is_flown_back_to() -> None:
    problem = TourProblem(_LINE, ShipProfile(90, 90, 9), RouteOptions(), 0, (2, 0, 1), False, keep_order=True)

    plan = _solve(problem)

    assert plan.visit_order == tuple(_LINE.symbols[place] for place in (2, 0, 1))
    assert plan.route.destination == _LINE.symbols[1]
    assert len(plan.route.steps) >= 3


@pytest.mark.parametrize("order", [{"keep_order": True}, {"destination": 2}])
def test_the_baseline_keeps_to_them_too(order: dict[str, Any]) -> None:
    problem = replace(TourProblem(_LINE, ShipProfile(90, 90, 9), RouteOptions(), 0, (2, 1), False), **order)
    control = SolveControl(time.monotonic() + 60.0)

    plan = NearestNeighbourTourSolver().solve(prepare(_LINE), problem, SolveBudget(60.0), control)

    verify_tour(problem, plan)


def test_the_judge_minds_the_order_and_the_end() -> None:
    problem = TourProblem(_LINE, ShipProfile(90, 90, 9), RouteOptions(), 0, (1, 2), False)
    plan = _solve(problem)

    with pytest.raises(PlanRejectedError, match="order"):
        verify_tour(replace(problem, stops=(2, 1), keep_order=True), plan)
    with pytest.raises(PlanRejectedError, match="ends at"):
        verify_tour(replace(problem, destination=1), plan)


_REQUEST = OptimizeTourQuery(
    GraphInput("X1-T1", ("A", "B"), (0, 9), (0, 0), (True, False), b"A B"),
    ShipInput(9, 9, 9),
    "A",
    ("B",),
    False,
    OptionsInput(),
    BudgetInput(),
)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"destination": "B", "keep_order": True}, []),
        ({"destination": "C"}, ["destination"]),
        ({"destination": "lower"}, ["destination"]),
        ({"destination": "B", "return_to_origin": True}, ["destination", "return_to_origin"]),
    ],
)
def test_an_end_is_a_place_and_named_once(changes: dict[str, Any], fields: list[str]) -> None:
    assert [violation.field for violation in replace(_REQUEST, **changes).validate()] == fields
