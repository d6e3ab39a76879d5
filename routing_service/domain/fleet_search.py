"""Ruin and recreate over a fleet's plan, cooling down: compiled.

A step takes strings of stops that lie near each other out of some ships' orders, and puts each back where it costs
least. Ruin follows Christiaens and Vanden Berghe, "Slack Induction by String Removals" (2020); for the makespan, half
of the ruins begin at the ship that ends last, and ships that end late are charged more for another stop.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.compiled import compiled
from routing_service.domain.fleet_changes import copy_tour, drop_stops, exchange_tails, flown_tour, insert_stop
from routing_service.domain.fleet_labels import LABELS, Crew, Fleet, empty_fleet, judge, set_out
from routing_service.domain.fleet_tables import FAR, FleetTables
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_tables import NEVER

FloatArray = NDArray[np.float64]

# As in the paper: stops taken out on average, and the longest string.
_MEAN_RUIN, _LONGEST = 10, 10
_BLINKS = 100
# A stop is put next to one of so many closest ones, where a judgement is dear.
_NEIGHBOURS = 10
# One ruin in so many takes a whole tour.
_WHOLE_TOURS = 20
# One step in so many exchanges what two ships fly.
_EXCHANGES = 15
# The share of the ships' mean time that counts beside the makespan while the search goes on, and for what is best.
_SPREAD, _TIE = 0.1, 1e-6


class Search(NamedTuple):
    """The plan at hand, and one that is tried out and equals it between steps. `best` is `after` of the best plan.
    `values` are the values of the plan at hand and of the best one, in seconds. `closest` are each stop's neighbours,
    itself first, and `rank[u, v]` is the place of v among those of u; `remote` is how far it is from the nearest
    origin. `known[k, u]` is what it takes to put stop u into the order of ship k as it is in the plan at hand: behind
    which node (-1: nowhere), and what the ship flies then, or (-1) at least."""

    current: Fleet
    trial: Fleet
    best: IntArray
    values: FloatArray
    closest: IntArray
    remote: FloatArray
    known: IntArray
    rank: IntArray
    chance: NDArray[np.uint64]


@compiled
def _random(chance: NDArray[np.uint64], below: int) -> int:
    """Xorshift; a whole number from 0 to before `below`."""
    x = chance[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    chance[0] = x
    return int(np.int64((x >> np.uint64(11)) % np.uint64(below)))


@compiled
def _end_of(crew: Crew, ship: int, duration: int) -> float:
    return float((crew.free_at[ship] + duration) / crew.second)


@compiled
def value_of(crew: Crew, fleet: Fleet, spread: float) -> float:
    """Seconds in all, or until the last ship ends and a share of the ships' mean; infinite if it cannot be flown."""
    total, last = 0.0, 0.0
    for ship in range(fleet.visits.size):
        if fleet.visits[ship] == 0:
            continue
        if fleet.duration[ship] >= FAR:
            return np.inf
        total += fleet.duration[ship] / crew.second
        last = max(last, _end_of(crew, ship, fleet.duration[ship]))
    return last + spread * total / fleet.visits.size if crew.makespan else total


@compiled
def _beside(search: Search, node: int, stop: int, after: int) -> bool:
    """Whether the place between two nodes is worth a try: next to a stop not far off, or at an end of a tour."""
    stops, far = search.closest.shape[0], _NEIGHBOURS
    if node >= stops or after >= stops:
        return True
    return bool(search.rank[stop, node] <= far or search.rank[stop, after] <= far)


@compiled
def _best_place(tables: FleetTables, crew: Crew, search: Search, ship: int, stop: int, limit: int, blinks: int,
                bounds: IntArray, there: IntArray) -> tuple[int, int]:  # fmt: skip
    """The node behind which this ship flies least with one more stop, and what that is; -1 if nothing is below `limit`.

    The places are tried in order of a bound of what they lead to.
    """
    fleet, kind = search.trial, crew.kind[ship]
    node, best, size = fleet.ship.size - 2 * crew.kind.size + ship, -1, 0
    while fleet.after[node] >= 0:
        after = fleet.after[node]
        to, spot = crew.spot[after], crew.spot[node]
        bound = tables.floors[kind, spot, stop]
        if to >= 0:
            bound += tables.floors[kind, stop, to]
        if not tables.coupled:
            # An empty closed tour is one of no length.
            bound += fleet.duration[ship] - (tables.floors[kind, spot, to] if to >= 0 else 0)
        elif fleet.ahead_count[node] > 0 and fleet.behind_count[after] > 0:
            bound += fleet.ahead[node, 0, 0] + fleet.behind[after, 0, 0]
        else:
            bound = NEVER
        if blinks > 0 and tables.coupled and not _beside(search, node, stop, after):
            bound = NEVER
        if bound < limit and (blinks == 0 or _random(search.chance, blinks) > 0):
            if tables.coupled:
                bounds[size, 0], bounds[size, 1] = bound, node
                size += 1
            else:
                limit, best = bound, node
        node = after
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
        duration = judge(tables, crew, fleet, ship, node, stop, limit, there)
        if duration < limit:
            limit, best = duration, node
    return best, limit


@compiled
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
    if known[0] < 0 or known[1] >= limit or (blinks > 0 and _random(search.chance, blinks) == 0):
        return -1, limit
    return known[0], known[1]


@compiled
def _recreate(
    tables: FleetTables,
    crew: Crew,
    search: Search,
    stops: IntArray,
    count: int,
    power: int,
    blinks: int,
    touched: NDArray[np.bool_],
) -> bool:
    """Put these stops back one by one, each where it costs least: in seconds, to the power `power` for a makespan."""
    fleet = search.trial
    bounds, there = np.empty((fleet.ship.size, 2), np.int64), np.empty((LABELS, 2), np.int64)
    paid = np.zeros(crew.kind.size)
    for ship in range(paid.size):
        paid[ship] = _end_of(crew, ship, fleet.duration[ship]) ** power if fleet.visits[ship] > 0 else 0.0
    for number in range(count):
        stop, best, best_duration, least = stops[number], -1, NEVER, np.inf
        for ship in range(paid.size):
            if not crew.allowed[ship, stop]:
                continue
            limit = FAR
            if best >= 0:
                limit = min(limit, int((least + paid[ship]) ** (1.0 / power) * crew.second) - crew.free_at[ship] + 1)
            if tables.coupled and not touched[ship]:
                place, duration = _known_place(tables, crew, search, ship, stop, limit, blinks, bounds, there)
            else:
                place, duration = _best_place(tables, crew, search, ship, stop, limit, blinks, bounds, there)
            if place < 0:
                continue
            cost = _end_of(crew, ship, duration) ** power - paid[ship]
            if cost < least:
                best, best_duration, least = place, duration, cost
        if best < 0:
            return False
        insert_stop(tables, crew, fleet, best, stop, best_duration)
        ship = fleet.ship[stop]
        touched[ship] = True
        paid[ship] = _end_of(crew, ship, best_duration) ** power
    return True


@compiled
def _ruin(crew: Crew, search: Search, touched: NDArray[np.bool_], removed: IntArray) -> int:
    """Take strings of stops near a random one from their ships: they belong to none then. How many they are."""
    fleet = search.trial
    stops, ships = search.closest.shape[0], crew.kind.size
    seed = _random(search.chance, stops)
    busy, last, worst = 0, 0.0, 0
    for ship in range(ships):
        if fleet.visits[ship] > 0:
            busy += 1
            if _end_of(crew, ship, fleet.duration[ship]) > last:
                last, worst = _end_of(crew, ship, fleet.duration[ship]), ship
    if crew.makespan and _random(search.chance, 2) == 0:
        seed = fleet.after[stops + worst]
        for _ in range(_random(search.chance, fleet.visits[worst])):
            seed = fleet.after[seed]
    longest = min(_LONGEST, max(1, stops // max(1, busy)))
    strings = 1 + _random(search.chance, max(1, 4 * _MEAN_RUIN // (1 + longest) - 1))
    count = 0
    if _random(search.chance, _WHOLE_TOURS) == 0:
        # All that one ship does, or two, and something of what their neighbours do.
        other = _random(search.chance, 2 * ships)
        for ship in (fleet.ship[seed], other if other < ships else -1):
            if ship >= 0 and fleet.visits[ship] > 0 and not touched[ship]:
                touched[ship] = True
                first = fleet.after[stops + ship]
                count = _cut(search, fleet, first, fleet.visits[ship], removed, count)
    for position in range(stops):
        if strings == 0:
            break
        stop = search.closest[seed, position]
        ship = fleet.ship[stop]
        if ship < 0 or touched[ship]:
            continue
        touched[ship] = True
        length = 1 + _random(search.chance, min(longest, fleet.visits[ship]))
        count = _cut(search, fleet, stop, length, removed, count)
        strings -= 1
    return count


@compiled
def _cut(search: Search, fleet: Fleet, stop: int, length: int, removed: IntArray, count: int) -> int:
    """Take out a string of this length that holds the stop; half of the strings leave some stops within them."""
    stops = search.closest.shape[0]
    ship = fleet.ship[stop]
    spared = 0
    if length > 1 and length < fleet.visits[ship] and _random(search.chance, 2) == 0:
        spared = 1
        while length + spared < fleet.visits[ship] and _random(search.chance, 2) == 0:
            spared += 1
    span = length + spared
    first = stop
    for _ in range(_random(search.chance, span)):
        if fleet.before[first] < stops:
            first = fleet.before[first]
    ahead, node = 1, first
    while ahead < span and fleet.after[node] < stops:
        node = fleet.after[node]
        ahead += 1
    while ahead < span and fleet.before[first] < stops:
        first = fleet.before[first]
        ahead += 1
    begin = _random(search.chance, length) + 1 if spared > 0 else span
    node = first
    for place in range(span):
        if place < begin or place >= begin + spared:
            removed[count] = node
            count += 1
        node = fleet.after[node]
    for place in range(count):
        fleet.ship[removed[place]] = -1
    return count


@compiled
def _put_in_order(search: Search, removed: IntArray, count: int) -> None:
    """Shuffled; or the farthest from the origins first, or the nearest."""
    for place in range(count - 1, 0, -1):
        other = _random(search.chance, place + 1)
        removed[place], removed[other] = removed[other], removed[place]
    kind = _random(search.chance, 7)
    if kind < 3:
        sign = -1.0 if kind < 2 else 1.0
        for place in range(1, count):
            stop, hole = removed[place], place
            while hole > 0 and sign * search.remote[removed[hole - 1]] > sign * search.remote[stop]:
                removed[hole] = removed[hole - 1]
                hole -= 1
            removed[hole] = stop


def search_of(crew: Crew, tables: FleetTables, closest: IntArray, remote: FloatArray, seed: int) -> Search:
    """A search whose ships have no stops yet."""
    shape = crew.kind.size, closest.shape[0], tables.near.shape[2], tables.away.first.shape[1]
    current, trial = (empty_fleet(*shape, coupled=tables.coupled) for _ in range(2))
    return Search(
        current=current,
        trial=trial,
        best=current.after.copy(),
        values=np.full(2, np.inf),
        closest=closest,
        remote=remote,
        rank=np.argsort(closest, axis=1).astype(np.int64),
        known=np.full((crew.kind.size, closest.shape[0], 2), -1, np.int64),
        chance=np.array([seed * 2 + 1], np.uint64) * np.uint64(0x9E3779B97F4A7C15),
    )


@compiled
def _empty(tables: FleetTables, crew: Crew, fleet: Fleet) -> None:
    nodes, ships = fleet.ship.size, crew.kind.size
    for stop in range(nodes - 2 * ships):
        fleet.ship[stop] = -1
    for ship in range(ships):
        start, end = nodes - 2 * ships + ship, nodes - ships + ship
        fleet.after[start], fleet.before[end] = end, start
        fleet.visits[ship] = fleet.duration[ship] = 0
        if tables.coupled:
            set_out(tables, crew, fleet, ship, start, end, NEVER)


@compiled
def take_up(tables: FleetTables, crew: Crew, search: Search, after: IntArray) -> None:
    """Go on from a known plan; its value is infinite if the labels do not suffice for it."""
    fleet, ships = search.trial, crew.kind.size
    stops = fleet.ship.size - 2 * ships
    _empty(tables, crew, fleet)
    for ship in range(ships):
        start, end = stops + ship, stops + ships + ship
        before, node = start, after[start]
        while node < stops:
            fleet.after[before], fleet.before[node], fleet.ship[node] = node, before, ship
            fleet.visits[ship] += 1
            before, node = node, after[node]
        fleet.after[before], fleet.before[end] = end, before
        if tables.coupled:
            set_out(tables, crew, fleet, ship, start, end, NEVER)
        else:
            fleet.duration[ship] = flown_tour(tables, crew, fleet, ship)
    _agree(tables, crew, search)


@compiled
def _agree(tables: FleetTables, crew: Crew, search: Search) -> None:
    """Make the trial the plan at hand."""
    for stop in range(search.closest.shape[0]):
        search.current.ship[stop] = -1
    for ship in range(crew.kind.size):
        copy_tour(search.trial, search.current, crew, ship, tables.coupled)
        for stop in range(search.known.shape[1]):
            search.known[ship, stop, 0] = search.known[ship, stop, 1] = -1
    search.values[0] = value_of(crew, search.current, _SPREAD)
    _note(crew, search)


@compiled
def begin(tables: FleetTables, crew: Crew, search: Search, stops: IntArray, power: int) -> IntArray:
    """Make a first plan, the stops put in in this order, at what `_recreate` says; those that found no place."""
    touched = np.ones(crew.kind.size, np.bool_)
    _empty(tables, crew, search.trial)
    one, missed, count = np.empty(1, np.int64), np.empty(stops.size, np.int64), 0
    for stop in stops:
        one[0] = stop
        if not _recreate(tables, crew, search, one, 1, power, 0, touched):
            missed[count] = stop
            count += 1
    # A plan with fewer stops than one before it may be worth less.
    search.values[1] = np.inf
    _agree(tables, crew, search)
    return missed[:count]


@compiled
def _note(crew: Crew, search: Search) -> None:
    value = value_of(crew, search.current, _TIE)
    if value < search.values[1]:
        search.values[1] = value
        for node in range(search.best.size):
            search.best[node] = search.current.after[node]


@compiled
def _ruin_and_recreate(
    tables: FleetTables, crew: Crew, search: Search, touched: NDArray[np.bool_], removed: IntArray
) -> bool:
    count = _ruin(crew, search, touched, removed)
    for ship in range(touched.size):
        if touched[ship]:
            drop_stops(tables, crew, search.trial, ship)
    _put_in_order(search, removed, count)
    power = 1 << _random(search.chance, 5) if crew.makespan else 1
    return _recreate(tables, crew, search, removed, count, power, _BLINKS, touched)


@compiled
def _exchange(tables: FleetTables, crew: Crew, search: Search, touched: NDArray[np.bool_]) -> bool:
    """Let two ships fly each other's tours, or each other's tails so that a stop is followed by one close to it."""
    fleet, stops = search.trial, search.closest.shape[0]
    stop = _random(search.chance, stops)
    near = search.closest[stop, _random(search.chance, min(stops, _NEIGHBOURS))]
    one, other = fleet.ship[stop], fleet.ship[near]
    after_one, after_other = stop, fleet.before[near]
    if _random(search.chance, 4) == 0:
        other = _random(search.chance, touched.size)
        after_one, after_other = stops + one, stops + other
    if one < 0 or other < 0 or one == other or not exchange_tails(tables, crew, fleet, after_one, after_other):
        return False
    touched[one] = touched[other] = True
    return True


@compiled
def improve(tables: FleetTables, crew: Crew, search: Search, step: int, until: int, steps: int, hot: float,
            cold: float) -> int:  # fmt: skip
    """Steps from number `step` to before `until`, of `steps` in all, while the temperature falls from `hot` to `cold`,
    in seconds. The number of the next step."""
    removed = np.empty(search.closest.shape[0], np.int64)
    touched = np.empty(crew.kind.size, np.bool_)
    while step < until:
        temperature = hot * (cold / hot) ** (step / steps)
        step += 1
        for ship in range(touched.size):
            touched[ship] = False
        if touched.size > 1 and _random(search.chance, _EXCHANGES) == 0:
            accepted = _exchange(tables, crew, search, touched)
        else:
            accepted = _ruin_and_recreate(tables, crew, search, touched, removed)
        if accepted:
            value = value_of(crew, search.trial, _SPREAD)
            luck = (_random(search.chance, 1 << 30) + 1) / (1 << 30)
            accepted = value < search.values[0] - temperature * np.log(luck)
            if accepted:
                search.values[0] = value
        for ship in range(touched.size):
            if touched[ship] and accepted:
                copy_tour(search.trial, search.current, crew, ship, tables.coupled)
                for stop in range(search.known.shape[1]):
                    search.known[ship, stop, 0] = search.known[ship, stop, 1] = -1
            elif touched[ship]:
                copy_tour(search.current, search.trial, crew, ship, tables.coupled)
        if accepted:
            _note(crew, search)
    return step
