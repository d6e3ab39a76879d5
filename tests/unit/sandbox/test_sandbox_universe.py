"""Generated universes have the statistics of the real ones."""

from collections import Counter
from itertools import combinations
from math import dist, hypot
from random import Random
from statistics import mean, median

import pytest

from sandbox.world.galaxy import Galaxy, generate_galaxy
from sandbox.world.markets import FUEL, market_of
from sandbox.world.places import Waypoint
from sandbox.world.ship_types import SHIP_TYPES, ships_sold_at
from sandbox.world.start_systems import lay_out_start_system
from sandbox.world.traits import TRAITS, WAYPOINT_TYPES

SEEDS = range(60)


@pytest.fixture(scope="module")
def start_systems() -> list[list[Waypoint]]:
    return [lay_out_start_system("X1-AB1", Random(seed)) for seed in SEEDS]


@pytest.fixture(scope="module")
def galaxy() -> Galaxy:
    return generate_galaxy(7)


def radius(waypoint: Waypoint) -> float:
    return hypot(waypoint.x, waypoint.y)


def test_a_start_system_has_78_to_93_waypoints(start_systems: list[list[Waypoint]]) -> None:
    sizes = [len(system) for system in start_systems]

    assert min(sizes) >= 78
    assert max(sizes) <= 93


def test_a_start_system_has_the_census_of_the_real_ones(start_systems: list[list[Waypoint]]) -> None:
    fixed = {
        "PLANET": 7,
        "FUEL_STATION": 4,
        "ORBITAL_STATION": 3,
        "ASTEROID_BASE": 2,
        "GAS_GIANT": 1,
        "ENGINEERED_ASTEROID": 1,
        "JUMP_GATE": 1,
    }
    for system in start_systems:
        census = Counter(w.type for w in system)

        assert fixed == {waypoint_type: census[waypoint_type] for waypoint_type in fixed}
        assert 7 <= census["MOON"] <= 19
        assert 52 <= census["ASTEROID"] <= 65


def test_three_in_ten_waypoints_sell_fuel_at_sixteen_places(start_systems: list[list[Waypoint]]) -> None:
    shares = [sum(w.is_market for w in system) / len(system) for system in start_systems]

    assert min(shares) >= 0.30
    assert max(shares) <= 0.33
    assert 0.305 <= mean(shares) <= 0.325
    assert {16} == {len({(w.x, w.y) for w in system if w.is_market}) for system in start_systems}


def test_gas_giants_and_plain_asteroids_never_sell(start_systems: list[list[Waypoint]]) -> None:
    assert not [w for system in start_systems for w in system if w.type in ("GAS_GIANT", "ASTEROID") and w.is_market]


def test_three_shipyards_and_two_of_them_on_moons(start_systems: list[list[Waypoint]]) -> None:
    for system in start_systems:
        yards = [w for w in system if w.is_shipyard]

        assert sorted(w.type for w in yards) == ["MOON", "MOON", "ORBITAL_STATION"]
        assert all(w.is_market and ships_sold_at(w) for w in yards)


def test_asteroids_form_two_belts(start_systems: list[list[Waypoint]]) -> None:
    for system in start_systems:
        radii = [radius(w) for w in system if w.type == "ASTEROID"]
        inner, outer = [r for r in radii if r < 500], [r for r in radii if r >= 500]

        assert 300 <= min(inner) <= max(inner) <= 350
        assert 700 <= min(outer) <= max(outer) <= 790
        assert 20 <= len(outer) <= 29


def test_orbitals_stand_where_their_parents_stand(start_systems: list[list[Waypoint]]) -> None:
    for system in start_systems:
        places = {w.symbol: (w.x, w.y) for w in system}
        orbitals = [w for w in system if w.orbits]

        assert {"MOON", "ORBITAL_STATION"} == {w.type for w in orbitals}
        assert all(places[w.symbol] == places[w.orbits or ""] for w in orbitals)
        assert len(system) - len(orbitals) == len({places[w.symbol] for w in system if not w.orbits})


def test_distances_and_reach_are_those_of_real_systems(start_systems: list[list[Waypoint]]) -> None:
    medians, farthest, within_400, to_seller = [], [], [], []
    for system in start_systems:
        points = [(w.x, w.y) for w in system]
        sellers = [(w.x, w.y) for w in system if w.is_market]
        lengths = [dist(a, b) for a, b in combinations(points, 2)]
        medians.append(median(lengths))
        farthest.append(max(lengths))
        within_400.append(sum(length <= 400 for length in lengths) / len(lengths))
        to_seller.append(max(min(dist(p, s) for s in sellers) for p in points))

    assert 520 <= mean(medians) <= 600
    assert 1480 <= min(farthest) <= max(farthest) <= 1580
    assert 0.31 <= mean(within_400) <= 0.39
    assert min(to_seller) > 400


def test_a_universe_has_a_few_dozen_systems_with_distinct_symbols(galaxy: Galaxy) -> None:
    starts = [s for s in galaxy.systems.values() if s.is_start]

    assert 36 <= len(galaxy.systems) <= 60
    assert len(starts) == len({s.faction for s in starts}) >= 10
    assert len(galaxy.waypoints) == sum(len(s.waypoints) for s in galaxy.systems.values())
    assert all(symbol.startswith(f"{w.system}-") for symbol, w in galaxy.waypoints.items())


@pytest.mark.parametrize("seed", range(5))
def test_the_gates_form_one_graph_in_both_directions(seed: int) -> None:
    galaxy = generate_galaxy(seed)
    unfinished = {gate for gate in galaxy.gates if galaxy.waypoints[gate].under_construction}

    reached: set[str] = set()
    frontier = [next(gate for gate in galaxy.gates if gate not in unfinished)]
    while frontier:
        gate = frontier.pop()
        reached.add(gate)
        frontier += [other for other in galaxy.gates[gate] if other not in reached | unfinished]

    assert set(galaxy.gates) - unfinished == reached
    assert unfinished
    assert all(gate in galaxy.gates[other] for gate, others in galaxy.gates.items() for other in others)
    assert max(len(others) for others in galaxy.gates.values()) <= 9


def test_start_gates_are_finished_and_start_systems_charted(galaxy: Galaxy) -> None:
    starts = [w for s in galaxy.systems.values() if s.is_start for w in s.waypoints]

    assert all(w.charted and not w.under_construction for w in starts)
    assert any(not w.charted for w in galaxy.waypoints.values())


def test_every_market_sells_fuel_and_nothing_else_does(galaxy: Galaxy) -> None:
    for waypoint in galaxy.waypoints.values():
        if waypoint.is_market:
            fuel = next(good for good in market_of(waypoint, galaxy.seed) if good.symbol == FUEL)

            assert (fuel.kind, fuel.purchase_price, fuel.sell_price, fuel.trade_volume) == ("EXCHANGE", 72, 68, 180)


def test_types_and_traits_are_words_of_the_game(galaxy: Galaxy) -> None:
    assert {w.type for w in galaxy.waypoints.values()} <= set(WAYPOINT_TYPES)
    assert {trait for w in galaxy.waypoints.values() for trait in w.traits} <= set(TRAITS)
    assert len(set(TRAITS)) == 69


def test_equal_seeds_give_equal_universes_and_others_do_not() -> None:
    assert generate_galaxy(3) == generate_galaxy(3)
    assert generate_galaxy(3).waypoints.keys() != generate_galaxy(4).waypoints.keys()


@pytest.mark.parametrize(
    ("ship_type", "fuel", "speed", "cargo"),
    [
        ("SHIP_PROBE", 0, 9, 0),
        ("SHIP_MINING_DRONE", 80, 9, 15),
        ("SHIP_SIPHON_DRONE", 80, 9, 15),
        ("SHIP_SURVEYOR", 80, 9, 0),
        ("SHIP_INTERCEPTOR", 160, 15, 0),
        ("SHIP_LIGHT_SHUTTLE", 300, 15, 40),
        ("SHIP_ORE_HOUND", 300, 15, 40),
        ("SHIP_COMMAND_FRIGATE", 400, 36, 40),
        ("SHIP_LIGHT_HAULER", 600, 15, 80),
        ("SHIP_EXPLORER", 800, 36, 40),
        ("SHIP_REFINING_FREIGHTER", 2300, 36, 150),
        ("SHIP_HEAVY_FREIGHTER", 2300, 36, 225),
    ],
)
def test_ships_have_the_figures_of_the_live_game(ship_type: str, fuel: int, speed: int, cargo: int) -> None:
    model = SHIP_TYPES[ship_type]

    assert (fuel, speed, cargo) == (model.frame.fuel_capacity, model.engine.speed, model.cargo_capacity)
