"""Flying an order of stops as well as it can be flown, fuel carried from leg to leg: compiled.

A ship that has flown part of an order is one of several labels: those that no other undercuts in cost with as much
fuel left. Labels of one place lie side by side in a block of rows; a way from node to node turns one block into
the next.
"""

import numpy as np

from routing_service.domain.compiled import compiled
from routing_service.domain.ordered_rows import less, precedes
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_tables import BURNT, NEVER, TourTables

# Columns of a label: its cost, the fuel left, the label before, the entry flown from there (in `refuelled` if a
# station is first refuelled at, else in `to_nodes`), that station or -1, and the node.
LEFT, BEFORE, ENTRY, VIA, NODE = range(3, 8)
COLUMNS = 8
# Labels per block. More are never seen in practice; should it happen, the dearest are lost, and no proof is claimed.
BLOCK = 256


@compiled
def _admit(labels: IntArray, low: int, end: int, new: IntArray) -> int:
    """Put `new` among the rows from `low` to `end` unless one undercuts it, drop those that it does; the new end."""
    row = low
    while row < end:
        dearer = less(new[0], new[1], new[2], labels[row, 0], labels[row, 1], labels[row, 2])
        if not dearer and labels[row, LEFT] >= new[LEFT]:
            return end
        cheaper = less(labels[row, 0], labels[row, 1], labels[row, 2], new[0], new[1], new[2])
        if not cheaper and labels[row, LEFT] <= new[LEFT]:
            end -= 1
            for column in range(COLUMNS):
                labels[row, column] = labels[end, column]
        else:
            row += 1
    if end - low == BLOCK:
        return end
    for column in range(COLUMNS):
        labels[end, column] = new[column]
    return end + 1


@compiled
def refuels(tables: TourTables, labels: IntArray, low: int, end: int, node: int, arrivals: IntArray) -> None:
    """The least cost of having refuelled at each station of `begin`, coming from these labels: rows (cost, label)."""
    for position in range(tables.begin.shape[1]):
        station = tables.begin[node, position]
        arrivals[position, 0] = NEVER
        start, stop = tables.to_stations.first[node, station], tables.to_stations.first[node, station + 1]
        for label in range(low, end):
            if station == tables.own_station[node] and labels[label, LEFT] == tables.capacity:
                continue
            for entry in range(start, stop):
                row = tables.to_stations.rows[entry]
                if row[BURNT] > labels[label, LEFT]:
                    continue
                a = labels[label, 0] + row[0] + tables.refuel[0]
                b = labels[label, 1] + row[1] + tables.refuel[1]
                c = labels[label, 2] + row[2] + tables.refuel[2]
                if less(a, b, c, arrivals[position, 0], arrivals[position, 1], arrivals[position, 2]):
                    arrivals[position, 0], arrivals[position, 1], arrivals[position, 2] = a, b, c
                    arrivals[position, 3] = label
                break


@compiled
def extend(
    tables: TourTables,
    labels: IntArray,
    low: int,
    end: int,
    arrivals: IntArray,
    node: int,
    to: int,
    target: IntArray,
    target_low: int,
    target_end: int,
    limit: int,
) -> int:
    """Fly on from the labels of `node`, refuelled as in `arrivals` or not, to the node `to`; the target's new end.

    Ways that end at `limit` or later, by primary cost, are of no use.
    """
    new = np.empty(COLUMNS, np.int64)
    new[NODE] = to
    for label in range(low, end):
        for entry in range(tables.to_nodes.first[node, to], tables.to_nodes.first[node, to + 1]):
            row = tables.to_nodes.rows[entry]
            new[0] = labels[label, 0] + row[0]
            if new[0] >= limit:
                break
            if row[BURNT] > labels[label, LEFT]:
                continue
            new[1], new[2] = labels[label, 1] + row[1], labels[label, 2] + row[2]
            new[LEFT], new[BEFORE] = labels[label, LEFT] - row[BURNT], label
            new[ENTRY], new[VIA] = entry, -1
            target_end = _admit(target, target_low, target_end, new)
    for position in range(tables.begin.shape[1]):
        if arrivals[position, 0] == NEVER:
            continue
        station = tables.begin[node, position]
        for entry in range(tables.refuelled.first[station, to], tables.refuelled.first[station, to + 1]):
            row = tables.refuelled.rows[entry]
            new[0] = arrivals[position, 0] + row[0]
            if new[0] >= limit:
                break
            new[1], new[2] = arrivals[position, 1] + row[1], arrivals[position, 2] + row[2]
            new[LEFT], new[BEFORE] = tables.capacity - row[BURNT], arrivals[position, 3]
            new[ENTRY], new[VIA] = entry, station
            target_end = _admit(target, target_low, target_end, new)
    return target_end


@compiled
def start(labels: IntArray, row: int, node: int, fuel: int) -> None:
    for column in range(COLUMNS):
        labels[row, column] = 0
    labels[row, LEFT], labels[row, BEFORE], labels[row, VIA], labels[row, NODE] = fuel, -1, -1, node


@compiled
def cheapest(labels: IntArray, low: int, end: int) -> int:
    best = low
    for row in range(low + 1, end):
        if precedes(labels, row, best):
            best = row
    return best


@compiled
def fly(tables: TourTables, sequence: IntArray, fuel: int) -> tuple[IntArray, int]:
    """Labels along a sequence of nodes, in blocks, and the best one at its end; -1 if it cannot be flown.

    Rows that no label came to are zero.
    """
    labels = np.zeros((sequence.size * BLOCK, COLUMNS), np.int64)
    arrivals = np.empty((tables.begin.shape[1], 4), np.int64)
    start(labels, 0, sequence[0], fuel)
    low, end = 0, 1
    for position in range(1, sequence.size):
        before, to = sequence[position - 1], sequence[position]
        refuels(tables, labels, low, end, before, arrivals)
        block = position * BLOCK
        stop = extend(tables, labels, low, end, arrivals, before, to, labels, block, block, NEVER)
        if stop == block:
            return labels, -1
        low, end = block, stop
    return labels, cheapest(labels, low, end)


def cost_of(tables: TourTables, sequence: IntArray, fuel: int) -> int:
    """The primary cost of flying it as well as can be; NEVER if it cannot be flown."""
    labels, last = fly(tables, sequence, fuel)
    return NEVER if last < 0 else int(labels[last, 0])


@compiled
def floors(tables: TourTables, most_fuel: IntArray) -> IntArray:
    """The least primary cost from node to node, with the most fuel with which a ship can stand at the first."""
    count = tables.begin.shape[0]
    least = np.full((count, count), NEVER, np.int64)
    labels = np.empty((1, COLUMNS), np.int64)
    arrivals = np.empty((tables.begin.shape[1], 4), np.int64)
    for node in range(count):
        if most_fuel[node] < 0:
            continue
        start(labels, 0, node, most_fuel[node])
        refuels(tables, labels, 0, 1, node, arrivals)
        for to in range(count):
            if to != node:
                least[node, to] = _floor(tables, node, to, most_fuel[node], arrivals)
    return least


@compiled
def _floor(tables: TourTables, node: int, to: int, fuel: int, arrivals: IntArray) -> int:
    least = NEVER
    # Ways stand in order of their cost, so the first that can be flown is the one.
    for entry in range(tables.to_nodes.first[node, to], tables.to_nodes.first[node, to + 1]):
        if tables.to_nodes.rows[entry, BURNT] <= fuel:
            least = tables.to_nodes.rows[entry, 0]
            break
    for position in range(tables.begin.shape[1]):
        station = tables.begin[node, position]
        entry = tables.refuelled.first[station, to]
        if arrivals[position, 0] < NEVER and entry < tables.refuelled.first[station, to + 1]:
            least = min(least, arrivals[position, 0] + tables.refuelled.rows[entry, 0])
    return int(least)


@compiled
def nearest_first(tables: TourTables, fuel: int, keep: IntArray) -> IntArray:
    """The nodes in the order of a ship that always flies to the one it reaches at the least cost.

    It prefers those where it can still have `keep` units, so that it gets away again. The order ends early where
    no node can be reached.
    """
    count = tables.begin.shape[0]
    order = np.zeros(count, np.int64)
    left = np.ones(count, np.bool_)
    here, there = np.empty((BLOCK, COLUMNS), np.int64), np.empty((BLOCK, COLUMNS), np.int64)
    arrivals = np.empty((tables.begin.shape[1], 4), np.int64)
    start(here, 0, 0, fuel)
    end, left[0] = 1, False
    for position in range(1, count):
        node = order[position - 1]
        refuels(tables, here, 0, end, node, arrivals)
        chosen, least, safe = -1, NEVER, False
        for to in range(count):
            if not left[to]:
                continue
            # Once there is one from which the ship gets away, others have to be cheaper.
            stop = extend(tables, here, 0, end, arrivals, node, to, there, 0, 0, least if safe else NEVER)
            cost, stays = NEVER, False
            for row in range(stop):
                enough = there[row, LEFT] >= keep[to]
                if (enough and not stays) or (enough == stays and there[row, 0] < cost):
                    cost, stays = there[row, 0], enough
            if stop > 0 and ((stays and not safe) or (stays == safe and cost < least)):
                chosen, least, safe = to, cost, stays
        if chosen < 0:
            return order[:position].copy()
        end = extend(tables, here, 0, end, arrivals, node, chosen, there, 0, 0, NEVER)
        here, there = there, here
        order[position], left[chosen] = chosen, False
    return order
