"""The compiled search for one exact route: A* over labels (waypoint, fuel in the tank).

A label is a way to be at a waypoint with some fuel left. Its cost is the triple (primary, secondary, steps),
compared in that order: (time, fuel, steps) for the fastest route, (fuel, time, steps) for the thriftiest.
Among labels of one waypoint, one that costs no more and leaves no less fuel makes the other superfluous,
whatever comes after; nothing else is pruned but by bounds, which are lower bounds of the primary cost. So the first
label of the destination that comes up is the optimum.
"""

from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.flight import FUEL_BASE, FUEL_SLOPE, TWICE_FACTOR, Flight, leg_fuel, leg_time
from routing_service.domain.ordered_rows import doubled, doubled_heap, pop, push
from routing_service.domain.prepared import DistanceTable
from routing_service.domain.problem import BoolArray, FloatArray, IntArray
from routing_service.domain.route_bounds import NEVER, SAFE, Goal, Tables, as_float, bounds_from, goal_of, least_ahead
from shared_kernel.physics import DEPARTURE_SECONDS

REFUEL = -1
_NO_MOVE = -2

# Columns of a label; labels come up in order of the first three.
_RANK, _TIE, _STEPS, _AT, _FUEL, _PRIMARY, _SECONDARY, _PARENT, _MOVE, _NEXT, _STATE = range(11)
_COLUMNS = 11
_NEW, _BOUNDED, _SUPERFLUOUS = 0, 1, 2

# Bounds are kept per waypoint for so many ranges of fuel.
_RANGES = 16
# A search that expands more labels than this is a long one: there it pays to look at bounds before a label is made.
_SHORT = 32


class Floors(NamedTuple):
    """Lower bounds of the primary cost still to pay, per range of fuel (`fuel >> shift`) and waypoint, as floats that
    are not above them. Where `bounded` is false it is what holds for any fuel."""

    least: FloatArray
    bounded: BoolArray
    shift: int


@borrowing
def _costs_no_more(labels: IntArray, i: int, j: int) -> bool:
    if labels[i, _PRIMARY] != labels[j, _PRIMARY]:
        return bool(labels[i, _PRIMARY] < labels[j, _PRIMARY])
    if labels[i, _SECONDARY] != labels[j, _SECONDARY]:
        return bool(labels[i, _SECONDARY] < labels[j, _SECONDARY])
    return bool(labels[i, _STEPS] <= labels[j, _STEPS])


@borrowing
def _admit(labels: IntArray, first: IntArray, refusing: FloatArray, label: int) -> bool:
    """Put the label on its waypoint's list, unless another makes it superfluous; take off those that it does.

    The two that refused last at a waypoint are told in `refusing`, by cost and fuel: they often are the next to do so.
    """
    at = labels[label, _AT]
    other, before = first[at], -1
    while other >= 0:
        following = labels[other, _NEXT]
        if labels[other, _FUEL] >= labels[label, _FUEL] and _costs_no_more(labels, other, label):
            refusing[2, at], refusing[3, at] = refusing[0, at], refusing[1, at]
            refusing[0, at], refusing[1, at] = labels[other, _PRIMARY], labels[other, _FUEL]
            return False
        if labels[other, _FUEL] <= labels[label, _FUEL] and _costs_no_more(labels, label, other):
            labels[other, _STATE] = _SUPERFLUOUS
            if before < 0:
                first[at] = following
            else:
                labels[before, _NEXT] = following
        else:
            before = other
        other = following
    labels[label, _NEXT] = first[at]
    first[at] = label
    return True


@compiled
def _no_floors(flight: Flight, ahead: IntArray) -> Floors:
    shift = 0
    while flight.capacity >> shift >= _RANGES:
        shift += 1
    floors = np.empty((_RANGES, ahead.size))
    for fuels in range(_RANGES):
        for at in range(ahead.size):
            floors[fuels, at] = as_float(ahead[at])
    return Floors(floors, np.zeros(floors.shape, np.bool_), shift)


@borrowing
def _find_floor(flight: Flight, tables: Tables, goal: Goal, floors: Floors, at: int, fuels: int) -> None:
    """Note the bound of this waypoint and range of fuel."""
    floors.bounded[fuels, at] = True
    most = min(((fuels + 1) << floors.shift) - 1, flight.capacity)
    bound = as_float(bounds_from(flight, tables, goal, at, most)[0])
    floors.least[fuels, at] = max(floors.least[fuels, at], bound)


@borrowing
def _mark_legs(
    flight: Flight,
    mode: int,
    row: DistanceTable,
    label: tuple[float, float],
    limit: float,
    floors: FloatArray,
    refusing: FloatArray,
    marks: BoolArray,
) -> None:
    """Mark the waypoints to which a leg in this mode may be worth flying, for a label (fuel, primary)."""
    # No branches and no integers, so that the compiler works on several waypoints at once.
    fuel, paid = label
    base, slope = float(flight.modes[mode, FUEL_BASE]), float(flight.modes[mode, FUEL_SLOPE])
    if flight.least_fuel:
        for to in range(row.size):
            left = fuel - (base + slope * row[to])
            primary = (paid + fuel - left) * SAFE
            unrefused = (primary <= refusing[0, to]) | (left > refusing[1, to])
            unrefused &= (primary <= refusing[2, to]) | (left > refusing[3, to])
            marks[to] = (left >= 0.0) & (primary + floors[to] <= limit) & unrefused
        return
    second, speed, factor = float(flight.second), float(flight.speed), float(flight.modes[mode, TWICE_FACTOR])
    fixed = paid + flight.departure + DEPARTURE_SECONDS * second
    for to in range(row.size):
        left = fuel - (base + slope * row[to])
        primary = (fixed + np.floor((factor * row[to] + speed) / (2.0 * speed)) * second) * SAFE
        unrefused = (primary <= refusing[0, to]) | (left > refusing[1, to])
        unrefused &= (primary <= refusing[2, to]) | (left > refusing[3, to])
        marks[to] = (left >= 0.0) & (primary + floors[to] <= limit) & unrefused


@borrowing
def _mark_detours(row: DistanceTable, before: DistanceTable, leg: int, marks: BoolArray) -> None:
    """Mark the waypoints to which two legs in one mode are charged less than one. To no other is another leg in the
    mode in which a ship came worth flying: there is a label that came all the way at once."""
    for to in range(row.size):
        marks[to] = leg + row[to] < before[to]


@compiled
def _path(labels: IntArray, label: int) -> IntArray:
    """Rows (move, waypoint) from the start: a move is REFUEL, or the row of `Flight.modes` that was flown."""
    path = np.empty((labels[label, _STEPS], 2), np.int64)
    for step in range(path.shape[0] - 1, -1, -1):
        path[step, 0], path[step, 1] = labels[label, _MOVE], labels[label, _AT]
        label = labels[label, _PARENT]
    return path


@compiled
def search(flight: Flight, tables: Tables, sells_fuel: BoolArray, origin: int, fuel: int, destination: int) -> IntArray:
    """The optimal path as rows (move, waypoint), without rows if there is none. Origin and destination differ."""
    distance, modes = tables.distance, flight.modes.shape[0]
    places, fan_out = distance.shape[0], distance.shape[0] * modes + 1
    goal = goal_of(flight, tables, destination)
    ahead = least_ahead(flight, tables, goal)
    floors = _no_floors(flight, ahead[0])
    floor, bounded, shift = floors
    labels = np.empty((4 * fan_out, _COLUMNS), np.int64)
    heap = np.empty(labels.shape[0], np.int64)
    first = np.full(places, -1, np.int64)
    refusing = np.empty((4, places))
    for at in range(places):
        refusing[0, at], refusing[1, at], refusing[2, at], refusing[3, at] = np.inf, -1.0, np.inf, -1.0
    # Eight marks are looked at in one go.
    marks = np.zeros((places + 7) // 8 * 8, np.bool_)
    eights = marks.view(np.int64)
    for column in range(_COLUMNS):
        labels[0, column] = 0
    labels[0, _AT], labels[0, _FUEL], labels[0, _MOVE], labels[0, _NEXT] = origin, fuel, _NO_MOVE, -1
    first[origin] = 0
    count, size, limit, expanded = 1, push(heap, 0, labels, 0), NEVER, 0
    while size > 0:
        label, size = pop(heap, size, labels)
        if labels[label, _STATE] == _SUPERFLUOUS:
            continue
        if labels[label, _RANK] > limit:
            break
        at, fuel, paid = labels[label, _AT], labels[label, _FUEL], labels[label, _PRIMARY]
        if at == destination:
            return _path(labels, label)
        if labels[label, _STATE] == _NEW:
            labels[label, _STATE] = _BOUNDED
            if expanded < _SHORT:
                lower, upper = bounds_from(flight, tables, goal, at, fuel)
                if upper < NEVER:
                    limit = min(limit, paid + upper)
            else:
                if not bounded[fuel >> shift, at]:
                    _find_floor(flight, tables, goal, floors, at, fuel >> shift)
                lower = int(floor[fuel >> shift, at])
            if lower >= NEVER or paid + lower > limit:
                continue
            if paid + lower > labels[label, _RANK]:
                labels[label, _RANK] = paid + lower
                size = push(heap, size, labels, label)
                continue
        if count + fan_out > labels.shape[0]:
            labels, heap = doubled(labels), doubled_heap(heap)
        expanded += 1
        secondary, steps, rank = labels[label, _SECONDARY], labels[label, _STEPS] + 1, labels[label, _RANK]
        came_by, came_from = labels[label, _MOVE], labels[labels[label, _PARENT], _AT]
        for move in range(REFUEL, modes):
            if move == REFUEL:
                for eight in range(eights.size):
                    eights[eight] = 0
            elif move == came_by:
                _mark_detours(distance[at], distance[came_from], distance[came_from, at], marks)
            else:
                state, row = (float(fuel), float(paid)), floor[fuel >> shift]
                _mark_legs(flight, move, distance[at], state, float(limit), row, refusing, marks)
            marks[at] = move == REFUEL and sells_fuel[at] and fuel < flight.capacity
            for eight in range(eights.size):
                if eights[eight] == 0:
                    continue
                for to in range(8 * eight, 8 * eight + 8):
                    if not marks[to]:
                        continue
                    burnt, left, time = 0, flight.capacity, flight.refuel
                    if move != REFUEL:
                        burnt, time = leg_fuel(flight, move, distance[at, to]), leg_time(flight, move, distance[at, to])
                        left = fuel - burnt
                    primary = paid + (burnt if flight.least_fuel else time)
                    fuels = left >> shift
                    if left < 0 or primary + int(floor[fuels, to]) > limit:
                        continue
                    if expanded > _SHORT and not bounded[fuels, to] and to != destination:
                        _find_floor(flight, tables, goal, floors, to, fuels)
                        if primary + int(floor[fuels, to]) > limit:
                            continue
                    if to == destination:
                        limit = min(limit, primary)
                    labels[count, _PRIMARY], labels[count, _RANK] = primary, max(rank, primary + int(floor[fuels, to]))
                    labels[count, _SECONDARY] = secondary + (time if flight.least_fuel else burnt)
                    labels[count, _TIE], labels[count, _STEPS] = labels[count, _SECONDARY] + ahead[1, to], steps
                    labels[count, _AT], labels[count, _FUEL], labels[count, _STATE] = to, left, _NEW
                    labels[count, _PARENT], labels[count, _MOVE] = label, move
                    if _admit(labels, first, refusing, count):
                        size = push(heap, size, labels, count)
                        count += 1
    return np.empty((0, 2), np.int64)
