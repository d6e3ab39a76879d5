"""What a fleet's search knows, and where a ship takes up one more stop at the least cost: compiled."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.chance import random_below
from routing_service.domain.compiled import borrowing
from routing_service.domain.fleet_changes import Draft, insert_stop
from routing_service.domain.fleet_labels import Crew, Fleet, judge
from routing_service.domain.fleet_tables import FAR, FleetTables
from routing_service.domain.problem import FloatArray, IntArray
from routing_service.domain.tour_tables import NEVER

# A stop is put next to one of so many closest ones, where a judgement is dear.
NEIGHBOURS = 10
# The share of the ships' mean time that counts beside the makespan while the search goes on.
SPREAD = 0.1


class Search(NamedTuple):
    """The plan at hand, and one that is tried out and equals it between steps. `best` is `after` of the best plan.
    `values` are the values of the plan at hand and of the best one, in seconds. `closest` are each stop's neighbours,
    itself first, and `rank[u, v]` is the place of v among those of u; `remote` is how far it is from the nearest
    origin. `known[k, u]` is what it takes to put stop u into the order of ship k as it is in the plan at hand: behind
    which node (-1: nowhere), and what the ship flies then, or (-1) at least. `bounds` to `draft` are scratch."""

    current: Fleet
    trial: Fleet
    best: IntArray
    values: FloatArray
    closest: IntArray
    remote: FloatArray
    known: IntArray
    rank: IntArray
    bounds: IntArray
    there: IntArray
    paid: FloatArray
    costs: FloatArray
    draft: Draft
    chance: NDArray[np.uint64]


@borrowing
def end_of(crew: Crew, ship: int, duration: int) -> float:
    return float((crew.free_at[ship] + duration) / crew.second)


@borrowing
def value_of(crew: Crew, fleet: Fleet, spread: float) -> float:
    """Seconds in all, or until the last ship ends and a share of the ships' mean; infinite if it cannot be flown."""
    total, last = 0.0, 0.0
    for ship in range(fleet.visits.size):
        if fleet.visits[ship] == 0:
            continue
        if fleet.duration[ship] >= FAR:
            return np.inf
        total += fleet.duration[ship] / crew.second
        last = max(last, end_of(crew, ship, fleet.duration[ship]))
    return last + spread * total / fleet.visits.size if crew.makespan else total


@borrowing
def _beside(search: Search, node: int, stop: int, after: int) -> bool:
    """Whether the place between two nodes is worth a try: next to a stop not far off, or at an end of a tour."""
    stops, far = search.closest.shape[0], NEIGHBOURS
    if node >= stops or after >= stops:
        return True
    return bool(search.rank[stop, node] <= far or search.rank[stop, after] <= far)


@borrowing
def _bound(tables: FleetTables, crew: Crew, search: Search, ship: int, node: int, stop: int, thorough: bool) -> int:
    """What this ship flies at least with the stop put behind this node: without fuel carried, just that."""
    fleet, kind = search.trial, crew.kind[ship]
    after = fleet.after[node]
    to, spot = crew.spot[after], crew.spot[node]
    bound = tables.floors[kind, spot, stop]
    if to >= 0:
        bound += tables.floors[kind, stop, to]
    if not tables.coupled:
        # An empty closed tour is one of no length.
        return int(bound + fleet.duration[ship] - (tables.floors[kind, spot, to] if to >= 0 else 0))
    if fleet.ahead_count[node] == 0 or fleet.behind_count[after] == 0:
        return NEVER
    if not (thorough or _beside(search, node, stop, after)):
        return NEVER
    return int(bound + fleet.ahead[node, 0, 0] + fleet.behind[after, 0, 0])


@borrowing
def _at_least(tables: FleetTables, crew: Crew, search: Search, ship: int, stop: int, thorough: bool) -> int:
    """What this ship flies at least with one more stop."""
    fleet, least = search.trial, NEVER
    node = fleet.ship.size - 2 * crew.kind.size + ship
    while fleet.after[node] >= 0:
        least = min(least, _bound(tables, crew, search, ship, node, stop, thorough))
        node = fleet.after[node]
    return least


@borrowing
def _best_place(tables: FleetTables, crew: Crew, search: Search, ship: int, stop: int, limit: int, blinks: int,
                bounds: IntArray, there: IntArray) -> tuple[int, int]:  # fmt: skip
    """The node behind which this ship flies least with one more stop, and what that is; -1 if nothing is below `limit`.

    The places are tried in order of a bound of what they lead to.
    """
    fleet = search.trial
    node, best, size = fleet.ship.size - 2 * crew.kind.size + ship, -1, 0
    while fleet.after[node] >= 0:
        bound = _bound(tables, crew, search, ship, node, stop, blinks == 0)
        if bound < limit and (blinks == 0 or random_below(search.chance, blinks) > 0):
            if tables.coupled:
                bounds[size, 0], bounds[size, 1] = bound, node
                size += 1
            else:
                limit, best = bound, node
        node = fleet.after[node]
    while size > 0:
        least = 0
        for place in range(1, size):
            if bounds[place, 0] < bounds[least, 0]:
                least = place
        if bounds[least, 0] >= limit:
            break
        node = bounds[least, 1]
        size -= 1
        bounds[least, 0], bounds[least, 1] = bounds[size, 0], bounds[size, 1]
        duration = judge(tables, crew, fleet, ship, node, stop, fleet.after[node], limit, there)
        if duration < limit:
            limit, best = duration, node
    return best, limit


@borrowing
def _known_place(
    tables: FleetTables,
    crew: Crew,
    search: Search,
    ship: int,
    stop: int,
    limit: int,
    blinks: int,
    bounds: IntArray,
    there: IntArray,
) -> tuple[int, int]:
    """The same for a ship whose order is that of the plan at hand: found out once."""
    known = search.known[ship, stop]
    if known[0] < 0 and known[1] < limit:
        known[0], known[1] = _best_place(tables, crew, search, ship, stop, limit, 1 << 40, bounds, there)
    if known[0] < 0 or known[1] >= limit or (blinks > 0 and random_below(search.chance, blinks) == 0):
        return -1, limit
    return known[0], known[1]


@borrowing
def _rank_ships(tables: FleetTables, crew: Crew, search: Search, stop: int, power: int, blinks: int,
                touched: NDArray[np.bool_], paid: FloatArray, costs: FloatArray) -> None:  # fmt: skip
    """What it costs at least that a ship takes up this stop."""
    for ship in range(paid.size):
        costs[ship] = np.inf
        if not crew.allowed[ship, stop]:
            continue
        if touched[ship]:
            least = _at_least(tables, crew, search, ship, stop, blinks == 0)
        else:
            known = search.known[ship, stop]
            if known[1] < 0:
                known[1] = _at_least(tables, crew, search, ship, stop, blinks == 0)
            least = known[1]
        if least < FAR:
            costs[ship] = end_of(crew, ship, least) ** power - paid[ship]


@borrowing
def _cheapest(costs: FloatArray) -> int:
    best = 0
    for ship in range(costs.size):
        if costs[ship] < costs[best]:
            best = ship
    return best


@borrowing
def _most(crew: Crew, fleet: Fleet, ship: int, total: float, threshold: float) -> int:
    """What the ship may fly for a plan worth less than the threshold, in which all ships fly `total` seconds so far."""
    seconds = threshold - total + fleet.duration[ship] / crew.second
    if crew.makespan:
        seconds = threshold - SPREAD * total / fleet.visits.size - crew.free_at[ship] / crew.second
    return int(min(float(FAR), max(0.0, seconds * crew.second + 1)))


@borrowing
def recreate(
    tables: FleetTables,
    crew: Crew,
    search: Search,
    stops: IntArray,
    count: int,
    power: int,
    blinks: int,
    touched: NDArray[np.bool_],
    threshold: float,
) -> bool:
    """Put these stops back one by one, each where it costs least: in seconds, to the power `power` for a makespan.
    False as soon as one has no place at which the plan is worth less than the threshold: those that follow hardly ever
    make it cheaper."""
    fleet, total = search.trial, 0.0
    bounds, there, paid, costs = search.bounds, search.there, search.paid, search.costs
    for ship in range(paid.size):
        paid[ship] = end_of(crew, ship, fleet.duration[ship]) ** power if fleet.visits[ship] > 0 else 0.0
        total += fleet.duration[ship] / crew.second
    for number in range(count):
        stop, best, best_duration, least = stops[number], -1, NEVER, np.inf
        _rank_ships(tables, crew, search, stop, power, blinks, touched, paid, costs)
        while True:
            ship = _cheapest(costs)
            if costs[ship] >= least:
                break
            costs[ship] = np.inf
            limit = _most(crew, fleet, ship, total, threshold)
            if best >= 0:
                limit = min(limit, int((least + paid[ship]) ** (1.0 / power) * crew.second) - crew.free_at[ship] + 1)
            if touched[ship]:
                place, duration = _best_place(tables, crew, search, ship, stop, limit, blinks, bounds, there)
            else:
                place, duration = _known_place(tables, crew, search, ship, stop, limit, blinks, bounds, there)
            if place < 0:
                continue
            cost = end_of(crew, ship, duration) ** power - paid[ship]
            if cost < least:
                best, best_duration, least = place, duration, cost
        if best < 0:
            return False
        ship = fleet.ship[best]
        total += (best_duration - fleet.duration[ship]) / crew.second
        insert_stop(tables, crew, fleet, best, stop, best_duration)
        touched[ship] = True
        paid[ship] = end_of(crew, ship, best_duration) ** power
    return True
