"""What is said of tours too long to try all orders: bounds below every tour, and proofs that hold."""

import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, permutations
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing_service.adapters import ortools_tour, tour_prices
from routing_service.adapters.branch_and_cut import FloorCombs, combs_of
from routing_service.adapters.floor_circuit import FloorCircuit
from routing_service.adapters.ortools_tour import OrToolsTourSolver
from routing_service.adapters.solve_control import SolveControl
from routing_service.adapters.tour_prices import LONG_STAGES, SHORT_STAGES, PricedWalks
from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.prepared import prepare
from routing_service.domain.problem import RouteOptions, ShipProfile
from routing_service.domain.tour import SolveBudget, Status, TourPlan, TourProblem
from routing_service.domain.tour_cuts import Cut
from routing_service.domain.tour_fees import edge_fees
from routing_service.domain.tour_flight import cost_of
from routing_service.domain.tour_floors import order_by_floors
from routing_service.domain.tour_fuel_floors import FuelFloors, fuel_floors, plain_floors
from routing_service.domain.tour_full_tank import FullTankTour, always_full
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_trees import trees_of, with_fees
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


@dataclass(frozen=True)
class _Tour:
    """One that is asked for; `end` counts for open ones."""

    case: Case
    stops: list[int]
    closed: bool
    end: int | None

    @property
    def problem(self) -> TourProblem:
        problem = tour_of(self.case, self.stops, system(self.case.places), closed=self.closed)
        return replace(problem, destination=None if self.closed else self.end)

    @property
    def least(self) -> int | None:
        """Nanoseconds, by trying all orders; None if there is no way."""
        cost = least_tour_cost(self.case, self.stops, closed=self.closed, end=None if self.closed else self.end)
        return None if cost is None else cost[0]

    @property
    def task(self) -> TourTask | None:
        """None if a stop is out of reach by itself."""
        problem = self.problem
        try:
            return TourTask.of(prepare(problem.graph), problem, lambda: False)
        except NoRouteFoundError:
            return None


def _floors(task: TourTask, *, for_fuel: bool) -> FuelFloors:
    """Plain ones, or those that fuel is paid for in as it is burnt."""
    if for_fuel:
        return fuel_floors(task.model.tables, task.floors, task.most_fuel, task.problem.ship.fuel)
    return plain_floors(task.floors)


def _walks(task: TourTask, floors: FuelFloors, limit: int, combs: int) -> PricedWalks:
    """Walks that begin where trees end, however little these tell, with so many combs that cost anything."""
    chance, nodes = random.Random(combs), len(task.model.nodes)
    some = [(_any_comb(nodes, chance), chance.uniform(0.0, 0.1) * floors.length(limit)) for _ in range(combs)]
    every_edge = np.ones((nodes + 1, nodes + 1), np.bool_)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tour_prices, "_NEAR", 0.0)
        if combs:
            patch.setattr(tour_prices, "combs_of", lambda *_: FloorCombs(some, every_edge))
        return PricedWalks(task, _in_a_minute(), floors, limit)


def _any_comb(nodes: int, chance: random.Random) -> Cut:
    """Home is one node more, and no member; no tooth has all nodes."""
    members = chance.sample(range(nodes), chance.randint(1, nodes))
    inside, outside = members.copy(), [node for node in range(nodes + 1) if node not in members]
    chance.shuffle(outside)
    teeth = list[frozenset[int]]()
    while inside and outside and len(teeth) < 3:
        size_outside = chance.randint(1, min(len(outside), nodes - 1))
        size = chance.randint(1, min(len(inside), nodes - size_outside))
        teeth.append(frozenset([*inside[:size], *outside[:size_outside]]))
        inside, outside = inside[size:], outside[size_outside:]
    return Cut(frozenset(members), tuple(teeth))


@st.composite
def _tours(draw: st.DrawFn) -> _Tour:
    case = replace(draw(small_cases()), thrifty=False)
    place = st.integers(1, len(case.places) - 1)
    stops = draw(st.lists(place, min_size=1, max_size=5, unique=True))
    return _Tour(case, stops, draw(st.booleans()), draw(st.none() | place))


@settings(max_examples=150, deadline=None)
@given(tour=_tours(), for_fuel=st.booleans(), above=st.integers(0, 50), combs=st.integers(0, 3))
def test_no_tour_undercuts_the_cheapest_walk(tour: _Tour, for_fuel: bool, above: int, combs: int) -> None:
    task, least = tour.task, tour.least
    if task is None or least is None or len(task.model.nodes) == 1:
        return
    known = least // task.unit + above

    walks = _walks(task, _floors(task, for_fuel=for_fuel), known, combs)
    walks.prove(known, _in_a_minute(), LONG_STAGES, 12, 0)

    assert walks.bound * task.unit <= least


@settings(max_examples=150, deadline=None)
@given(tour=_tours(), for_fuel=st.booleans(), above=st.integers(1, 50), combs=st.integers(0, 3))
def test_walks_lead_to_the_best_order_below_a_limit(tour: _Tour, for_fuel: bool, above: int, combs: int) -> None:
    task, least = tour.task, tour.least
    if task is None or least is None or not task.problem.distinct_stops:
        return
    best = least // task.unit
    walks = _walks(task, _floors(task, for_fuel=for_fuel), best + above, combs)
    walks.prove(best + above, _in_a_minute(), LONG_STAGES, 12, 0)

    found = walks.best_below(best + above, _in_a_minute())

    assert found is not None
    assert cost_of(task.model.tables, task.sequence(found.tolist()), task.problem.ship.fuel) == best
    none = walks.best_below(best, _in_a_minute())
    assert none is not None
    assert not none.size
    assert walks.bound == best


def test_walks_lead_to_the_best_of_more_stops_than_a_number_has_bits() -> None:
    # On a ring, with a tank that is never empty, the shortest order is the best tour.
    chance = random.Random(4)
    angles = [math.tau * number / 71 for number in range(71)]
    places = [(round((500 + chance.randint(0, 90)) * math.cos(a)), round(600 * math.sin(a)), True) for a in angles]
    options = RouteOptions(refuel_duration=1_000_000_000)
    problem = TourProblem(system(places), ShipProfile(90_000, 90_000, 10), options, 0, tuple(range(1, 71)), False)
    task = TourTask.of(prepare(problem.graph), problem, lambda: False)
    circuit = FloorCircuit(task.floors, np.arange(71), closed=False, end_node=0)
    circuit.prove(_in_a_minute(), SolveBudget(60.0))
    assert circuit.bound == circuit.cost
    walks = PricedWalks(task, _in_a_minute(), plain_floors(task.floors), circuit.cost + 3)
    found = walks.prove(circuit.cost + 3, _in_a_minute(), SHORT_STAGES, 10)

    assert found is not None
    assert cost_of(task.model.tables, found, problem.ship.fuel) == circuit.cost
    assert walks.best_below(circuit.cost, _in_a_minute()) is not None
    assert walks.bound == circuit.cost


@settings(max_examples=150, deadline=None)
@given(tour=_tours())
def test_no_tour_undercuts_its_floors_where_fuel_is_paid_for_as_it_is_burnt(tour: _Tour) -> None:
    tour = replace(tour, case=replace(tour.case, places=[(x, y, True) for x, y, _ in tour.case.places]))
    task, least = tour.task, tour.least
    if task is None or least is None or len(task.model.nodes) <= 2:
        return
    fuel = fuel_floors(task.model.tables, task.floors, task.most_fuel, task.problem.ship.fuel)
    order = np.arange(len(task.model.nodes))

    circuit = FloorCircuit(fuel.costs, order, closed=tour.closed, end_node=task.end_node)

    assert fuel.bound(circuit.bound) * task.unit <= least
    circuit.prove(_in_a_minute(), SolveBudget(60.0))
    assert circuit.bound == circuit.cost
    assert fuel.bound(circuit.bound) * task.unit <= least


@settings(max_examples=60, deadline=None)
@given(tour=_tours())
def test_what_the_search_for_long_tours_calls_optimal_is(tour: _Tour) -> None:
    least = tour.least
    # No tour is short enough for the search that tries all orders.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ortools_tour, "MAX_STOPS", 0)
        try:
            plan = _solve(tour.problem, work_limit=2_000)
        except NoRouteFoundError:
            assert least is None
            return

    assert least is not None
    assert plan.lower_bound <= least <= plan.route.duration
    assert plan.status is not Status.OPTIMAL or plan.route.duration == least


@settings(max_examples=150, deadline=None)
@given(tour=_tours())
def test_with_a_tank_that_is_always_full_the_shortest_order_is_the_best_tour(tour: _Tour) -> None:
    places = [(x, y, True) for x, y, _ in tour.case.places]
    tour = replace(tour, case=replace(tour.case, refuel=0, places=places))
    problem = tour.problem
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
    assert tour.least is not None
    assert (plan.status, plan.route.duration) == (Status.OPTIMAL, tour.least)


@pytest.mark.parametrize(("closed", "end_node"), [(True, 0), (False, 0), (False, 7)])
def test_leaves_out_no_arc_of_a_shorter_order(closed: bool, end_node: int) -> None:
    chance = np.random.default_rng(6)
    for _ in range(20):
        x, y = chance.integers(0, 30, (2, 8))
        floors = np.hypot(x[:, None] - x, y[:, None] - y).astype(np.int64) + 1
        floors[0] += chance.integers(0, 20)
        last = [end_node] if end_node else []
        orders = [np.array([0, *middle, *last]) for middle in permutations(range(1, 8 - len(last)))]
        costs = [int(floors[order[:-1], order[1:]].sum()) + closed * int(floors[order[-1], 0]) for order in orders]

        circuit = FloorCircuit(floors, orders[0], closed=closed, end_node=end_node)

        assert circuit.bound <= min(costs)
        circuit.prove(_in_a_minute(), SolveBudget(60.0))
        assert (circuit.bound, circuit.cost) == (min(costs), min(costs))


def test_no_order_exceeds_a_comb_that_raises_the_bound_of_trees() -> None:
    # Two triangles that three short ways join, one of them by the origin: all three cannot be part of a tour.
    home = 7
    orders = [[0, *middle, home, 0] for middle in permutations(range(1, home))]
    floors = np.full((home, home), 10_000, np.int64)
    floors[1:4, 1:4] = floors[4:, 4:] = 1_000
    for one, other in ((1, 4), (4, 1), (2, 5), (5, 2), (0, 3), (6, 0)):
        floors[one, other] = 100
    known = min(int(floors[order[:-2], [*order[1:-2], 0]].sum()) for order in orders)
    trees = trees_of(floors, known, closed=True, end_node=0)

    combs = combs_of(trees, known + 1, _in_a_minute())

    assert combs is not None
    fees, given_back = np.zeros((home + 1, home + 1)), 0.0
    for comb, worth in combs.worth:
        counted = edge_fees([(comb, 1)], home)
        assert max(sum(counted[edge] for edge in pairwise(order)) for order in orders) <= comb.most
        fees, given_back = fees + counted * worth, given_back + comb.most * worth
    dearer = with_fees(trees, fees, combs.kept, ceil(known + given_back), lambda: False)
    assert trees.bound < 3_500
    assert known - 2 < dearer.bound - given_back < known + 0.01


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("fixed_end", [True, False])
def test_finds_the_shortest_order_of_a_few_by_floors(closed: bool, fixed_end: bool) -> None:
    if closed and fixed_end:
        return
    chance = np.random.default_rng(5)
    x, y = chance.integers(0, 1_000, (2, 8))
    floors = np.hypot(x[:, None] - x, y[:, None] - y).astype(np.int64) + chance.integers(1, 50, (8, 8))

    found = order_by_floors(floors, np.arange(8), 3, 1_000, lambda: False, closed=closed, fixed_end=fixed_end)
    order = found.tolist()

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
