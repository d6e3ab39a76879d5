"""An order of stops as its search sees it, and what it costs to put a stop somewhere, fuel carried: compiled.

Along the order two sets of labels are kept. Ahead: (cost, fuel) with which the ship can be at a node, and the least
cost at which it can have a full tank at each station near. Behind: (cost, need), what the rest takes for a ship that
has so much fuel. A stop between two nodes is judged from both sides, without flying the rest.

Every node has two places for its labels: one belongs to the order at hand, the other is for an order that is tried.
Labels are worked out when a judgement needs them, and behind what was changed they are often the same as before but
for a shift in cost, and so are then all that follow.
"""

from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import borrowing
from routing_service.domain.label_rows import admit, shift_between
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_ways import FAR, Ways

# Labels kept per node and side; should there be more, the dearest are lost, which can only hide good orders.
LABELS = 48
_UNKNOWN = -1


class Labels(NamedTuple):
    """By place (0 or 1) and node. `onward` is the least cost from a full tank at each station to the node, and on."""

    ahead: IntArray
    ahead_count: IntArray
    full: IntArray
    behind: IntArray
    behind_count: IntArray
    onward: IntArray


class Order(NamedTuple):
    """`nodes` in order, of which the first `size[0]` count. Labels are up to date ahead of the first `size[1]` of them
    and behind the last `size[2]`. `ahead[i]` and `behind[i]` are where the labels of node i are, and what is to be
    added to their costs. `place[i]` is the position of node i, if it is there. `cost[0]` is that of the tour."""

    nodes: IntArray
    place: IntArray
    size: IntArray
    ahead: IntArray
    behind: IntArray
    cost: IntArray


def empty_labels(ways: Ways) -> Labels:
    nodes, near, stations = len(ways.place), ways.near.shape[1], len(ways.away.first)
    return Labels(
        ahead=np.zeros((2, nodes, LABELS, 2), np.int64),
        ahead_count=np.zeros((2, nodes), np.int64),
        full=np.full((2, nodes, near), NEVER, np.int64),
        behind=np.zeros((2, nodes, LABELS, 2), np.int64),
        behind_count=np.zeros((2, nodes), np.int64),
        onward=np.full((2, nodes, stations), _UNKNOWN, np.int64),
    )


def empty_order(ways: Ways) -> Order:
    nodes = len(ways.place)
    return Order(
        nodes=np.array([0, nodes - 1] + [0] * (nodes - 2), np.int64),
        place=np.zeros(nodes, np.int64),
        size=np.array([2, 1, 1], np.int64),
        ahead=np.zeros((nodes, 2), np.int64),
        behind=np.zeros((nodes, 2), np.int64),
        cost=np.full(1, NEVER, np.int64),
    )


@borrowing
def begin_labels(ways: Ways, labels: Labels, fuel: int) -> None:
    """The labels at both ends, which never change."""
    end = ways.place.size - 1
    for side in range(2):
        labels.ahead_count[side, 0] = labels.behind_count[side, end] = 1
        labels.ahead[side, 0, 0, 0], labels.ahead[side, 0, 0, 1] = 0, fuel
        labels.behind[side, end, 0, 0], labels.behind[side, end, 0, 1] = 0, 0
        _fill_up(ways, labels, side, 0)


@borrowing
def _arrive(ways: Ways, labels: Labels, side: int, node: int, late: int, to: int, there: IntArray, limit: int) -> int:
    """Labels at `to` of a ship that comes from `node`, cheaper than `limit`; how many they are."""
    place, count = ways.place[node], 0
    for near in range(ways.near.shape[1]):
        full = labels.full[side, node, near] + late
        if full >= limit:
            continue
        station = ways.near[place, near]
        for row in range(ways.away.first[station, to], ways.away.first[station, to + 1]):
            cost = full + ways.away.rows[row, 0]
            if cost >= limit:
                break
            count = admit(there, count, cost, ways.capacity - ways.away.rows[row, 1], ways.hardly)
    low, high = ways.direct.first[place, to], ways.direct.first[place, to + 1]
    for label in range(labels.ahead_count[side, node]):
        so_far, fuel = labels.ahead[side, node, label, 0] + late, labels.ahead[side, node, label, 1]
        if low == high or so_far + ways.direct.rows[low, 0] >= limit:
            break
        for row in range(low, high):
            if ways.direct.rows[row, 1] > fuel:
                continue
            cost = so_far + ways.direct.rows[row, 0]
            if cost >= limit:
                break
            count = admit(there, count, cost, fuel - ways.direct.rows[row, 1], ways.hardly)
    return count


@borrowing
def _fill_up(ways: Ways, labels: Labels, side: int, node: int) -> None:
    """The least cost at which the ship can have a full tank at each station near; what then costs no less than coming
    back here with as much fuel is of no use."""
    place = ways.place[node]
    ahead, count = labels.ahead[side, node], labels.ahead_count[side, node]
    for near in range(ways.near.shape[1]):
        least = NEVER
        low, high = ways.reach.first[place, near], ways.reach.first[place, near + 1]
        for label in range(count):
            if low == high or ahead[label, 0] + ways.reach.rows[low, 0] >= least:
                break
            for row in range(low, high):
                if ways.reach.rows[row, 1] <= ahead[label, 1]:
                    least = min(least, ahead[label, 0] + ways.reach.rows[row, 0])
                    break
        labels.full[side, node, near] = least + ways.refuel if least < NEVER else NEVER
        station = ways.near[place, near]
        if least == NEVER:
            continue
        back, burnt = least + ways.refuel, 0
        if ways.reach.rows[low, 1] > 0:
            row = ways.away.first[station, place]
            if row == ways.away.first[station, place + 1]:
                continue
            back, burnt = back + ways.away.rows[row, 0], ways.away.rows[row, 1]
        while count > 1 and ahead[count - 1, 0] >= back and ahead[count - 1, 1] <= ways.capacity - burnt:
            count -= 1
    labels.ahead_count[side, node] = count
    _leave_out(ways, labels.full[side, node], place)


@borrowing
def _leave_out(ways: Ways, full: IntArray, place: int) -> None:
    """Leave out the stations to which another one leads at no more cost."""
    for near in range(full.size):
        for other in range(full.size):
            chain = ways.chains[ways.near[place, other], ways.near[place, near]]
            if full[other] < full[near] and full[other] + chain <= full[near]:
                full[near] = NEVER
                break


@borrowing
def _set_ahead(ways: Ways, labels: Labels, side: int, node: int, order: Order, before: int) -> None:
    """Work out the labels ahead of a node from those of the node before it."""
    at, late = order.ahead[before, 0], order.ahead[before, 1]
    there = labels.ahead[side, node]
    labels.ahead_count[side, node] = _arrive(ways, labels, at, before, late, ways.place[node], there, FAR)
    _fill_up(ways, labels, side, node)
    order.ahead[node, 0], order.ahead[node, 1] = side, 0


@borrowing
def _from_station(ways: Ways, labels: Labels, side: int, station: int, node: int) -> int:
    """What it takes from a full tank at a station to a node, and on to the end; nothing added."""
    if labels.onward[side, node, station] != _UNKNOWN:
        return int(labels.onward[side, node, station])
    least, place = NEVER, ways.place[node]
    behind, count = labels.behind[side, node], labels.behind_count[side, node]
    for row in range(ways.away.first[station, place], ways.away.first[station, place + 1]):
        cost, left = ways.away.rows[row, 0], ways.capacity - ways.away.rows[row, 1]
        if count == 0 or cost + behind[0, 0] >= least:
            break
        for label in range(count):
            if -behind[label, 1] <= left:
                least = min(least, cost + behind[label, 0])
                break
    labels.onward[side, node, station] = least
    return least


@borrowing
def _set_behind(ways: Ways, labels: Labels, side: int, node: int, order: Order, after: int) -> None:
    """Work out the labels behind a node from those of the node after it."""
    order.behind[node, 0], order.behind[node, 1] = side, 0
    for station in range(labels.onward.shape[2]):
        labels.onward[side, node, station] = _UNKNOWN
    here, count = labels.behind[side, node], 0
    to, place, at, more = ways.place[after], ways.place[node], order.behind[after, 0], order.behind[after, 1]
    if to < 0:
        here[0, 0], here[0, 1] = 0, 0
        labels.behind_count[side, node] = 1
        return
    further, labels_further = labels.behind[at, after], labels.behind_count[at, after]
    for near in range(ways.near.shape[1] if labels_further > 0 else 0):
        low, high = ways.reach.first[place, near], ways.reach.first[place, near + 1]
        if low == high:
            continue
        rest = _from_station(ways, labels, at, ways.near[place, near], after)
        if rest == NEVER:
            continue
        for row in range(low, high):
            cost = ways.reach.rows[row, 0] + rest + more + ways.refuel
            count = admit(here, count, cost, -ways.reach.rows[row, 1], ways.hardly)
    for row in range(ways.direct.first[place, to], ways.direct.first[place, to + 1]):
        cost, burnt = ways.direct.rows[row, 0] + more, ways.direct.rows[row, 1]
        for label in range(labels_further):
            if burnt - further[label, 1] <= ways.capacity:
                count = admit(here, count, cost + further[label, 0], further[label, 1] - burnt, ways.hardly)
    labels.behind_count[side, node] = count


@borrowing
def _shifted(old: IntArray, new: IntArray, by: int) -> bool:
    for near in range(old.size):
        if (old[near] == NEVER) != (new[near] == NEVER) or (old[near] < NEVER and new[near] - old[near] != by):
            return False
    return True


@borrowing
def look_ahead(ways: Ways, labels: Labels, current: Order, trial: Order, position: int) -> None:
    """Bring the labels of the trial up to date ahead of this position. Where they are those of the order at hand, but
    for a shift, so are those of the nodes that follow in both."""
    while trial.size[1] <= position:
        at, known = trial.size[1], current.size[1]
        node = trial.nodes[at]
        side, old, was = 1 - current.ahead[node, 0], current.ahead[node, 0], current.place[node]
        _set_ahead(ways, labels, side, node, trial, trial.nodes[at - 1])
        trial.size[1] = at + 1
        if was + 1 >= known or current.nodes[was] != node or current.nodes[was + 1] != trial.nodes[at + 1]:
            continue
        by = shift_between(labels.ahead[old, node], labels.ahead_count[old, node], labels.ahead[side, node],
                    labels.ahead_count[side, node])  # fmt: skip
        if by == NEVER or not _shifted(labels.full[old, node], labels.full[side, node], by):
            continue
        by -= current.ahead[node, 1]
        while was < known and at < trial.size[0] and current.nodes[was] == trial.nodes[at]:
            node = trial.nodes[at]
            trial.ahead[node, 0], trial.ahead[node, 1] = current.ahead[node, 0], current.ahead[node, 1] + by
            at, was = at + 1, was + 1
        trial.size[1] = at


@borrowing
def look_behind(ways: Ways, labels: Labels, current: Order, trial: Order, position: int) -> None:
    """Bring the labels of the trial up to date behind this position, in the same way."""
    size = trial.size[0]
    while trial.size[2] < size - position:
        at, known = size - 1 - trial.size[2], current.size[0] - current.size[2]
        node = trial.nodes[at]
        side, old, was = 1 - current.behind[node, 0], current.behind[node, 0], current.place[node]
        _set_behind(ways, labels, side, node, trial, trial.nodes[at + 1])
        trial.size[2] = size - at
        if was - 1 < known or current.nodes[was] != node or current.nodes[was - 1] != trial.nodes[at - 1]:
            continue
        by = shift_between(labels.behind[old, node], labels.behind_count[old, node], labels.behind[side, node],
                    labels.behind_count[side, node])  # fmt: skip
        if by == NEVER:
            continue
        by -= current.behind[node, 1]
        while was >= known and at >= 0 and current.nodes[was] == trial.nodes[at]:
            node = trial.nodes[at]
            trial.behind[node, 0], trial.behind[node, 1] = current.behind[node, 0], current.behind[node, 1] + by
            at, was = at - 1, was - 1
        trial.size[2] = size - 1 - at


@borrowing
def judge(ways: Ways, labels: Labels, order: Order, position: int, stop: int, limit: int, there: IntArray) -> int:
    """What the tour costs with this stop put in at this position; `limit` if it is no less. Labels are up to date ahead
    of the position before and behind the one after."""
    before, after = order.nodes[position - 1], order.nodes[position]
    side, late = order.behind[after, 0], order.behind[after, 1]
    to, behind, further = ways.place[after], labels.behind_count[side, after], labels.behind[side, after]
    if behind == 0 or labels.ahead_count[order.ahead[before, 0], before] == 0:
        return limit
    rest = further[0, 0] + late + (ways.floors[stop, to] if to >= 0 else 0)
    count = _arrive(ways, labels, order.ahead[before, 0], before, order.ahead[before, 1], stop, there, limit - rest)
    if to < 0:
        return min(limit, there[0, 0]) if count > 0 else limit
    low, high = ways.direct.first[stop, to], ways.direct.first[stop, to + 1]
    for label in range(count):
        if low == high or there[label, 0] + ways.direct.rows[low, 0] + further[0, 0] + late >= limit:
            break
        for row in range(low, high):
            so_far = there[label, 0] + ways.direct.rows[row, 0] + late
            left = there[label, 1] - ways.direct.rows[row, 1]
            if so_far + further[0, 0] >= limit:
                break
            if left < 0:
                continue
            for other in range(behind):
                if -further[other, 1] <= left:
                    limit = min(limit, so_far + further[other, 0])
                    break
    for near in range(ways.near.shape[1] if count > 0 else 0):
        low, high = ways.reach.first[stop, near], ways.reach.first[stop, near + 1]
        if low == high or there[0, 0] + ways.reach.rows[low, 0] + ways.refuel + further[0, 0] + late >= limit:
            continue
        onward = _from_station(ways, labels, side, ways.near[stop, near], after) + ways.refuel + late
        for label in range(count):
            if there[label, 0] + ways.reach.rows[low, 0] + onward >= limit:
                break
            for row in range(low, high):
                if ways.reach.rows[row, 1] <= there[label, 1]:
                    limit = min(limit, there[label, 0] + ways.reach.rows[row, 0] + onward)
                    break
    return limit


@borrowing
def bound_of(ways: Ways, labels: Labels, order: Order, position: int, stop: int) -> int:
    """About the least that the tour costs with this stop put in at this position."""
    before, after = order.nodes[position - 1], order.nodes[position]
    ahead, behind, to = order.ahead[before], order.behind[after], ways.place[after]
    bound = labels.ahead[ahead[0], before, 0, 0] + ahead[1] + labels.behind[behind[0], after, 0, 0] + behind[1]
    bound += ways.floors[ways.place[before], stop] + (ways.floors[stop, to] if to >= 0 else 0)
    return int(min(FAR, bound))
