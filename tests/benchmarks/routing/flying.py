"""Exact flights with fuel carried: how fast an order of stops can be flown at best, and what a full tank is worth.

Label setting over (waypoint, fuel): labels come up in order of time, and one is worth keeping if the ship has more
fuel left than it had with any before it at the same waypoint.
"""

from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.routing.instances import PlanCase
from tests.benchmarks.routing.physics import NEVER, World, kernel, world_of
from tests.benchmarks.routing.systems import IntArray


def flown(case: PlanCase, orders: tuple[tuple[int, ...], ...]) -> tuple[int, ...] | None:
    """When each ship ends (without `available_in`) in nanoseconds, 0 for one without stops; None if one is stranded."""
    durations = []
    for ship, order in zip(case.ships, orders, strict=True):
        sequence = [*order, ship.origin] if case.closed and order else list(order)
        world = world_of(case.system, ship, case.rules)
        durations.append(int(_fly(world, ship.origin, ship.fuel, np.array(sequence, np.int64))))
    return None if NEVER in durations else tuple(durations)


def objective_of(case: PlanCase, durations: tuple[int, ...], orders: tuple[tuple[int, ...], ...]) -> int:
    """The makespan over the ships that have stops, their waiting included; or the sum of what is flown."""
    if not case.makespan:
        return sum(durations)
    ends = zip(case.ships, durations, orders, strict=True)
    return max((ship.available_in + duration for ship, duration, order in ends if order), default=0)


def least_time_by_labels(world: World, origin: int, fuel: int, goal: int) -> int:
    """Nanoseconds of the exact route; NEVER if there is none."""
    return int(_fly(world, origin, fuel, np.array([goal], np.int64)))


def full_tank_times(world: World, places: list[int]) -> IntArray:
    """Nanoseconds of the exact route from a full tank between any two of these; NEVER where there is none."""
    return np.array([_from_full(world, place)[places] for place in places], np.int64)


@kernel
def _fly(world: World, origin: int, fuel: int, sequence: IntArray) -> int:
    times, fuels = np.zeros(1, np.int64), np.full(1, fuel, np.int64)
    at = origin
    for position in range(sequence.size):
        last = position == sequence.size - 1
        if sequence[position] != at:
            times, fuels = _advance(world, times, fuels, at, sequence[position], last)
        if times.size == 0:
            return NEVER
        at = sequence[position]
    return int(times[0])


@kernel
def _advance(
    world: World, times: IntArray, fuels: IntArray, start: int, goal: int, last: bool
) -> tuple[IntArray, IntArray]:
    """From every (time, fuel) at `start` to all that are worth having at `goal`, in order of time; if it is the
    `last` goal, to the first alone. Whatever the ship does beyond the goal belongs to the next part of its way."""
    places, modes = world.distance.shape[0], world.time.shape[0]
    fullest = np.full(places, -1, np.int64)
    earliest = np.full((places, world.capacity + 1), NEVER, np.int64)
    heap = [(times[0], -fuels[0], start)]
    for label in range(1, times.size):
        heappush(heap, (times[label], -fuels[label], start))
    found_times, found_fuels = [times[0]], [fuels[0]]
    found_times.pop()
    found_fuels.pop()
    while len(heap) > 0:
        time, negative, at = heappop(heap)
        fuel = -negative
        if fuel <= fullest[at]:
            continue
        fullest[at] = fuel
        if at == goal:
            found_times.append(time)
            found_fuels.append(fuel)
            if last or fuel == world.capacity:
                break
            continue
        if world.sells_fuel[at] and fuel < world.capacity:
            heappush(heap, (time + world.refuel, -world.capacity, at))
        for to in range(places):
            if to == at or fullest[to] >= fuel:
                continue
            for mode in range(modes):
                left = fuel - world.burn[mode, world.distance[at, to]]
                if left <= fullest[to]:
                    continue
                arrival = time + world.time[mode, world.distance[at, to]]
                if arrival < earliest[to, left]:
                    earliest[to, left] = arrival
                    heappush(heap, (arrival, -left, to))
    return np.array(found_times), np.array(found_fuels)


@kernel
def _from_full(world: World, source: int) -> NDArray[np.int64]:
    """The least time to every waypoint."""
    places, modes = world.distance.shape[0], world.time.shape[0]
    least = np.full(places, NEVER, np.int64)
    fullest = np.full(places, -1, np.int64)
    earliest = np.full((places, world.capacity + 1), NEVER, np.int64)
    reached = 0
    heap = [(np.int64(0), -np.int64(world.capacity), np.int64(source))]
    while len(heap) > 0 and reached < places:
        time, negative, at = heappop(heap)
        fuel = -negative
        if fuel <= fullest[at]:
            continue
        if least[at] == NEVER:
            least[at] = time
            reached += 1
        fullest[at] = fuel
        if world.sells_fuel[at] and fuel < world.capacity:
            heappush(heap, (time + world.refuel, -np.int64(world.capacity), at))
        for to in range(places):
            for mode in range(modes):
                left = fuel - world.burn[mode, world.distance[at, to]]
                if to == at or left <= fullest[to]:
                    continue
                arrival = time + world.time[mode, world.distance[at, to]]
                if arrival < earliest[to, left]:
                    earliest[to, left] = arrival
                    heappush(heap, (arrival, -left, np.int64(to)))
    return least
