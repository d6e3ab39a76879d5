"""Ruin and recreate over the orders of stops, every candidate judged by how it would be flown with fuel carried."""

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.routing.peers.fuel_labels import LABELS, Fleet, Plan, at_least, copy, drop, insert, judge, start
from tests.benchmarks.routing.peers.fuel_tables import Tables
from tests.benchmarks.routing.physics import NEVER, composed_kernel
from tests.benchmarks.routing.systems import IntArray

FloatArray = NDArray[np.float64]
_SECOND = 1e9


@composed_kernel
def _end_of(fleet: Fleet, ship: int, count: int, duration: int) -> float:
    """Seconds; a ship without stops does not count."""
    return (fleet.available[ship] + duration) / _SECOND if count > 0 else 0.0


@composed_kernel
def _value(fleet: Fleet, plan: Plan, spread: float) -> float:
    """What is minimised: total seconds, or the makespan plus a share of the total, by which ties are broken."""
    total, last = 0.0, 0.0
    for ship in range(plan.visits.size):
        total += plan.duration[ship] / _SECOND
        last = max(last, _end_of(fleet, ship, plan.visits[ship], plan.duration[ship]))
    return last + spread * total / plan.visits.size if fleet.makespan else total


@composed_kernel
def _recreate(
    tables: Tables, fleet: Fleet, plan: Plan, order: IntArray, touched: NDArray[np.bool_], power: float, blink: float
) -> bool:
    """Put the stops back one by one, each where it costs least: in seconds to the power `power` for a makespan."""
    there = np.empty((LABELS, 2), np.int64)
    for stop in order:
        ship, position = _most_promising(tables, fleet, plan, stop, power)
        if ship < 0:
            return False
        duration = judge(tables, fleet, plan, ship, position, stop, NEVER, there)
        least = _cost(fleet, plan, ship, duration, power)
        for rival in range(plan.visits.size):
            before = _end_of(fleet, rival, plan.visits[rival], plan.duration[rival]) ** power
            for place in range(plan.visits[rival] + 1):
                if np.random.random() < blink:
                    continue
                limit = NEVER
                if least < np.inf:
                    limit = int(((least + before) ** (1.0 / power)) * _SECOND) - fleet.available[rival] + 1
                took = judge(tables, fleet, plan, rival, place, stop, limit, there)
                if took < limit and _cost(fleet, plan, rival, took, power) < least:
                    ship, position, duration = rival, place, took
                    least = _cost(fleet, plan, rival, took, power)
        if duration == NEVER:
            return False
        insert(tables, fleet, plan, ship, position, stop, duration)
        touched[ship] = True
    return True


@composed_kernel
def _cost(fleet: Fleet, plan: Plan, ship: int, duration: int, power: float) -> float:
    """What it costs that a ship's tour takes so long with one stop more."""
    if duration == NEVER:
        return np.inf
    before = _end_of(fleet, ship, plan.visits[ship], plan.duration[ship])
    after = _end_of(fleet, ship, 1, duration)
    return float(after**power - before**power)


@composed_kernel
def _most_promising(tables: Tables, fleet: Fleet, plan: Plan, stop: int, power: float) -> tuple[int, int]:
    """Ship and position at which this stop may cost least; the ship is -1 if it can go nowhere."""
    best_ship, best_position, least = -1, -1, np.inf
    for ship in range(plan.visits.size):
        for position in range(plan.visits[ship] + 1):
            cost = _cost(fleet, plan, ship, at_least(tables, fleet, plan, ship, position, stop), power)
            if cost < least:
                best_ship, best_position, least = ship, position, cost
    return best_ship, best_position


@composed_kernel
def _ruin(fleet: Fleet, plan: Plan, neighbours: IntArray, absent: NDArray[np.bool_], touched: NDArray[np.bool_]) -> int:
    """Choose stops around a random one: the nearest, or strings of their ships' sequences. How many they are."""
    stops = neighbours.shape[0]
    home, place_of = np.empty(stops, np.int64), np.empty(stops, np.int64)
    last, worst = 0.0, 0
    for ship in range(plan.visits.size):
        end = _end_of(fleet, ship, plan.visits[ship], plan.duration[ship])
        if end > last:
            last, worst = end, ship
        for place in range(1, plan.visits[ship] + 1):
            home[plan.sequence[ship, place]], place_of[plan.sequence[ship, place]] = ship, place
    seed = np.random.randint(stops)
    if fleet.makespan and np.random.random() < 0.5 and plan.visits[worst] > 0:
        seed = plan.sequence[worst, 1 + np.random.randint(plan.visits[worst])]
    goal = 1 + np.random.randint(min(stops, max(4, min(12, stops // 3))))
    longest = 1 + np.random.randint(min(goal, 10))
    strings, gone = np.random.random() < 0.5, 0
    for near in range(stops):
        stop = neighbours[seed, near]
        if gone >= goal:
            break
        if absent[stop]:
            continue
        length = min(longest, goal - gone) if strings else 1
        ship, first = home[stop], max(1, place_of[stop] - np.random.randint(length))
        for place in range(first, min(first + length, plan.visits[ship] + 1)):
            gone += not absent[plan.sequence[ship, place]]
            absent[plan.sequence[ship, place]] = True
        touched[ship] = True
    return gone


@composed_kernel
def _in_some_order(stops: IntArray, distance: FloatArray) -> IntArray:
    """Shuffled; or the farthest from the origins first, or the nearest."""
    kind = np.random.randint(4)
    if kind == 2:
        return stops[np.argsort(-distance[stops])]
    if kind == 3:
        return stops[np.argsort(distance[stops])]
    return np.random.permutation(stops)


@composed_kernel
def begin(tables: Tables, fleet: Fleet, current: Plan, trial: Plan, seed: int, distance: FloatArray) -> bool:
    """Make the first plan; False if some stop could not be put anywhere."""
    np.random.seed(seed)
    touched = np.ones(current.visits.size, np.bool_)
    for ship in range(current.visits.size):
        start(tables, fleet, current, ship)
    order = np.argsort(-distance)
    complete = _recreate(tables, fleet, current, order, touched, 2.0 if fleet.makespan else 1.0, 0.0)
    for ship in range(current.visits.size):
        copy(current, trial, ship)
    return complete


@composed_kernel
def improve(
    tables: Tables,
    fleet: Fleet,
    current: Plan,
    trial: Plan,
    best: IntArray,
    best_count: IntArray,
    values: FloatArray,
    neighbours: IntArray,
    distance: FloatArray,
    temperature: float,
    iterations: int,
) -> None:
    """Simulated annealing. `values` holds what `current` and `best` are worth; `trial` equals `current` in between."""
    stops = np.arange(neighbours.shape[0])
    for _ in range(iterations):
        absent, touched = np.zeros(tables.near.shape[1], np.bool_), np.zeros(current.visits.size, np.bool_)
        _ruin(fleet, trial, neighbours, absent, touched)
        complete = True
        for ship in range(touched.size):
            if touched[ship] and complete:
                complete = drop(tables, fleet, trial, ship, absent)
        order = _in_some_order(stops[absent[: stops.size]], distance)
        power = 2.0 ** np.random.randint(4) if fleet.makespan else 1.0
        complete = complete and _recreate(tables, fleet, trial, order, touched, power, 0.01)
        value = _value(fleet, trial, 0.1)
        accepted = complete and value < values[0] - temperature * np.log(np.random.random())
        for ship in range(touched.size):
            if touched[ship] and accepted:
                copy(trial, current, ship)
            elif touched[ship]:
                copy(current, trial, ship)
        if accepted:
            values[0] = value
            if _value(fleet, trial, 1e-4) < values[1]:
                values[1] = _value(fleet, trial, 1e-4)
                best[:], best_count[:] = trial.sequence, trial.visits
