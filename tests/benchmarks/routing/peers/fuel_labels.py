"""How orders of stops would be flown with fuel carried, and what one stop more would cost anywhere.

Along each ship's order two sets of labels are kept. Forward, at every node: (time, fuel) with which the ship can be
there, and when it can have a full tank at each station near. Backward: (time, need), what the rest takes for a ship
that has as much fuel, and what it takes from a full tank at each station. A stop put between two nodes is then judged
from the labels on both sides, without flying the rest.

Labels are worked out when a judgement needs them. Those that are out of date still say about how early the ship is at
a node, or how little the rest takes, which is enough to see that most places are no place for a stop.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.routing.peers.fuel_tables import Tables
from tests.benchmarks.routing.physics import NEVER, kernel
from tests.benchmarks.routing.systems import IntArray

# Labels kept per node and direction; further ones are lost, which can only hide good orders.
LABELS = 40
_SECOND = 1e9
# Nanoseconds by which a plan's labels may always be late.
_SLACK = 300_000_000_000
_UNKNOWN = -1


class Fleet(NamedTuple):
    """Per ship its kind, the node it starts from, the node at which its tour ends, its fuel, and when it is free."""

    kind: IntArray
    origin: IntArray
    end: IntArray
    fuel: IntArray
    available: IntArray
    makespan: bool


class Plan(NamedTuple):
    """Each ship's sequence of nodes, from its origin to its end; `visits` is the number of stops in between. Labels
    are (time, fuel) and (time, -need), and lie by ship and position. Those ahead are up to date to the position
    `ahead_to`, those behind from `behind_from` on. `soonest` is the least time among those ahead, about so where they
    are not up to date, and `shortest` likewise behind."""

    sequence: IntArray
    visits: IntArray
    ahead: IntArray
    ahead_count: IntArray
    full: IntArray
    behind: IntArray
    behind_count: IntArray
    onward: IntArray
    ahead_to: IntArray
    behind_from: IntArray
    soonest: IntArray
    shortest: IntArray
    duration: IntArray


def empty_plan(ships: int, stops: int, near: int, stations: int) -> Plan:
    shape = (ships, stops + 2)
    return Plan(
        sequence=np.zeros(shape, np.int64),
        visits=np.zeros(ships, np.int64),
        ahead=np.zeros((*shape, LABELS, 2), np.int64),
        ahead_count=np.zeros(shape, np.int64),
        full=np.full((*shape, near), NEVER, np.int64),
        behind=np.zeros((*shape, LABELS, 2), np.int64),
        behind_count=np.zeros(shape, np.int64),
        onward=np.full((*shape, stations), NEVER, np.int64),
        ahead_to=np.zeros(ships, np.int64),
        behind_from=np.zeros(ships, np.int64),
        soonest=np.zeros(shape, np.int64),
        shortest=np.zeros(shape, np.int64),
        duration=np.zeros(ships, np.int64),
    )


@kernel
def _admit(labels: IntArray, count: int, time: int, fuel: int) -> int:
    """Keep (time, fuel) in order unless another label is as good; the new number of labels."""
    place = count
    while place > 0 and labels[place - 1, 0] > time:
        place -= 1
    if place > 0 and labels[place - 1, 1] >= fuel:
        return count
    if place > 0 and labels[place - 1, 0] == time:
        place -= 1
    beaten = place
    while beaten < count and labels[beaten, 1] <= fuel:
        beaten += 1
    if beaten == place:
        if count == labels.shape[0]:
            if place == count:
                return count
            count -= 1
        for row in range(count, place, -1):
            labels[row, 0], labels[row, 1] = labels[row - 1, 0], labels[row - 1, 1]
        count += 1
    elif beaten > place + 1:
        gone = beaten - place - 1
        for row in range(beaten, count):
            labels[row - gone, 0], labels[row - gone, 1] = labels[row, 0], labels[row, 1]
        count -= gone
    labels[place, 0], labels[place, 1] = time, fuel
    return count


@kernel
def _forward(
    tables: Tables, kind: int, node: int, to: int, labels: IntArray, count: int, full: IntArray, there: IntArray,
    limit: int,
) -> int:  # fmt: skip
    """Fly on to `to` from the labels of `node` and its stations; what is there at `limit` or later is left out."""
    found = 0
    if count == 0:
        return 0
    for row in range(tables.direct.first[kind, node, to], tables.direct.first[kind, node, to + 1]):
        time, burn = tables.direct.rows[row, 0], tables.direct.rows[row, 1]
        if labels[0, 0] + time >= limit:
            break
        for label in range(count - 1, -1, -1):
            if labels[label, 1] < burn:
                break
            if labels[label, 0] + time < limit:
                found = _admit(there, found, labels[label, 0] + time, labels[label, 1] - burn)
    for position in range(full.size):
        if full[position] == NEVER:
            continue
        station = tables.near[kind, node, position]
        for row in range(tables.away.first[kind, station, to], tables.away.first[kind, station, to + 1]):
            time = full[position] + tables.away.rows[row, 0]
            if time >= limit:
                break
            found = _admit(there, found, time, tables.away.rows[row, 1])
    return found


@kernel
def _fill_up(tables: Tables, kind: int, node: int, labels: IntArray, count: int, full: IntArray, limit: int) -> None:
    """When the ship can have a full tank at each station near the node, as far as that is before `limit`."""
    for position in range(full.size):
        full[position] = NEVER
        low, row = tables.reach.first[kind, node, position], tables.reach.first[kind, node, position + 1]
        if low == row or count == 0 or labels[0, 0] + tables.reach.rows[low, 0] + tables.refuel >= limit:
            continue
        # Later labels have more fuel, and can take a faster way.
        for label in range(count):
            while row > low and tables.reach.rows[row - 1, 1] <= labels[label, 1]:
                row -= 1
            if row < tables.reach.first[kind, node, position + 1]:
                full[position] = min(full[position], labels[label, 0] + tables.reach.rows[row, 0] + tables.refuel)


@kernel
def _set_ahead(tables: Tables, fleet: Fleet, plan: Plan, ship: int, position: int, limit: int) -> None:
    kind, node = fleet.kind[ship], plan.sequence[ship, position]
    if position == 0:
        plan.ahead[ship, 0, 0, 0], plan.ahead[ship, 0, 0, 1] = 0, fleet.fuel[ship]
        plan.ahead_count[ship, 0] = 1
    else:
        plan.ahead_count[ship, position] = _forward(
            tables, kind, plan.sequence[ship, position - 1], node,
            plan.ahead[ship, position - 1], plan.ahead_count[ship, position - 1], plan.full[ship, position - 1],
            plan.ahead[ship, position], limit,
        )  # fmt: skip
    labels, count = plan.ahead[ship, position], plan.ahead_count[ship, position]
    plan.soonest[ship, position] = labels[0, 0] if count > 0 else NEVER
    _fill_up(tables, kind, node, labels, count, plan.full[ship, position], limit)


@kernel
def _set_behind(tables: Tables, fleet: Fleet, plan: Plan, ship: int, position: int, limit: int) -> None:
    """Labels are (time, -need), so that more is better as with fuel."""
    kind, node, labels = fleet.kind[ship], plan.sequence[ship, position], plan.behind[ship, position]
    plan.onward[ship, position] = _UNKNOWN
    count = 0
    if position == plan.visits[ship] + 1:
        count = _admit(labels, 0, 0, 0)
    elif plan.behind_count[ship, position + 1] > 0:
        to, further = plan.sequence[ship, position + 1], plan.behind[ship, position + 1]
        for near in range(tables.near.shape[2]):
            low, high = tables.reach.first[kind, node, near], tables.reach.first[kind, node, near + 1]
            if low == high or tables.reach.rows[low, 0] + tables.refuel + further[0, 0] >= limit:
                continue
            rest = tables.refuel + _onward(tables, kind, plan, ship, position + 1, tables.near[kind, node, near])
            for row in range(low, high):
                if tables.reach.rows[row, 0] + rest >= limit:
                    break
                count = _admit(labels, count, tables.reach.rows[row, 0] + rest, -tables.reach.rows[row, 1])
        for row in range(tables.direct.first[kind, node, to], tables.direct.first[kind, node, to + 1]):
            time, burn = tables.direct.rows[row, 0], tables.direct.rows[row, 1]
            if further[0, 0] + time >= limit:
                break
            for label in range(plan.behind_count[ship, position + 1] - 1, -1, -1):
                if burn - further[label, 1] > tables.capacity[kind]:
                    break
                if further[label, 0] + time < limit:
                    count = _admit(labels, count, further[label, 0] + time, further[label, 1] - burn)
    plan.behind_count[ship, position] = count
    plan.shortest[ship, position] = labels[0, 0] if count > 0 else NEVER


@kernel
def _onward(tables: Tables, kind: int, plan: Plan, ship: int, position: int, station: int) -> int:
    """What it takes from a full tank at a station to the node at this position, and on from there."""
    known = int(plan.onward[ship, position, station])
    if known != _UNKNOWN:
        return known
    node, labels, count = plan.sequence[ship, position], plan.behind[ship, position], plan.behind_count[ship, position]
    least = NEVER
    for row in range(tables.away.first[kind, station, node], tables.away.first[kind, station, node + 1]):
        if count == 0 or tables.away.rows[row, 0] + labels[0, 0] >= least:
            break
        for label in range(count):
            if -labels[label, 1] <= tables.away.rows[row, 1]:
                least = min(least, tables.away.rows[row, 0] + labels[label, 0])
                break
    plan.onward[ship, position, station] = least
    return least


@kernel
def _bring_up(tables: Tables, fleet: Fleet, plan: Plan, ship: int, position: int) -> None:
    """Labels ahead up to this position, and those behind from the next one on.

    Those with which the ship would end very late are left out: an order that needs them will hardly be taken.
    """
    horizon = plan.duration[ship] + plan.duration[ship] // 8 + _SLACK
    for place in range(plan.ahead_to[ship] + 1, position + 1):
        _set_ahead(tables, fleet, plan, ship, place, horizon - plan.shortest[ship, place])
        plan.ahead_to[ship] = place
    for place in range(plan.behind_from[ship] - 1, position, -1):
        _set_behind(tables, fleet, plan, ship, place, horizon - plan.soonest[ship, place])
        plan.behind_from[ship] = place


@kernel
def at_least(tables: Tables, fleet: Fleet, plan: Plan, ship: int, position: int, stop: int) -> int:
    """About the ship's least duration with this stop after `position`; NEVER if it cannot be flown at all."""
    kind, node, to = fleet.kind[ship], plan.sequence[ship, position], plan.sequence[ship, position + 1]
    there, on = tables.least[kind, node, stop], tables.least[kind, stop, to]
    early, short = plan.soonest[ship, position], plan.shortest[ship, position + 1]
    return NEVER if NEVER in (there, on, early, short) else early + there + on + short


@kernel
def judge(
    tables: Tables, fleet: Fleet, plan: Plan, ship: int, position: int, stop: int, limit: int, there: IntArray
) -> int:
    """The ship's duration with this stop after `position`, or `limit` if it is not below that."""
    if at_least(tables, fleet, plan, ship, position, stop) >= limit:
        return limit
    _bring_up(tables, fleet, plan, ship, position)
    if at_least(tables, fleet, plan, ship, position, stop) >= limit:
        return limit
    kind, node, to = fleet.kind[ship], plan.sequence[ship, position], plan.sequence[ship, position + 1]
    behind, behind_count = plan.behind[ship, position + 1], plan.behind_count[ship, position + 1]
    rest = tables.least[kind, stop, to] + behind[0, 0]
    count = _forward(
        tables, kind, node, stop, plan.ahead[ship, position], plan.ahead_count[ship, position],
        plan.full[ship, position], there, limit - rest,
    )  # fmt: skip
    low, high = tables.direct.first[kind, stop, to], tables.direct.first[kind, stop, to + 1]
    for label in range(count):
        for row in range(low, high):
            so_far = there[label, 0] + tables.direct.rows[row, 0]
            left = there[label, 1] - tables.direct.rows[row, 1]
            if so_far + behind[0, 0] >= limit:
                break
            for further in range(behind_count if left >= 0 else 0):
                if -behind[further, 1] <= left:
                    limit = min(limit, so_far + behind[further, 0])
                    break
    for near in range(tables.near.shape[2] if count > 0 else 0):
        low, high = tables.reach.first[kind, stop, near], tables.reach.first[kind, stop, near + 1]
        if low == high or there[0, 0] + tables.reach.rows[low, 0] + tables.refuel + behind[0, 0] >= limit:
            continue
        rest = tables.refuel + _onward(tables, kind, plan, ship, position + 1, tables.near[kind, stop, near])
        for label in range(count):
            if there[label, 0] + rest >= limit:
                break
            for row in range(low, high):
                if there[label, 0] + tables.reach.rows[row, 0] + rest >= limit:
                    break
                if tables.reach.rows[row, 1] <= there[label, 1]:
                    limit = there[label, 0] + tables.reach.rows[row, 0] + rest
                    break
    return limit


@kernel
def _move(plan: Plan, ship: int, place: int, target: int) -> None:
    plan.sequence[ship, target] = plan.sequence[ship, place]
    plan.ahead[ship, target] = plan.ahead[ship, place]
    plan.ahead_count[ship, target] = plan.ahead_count[ship, place]
    plan.full[ship, target] = plan.full[ship, place]
    plan.soonest[ship, target] = plan.soonest[ship, place]
    plan.behind[ship, target] = plan.behind[ship, place]
    plan.behind_count[ship, target] = plan.behind_count[ship, place]
    plan.onward[ship, target] = plan.onward[ship, place]
    plan.shortest[ship, target] = plan.shortest[ship, place]


@kernel
def insert(tables: Tables, fleet: Fleet, plan: Plan, ship: int, position: int, stop: int, duration: int) -> None:
    """Put a stop after `position`, where it was judged to make the ship's tour take `duration`."""
    _bring_up(tables, fleet, plan, ship, position)
    for place in range(plan.visits[ship] + 1, position, -1):
        _move(plan, ship, place, place + 1)
    plan.sequence[ship, position + 1] = stop
    plan.visits[ship] += 1
    plan.duration[ship] = duration
    plan.ahead_to[ship], plan.behind_from[ship] = position, position + 2
    plan.soonest[ship, position + 1], plan.shortest[ship, position + 1] = 0, 0
    _bring_up(tables, fleet, plan, ship, position + 1)
    _bring_up(tables, fleet, plan, ship, position)


@kernel
def drop(tables: Tables, fleet: Fleet, plan: Plan, ship: int, absent: NDArray[np.bool_]) -> bool:
    """Take the absent stops out of a ship's sequence. False if no way is found to fly what is left."""
    kept, first, last = 0, 0, 0
    behind_from = -1
    for place in range(plan.visits[ship] + 2):
        if absent[plan.sequence[ship, place]]:
            first, last = first or kept, kept
            continue
        if behind_from < 0 and place >= plan.behind_from[ship]:
            behind_from = kept
        if kept < place:
            _move(plan, ship, place, kept)
        kept += 1
    plan.visits[ship] = kept - 2
    plan.ahead_to[ship] = min(plan.ahead_to[ship], first - 1)
    plan.behind_from[ship] = max(behind_from, last)
    meeting = plan.behind_from[ship]
    _bring_up(tables, fleet, plan, ship, meeting)
    duration = _joined(plan, ship, meeting)
    if duration == NEVER:
        return False
    for place in range(meeting):
        _hasten(plan.shortest, ship, place, plan.duration[ship] - duration)
    for place in range(plan.ahead_to[ship] + 1, plan.visits[ship] + 2):
        _hasten(plan.soonest, ship, place, plan.duration[ship] - duration)
    plan.duration[ship] = duration
    return True


@kernel
def _joined(plan: Plan, ship: int, position: int) -> int:
    """The ship's duration, from the labels on both sides of one node."""
    least = NEVER
    for ahead in range(plan.ahead_count[ship, position]):
        for behind in range(plan.behind_count[ship, position]):
            if plan.ahead[ship, position, ahead, 1] >= -plan.behind[ship, position, behind, 1]:
                time = plan.ahead[ship, position, ahead, 0] + plan.behind[ship, position, behind, 0]
                least = min(least, time)
                break
    return least


@kernel
def _hasten(times: IntArray, ship: int, place: int, saved: int) -> None:
    """What is out of date is taken to be better by as much as the whole tour is."""
    known = times[ship, place]
    times[ship, place] = 0 if known == NEVER else max(0, known - saved)


@kernel
def start(tables: Tables, fleet: Fleet, plan: Plan, ship: int) -> None:
    """An empty sequence."""
    plan.sequence[ship, 0], plan.sequence[ship, 1], plan.visits[ship] = fleet.origin[ship], fleet.end[ship], 0
    _set_ahead(tables, fleet, plan, ship, 0, NEVER)
    _set_ahead(tables, fleet, plan, ship, 1, NEVER)
    _set_behind(tables, fleet, plan, ship, 1, NEVER)
    _set_behind(tables, fleet, plan, ship, 0, NEVER)
    plan.ahead_to[ship], plan.behind_from[ship], plan.duration[ship] = 1, 0, 0


@kernel
def copy(source: Plan, target: Plan, ship: int) -> None:
    """One ship's sequence and labels."""
    end = source.visits[ship] + 2
    target.sequence[ship, :end] = source.sequence[ship, :end]
    target.visits[ship] = source.visits[ship]
    target.ahead[ship, :end] = source.ahead[ship, :end]
    target.ahead_count[ship, :end] = source.ahead_count[ship, :end]
    target.full[ship, :end] = source.full[ship, :end]
    target.behind[ship, :end] = source.behind[ship, :end]
    target.behind_count[ship, :end] = source.behind_count[ship, :end]
    target.onward[ship, :end] = source.onward[ship, :end]
    target.soonest[ship, :end] = source.soonest[ship, :end]
    target.shortest[ship, :end] = source.shortest[ship, :end]
    target.ahead_to[ship], target.behind_from[ship] = source.ahead_to[ship], source.behind_from[ship]
    target.duration[ship] = source.duration[ship]
