"""What the best route costs, found the slow and obvious way. Shares no code with the product, physics included.

Costs are triples in the order in which they are compared: (nanoseconds, fuel, steps) for the fastest route,
(fuel, nanoseconds, steps) for the thriftiest.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import isqrt

Cost = tuple[int, int, int]

# Seconds per distance at speed 1, as numerator and denominator.
_MULTIPLIER = {"CRUISE": (25, 1), "BURN": (25, 2), "DRIFT": (250, 1), "STEALTH": (30, 1)}
_SECOND = 10**9


@dataclass(frozen=True)
class Case:
    """One question: places are (x, y, sells_fuel), overheads are nanoseconds."""

    places: Sequence[tuple[int, int, bool]]
    fuel: int
    capacity: int
    speed: int
    modes: Sequence[str]
    origin: int = 0
    goal: int = 1
    refuel: int = 0
    departure: int = 0
    thrifty: bool = False


def leg(case: Case, start: int, end: int, mode: str) -> tuple[int, int]:
    """(nanoseconds without overhead, fuel) of one leg."""
    dx, dy = case.places[start][0] - case.places[end][0], case.places[start][1] - case.places[end][1]
    square = dx * dx + dy * dy
    root = isqrt(square)
    # The root's fraction is above one half exactly if its square exceeds (root + 1/2)^2 = root^2 + root + 1/4.
    distance = max(1, root + (square > root * root + root))
    numerator, denominator = distance * _MULTIPLIER[mode][0], case.speed * _MULTIPLIER[mode][1]
    seconds = (2 * numerator + denominator) // (2 * denominator) + 15
    fuel = 0 if case.capacity == 0 else {"DRIFT": 1, "BURN": 2 * distance}.get(mode, distance)
    return seconds * _SECOND, fuel


def least_cost(case: Case) -> Cost | None:
    """Dijkstra over every (waypoint, fuel); None where the goal cannot be reached."""
    return _search(case, lambda seen, state: state in seen)


def least_cost_on_a_map(case: Case) -> Cost | None:
    """The same for large systems: states that came up later, and with less fuel, are left out."""
    fullest: dict[int, int] = {}

    def superfluous(_: set[tuple[int, int]], state: tuple[int, int]) -> bool:
        at, fuel = state
        if fullest.get(at, -1) >= fuel:
            return True
        fullest[at] = fuel
        return False

    return _search(case, superfluous)


def least_tour_cost(
    case: Case, stops: Sequence[int], *, closed: bool, in_order: bool = False, end: int | None = None
) -> Cost | None:
    """Dijkstra over every (waypoint, fuel, stops visited): the best order and the best flight at once.

    `in_order`: a stop counts as visited once all before it are. `end`: where the tour is over, None for anywhere.
    """
    everything = (1 << len(stops)) - 1
    end = case.origin if closed else end

    def visiting(at: int, visited: int) -> int:
        if at not in stops or (in_order and visited != (1 << stops.index(at)) - 1):
            return visited
        return visited | (1 << stops.index(at))

    seen: set[tuple[int, int, int]] = set()
    queue: list[tuple[Cost, int, int, int]] = [((0, 0, 0), case.origin, case.fuel, visiting(case.origin, 0))]
    while queue:
        cost, at, fuel, visited = heapq.heappop(queue)
        if visited == everything and end in (None, at):
            return cost
        if (at, fuel, visited) in seen:
            continue
        seen.add((at, fuel, visited))
        for to, left, time, burnt in _moves(case, _legs(case, at), at, fuel):
            heapq.heappush(queue, (_add(case, cost, time, burnt), to, left, visiting(to, visited)))
    return None


def _legs(case: Case, start: int) -> list[tuple[int, int, int]]:
    ends = [end for end in range(len(case.places)) if end != start]
    return [(end, *leg(case, start, end, mode)) for end in ends for mode in case.modes]


def _search(case: Case, superfluous: Callable[[set[tuple[int, int]], tuple[int, int]], bool]) -> Cost | None:
    @cache
    def legs(start: int) -> list[tuple[int, int, int]]:
        return _legs(case, start)

    seen: set[tuple[int, int]] = set()
    queue: list[tuple[Cost, int, int]] = [((0, 0, 0), case.origin, case.fuel)]
    while queue:
        cost, at, fuel = heapq.heappop(queue)
        if at == case.goal:
            return cost
        if superfluous(seen, (at, fuel)):
            continue
        seen.add((at, fuel))
        for end, left, time, burnt in _moves(case, legs(at), at, fuel):
            heapq.heappush(queue, (_add(case, cost, time, burnt), end, left))
    return None


def _moves(case: Case, legs: list[tuple[int, int, int]], at: int, fuel: int) -> Iterator[tuple[int, int, int, int]]:
    if case.places[at][2] and fuel < case.capacity:
        yield at, case.capacity, case.refuel, 0
    for end, time, burnt in legs:
        if burnt <= fuel:
            yield end, fuel - burnt, time + case.departure, burnt


def _add(case: Case, cost: Cost, time: int, burnt: int) -> Cost:
    first, second = (burnt, time) if case.thrifty else (time, burnt)
    return cost[0] + first, cost[1] + second, cost[2] + 1
