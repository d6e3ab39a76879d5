"""Ruin and recreate over the orders of stops, every candidate judged by how it would be flown with fuel carried.

Along each ship's order two sets of labels are kept. Forward, at every node: (time, fuel) with which the ship can be
there, and when it can have a full tank at each station near. Backward: (time, need), what the rest takes for a ship
that has as much fuel, and what it takes from a full tank at each station. A stop put between two nodes is then judged
from the labels on both sides, without flying the rest.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.routing.peers.fuel_tables import Tables
from tests.benchmarks.routing.physics import NEVER, kernel
from tests.benchmarks.routing.systems import IntArray

FloatArray = NDArray[np.float64]
# Labels kept per node and direction; further ones are lost, which can only hide good orders.
_LABELS = 40
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
    are (time, fuel) and (time, need), and lie by ship and position."""

    sequence: IntArray
    visits: IntArray
    ahead: IntArray
    ahead_count: IntArray
    full: IntArray
    behind: IntArray
    behind_count: IntArray
    onward: IntArray
    duration: IntArray


def empty_plan(ships: int, stops: int, near: int, stations: int) -> Plan:
    shape = (ships, stops + 2)
    return Plan(
        sequence=np.zeros(shape, np.int64),
        visits=np.zeros(ships, np.int64),
        ahead=np.zeros((*shape, _LABELS, 2), np.int64),
        ahead_count=np.zeros(shape, np.int64),
        full=np.full((*shape, near), NEVER, np.int64),
        behind=np.zeros((*shape, _LABELS, 2), np.int64),
        behind_count=np.zeros(shape, np.int64),
        onward=np.full((*shape, stations), NEVER, np.int64),
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
def _judge(
    tables: Tables, kind: int, plan: Plan, ship: int, position: int, stop: int, limit: int, there: IntArray
) -> int:
    """The ship's duration with this stop after `position`, or `limit` if it is not below that."""
    node, to = plan.sequence[ship, position], plan.sequence[ship, position + 1]
    behind, behind_count = plan.behind[ship, position + 1], plan.behind_count[ship, position + 1]
    if plan.ahead_count[ship, position] == 0 or behind_count == 0:
        return limit
    rest = tables.least[kind, stop, to] + behind[0, 0]
    if plan.ahead[ship, position, 0, 0] + tables.least[kind, node, stop] + rest >= limit:
        return limit
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
def _set_duration(plan: Plan, ship: int) -> None:
    last = plan.visits[ship] + 1
    plan.duration[ship] = plan.ahead[ship, last, 0, 0] if plan.ahead_count[ship, last] > 0 else NEVER


@kernel
def _horizon(duration: int) -> int:
    """Labels with which a ship ends so late are left out: an order that needs them will hardly be taken."""
    return duration + duration // 8 + _SLACK


@kernel
def _move(plan: Plan, ship: int, place: int, target: int) -> None:
    plan.sequence[ship, target] = plan.sequence[ship, place]
    plan.behind[ship, target] = plan.behind[ship, place]
    plan.behind_count[ship, target] = plan.behind_count[ship, place]
    plan.onward[ship, target] = plan.onward[ship, place]


@kernel
def _insert(tables: Tables, fleet: Fleet, plan: Plan, ship: int, position: int, stop: int, duration: int) -> None:
    for place in range(plan.visits[ship] + 1, position, -1):
        _move(plan, ship, place, place + 1)
    plan.sequence[ship, position + 1] = stop
    plan.visits[ship] += 1
    horizon = _horizon(duration)
    for place in range(position + 1, plan.visits[ship] + 2):
        rest = 0 if place == position + 1 else plan.behind[ship, place, 0, 0]
        _set_ahead(tables, fleet, plan, ship, place, horizon - rest)
    for place in range(position + 1, -1, -1):
        _set_behind(tables, fleet, plan, ship, place, horizon - plan.ahead[ship, place, 0, 0])
    _set_duration(plan, ship)


@kernel
def _set_out(tables: Tables, fleet: Fleet, plan: Plan, ship: int, low: int, high: int) -> None:
    """Work out the labels ahead from position `low` on, and those behind from `high` down."""
    horizon = _horizon(plan.duration[ship])
    for place in range(low, plan.visits[ship] + 2):
        rest = plan.behind[ship, place, 0, 0] if place > high else 0
        _set_ahead(tables, fleet, plan, ship, place, horizon - rest)
    _set_duration(plan, ship)
    horizon = _horizon(plan.duration[ship])
    for place in range(high, -1, -1):
        _set_behind(tables, fleet, plan, ship, place, horizon - plan.ahead[ship, place, 0, 0])


@kernel
def _drop(tables: Tables, fleet: Fleet, plan: Plan, ship: int, absent: NDArray[np.bool_]) -> None:
    """Take the absent stops out of a ship's sequence."""
    kept, first, last = 1, 0, 0
    for place in range(1, plan.visits[ship] + 2):
        if place <= plan.visits[ship] and absent[plan.sequence[ship, place]]:
            first, last = first or kept, kept - 1
        else:
            _move(plan, ship, place, kept)
            kept += 1
    plan.visits[ship] = kept - 2
    _set_out(tables, fleet, plan, ship, first, last)


@kernel
def _copy(source: Plan, target: Plan, ship: int) -> None:
    end = source.visits[ship] + 2
    target.sequence[ship, :end] = source.sequence[ship, :end]
    target.visits[ship] = source.visits[ship]
    target.ahead[ship, :end] = source.ahead[ship, :end]
    target.ahead_count[ship, :end] = source.ahead_count[ship, :end]
    target.full[ship, :end] = source.full[ship, :end]
    target.behind[ship, :end] = source.behind[ship, :end]
    target.behind_count[ship, :end] = source.behind_count[ship, :end]
    target.onward[ship, :end] = source.onward[ship, :end]
    target.duration[ship] = source.duration[ship]


@kernel
def _end_of(fleet: Fleet, ship: int, count: int, duration: int) -> float:
    """Seconds; a ship without stops does not count."""
    return (fleet.available[ship] + duration) / _SECOND if count > 0 else 0.0


@kernel
def _value(fleet: Fleet, plan: Plan, spread: float) -> float:
    """What is minimised: total seconds, or the makespan plus a share of the total, by which ties are broken."""
    total, last = 0.0, 0.0
    for ship in range(plan.visits.size):
        total += plan.duration[ship] / _SECOND
        last = max(last, _end_of(fleet, ship, plan.visits[ship], plan.duration[ship]))
    return last + spread * total / plan.visits.size if fleet.makespan else total


@kernel
def _recreate(
    tables: Tables, fleet: Fleet, plan: Plan, order: IntArray, touched: NDArray[np.bool_], power: float, blink: float
) -> bool:
    """Put the stops back one by one, each where it costs least: in seconds to the power `power` for a makespan."""
    there = np.empty((_LABELS, 2), np.int64)
    for stop in order:
        best_ship, best_position, best_duration, least = -1, -1, NEVER, np.inf
        for ship in range(plan.visits.size):
            before = _end_of(fleet, ship, plan.visits[ship], plan.duration[ship]) ** power
            for position in range(plan.visits[ship] + 1):
                if np.random.random() < blink:
                    continue
                limit = NEVER
                if best_ship >= 0:
                    limit = int(((least + before) ** (1.0 / power)) * _SECOND) - fleet.available[ship] + 1
                duration = _judge(tables, fleet.kind[ship], plan, ship, position, stop, limit, there)
                if duration >= limit:
                    continue
                cost = _end_of(fleet, ship, 1, duration) ** power - before
                if cost < least:
                    best_ship, best_position, best_duration, least = ship, position, duration, cost
        if best_ship < 0:
            return False
        _insert(tables, fleet, plan, best_ship, best_position, stop, best_duration)
        touched[best_ship] = True
    return True


@kernel
def _ruin(fleet: Fleet, plan: Plan, neighbours: IntArray, absent: NDArray[np.bool_], touched: NDArray[np.bool_]) -> int:
    """Choose stops around a random one: the nearest, or strings of their ships' sequences. How many they are."""
    stops = neighbours.shape[0]
    home, place_of = np.empty(stops, np.int64), np.empty(stops, np.int64)
    last, worst = 0.0, 0
    for ship in range(plan.visits.size):
        end = _end_of(fleet, ship, plan.visits[ship], plan.duration[ship])
        if end > last:
            last, worst = end, ship
        for place in range(1, plan.visits[ship] + 1):
            home[plan.sequence[ship, place]], place_of[plan.sequence[ship, place]] = ship, place
    seed = np.random.randint(stops)
    if fleet.makespan and np.random.random() < 0.5 and plan.visits[worst] > 0:
        seed = plan.sequence[worst, 1 + np.random.randint(plan.visits[worst])]
    goal = 1 + np.random.randint(min(stops, max(4, min(12, stops // 3))))
    longest = 1 + np.random.randint(min(goal, 10))
    strings, gone = np.random.random() < 0.5, 0
    for near in range(stops):
        stop = neighbours[seed, near]
        if gone >= goal:
            break
        if absent[stop]:
            continue
        length = min(longest, goal - gone) if strings else 1
        ship, first = home[stop], max(1, place_of[stop] - np.random.randint(length))
        for place in range(first, min(first + length, plan.visits[ship] + 1)):
            gone += not absent[plan.sequence[ship, place]]
            absent[plan.sequence[ship, place]] = True
        touched[ship] = True
    return gone


@kernel
def _in_some_order(stops: IntArray, distance: FloatArray) -> IntArray:
    """Shuffled; or the farthest from the origins first, or the nearest."""
    kind = np.random.randint(4)
    if kind == 2:
        return stops[np.argsort(-distance[stops])]
    if kind == 3:
        return stops[np.argsort(distance[stops])]
    return np.random.permutation(stops)


@kernel
def begin(tables: Tables, fleet: Fleet, current: Plan, trial: Plan, seed: int, distance: FloatArray) -> bool:
    """Make the first plan; False if some stop could not be put anywhere."""
    np.random.seed(seed)
    touched = np.ones(current.visits.size, np.bool_)
    for ship in range(current.visits.size):
        current.sequence[ship, 0], current.sequence[ship, 1] = fleet.origin[ship], fleet.end[ship]
        _set_out(tables, fleet, current, ship, 0, 1)
    order = np.argsort(-distance)
    complete = _recreate(tables, fleet, current, order, touched, 2.0 if fleet.makespan else 1.0, 0.0)
    for ship in range(current.visits.size):
        _copy(current, trial, ship)
    return complete


@kernel
def improve(
    tables: Tables,
    fleet: Fleet,
    current: Plan,
    trial: Plan,
    best: IntArray,
    best_count: IntArray,
    values: FloatArray,
    neighbours: IntArray,
    distance: FloatArray,
    temperature: float,
    iterations: int,
) -> None:
    """Simulated annealing. `values` holds what `current` and `best` are worth; `trial` equals `current` in between."""
    stops = np.arange(neighbours.shape[0])
    for _ in range(iterations):
        absent, touched = np.zeros(tables.near.shape[1], np.bool_), np.zeros(current.visits.size, np.bool_)
        _ruin(fleet, trial, neighbours, absent, touched)
        for ship in range(touched.size):
            if touched[ship]:
                _drop(tables, fleet, trial, ship, absent)
        order = _in_some_order(stops[absent[: stops.size]], distance)
        power = 2.0 ** np.random.randint(4) if fleet.makespan else 1.0
        complete = _recreate(tables, fleet, trial, order, touched, power, 0.01)
        value = _value(fleet, trial, 0.1)
        accepted = complete and value < values[0] - temperature * np.log(np.random.random())
        for ship in range(touched.size):
            if touched[ship] and accepted:
                _copy(trial, current, ship)
            elif touched[ship]:
                _copy(current, trial, ship)
        if accepted:
            values[0] = value
            if _value(fleet, trial, 1e-4) < values[1]:
                values[1] = _value(fleet, trial, 1e-4)
                best[:], best_count[:] = trial.sequence, trial.visits
