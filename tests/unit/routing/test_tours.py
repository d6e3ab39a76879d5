"""Tours against an independent search over everything at once."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_service.adapters.nearest_neighbour import NearestNeighbourTourSolver
from routing_service.adapters.ortools_tour import OrToolsTourSolver
from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.prepared import PreparedGraph, prepare
from routing_service.domain.problem import RouteOptions, ShipProfile
from routing_service.domain.route import Navigate
from routing_service.domain.tour import SolveBudget, Status, TourPlan, TourProblem
from routing_service.domain.tour_flight import cost_of as flown_cost
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_search import search_of, take_up
from routing_service.domain.tour_ways import ways_of
from routing_service.domain.verify import verify_tour
from tests.fakes.routing_cases import cost_of, small_cases, tour_of
from tests.fakes.routing_oracle import Case, Cost, least_tour_cost
from tests.fakes.routing_systems import real_system, system

_FRIGATE = ShipProfile(400, 400, 36)


def _solve(
    prepared: PreparedGraph, problem: TourProblem, *, seconds: float = 60.0, seed: int = 0, work_limit: int = 0
) -> TourPlan:
    control = SolveControl(time.monotonic() + seconds)
    plan = OrToolsTourSolver().solve(prepared, problem, SolveBudget(seconds, seed, work_limit), control)
    verify_tour(problem, plan)
    return plan


def _proven_cost(case: Case, stops: Sequence[int], *, closed: bool) -> Cost | None:
    graph = system(case.places)
    try:
        plan = _solve(prepare(graph), tour_of(case, stops, graph, closed=closed), work_limit=50)
    except NoRouteFoundError:
        return None
    assert plan.status is Status.OPTIMAL
    return cost_of(plan.route, thrifty=case.thrifty)


def _real_tour(stops: int, *, seed: int, closed: bool, among_stations: bool = False) -> TourProblem:
    graph = real_system("X1-VB74")
    places = [place for place in range(len(graph.symbols)) if graph.sells_fuel[place] or not among_stations]
    origin, *chosen = random.Random(seed).sample(places, stops + 1)
    return TourProblem(graph, _FRIGATE, RouteOptions(), origin, tuple(chosen), closed)


@st.composite
def _small_tours(draw: st.DrawFn) -> tuple[Case, list[int], bool]:
    case = draw(small_cases())
    stops = draw(st.lists(st.integers(0, len(case.places) - 1), min_size=1, max_size=4, unique=True))
    return case, stops, draw(st.booleans())


@settings(max_examples=250, deadline=None)
@given(tour=_small_tours())
def test_costs_what_an_exhaustive_search_says(tour: tuple[Case, list[int], bool]) -> None:
    case, stops, closed = tour

    assert least_tour_cost(case, stops, closed=closed) == _proven_cost(case, stops, closed=closed)


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_stops_are_named_in_the_order_in_which_the_route_first_comes_by_them(seed: int, closed: bool) -> None:
    chance = random.Random(seed)
    places = [(chance.randint(-40, 40), chance.randint(-40, 40), number % 3 == 0) for number in range(8)]
    graph = system(places)

    plan = _solve(
        prepare(graph), TourProblem(graph, ShipProfile(60, 60, 10), RouteOptions(), 0, (1, 2, 3, 5, 6), closed)
    )

    passed = [step.to_waypoint for step in plan.route.steps if isinstance(step, Navigate)]
    assert sorted(plan.visit_order, key=passed.index) == [*plan.visit_order]


@pytest.mark.parametrize("closed", [True, False])
def test_proves_a_tour_of_ten_stops_anywhere(closed: bool) -> None:
    problem = _real_tour(10, seed=5, closed=closed)

    plan = _solve(prepare(problem.graph), problem)

    assert plan.status is Status.OPTIMAL
    assert plan.lower_bound == plan.route.duration


def test_proves_a_tour_of_twenty_stops_that_sell_fuel() -> None:
    problem = _real_tour(20, seed=2, closed=True, among_stations=True)

    assert _solve(prepare(problem.graph), problem).status is Status.OPTIMAL


def test_is_never_worse_than_always_flying_to_the_nearest_stop() -> None:
    problem = _real_tour(25, seed=3, closed=True)
    prepared = prepare(problem.graph)
    control = SolveControl(time.monotonic() + 60.0)
    baseline = NearestNeighbourTourSolver().solve(prepared, problem, SolveBudget(60.0), control)
    verify_tour(problem, baseline)

    plan = _solve(prepared, problem, work_limit=2_000)

    assert plan.route.duration < baseline.route.duration
    assert 0 < plan.lower_bound < plan.route.duration


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_an_order_costs_its_search_what_flying_it_costs_once_no_way_is_left_out(seed: int, closed: bool) -> None:
    problem = replace(_real_tour(20, seed=seed, closed=closed), ship=ShipProfile(600, 600, 36))
    prepared = prepare(problem.graph)
    plan = _solve(prepared, problem, work_limit=800)
    task = TourTask.of(prepared, problem, lambda: False)
    nodes = {problem.graph.symbols[place]: node for node, place in enumerate(task.model.nodes)}
    sequence = task.sequence([0, *(nodes[symbol] for symbol in plan.visit_order)])
    ways = ways_of(task.model.tables, task.floors, 0 if closed else -1, every=True)
    search = search_of(ways, 20, problem.ship.fuel, seed)

    assert take_up(ways, search, sequence[1:21].copy())

    assert search.current.cost[0] == flown_cost(task.model.tables, sequence, problem.ship.fuel)


def test_equal_seeds_and_work_give_equal_plans() -> None:
    problem = _real_tour(16, seed=7, closed=False)
    prepared = prepare(problem.graph)

    first, second = (_solve(prepared, problem, seed=11, work_limit=1_500) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**63, 2**64 - 1])
def test_any_seed_will_do(seed: int) -> None:
    problem = _real_tour(14, seed=7, closed=False)

    assert _solve(prepare(problem.graph), problem, seed=seed, work_limit=2**64 - 1, seconds=0.2).route.steps


def test_ends_in_time_with_a_plan() -> None:
    problem = _real_tour(40, seed=9, closed=True)
    prepared = prepare(problem.graph)
    began = time.monotonic()

    plan = _solve(prepared, problem, seconds=0.3)

    assert plan.status is Status.FEASIBLE
    assert time.monotonic() - began < 15


def test_comes_to_an_end_when_it_is_cancelled() -> None:
    problem = _real_tour(40, seed=9, closed=True)
    control = SolveControl(time.monotonic() + 60.0)
    control.cancel()

    plan = OrToolsTourSolver().solve(prepare(problem.graph), problem, SolveBudget(60.0), control)

    verify_tour(problem, plan)


def test_an_origin_that_is_a_stop_is_visited_first() -> None:
    graph = system([(0, 0, True), (9, 0, False), (0, 9, False)])
    problem = TourProblem(graph, ShipProfile(100, 100, 9), RouteOptions(), 0, (2, 0, 1), True)

    assert _solve(prepare(graph), problem).visit_order[0] == graph.symbols[0]


@pytest.mark.parametrize("closed", [True, False])
def test_a_tour_of_the_origin_alone_is_no_flight(closed: bool) -> None:
    graph = system([(0, 0, False), (9, 0, False)])
    problem = TourProblem(graph, ShipProfile(1, 100, 9), RouteOptions(), 0, (0,), closed)

    plan = _solve(prepare(graph), problem)

    assert plan.visit_order == (graph.symbols[0],)
    assert plan.route.steps == ()
    assert plan.status is Status.OPTIMAL


def test_stops_far_apart_in_a_large_system_are_flown_over_its_stations() -> None:
    chance = random.Random(4)
    places = [(chance.randint(-2_000, 2_000), chance.randint(-2_000, 2_000), number % 4 == 0) for number in range(320)]
    graph = system(places)
    problem = TourProblem(graph, _FRIGATE, RouteOptions(), 0, tuple(range(1, 31)), True)

    plan = _solve(prepare(graph), problem, work_limit=300)

    assert plan.status is Status.FEASIBLE
    assert plan.lower_bound > 0
