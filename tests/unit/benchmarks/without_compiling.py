"""Runs the benchmarks' kernels on small cases and prints what they find, as JSON.

As a process of its own with NUMBA_DISABLE_JIT=1, since compiling them takes far longer than these cases do.
"""

import json
import sys
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import permutations
from random import Random

import numpy as np

from tests.benchmarks.routing.flying import flown, full_tank_times, least_time_by_labels, objective_of
from tests.benchmarks.routing.full_tank import FullTankTimes
from tests.benchmarks.routing.instances import MODES, SECOND, PlanCase, Rules, Ship
from tests.benchmarks.routing.peers.exact_routes import least_time
from tests.benchmarks.routing.peers.fuel_carried import FuelCarriedSearch
from tests.benchmarks.routing.peers.peer import Orders
from tests.benchmarks.routing.peers.ruin_recreate import RuinAndRecreate
from tests.benchmarks.routing.physics import NEVER, world_of
from tests.benchmarks.routing.systems import SystemMap
from tests.fakes.routing_oracle import Case, least_cost, leg


def small_case(seed: int, *, ships: int = 1, all_sell: bool = False) -> PlanCase:
    """Seven waypoints close to each other, of which the last four are stops; tanks that force refuels and DRIFT."""
    chance = Random(seed)
    places = np.array([(chance.randint(-9, 9), chance.randint(-9, 9)) for _ in range(7)], np.int64)
    sells_fuel = np.array([all_sell or chance.random() < 0.5 for _ in range(7)], np.bool_)
    sells_fuel[0] = True
    system = SystemMap("X1-T", "small", tuple("ABCDEFG"), places[:, 0].copy(), places[:, 1].copy(), sells_fuel)
    fleet = tuple(_small_ship(chance, number) for number in range(ships))
    rules = Rules(MODES[:3], chance.choice([0, SECOND]), chance.choice([0, SECOND]))
    return PlanCase(
        f"#{seed}", system, fleet, (3, 4, 5, 6), seed % 2 == 0, ships > 1 and seed % 4 < 2, not all_sell, rules
    )


def _small_ship(chance: Random, number: int) -> Ship:
    tank = chance.choice([0, 12, 20, 40])
    return Ship(tank, tank, chance.choice([3, 10, 30]), number % 2, number * chance.choice([0, 20 * SECOND]))


def oracle_case(case: PlanCase, ship: Ship, fuel: int, origin: int, goal: int) -> Case:
    system = case.system
    places = list(zip(system.x.tolist(), system.y.tolist(), system.sells_fuel.tolist(), strict=True))
    return Case(
        places=places,
        fuel=fuel,
        capacity=ship.capacity,
        speed=ship.speed,
        modes=case.rules.modes,
        origin=origin,
        goal=goal,
        refuel=case.rules.refuel,
        departure=case.rules.departure,
    )


def all_orders(case: PlanCase) -> Iterator[Orders]:
    """Every way to share out the stops and put them in order."""
    for stops in permutations(case.stops):
        if len(case.ships) == 1:
            yield (stops,)
        else:
            yield from ((stops[:cut], stops[cut:]) for cut in range(len(stops) + 1))


def value(case: PlanCase, orders: Orders) -> int:
    durations = flown(case, orders)
    return NEVER if durations is None else objective_of(case, durations, orders)


def routes() -> list[list[int | None]]:
    """For each pair of waypoints: the oracle's least time, both searches', and from a full tank."""
    found: list[list[int | None]] = []
    for seed in range(4):
        case = small_case(seed)
        ship = case.ships[0]
        world = world_of(case.system, ship, case.rules)
        matrix = full_tank_times(world, list(range(7)))
        for goal in range(1, 7):
            cost = least_cost(oracle_case(case, ship, ship.capacity, 0, goal))
            searches = [search(world, 0, ship.fuel, goal) for search in (least_time, least_time_by_labels)]
            found.append([NEVER if cost is None else cost[0], *searches, int(matrix[0, goal])])
    return found


def orders() -> list[list[int | None]]:
    """What an order of stops takes: by a search over every (stops visited, waypoint, fuel), and as flown."""
    found: list[list[int | None]] = []
    for seed in range(8):
        case = small_case(seed)
        found.append([_least_by_states(case), value(case, (case.stops,))])
    return found


def _least_by_states(case: PlanCase) -> int:
    ship = case.ships[0]
    goals = [*case.stops, *([ship.origin] if case.closed else [])]
    legs = oracle_case(case, ship, ship.fuel, 0, 0)
    queue, seen = [(0, 0, ship.origin, ship.fuel)], set()
    while queue:
        time, visited, at, fuel = heappop(queue)
        visited += visited < len(goals) and at == goals[visited]
        if visited == len(goals):
            return time
        if (visited, at, fuel) in seen:
            continue
        seen.add((visited, at, fuel))
        if case.system.sells_fuel[at]:
            heappush(queue, (time + case.rules.refuel, visited, at, ship.capacity))
        for to in range(len(case.system)):
            for mode in case.rules.modes:
                took, burnt = leg(legs, at, to, mode)
                if to != at and burnt <= fuel:
                    heappush(queue, (time + took + case.rules.departure, visited, to, fuel - burnt))
    return NEVER


def searches() -> list[list[int | None]]:
    """The least value over all orders, and that of the search's."""
    found: list[list[int | None]] = []
    for seed in range(6):
        case = small_case(seed, ships=1 + seed % 2)
        answer = FuelCarriedSearch().solve(case, FullTankTimes(case), 0.4)
        best = min(value(case, orders) for orders in all_orders(case))
        found.append([best, None if answer is None else value(case, answer.orders)])
    return found


def plain_searches() -> list[list[int | None]]:
    """The same for the plain one, where full-tank times are the truth."""
    found: list[list[int | None]] = []
    for seed in range(4):
        case = small_case(seed, ships=1 + seed // 2, all_sell=True)
        answer = RuinAndRecreate().solve(case, FullTankTimes(case), 0.2)
        best = min(value(case, orders) for orders in all_orders(case))
        found.append([best, None if answer is None else value(case, answer.orders)])
    return found


if __name__ == "__main__":
    json.dump({check.__name__: check() for check in (routes, orders, searches, plain_searches)}, sys.stdout)
