"""The best of all ways to share few stops out, by what each set of stops costs each ship."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from routing_service.domain.fleet import FleetProblem
from routing_service.domain.fleet_exact import MAX_STOPS, SetCosts, best_split, set_costs
from routing_service.domain.fleet_planning import FleetTask
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.tour import Status
from routing_service.domain.tour_exact import subsets_of, sweep

_SETS_AT_ONCE = 16


def best_orders(task: FleetTask, limit: int, expired: Callable[[], bool]) -> list[list[int]] | None:
    """What each ship visits, and in which order, as positions among the stops; `limit`, in units of the tables, is more
    than any ship flies. None if told to stop, or if no way serves all."""
    if not _found_stretches(task, expired):
        return None
    ships = task.problem.ships
    found: dict[tuple[object, int], SetCosts] = {}
    for number, ship in enumerate(ships):
        if (ship.profile, ship.origin) not in found:
            costs = _costs_of_sets(task, number, limit, expired)
            if costs is None:
                return None
            found[ship.profile, ship.origin] = costs
    which = {key: position for position, key in enumerate(found)}
    kind = np.array([which[ship.profile, ship.origin] for ship in ships], np.int64)
    times = np.array([costs.times for costs in found.values()], np.int64)
    split = best_split(times, kind, task.crew.free_at, task.problem.counts_waiting).tolist()
    if not split:
        return None
    return [found[ship.profile, ship.origin].order(part) for ship, part in zip(ships, split, strict=True)]


def least_for_few(
    prepared: PreparedGraph, problem: FleetProblem, task: FleetTask, limit: int, expired: Callable[[], bool]
) -> int:
    """Nanoseconds that every plan is worth at least, if one is worth less than `limit` units of the tables: whoever
    visits all stops visits some that are far off and far apart. 0 if told to stop. `prepared` and `problem` are about
    the whole system."""
    few = _far_apart(task)
    some = replace(
        task,
        stops=tuple(task.stops[at] for at in few),
        stops_asked=tuple(task.stops_asked[at] for at in few),
        within=np.ascontiguousarray(task.within[:, few]),
    ).for_a_proof(prepared, problem, limit)
    orders = best_orders(some, limit, expired)
    return 0 if orders is None else some.plan(orders, Status.OPTIMAL, 0).objective


def _far_apart(task: FleetTask) -> list[int]:
    """Stops of which each is as far as can be from all origins and from those before it."""
    apart = np.min(task.floors, axis=0)
    left, few = task.remote.copy(), list[int]()
    for _ in range(min(MAX_STOPS, len(task.stops))):
        few.append(int(left.argmax()))
        left = np.minimum(left, apart[few[-1], : len(left)])
        left[few] = -1
    return few


def _found_stretches(task: FleetTask, expired: Callable[[], bool]) -> bool:
    """Find what the tables are made of, which takes longer than to make them."""
    for stretches in task.stretches:
        for place in [*task.spots, *task.prepared.stations.tolist()]:
            if expired():
                return False
            stretches.labels_from(place)
    return True


def _costs_of_sets(task: FleetTask, ship: int, limit: int, expired: Callable[[], bool]) -> SetCosts | None:
    """What every set of stops costs this ship, those left out that cost `limit` or more."""
    tables = task.model_from(ship).tables
    closed = task.problem.return_to_origin
    nodes = len(task.stops) + 1
    free = np.zeros((nodes, nodes), np.int64)
    # Nothing is known of what other ships take over, so no set has to have anything follow.
    subsets = subsets_of(tables, free, task.problem.ships[ship].profile.fuel, closed=closed)
    subsets = subsets._replace(rest=np.zeros_like(subsets.rest))
    used, sets = 1, len(subsets.rest)
    for first in range(1, sets, _SETS_AT_ONCE):
        if expired():
            return None
        rows, used = sweep(tables, subsets, first, min(sets, first + _SETS_AT_ONCE), used, limit)
        if used < 0:
            return None
        subsets = subsets._replace(rows=rows)
    origin = task.problem.ships[ship].origin
    here = task.stops.index(origin) if origin in task.stops else None
    # Ways lead to each place as one node, and where a stop is the origin, that is the stop.
    costs = SetCosts(subsets.rows, *set_costs(tables, subsets, closed, 0 if here is None else here + 1))
    return costs if here is None else costs.standing_at(here)
