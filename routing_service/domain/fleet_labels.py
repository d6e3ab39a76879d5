"""A fleet's plan as its search sees it, and what it costs to put a stop somewhere, fuel carried: compiled.

Nodes are the stops (the first spots, by the same numbers), then each ship's start, then each ship's end. Along each
ship's order two sets of labels are kept. Ahead: (time, fuel) with which the ship can be at a node, and the least time
at which it can have a full tank at each station near. Behind: (time, -need), what the rest takes with so much fuel at
the node, and what it takes from a full tank at each station. A stop between two nodes is judged from both sides.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.compiled import borrowing
from routing_service.domain.fleet_tables import FleetTables
from routing_service.domain.label_rows import admit, shift_between
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_tables import NEVER

# Labels kept per node and side; should there be more, the slowest are lost, which can only hide good orders.
LABELS = 40
_UNKNOWN = -1
_SLACK_SECONDS = 300
# Differences in fuel beyond so many binary digits are passed over.
_HARDLY = 5


class Crew(NamedTuple):
    """Per ship its kind, its fuel, when it is free, and the spot it starts from; `spot` is per node, -1 for an end that
    is wherever the last stop is. `allowed[k, u]` is whether ship k may visit stop u. `second` is the unit of time."""

    kind: IntArray
    fuel: IntArray
    free_at: IntArray
    spot: IntArray
    allowed: NDArray[np.bool_]
    makespan: bool
    second: int


class Fleet(NamedTuple):
    """A plan: what comes before and after each node, which ship visits it (-1: none), and the labels on both sides.
    `duration` is what a ship flies, `visits` how many stops it has. `was` and `was_full` hold some
    node's labels as they were, for a comparison."""

    before: IntArray
    after: IntArray
    ship: IntArray
    ahead: IntArray
    ahead_count: IntArray
    full: IntArray
    behind: IntArray
    behind_count: IntArray
    onward: IntArray
    duration: IntArray
    visits: IntArray
    was: IntArray
    was_full: IntArray


def empty_fleet(ships: int, stops: int, near: int, stations: int, *, coupled: bool) -> Fleet:
    nodes = stops + 2 * ships
    rows, labels = (nodes, LABELS) if coupled else (1, 1)
    before, after = np.full(nodes, -1, np.int64), np.full(nodes, -1, np.int64)
    owner = np.full(nodes, -1, np.int64)
    for ship in range(ships):
        start, end = stops + ship, stops + ships + ship
        after[start], before[end], owner[start], owner[end] = end, start, ship, ship
    return Fleet(
        before=before,
        after=after,
        ship=owner,
        ahead=np.zeros((rows, labels, 2), np.int64),
        ahead_count=np.zeros(rows, np.int64),
        full=np.full((rows, near), NEVER, np.int64),
        behind=np.zeros((rows, labels, 2), np.int64),
        behind_count=np.zeros(rows, np.int64),
        onward=np.full((rows, stations), NEVER, np.int64),
        duration=np.zeros(ships, np.int64),
        visits=np.zeros(ships, np.int64),
        was=np.zeros((labels, 2), np.int64),
        was_full=np.zeros(near, np.int64),
    )


@borrowing
def _arrive(tables: FleetTables, fleet: Fleet, kind: int, node: int, spots: IntArray, to: int, there: IntArray,
            limit: int) -> int:  # fmt: skip
    """Labels at the spot `to` of a ship that comes from `node`, earlier than `limit`; how many they are."""
    spot, count = spots[node], 0
    for near in range(tables.near.shape[2]):
        full = fleet.full[node, near]
        if full >= limit:
            continue
        station = tables.near[kind, spot, near]
        for row in range(tables.away.first[kind, station, to], tables.away.first[kind, station, to + 1]):
            time = full + tables.away.rows[row, 0]
            if time >= limit:
                break
            count = admit(there, count, time, tables.capacity[kind] - tables.away.rows[row, 1], _HARDLY)
    low, high = tables.direct.first[kind, spot, to], tables.direct.first[kind, spot, to + 1]
    for label in range(fleet.ahead_count[node]):
        so_far, fuel = fleet.ahead[node, label, 0], fleet.ahead[node, label, 1]
        if low == high or so_far + tables.direct.rows[low, 0] >= limit:
            break
        for row in range(low, high):
            if tables.direct.rows[row, 1] > fuel:
                continue
            time = so_far + tables.direct.rows[row, 0]
            if time >= limit:
                break
            count = admit(there, count, time, fuel - tables.direct.rows[row, 1], _HARDLY)
    return count


@borrowing
def _fill_up(tables: FleetTables, fleet: Fleet, kind: int, node: int, spot: int) -> None:
    """The least time at which the ship can have a full tank at each station near."""
    for near in range(tables.near.shape[2]):
        least = NEVER
        low, high = tables.reach.first[kind, spot, near], tables.reach.first[kind, spot, near + 1]
        for label in range(fleet.ahead_count[node]):
            if low == high or fleet.ahead[node, label, 0] + tables.reach.rows[low, 0] >= least:
                break
            for row in range(low, high):
                if tables.reach.rows[row, 1] <= fleet.ahead[node, label, 1]:
                    least = min(least, fleet.ahead[node, label, 0] + tables.reach.rows[row, 0])
                    break
        fleet.full[node, near] = least + tables.refuel if least < NEVER else NEVER
    _leave_out(tables, fleet.full[node], kind, spot)


@borrowing
def _leave_out(tables: FleetTables, full: IntArray, kind: int, spot: int) -> None:
    """Of the stations near, those that a ship may as well reach by way of another one, full there."""
    for near in range(full.size):
        for other in range(full.size):
            if full[other] < full[near] < NEVER:
                hop = tables.hops[kind, tables.near[kind, spot, other], tables.near[kind, spot, near]]
                if full[other] + hop <= full[near]:
                    full[near] = NEVER


@borrowing
def set_ahead(tables: FleetTables, crew: Crew, fleet: Fleet, ship: int, node: int, limit: int) -> None:
    """Work out the labels ahead of a node from those of the node before it."""
    kind, spot = crew.kind[ship], crew.spot[node]
    before = fleet.before[node]
    if before < 0:
        fleet.ahead_count[node] = 1
        fleet.ahead[node, 0, 0], fleet.ahead[node, 0, 1] = 0, crew.fuel[ship]
    elif spot < 0:
        fleet.ahead_count[node] = fleet.ahead_count[before]
        for label in range(fleet.ahead_count[before]):
            fleet.ahead[node, label, 0] = fleet.ahead[before, label, 0]
            fleet.ahead[node, label, 1] = fleet.ahead[before, label, 1]
    else:
        fleet.ahead_count[node] = _arrive(tables, fleet, kind, before, crew.spot, spot, fleet.ahead[node], limit)
    if spot >= 0:
        _fill_up(tables, fleet, kind, node, spot)


@borrowing
def _from_station(tables: FleetTables, fleet: Fleet, kind: int, station: int, node: int, spot: int) -> int:
    """What it takes from a full tank at a station to a node, and on to the ship's end."""
    if fleet.onward[node, station] != _UNKNOWN:
        return int(fleet.onward[node, station])
    least = NEVER
    for row in range(tables.away.first[kind, station, spot], tables.away.first[kind, station, spot + 1]):
        time, left = tables.away.rows[row, 0], tables.capacity[kind] - tables.away.rows[row, 1]
        if fleet.behind_count[node] == 0 or time + fleet.behind[node, 0, 0] >= least:
            break
        for label in range(fleet.behind_count[node]):
            if -fleet.behind[node, label, 1] <= left:
                least = min(least, time + fleet.behind[node, label, 0])
                break
    fleet.onward[node, station] = least
    return least


@borrowing
def set_behind(tables: FleetTables, crew: Crew, fleet: Fleet, ship: int, node: int, limit: int) -> None:
    """Work out the labels behind a node from those of the node after it."""
    kind, spot, after = crew.kind[ship], crew.spot[node], fleet.after[node]
    for station in range(fleet.onward.shape[1]):
        fleet.onward[node, station] = _UNKNOWN
    labels, count = fleet.behind[node], 0
    if after < 0 or (fleet.after[after] < 0 and crew.spot[after] < 0):
        fleet.behind_count[node] = admit(labels, 0, 0, 0, _HARDLY)
        return
    to = crew.spot[after]
    if fleet.behind_count[after] == 0:
        fleet.behind_count[node] = 0
        return
    further = fleet.behind[after]
    for near in range(tables.near.shape[2]):
        low, high = tables.reach.first[kind, spot, near], tables.reach.first[kind, spot, near + 1]
        if low == high or tables.reach.rows[low, 0] + tables.refuel + further[0, 0] >= limit:
            continue
        rest = _from_station(tables, fleet, kind, tables.near[kind, spot, near], after, to) + tables.refuel
        for row in range(low, high):
            if tables.reach.rows[row, 0] + rest >= limit:
                break
            count = admit(labels, count, tables.reach.rows[row, 0] + rest, -tables.reach.rows[row, 1], _HARDLY)
    for row in range(tables.direct.first[kind, spot, to], tables.direct.first[kind, spot, to + 1]):
        time, burnt = tables.direct.rows[row, 0], tables.direct.rows[row, 1]
        if time + further[0, 0] >= limit:
            break
        for label in range(fleet.behind_count[after]):
            if time + further[label, 0] >= limit:
                break
            if burnt - further[label, 1] <= tables.capacity[kind]:
                count = admit(labels, count, time + further[label, 0], further[label, 1] - burnt, _HARDLY)
    fleet.behind_count[node] = count


@borrowing
def judge(
    tables: FleetTables,
    crew: Crew,
    fleet: Fleet,
    ship: int,
    before: int,
    stop: int,
    after: int,
    limit: int,
    there: IntArray,
) -> int:
    """What the ship flies with this stop put between two nodes; `limit` if it is no less."""
    kind, spot = crew.kind[ship], stop
    to = crew.spot[after]
    behind, further = fleet.behind_count[after], fleet.behind[after]
    if behind == 0 or fleet.ahead_count[before] == 0:
        return limit
    rest = further[0, 0] + (tables.floors[kind, spot, to] if to >= 0 else 0)
    if rest >= limit:
        return limit
    count = _arrive(tables, fleet, kind, before, crew.spot, spot, there, limit - rest)
    if to < 0:
        return min(limit, there[0, 0]) if count > 0 else limit
    low, high = tables.direct.first[kind, spot, to], tables.direct.first[kind, spot, to + 1]
    for label in range(count):
        if low == high or there[label, 0] + tables.direct.rows[low, 0] + further[0, 0] >= limit:
            break
        for row in range(low, high):
            so_far = there[label, 0] + tables.direct.rows[row, 0]
            left = there[label, 1] - tables.direct.rows[row, 1]
            if so_far + further[0, 0] >= limit:
                break
            if left < 0:
                continue
            for other in range(behind):
                if so_far + further[other, 0] >= limit:
                    break
                if -further[other, 1] <= left:
                    limit = so_far + further[other, 0]
                    break
    if count == 0:
        return limit
    for near in range(tables.near.shape[2]):
        low, high = tables.reach.first[kind, spot, near], tables.reach.first[kind, spot, near + 1]
        if low == high or there[0, 0] + tables.reach.rows[low, 0] + tables.refuel + further[0, 0] >= limit:
            continue
        onward = _from_station(tables, fleet, kind, tables.near[kind, spot, near], after, to) + tables.refuel
        for label in range(count):
            if there[label, 0] + tables.reach.rows[low, 0] + onward >= limit:
                break
            for row in range(low, high):
                if tables.reach.rows[row, 1] <= there[label, 1]:
                    limit = min(limit, there[label, 0] + tables.reach.rows[row, 0] + onward)
                    break
    return limit


@borrowing
def horizon(crew: Crew, duration: int) -> int:
    """Labels with which a ship would end later than this are left out: an order that needs them is hardly taken."""
    return min(NEVER, duration + duration // 8 + _SLACK_SECONDS * crew.second)


@borrowing
def _shift_of_full(old: IntArray, new: IntArray, by: int) -> int:
    for near in range(old.size):
        if old[near] != new[near] and (old[near] == NEVER or new[near] == NEVER or new[near] - old[near] != by):
            return NEVER
        if old[near] == new[near] and old[near] < NEVER and by != 0:
            return NEVER
    return by


@borrowing
def _put_off_ahead(fleet: Fleet, node: int, by: int) -> None:
    """Make all labels ahead of this node and of those after it later."""
    while node >= 0:
        for label in range(fleet.ahead_count[node]):
            fleet.ahead[node, label, 0] += by
        for near in range(fleet.full.shape[1]):
            if fleet.full[node, near] < NEVER:
                fleet.full[node, near] += by
        node = fleet.after[node]


@borrowing
def _put_off_behind(fleet: Fleet, node: int, by: int) -> None:
    """Make all labels behind this node and behind those before it longer."""
    while node >= 0:
        for label in range(fleet.behind_count[node]):
            fleet.behind[node, label, 0] += by
        for station in range(fleet.onward.shape[1]):
            if fleet.onward[node, station] != _UNKNOWN and fleet.onward[node, station] < NEVER:
                fleet.onward[node, station] += by
        node = fleet.before[node]


@borrowing
def _set_all_ahead(tables: FleetTables, crew: Crew, fleet: Fleet, ship: int, low: int, high: int, limit: int) -> None:
    node, past = low, fleet.before[low] == high
    old, old_full, count = fleet.was, fleet.was_full, 0
    while node >= 0:
        if past:
            count = fleet.ahead_count[node]
            for label in range(count):
                old[label, 0], old[label, 1] = fleet.ahead[node, label, 0], fleet.ahead[node, label, 1]
            for near in range(old_full.size):
                old_full[near] = fleet.full[node, near]
        rest = fleet.behind[node, 0, 0] if past and fleet.behind_count[node] > 0 else 0
        set_ahead(tables, crew, fleet, ship, node, limit - rest)
        if past and fleet.after[node] >= 0:
            by = shift_between(old, count, fleet.ahead[node], fleet.ahead_count[node])
            if by < NEVER and _shift_of_full(old_full, fleet.full[node], by) < NEVER:
                _put_off_ahead(fleet, fleet.after[node], by)
                break
        past = past or node == high
        node = fleet.after[node]


@borrowing
def _set_all_behind(tables: FleetTables, crew: Crew, fleet: Fleet, ship: int, low: int, high: int, limit: int) -> None:
    node, past = high, fleet.before[low] == high
    old, count = fleet.was, 0
    while node >= 0:
        if past:
            count = fleet.behind_count[node]
            for label in range(count):
                old[label, 0], old[label, 1] = fleet.behind[node, label, 0], fleet.behind[node, label, 1]
        so_far = fleet.ahead[node, 0, 0] if fleet.ahead_count[node] > 0 else 0
        set_behind(tables, crew, fleet, ship, node, limit - so_far)
        if past and fleet.before[node] >= 0:
            by = shift_between(old, count, fleet.behind[node], fleet.behind_count[node])
            if by < NEVER:
                _put_off_behind(fleet, fleet.before[node], by)
                break
        past = past or node == low
        node = fleet.before[node]


@borrowing
def set_out(tables: FleetTables, crew: Crew, fleet: Fleet, ship: int, low: int, high: int, limit: int) -> None:
    """Work out the labels ahead from the node `low` on, those behind from `high` on down, and the duration.

    Labels ahead of the nodes before `low` and behind those after `high` are up to date. Beyond the two, labels are
    often the same as before but for a shift in time, and so are then all that follow. Labels that would end at
    `limit` are left out.
    """
    _set_all_ahead(tables, crew, fleet, ship, low, high, limit)
    end = fleet.ship.size - crew.kind.size + ship
    fleet.duration[ship] = NEVER
    if fleet.ahead_count[end] > 0:
        fleet.duration[ship] = fleet.ahead[end, 0, 0] if fleet.visits[ship] > 0 else 0
    _set_all_behind(tables, crew, fleet, ship, low, high, limit)
