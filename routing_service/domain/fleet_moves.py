"""Moves of whole parts of the orders of a fleet's ships: turned round or put elsewhere within one order, or exchanged
between two. They are judged before anything is changed, from the labels on both sides of what they touch: compiled.
"""

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.chance import random_below
from routing_service.domain.compiled import borrowing
from routing_service.domain.fleet_changes import Draft, copy_ahead
from routing_service.domain.fleet_insertion import NEIGHBOURS, SPREAD, Search, end_of
from routing_service.domain.fleet_labels import Crew, Fleet, horizon, judge, set_ahead, set_out
from routing_service.domain.fleet_ruin import seed_of
from routing_service.domain.fleet_tables import FAR, FleetTables

# The most stops that one ship hands over for some of another's, and one move in so many that exchanges whole orders.
_LONGEST, _WHOLE_ORDERS = 3, 50


@borrowing
def rearrange(tables: FleetTables, crew: Crew, search: Search, threshold: float, touched: NDArray[np.bool_]) -> bool:
    """Change the orders of one ship or two so that some stop comes to lie beside one close to it, or let two ships fly
    each other's orders. False, and nothing is changed, if the plan is then worth no less than the threshold."""
    fleet, draft, stops = search.trial, search.draft, search.closest.shape[0]
    stop = seed_of(crew, fleet, search.chance)
    near = search.closest[stop, random_below(search.chance, min(stops, NEIGHBOURS))]
    one, other = fleet.ship[stop], fleet.ship[near]
    if one < 0 or other < 0:
        return False
    if stop == near:
        # The closest stop to each is itself.
        if random_below(search.chance, _WHOLE_ORDERS // NEIGHBOURS) > 0:
            return False
        other = random_below(search.chance, crew.kind.size)
        if one == other:
            return False
    _list(fleet, draft, one, 0)
    if one != other:
        _list(fleet, draft, other, 1)
    if stop == near:
        _exchange(draft, 1, draft.sizes[0, 0] - 2, 1, draft.sizes[0, 1] - 2, False)
    elif one != other:
        _between(draft, search.chance, _place(draft, 0, stop), _place(draft, 1, near))
    elif not _within(draft, search.chance, _place(draft, 0, stop), _place(draft, 0, near)):
        return False
    if not _worth_it(tables, crew, search, one, other, threshold):
        return False
    _carry_out(tables, crew, search, 0, one, touched)
    if one != other:
        _carry_out(tables, crew, search, 1, other, touched)
    return True


@borrowing
def _list(fleet: Fleet, draft: Draft, ship: int, row: int) -> None:
    size = 0
    node = fleet.ship.size - 2 * fleet.visits.size + ship
    while node >= 0:
        draft.orders[0, row, size] = node
        size += 1
        node = fleet.after[node]
    draft.sizes[0, row], draft.sizes[1, row] = size, 0


@borrowing
def _place(draft: Draft, row: int, node: int) -> int:
    place = 0
    while draft.orders[0, row, place] != node:
        place += 1
    return place


@borrowing
def _add(draft: Draft, row: int, first: int, last: int, turned: bool, to: int) -> None:
    """Let the new order `to` go on with the nodes from `first` to `last` of the old order `row`."""
    size = draft.sizes[1, to]
    for offset in range(last - first + 1):
        draft.orders[1, to, size + offset] = draft.orders[0, row, last - offset if turned else first + offset]
    draft.sizes[1, to] += max(0, last - first + 1)


@borrowing
def _within(draft: Draft, chance: NDArray[np.uint64], i: int, j: int) -> bool:
    """Turn a part of an order round, or move it, so that the stop at place i comes to lie beside the one at j."""
    last, kind = draft.sizes[0, 0] - 1, random_below(chance, 3)
    if kind == 0:
        low, high = (i + 1, j) if i < j else (j, i - 1)
        _add(draft, 0, 0, low - 1, False, 0)
        _add(draft, 0, low, high, True, 0)
        _add(draft, 0, high + 1, last, False, 0)
        return low < high
    turned = kind == 1
    behind, end = j - 1 if turned else j, min(i + random_below(chance, max(1, last // 2)), last - 1)
    if i - 1 <= behind <= end:
        return False
    _add(draft, 0, 0, min(behind, i - 1), False, 0)
    _add(draft, 0, end + 1, behind, False, 0)
    _add(draft, 0, i, end, turned, 0)
    _add(draft, 0, behind + 1, i - 1, False, 0)
    _add(draft, 0, max(behind, end) + 1, last, False, 0)
    return True


@borrowing
def _between(draft: Draft, chance: NDArray[np.uint64], i: int, j: int) -> None:
    """Exchange parts of two orders so that the stop at place i of one comes to lie beside the one at j of the other."""
    last, last_other = draft.sizes[0, 0] - 1, draft.sizes[0, 1] - 1
    kind = random_below(chance, 6)
    if kind == 0:
        _exchange(draft, i + 1, last - 1, j, last_other - 1, False)
    elif kind == 1:
        _exchange(draft, i + 1, last - 1, 1, j, True)
    else:
        end = min(i + random_below(chance, _LONGEST), last - 1)
        others = random_below(chance, _LONGEST + 1)
        if random_below(chance, 2) == 0:
            _exchange(draft, i, end, max(1, j - others), j - 1, True)
        else:
            _exchange(draft, i, end, j + 1, min(j + others, last_other - 1), False)


@borrowing
def _exchange(draft: Draft, first: int, last: int, first_other: int, last_other: int, turned: bool) -> None:
    """Exchange what one ship visits from `first` to `last` for a part of what the other does; either may be none."""
    sizes = draft.sizes
    _add(draft, 0, 0, first - 1, False, 0)
    _add(draft, 1, first_other, last_other, turned, 0)
    _add(draft, 0, last + 1, sizes[0, 0] - 1, False, 0)
    _add(draft, 1, 0, first_other - 1, False, 1)
    _add(draft, 0, first, last, turned, 1)
    _add(draft, 1, last_other + 1, sizes[0, 1] - 1, False, 1)


@borrowing
def _worth_it(tables: FleetTables, crew: Crew, search: Search, one: int, other: int, threshold: float) -> bool:
    """Whether a plan with the new orders is worth less than the threshold; bounds tell most of those that are not."""
    fleet, draft, rows, last, total = search.trial, search.draft, 1 if one == other else 2, 0.0, 0.0
    for ship in range(crew.kind.size):
        if ship != one and ship != other and fleet.visits[ship] > 0:
            total += fleet.duration[ship] / crew.second
            last = max(last, end_of(crew, ship, fleet.duration[ship]))
    for row in range(rows):
        ship = one if row == 0 else other
        _compare(draft, row)
        if not _may_visit(crew, draft, row, ship):
            return False
        draft.flown[row] = _at_least(tables, crew, fleet, draft, row, ship)
    for turn in range(2 * rows if tables.coupled else rows):
        row = turn % rows
        ship, rival = (one, other) if row == 0 else (other, one)
        limit = _allowance(crew, draft, row, ship, rival, last, total, threshold)
        if turn >= rows and draft.sizes[1, row] > 2 and draft.flown[row] < limit:
            draft.flown[row] = _flown(tables, crew, search, row, ship, limit)
        if draft.flown[row] >= limit:
            return False
    return True


@borrowing
def _compare(draft: Draft, row: int) -> None:
    """How many nodes of the new order are the same as before: from its beginning on, and then from its end on."""
    orders, low, tail = draft.orders, 0, 0
    old, new = draft.sizes[0, row], draft.sizes[1, row]
    while low < min(old, new) and orders[0, row, low] == orders[1, row, low]:
        low += 1
    while tail < min(old, new) - low and orders[0, row, old - 1 - tail] == orders[1, row, new - 1 - tail]:
        tail += 1
    draft.spans[row, 0], draft.spans[row, 1] = low, tail


@borrowing
def _may_visit(crew: Crew, draft: Draft, row: int, ship: int) -> bool:
    for place in range(draft.spans[row, 0], draft.sizes[1, row] - draft.spans[row, 1]):
        if not crew.allowed[ship, draft.orders[1, row, place]]:
            return False
    return True


@borrowing
def _floors(tables: FleetTables, crew: Crew, order: NDArray[np.int64], kind: int, first: int, last: int) -> int:
    """The sum of floors from place `first` to place `last` of an order."""
    total = 0
    for place in range(first, last):
        to = crew.spot[order[place + 1]]
        if to >= 0:
            total = min(FAR, total + tables.floors[kind, crew.spot[order[place]], to])
    return total


@borrowing
def _at_least(tables: FleetTables, crew: Crew, fleet: Fleet, draft: Draft, row: int, ship: int) -> int:
    """What the ship flies at least in its new order: without fuel carried, just that."""
    kind, old, new = crew.kind[ship], draft.orders[0, row], draft.orders[1, row]
    low, tail = draft.spans[row, 0], draft.spans[row, 1]
    past_old, past = draft.sizes[0, row] - tail, draft.sizes[1, row] - tail
    if draft.sizes[1, row] == 2:
        return 0
    changed = _floors(tables, crew, new, kind, low - 1, past)
    if not tables.coupled:
        return int(min(FAR, fleet.duration[ship] - _floors(tables, crew, old, kind, low - 1, past_old) + changed))
    if fleet.ahead_count[new[low - 1]] == 0 or fleet.behind_count[new[past]] == 0:
        return FAR
    return int(min(FAR, fleet.ahead[new[low - 1], 0, 0] + changed + fleet.behind[new[past], 0, 0]))


@borrowing
def _allowance(crew: Crew, draft: Draft, row: int, ship: int, rival: int, last: float, total: float,
               threshold: float) -> int:  # fmt: skip
    """What the ship of this row may fly for a plan worth less than the threshold, as long as the other row's flies
    what is noted; all others fly `total` seconds and end by `last`."""
    if ship != rival and draft.sizes[1, 1 - row] > 2:
        total += draft.flown[1 - row] / crew.second
        last = max(last, end_of(crew, rival, draft.flown[1 - row]))
    seconds = threshold - total
    if crew.makespan:
        share = SPREAD / crew.kind.size
        left = threshold - share * total
        seconds = min((left - last) / share, (left - crew.free_at[ship] / crew.second) / (1 + share))
    return int(min(float(FAR), max(0.0, seconds * crew.second)))


@borrowing
def _flown(tables: FleetTables, crew: Crew, search: Search, row: int, ship: int, limit: int) -> int:
    """What the ship flies in its new order, fuel carried; `limit` if it is no less."""
    fleet, order, size = search.trial, search.draft.orders[1, row], search.draft.sizes[1, row]
    low, past, kind = search.draft.spans[row, 0], size - search.draft.spans[row, 1], crew.kind[ship]
    # The last node of what is new, or else one beside it, is judged as if it were put in.
    judged = past - 1 if past > low or low > 1 else low
    first = min(low, judged)
    rest = _floors(tables, crew, order, kind, first, judged + 1) + fleet.behind[order[judged + 1], 0, 0]
    at, found = first, limit
    while at < judged and (at == first or fleet.ahead_count[order[at - 1]] > 0):
        fleet.before[order[at]] = order[at - 1]
        set_ahead(tables, crew, fleet, ship, order[at], limit - rest)
        rest -= tables.floors[kind, crew.spot[order[at]], crew.spot[order[at + 1]]]
        at += 1
    if at == judged:
        before, after = order[judged - 1], order[judged + 1]
        found = judge(tables, crew, fleet, ship, before, order[judged], after, limit, search.there)
    for done in range(first, at):
        copy_ahead(search.current, fleet, order[done])
    return found


@borrowing
def _carry_out(
    tables: FleetTables, crew: Crew, search: Search, row: int, ship: int, touched: NDArray[np.bool_]
) -> None:
    fleet, order, size = search.trial, search.draft.orders[1, row], search.draft.sizes[1, row]
    low, high = search.draft.spans[row, 0], size - search.draft.spans[row, 1] - 1
    for place in range(1, size):
        fleet.before[order[place]], fleet.after[order[place - 1]] = order[place - 1], order[place]
        fleet.ship[order[place]] = ship
    fleet.visits[ship], fleet.duration[ship] = size - 2, search.draft.flown[row]
    touched[ship] = True
    if tables.coupled:
        set_out(tables, crew, fleet, ship, order[low], order[high], horizon(crew, search.draft.flown[row]))
