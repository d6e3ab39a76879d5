"""What is said of tours too long to try all orders: bounds below every tour, and proofs that hold."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_service.adapters import ortools_tour
from routing_service.adapters.ortools_tour import OrToolsTourSolver
from routing_service.adapters.solve_control import SolveControl
from routing_service.adapters.tour_prices import bound_by_walks
from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.prepared import prepare
from routing_service.domain.problem import RouteOptions, ShipProfile
from routing_service.domain.tour import SolveBudget, Status, TourPlan, TourProblem
from routing_service.domain.tour_floors import order_by_floors
from routing_service.domain.tour_full_tank import FullTankTour, always_full
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.verify import verify_tour
from tests.fakes.routing_cases import small_cases, tour_of
from tests.fakes.routing_oracle import Case, least_tour_cost
from tests.fakes.routing_systems import real_system, system

_FRIGATE = ShipProfile(400, 400, 36)


def _in_a_minute() -> SolveControl:
    return SolveControl(time.monotonic() + 60.0)


def _solve(problem: TourProblem, *, work_limit: int) -> TourPlan:
    prepared = prepare(problem.graph)
    plan = OrToolsTourSolver().solve(prepared, problem, SolveBudget(60.0, 0, work_limit), _in_a_minute())
    verify_tour(problem, plan)
    return plan


@st.composite
def _tours(draw: st.DrawFn) -> tuple[Case, list[int], bool, int | None]:
    case = replace(draw(small_cases()), thrifty=False)
    place = st.integers(1, len(case.places) - 1)
    stops = draw(st.lists(place, min_size=1, max_size=5, unique=True))
    return case, stops, draw(st.booleans()), draw(st.none() | place)


def _problem(case: Case, stops: Sequence[int], *, closed: bool, end: int | None) -> TourProblem:
    problem = tour_of(case, stops, system(case.places), closed=closed)
    return replace(problem, destination=None if closed else end)


@settings(max_examples=150, deadline=None)
@given(tour=_tours())
def test_no_tour_undercuts_the_cheapest_walk(tour: tuple[Case, list[int], bool, int | None]) -> None:
    case, stops, closed, end = tour
    problem = _problem(case, stops, closed=closed, end=end)
    least = least_tour_cost(case, stops, closed=closed, end=None if closed else end)
    try:
        task = TourTask.of(prepare(problem.graph), problem, lambda: False)
    except NoRouteFoundError:
        return
    if least is None:
        return

    bound = bound_by_walks(task, least[0] // task.unit, 12, _in_a_minute())

    assert bound * task.unit <= least[0]


@settings(max_examples=60, deadline=None)
@given(tour=_tours())
def test_what_the_search_for_long_tours_calls_optimal_is(tour: tuple[Case, list[int], bool, int | None]) -> None:
    case, stops, closed, end = tour
    problem = _problem(case, stops, closed=closed, end=end)
    least = least_tour_cost(case, stops, closed=closed, end=None if closed else end)
    # No tour is short enough for the search that tries all orders.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ortools_tour, "MAX_STOPS", 0)
        try:
            plan = _solve(problem, work_limit=2_000)
        except NoRouteFoundError:
            assert least is None
            return

    assert least is not None
    assert plan.lower_bound <= least[0] <= plan.route.duration
    assert plan.status is not Status.OPTIMAL or plan.route.duration == least[0]


@settings(max_examples=150, deadline=None)
@given(tour=_tours())
def test_with_a_tank_that_is_always_full_the_shortest_order_is_the_best_tour(
    tour: tuple[Case, list[int], bool, int | None],
) -> None:
    case, stops, closed, end = tour
    case = replace(case, refuel=0, places=[(x, y, True) for x, y, _ in case.places])
    problem = _problem(case, stops, closed=closed, end=end)
    assert always_full(problem)
    try:
        full = FullTankTour.of(prepare(problem.graph), problem)
    except NoRouteFoundError:
        return
    last = [len(full.nodes) - 1] if problem.destination is not None else []
    movable = range(1, len(full.nodes) - len(last))
    orders = [np.array([0, *order, *last], np.int64) for order in permutations(movable)]
    best = min(orders, key=lambda order: full.cost(full.sequence(order)))

    plan = full.plan(best, full.cost(full.sequence(best)) * full.unit)

    verify_tour(problem, plan)
    least = least_tour_cost(case, stops, closed=closed, end=None if closed else end)
    assert least is not None
    assert (plan.status, plan.route.duration) == (Status.OPTIMAL, least[0])


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("fixed_end", [True, False])
def test_finds_the_shortest_order_of_a_few_by_floors(closed: bool, fixed_end: bool) -> None:
    if closed and fixed_end:
        return
    chance = np.random.default_rng(5)
    x, y = chance.integers(0, 1_000, (2, 8))
    floors = np.hypot(x[:, None] - x, y[:, None] - y).astype(np.int64) + chance.integers(1, 50, (8, 8))

    order = order_by_floors(floors, np.arange(8), 3, 100_000, closed=closed, fixed_end=fixed_end).tolist()

    def cost(sequence: Sequence[int]) -> int:
        flown = [*sequence, 0] if closed else sequence
        return sum(int(floors[a, b]) for a, b in pairwise(flown))

    orders = [[0, *middle] for middle in permutations(range(1, 8)) if not fixed_end or middle[-1] == 7]
    assert cost(order) == min(map(cost, orders))
    assert order in orders


def test_the_bound_of_a_tour_anywhere_knows_about_fuel() -> None:
    graph = real_system("X1-VB74")
    origin, *stops = random.Random(5).sample(range(len(graph.symbols)), 14)
    problem = TourProblem(graph, _FRIGATE, RouteOptions(), origin, tuple(stops), True)

    plan = _solve(problem, work_limit=10_000)

    assert plan.route.duration <= 1.2 * plan.lower_bound


def test_proves_a_tour_of_fifty_stops_that_sell_fuel() -> None:
    chance = random.Random(8)
    places = [(chance.randint(-500, 500), chance.randint(-500, 500), number != 0) for number in range(60)]
    problem = TourProblem(system(places), _FRIGATE, RouteOptions(), 0, tuple(range(1, 51)), True)

    assert _solve(problem, work_limit=10**6).status is Status.OPTIMAL
