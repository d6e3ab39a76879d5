"""The exact route, found the plain way: Dijkstra over every (waypoint, fuel)."""

from heapq import heappop, heappush

import numpy as np

from tests.benchmarks.routing.physics import NEVER, World, kernel


@kernel
def least_time(world: World, origin: int, fuel: int, goal: int) -> int:
    """Nanoseconds; NEVER if there is no way."""
    places, modes = world.distance.shape[0], world.time.shape[0]
    earliest = np.full((places, world.capacity + 1), NEVER, np.int64)
    earliest[origin, fuel] = 0
    heap = [(np.int64(0), np.int64(fuel), np.int64(origin))]
    while len(heap) > 0:
        time, left, at = heappop(heap)
        if at == goal:
            return int(time)
        if time > earliest[at, left]:
            continue
        if world.sells_fuel[at] and time + world.refuel < earliest[at, world.capacity]:
            earliest[at, world.capacity] = time + world.refuel
            heappush(heap, (time + world.refuel, np.int64(world.capacity), at))
        for to in range(places):
            for mode in range(modes):
                rest = left - world.burn[mode, world.distance[at, to]]
                if to == at or rest < 0:
                    continue
                arrival = time + world.time[mode, world.distance[at, to]]
                if arrival < earliest[to, rest]:
                    earliest[to, rest] = arrival
                    heappush(heap, (arrival, rest, np.int64(to)))
    return NEVER
