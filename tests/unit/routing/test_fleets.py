"""Fleets against an exhaustive search over all ways to share the stops out."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from routing_service.adapters.fleet_solver import RuinAndRecreateFleetSolver
from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.fleet import FleetPlan, FleetProblem, FleetShip
from routing_service.domain.fleet_verify import verify_fleet
from routing_service.domain.prepared import prepare
from routing_service.domain.problem import Objective, RouteOptions, ShipProfile, SystemGraph
from routing_service.domain.tour import SolveBudget, Status
from shared_kernel.physics import FlightMode
from tests.fakes.routing_fleets import FleetCase, real_fleet, small_fleets
from tests.fakes.routing_systems import system


def _solve(
    problem: FleetProblem,
    *,
    seconds: float = 60.0,
    seed: int = 0,
    work_limit: int = 0,
    control: SolveControl | None = None,
) -> FleetPlan:
    control = control or SolveControl(time.monotonic() + seconds)
    budget = SolveBudget(seconds, seed, work_limit)
    plan = RuinAndRecreateFleetSolver().solve(prepare(problem.graph), problem, budget, control)
    verify_fleet(problem, plan)
    return plan


def _visits(plan: FleetPlan) -> dict[str, tuple[str, ...]]:
    return {tour.ship_symbol: tour.visit_order for tour in plan.tours}


def _scattered(places: int, extent: int) -> SystemGraph:
    """Places anywhere in a square, three in ten of which sell fuel."""
    chance = np.random.default_rng(5)
    at = chance.integers(-extent, extent, (places, 2))
    symbols = tuple(f"X1-L1-{place}" for place in range(places))
    return SystemGraph("X1-L1", symbols, at[:, 0].copy(), at[:, 1].copy(), chance.random(places) < 0.3, b"scattered")


@settings(max_examples=150, deadline=None)
@given(case=small_fleets())
def test_no_way_to_share_the_stops_out_is_better(case: FleetCase) -> None:
    problem, least = case.problem, case.least_objective
    plan = _solve(problem, work_limit=300)

    missed = {problem.graph.symbols[stop] for stop in case.out_of_reach}
    assert missed <= set(plan.unreachable_stops)
    if least is not None:
        assert missed == set(plan.unreachable_stops)
        assert plan.objective == least
        assert plan.lower_bound <= least
        assert plan.lower_bound > 0 or least == 0


@settings(max_examples=60, deadline=None)
@given(case=small_fleets())
def test_the_thriftiest_flights_can_be_flown_too(case: FleetCase) -> None:
    problem = case.problem
    thrifty = replace(problem, options=replace(problem.options, objective=Objective.LEAST_FUEL))

    plan = _solve(thrifty, work_limit=100)

    least = case.least_objective
    assert least is None or plan.lower_bound <= least <= plan.objective


@pytest.mark.parametrize("makespan", [True, False])
@pytest.mark.parametrize("closed", [True, False])
def test_three_ships_and_ten_stops_are_proven(makespan: bool, closed: bool) -> None:
    plan = _solve(real_fleet(3, 10, seed=4, closed=closed, makespan=makespan))

    assert plan.status is Status.OPTIMAL
    assert plan.lower_bound == plan.objective


def test_ten_stops_among_hundreds_of_places_are_proven() -> None:
    problem = real_fleet(3, 10, seed=4, graph=_scattered(250, 780))

    assert _solve(problem, seconds=10.0).status is Status.OPTIMAL


@pytest.mark.parametrize(("among_stations", "stops", "steps"), [(True, 14, 60), (False, 24, 60), (False, 11, 900)])
def test_equal_questions_get_equal_answers_within_a_work_limit(among_stations: bool, stops: int, steps: int) -> None:
    problem = real_fleet(3, stops, seed=7, closed=True, among_stations=among_stations)

    def answer() -> FleetPlan:
        control = SolveControl(time.monotonic() + 60)
        return _solve(problem, seconds=2.0, seed=3, work_limit=steps, control=control)

    assert answer() == answer()


def test_more_work_is_never_worse_than_the_first_plan() -> None:
    problem = real_fleet(4, 30, seed=9, closed=True)

    assert _solve(problem, work_limit=400).objective < _solve(problem, work_limit=1).objective


def test_ends_when_its_time_is_over() -> None:
    problem = real_fleet(5, 50, seed=2)
    _solve(problem, work_limit=5)
    prepared = prepare(problem.graph)
    began = time.monotonic()
    RuinAndRecreateFleetSolver().solve(prepared, problem, SolveBudget(0.6), SolveControl(began + 0.6))

    assert time.monotonic() - began < 15


def test_ends_soon_after_it_is_cancelled() -> None:
    problem = real_fleet(5, 50, seed=2)
    control = SolveControl(time.monotonic() + 60)
    control.cancel()
    _solve(problem, work_limit=5)
    began = time.monotonic()

    _solve(problem, control=control)

    assert time.monotonic() - began < 45


def test_a_ship_is_left_without_stops_where_that_is_better() -> None:
    near = system([(0, 0, True), (10, 0, True), (500, 0, True)])
    ships = (FleetShip("NEAR", ShipProfile(100, 100, 30), 0), FleetShip("FAR", ShipProfile(100, 100, 30), 2))

    plan = _solve(replace(real_fleet(2, 1, seed=1), graph=near, ships=ships, stops=(1,)))

    assert _visits(plan) == {"NEAR": (near.symbols[1],), "FAR": ()}
    assert plan.tours[1].route.steps == ()


def test_a_stop_is_credited_to_the_ship_that_stands_there() -> None:
    graph = system([(0, 0, True), (100, 0, True), (200, 0, True)])
    ships = (FleetShip("A", ShipProfile(400, 400, 30), 0), FleetShip("B", ShipProfile(400, 400, 30), 2))

    plan = _solve(replace(real_fleet(2, 1, seed=1), graph=graph, ships=ships, stops=(0, 2)))

    assert _visits(plan) == {"A": (graph.symbols[0],), "B": (graph.symbols[2],)}
    assert plan.objective == 0
    assert plan.status is Status.OPTIMAL


def test_a_ship_that_is_busy_for_long_leaves_the_stop_it_stands_at_to_another() -> None:
    graph = system([(0, 0, True), (10, 0, True)])
    busy = FleetShip("BUSY", ShipProfile(400, 400, 30), 1, available_in=3_600 * 10**9)
    ships = (FleetShip("FREE", ShipProfile(400, 400, 30), 0), busy)

    plan = _solve(replace(real_fleet(2, 1, seed=1), graph=graph, ships=ships, stops=(1,)))

    assert _visits(plan) == {"FREE": (graph.symbols[1],), "BUSY": ()}
    assert plan.status is Status.OPTIMAL


def test_what_a_ship_on_its_way_to_a_stop_should_do_is_proven() -> None:
    graph = system([(0, 0, True), (300, 0, True), (300, 40, True)])
    coming = FleetShip("COMING", ShipProfile(400, 400, 30), 1, available_in=60 * 10**9)
    ships = (FleetShip("FREE", ShipProfile(400, 400, 10), 0), coming)

    plan = _solve(replace(real_fleet(2, 1, seed=1), graph=graph, ships=ships, stops=(0, 1, 2)))

    assert _visits(plan) == {"FREE": (graph.symbols[0],), "COMING": (graph.symbols[1], graph.symbols[2])}
    assert plan.status is Status.OPTIMAL


def test_a_ship_on_its_way_to_a_stop_comes_back_to_it_where_that_is_sooner_than_others_are_free() -> None:
    graph = system([(0, 0, False), (30, 0, False)])
    soon = FleetShip("SOON", ShipProfile(100, 100, 30), 0, available_in=10 * 10**9)
    late = FleetShip("LATE", ShipProfile(100, 100, 30), 1, available_in=900 * 10**9)

    plan = _solve(replace(real_fleet(2, 1, seed=1, closed=True), graph=graph, ships=(soon, late), stops=(0, 1)))

    assert _visits(plan) == {"SOON": graph.symbols, "LATE": ()}
    assert plan.status is Status.OPTIMAL


def test_a_stop_that_only_one_ship_can_reach_goes_to_that_one() -> None:
    graph = system([(0, 0, True), (10, 0, False), (80, 0, False)])
    cruising = RouteOptions((FlightMode.CRUISE,))
    ships = (FleetShip("FAST", ShipProfile(50, 50, 36), 0), FleetShip("FAR", ShipProfile(100, 100, 3), 0))

    plan = _solve(replace(real_fleet(2, 1, seed=1), graph=graph, ships=ships, stops=(2, 1), options=cruising))

    assert graph.symbols[2] in _visits(plan)["FAR"]
    assert plan.unreachable_stops == ()


def test_stops_that_no_ship_can_reach_are_named_and_nothing_is_flown_for_them() -> None:
    graph = system([(0, 0, True), (900, 0, False), (0, 900, False)])
    cruising = RouteOptions((FlightMode.CRUISE,))
    ships = (FleetShip("A", ShipProfile(50, 50, 36), 0),)

    plan = _solve(replace(real_fleet(1, 1, seed=1), graph=graph, ships=ships, stops=(1, 2), options=cruising))

    assert plan.unreachable_stops == graph.symbols[1:]
    assert _visits(plan) == {"A": ()}
    assert (plan.objective, plan.lower_bound, plan.status) == (0, 0, Status.OPTIMAL)


def test_a_hundred_ships_of_a_hundred_kinds_share_two_hundred_stops_in_a_large_system() -> None:
    graph = _scattered(600, 2_000)
    ships = tuple(
        FleetShip(f"SHIP-{number}", ShipProfile(300 + number, 300 + number, 3 + number % 40), number * 3)
        for number in range(100)
    )
    problem = replace(real_fleet(1, 1, seed=1), graph=graph, ships=ships, stops=tuple(range(1, 600, 3)))
    prepared = prepare(graph)
    began = time.monotonic()

    plan = RuinAndRecreateFleetSolver().solve(prepared, problem, SolveBudget(2.0), SolveControl(began + 2.0))

    verify_fleet(problem, plan)
    assert plan.unreachable_stops == ()
    assert time.monotonic() - began < 45
