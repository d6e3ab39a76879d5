"""Kinds of ships in a fleet: those of equal tank and speed fly alike."""

from routing_service.domain.fleet import FleetProblem, FleetShip


def kind_of(ship: FleetShip) -> tuple[int, int]:
    return ship.profile.fuel_capacity, ship.profile.engine_speed


def kinds_of(problem: FleetProblem) -> list[tuple[int, int]]:
    """The tank and speed of each kind of ship, in the order of the ships."""
    return list(dict.fromkeys(kind_of(ship) for ship in problem.ships))


def grouped(kinds: list[tuple[int, int]], most: int) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    """At most so many kinds, and the one that stands for each: ships without a tank apart, others by their speed."""
    if len(kinds) <= most:
        return tuple(kinds), tuple(range(len(kinds)))
    order = sorted(range(len(kinds)), key=lambda kind: (kinds[kind][0] == 0, kinds[kind][1], kinds[kind][0]))
    tanked = [kind for kind in order if kinds[kind][0]]
    size = max(1, -(-len(tanked) // max(1, most - 1)))
    parts = [tanked[first : first + size] for first in range(0, len(tanked), size)]
    tankless = order[len(tanked) :]
    chosen, group_of = list[tuple[int, int]](), [0] * len(kinds)
    for part in [*parts, tankless] if tankless else parts:
        for kind in part:
            group_of[kind] = len(chosen)
        chosen.append((min(kinds[kind][0] for kind in part), min(kinds[kind][1] for kind in part)))
    return tuple(chosen), tuple(group_of)
