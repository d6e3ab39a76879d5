"""The shortest order by floors: what cuts and bounds may not leave out, and that it is found."""

import random
import time
from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from routing_service.adapters.branch_and_cut import BranchAndCut
from routing_service.adapters.floor_circuit import FloorCircuit
from routing_service.adapters.floor_program import FloorProgram
from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.cut_tree import least_cuts
from routing_service.domain.problem import FloatArray, IntArray
from routing_service.domain.tour import SolveBudget
from routing_service.domain.tour_cuts import Cut, broken_combs, broken_sets
from routing_service.domain.tour_trees import Trees, trees_of

_ANY_PROGRAMS = 10**6


def _in_a_minute() -> SolveControl:
    return SolveControl(time.monotonic() + 60.0)


def _floors(nodes: int, chance: random.Random, *, uneven: int = 0) -> IntArray:
    """Times between places, some of them at the same one; the origin is left more slowly, and ways back differ by so
    much at most."""
    places = [(chance.randint(0, 40), chance.randint(0, 40)) for _ in range(nodes)]
    places[-1] = places[1]
    floors = np.array([[round(((a - c) ** 2 + (b - d) ** 2) ** 0.5) + 15 for c, d in places] for a, b in places])
    floors[0] += chance.randint(0, 9)
    floors += np.array([[chance.randint(0, uneven) for _ in range(nodes)] for _ in range(nodes)])
    return floors.astype(np.int64)


def _cost(floors: IntArray, order: list[int], *, closed: bool) -> int:
    return sum(int(floors[edge]) for edge in pairwise([*order, 0] if closed else order))


def _least(floors: IntArray, *, closed: bool) -> int:
    return min(_cost(floors, [0, *rest], closed=closed) for rest in permutations(range(1, len(floors))))


def _by_cp_sat(floors: IntArray, *, closed: bool) -> int:
    model, arcs = cp_model.CpModel(), []
    for start, end in permutations(range(len(floors)), 2):
        arcs.append((start, end, model.new_bool_var("")))
    model.add_circuit(arcs)
    model.minimize(sum(int(floors[start, end]) * flown for start, end, flown in arcs if closed or end))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.linearization_level = 1, 2
    assert solver.solve(model) == cp_model.OPTIMAL
    return round(solver.objective_value)


def _trees(floors: IntArray, known: int, *, closed: bool) -> Trees:
    return trees_of(floors, known, closed=closed, end_node=0)


def _partly_flown(nodes: int, chance: random.Random) -> FloatArray:
    """Every node has two edges in all: the mean of a few rings, each through all nodes or in parts."""
    between, rings = np.zeros((nodes, nodes)), chance.choice([2, 2, 3])
    for _ in range(rings):
        order, parts = chance.sample(range(nodes), nodes), chance.choice([1, nodes // 3])
        for part in np.array_split(np.array(order), parts):
            for one, other in pairwise([*part.tolist(), int(part[0])]):
                between[one, other] += 1 / rings
                between[other, one] += 1 / rings
    return between


def test_a_least_cut_between_any_two_nodes_is_among_those_found() -> None:
    chance = random.Random(1)
    for _ in range(20):
        between = _partly_flown(7, chance)
        weights, sides = least_cuts(between)
        for node in range(1, 7):
            assert weights[node] == pytest.approx(between[np.ix_(sides[node], ~sides[node])].sum())
        for one, other in combinations(range(7), 2):
            parting = [
                between[np.ix_(side, [node not in side for node in range(7)])].sum()
                for size in range(6)
                for rest in combinations([node for node in range(7) if node not in (one, other)], size)
                for side in [[one, *rest]]
            ]
            found = [weights[node] for node in range(1, 7) if sides[node, one] != sides[node, other]]
            assert min(found) == pytest.approx(min(parting))


def test_no_tour_breaks_a_cut_that_is_found() -> None:
    chance, combs = random.Random(2), 0
    edges = np.argwhere(np.triu(np.ones((9, 9)), 1))
    number = {(one, other): row for row, (one, other) in enumerate(edges.tolist())}
    rings = [[0, *rest, 0] for rest in permutations(range(1, 9)) if rest[0] < rest[-1]]
    flown = np.array([[number[min(edge), max(edge)] for edge in pairwise(ring)] for ring in rings])
    for _ in range(600):
        between = _partly_flown(9, chance)
        found = [*broken_sets(between), *broken_combs(between)]
        combs += sum(bool(cut.teeth) for cut in found)
        for cut in found:
            counted = cut.counted(edges)
            assert counted @ between[edges[:, 0], edges[:, 1]] > cut.most
            assert counted[flown].sum(axis=1).max() <= cut.most
    assert combs > 10


def test_finds_combs_whose_teeth_are_groups() -> None:
    # Two triangles of half edges, joined by two edges and by a pair of nodes that both hang on a corner of each.
    nodes = 10
    halves = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5), (2, 6), (2, 7), (5, 6), (5, 7)]
    between = np.zeros((nodes, nodes))
    for edge in halves:
        between[edge] = 0.5
    for edge in [(0, 8), (8, 3), (1, 9), (9, 4), (6, 7)]:
        between[edge] = 1
    between += between.T
    assert not broken_sets(between)

    assert any(len(tooth) > 2 for comb in broken_combs(between) for tooth in comb.teeth)


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("uneven", [0, 6])
def test_bounds_are_below_every_tour_however_early_it_ends(closed: bool, uneven: int) -> None:
    chance = random.Random(3)
    for _ in range(12):
        floors = _floors(7, chance, uneven=uneven)
        least = _least(floors, closed=closed)
        for programs in (1, 2, 4, _ANY_PROGRAMS):
            known = least + chance.randint(0, 30)
            search = BranchAndCut(_trees(floors, known, closed=closed), known, _in_a_minute(), programs)
            search.prove()
            assert search.bound <= least
        assert uneven or search.bound == search.known == least
        assert known == least or uneven or _cost(floors, search.order, closed=closed) == least


@pytest.mark.parametrize("closed", [True, False])
def test_comes_to_the_same_as_cp_sat(closed: bool) -> None:
    chance = random.Random(4)
    for nodes in (14, 18, 22, 26):
        floors = _floors(nodes, chance)
        order = np.array([0, *chance.sample(range(1, nodes), nodes - 1)])
        circuit = FloorCircuit(floors, order, closed=closed, end_node=0)

        circuit.prove(_in_a_minute(), SolveBudget(60.0))

        assert circuit.bound == circuit.cost == _by_cp_sat(floors, closed=closed)
        assert _cost(floors, circuit.order.tolist(), closed=closed) == circuit.cost


def test_bounds_hold_though_the_prices_of_a_solution_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    chance, prices = random.Random(5), FloorProgram._prices

    def wrong(program: FloorProgram, rows: list[pywraplp.Constraint]) -> FloatArray:
        return np.array([chance.uniform(0.9, 1.2) * price for price in prices(program, rows).tolist()])

    monkeypatch.setattr(FloorProgram, "_prices", wrong)
    for _ in range(20):
        floors = _floors(7, chance)
        least = _least(floors, closed=True)
        search = BranchAndCut(_trees(floors, least + 20, closed=True), least + 20, _in_a_minute(), 40)
        search.prove()
        assert search.bound <= least


def test_a_program_keeps_what_cuts_cost_something() -> None:
    # Four clusters of three: nothing but cuts makes their nodes leave them.
    clusters = np.arange(12) // 3
    floors = np.where(clusters == clusters[:, None], 10, 100)
    trees = _trees(floors, 10_000, closed=True)
    program = FloorProgram(trees.costs, trees.costs < trees.costs.max(), 10_000)
    sets = [Cut(frozenset(members)) for members in combinations(range(1, 12), 3)]
    assert program.add(sets)
    assert not program.add(sets)
    first = program.solve(*program.all_edges, 60.0)
    fewer = program.without_idle_cuts()
    second = fewer.solve(*fewer.all_edges, 60.0)

    assert first is not None
    assert second is not None
    assert 0 < len(fewer.cuts) < len(sets)
    assert second.bound == pytest.approx(first.bound, rel=1e-9)


def test_ends_when_nobody_wants_the_answer() -> None:
    floors = _floors(30, random.Random(7))
    control = _in_a_minute()
    circuit = FloorCircuit(floors, np.arange(30), closed=True, end_node=0)
    before = circuit.bound
    control.cancel()

    circuit.prove(control, SolveBudget(60.0))

    assert circuit.bound == before
