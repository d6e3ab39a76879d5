"""The compiled search for one exact route: A* over labels (waypoint, fuel in the tank).

A label is a way to be at a waypoint with some fuel left. Its cost is the triple (primary, secondary, steps),
compared in that order: (time, fuel, steps) for the fastest route, (fuel, time, steps) for the thriftiest.
Among labels of one waypoint, one that costs no more and leaves no less fuel makes the other superfluous,
whatever comes after; nothing else is pruned but by bounds.

The bound on the way still to go knows about fuel. A stretch without a refuel over a distance M (the metric of
the prepared graph) on F units of fuel costs at least rate x M + offset - price x F, a line, for any price of fuel
that makes the modes comparable; stretches are joined over the fuel stations by a shortest path backwards from the
destination. The bound is consistent, so the first label of the destination that comes up is the optimum.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.compiled import compiled
from routing_service.domain.flight import FUEL_BASE, FUEL_SLOPE, TWICE_FACTOR, Flight, leg_fuel, leg_time
from routing_service.domain.ordered_rows import doubled, doubled_heap, pop, push
from routing_service.domain.prepared import DistanceTable
from routing_service.domain.problem import BoolArray, IntArray
from shared_kernel.physics import DEPARTURE_SECONDS

Lines: TypeAlias = NDArray[np.float64]
# Distance, metric, stations and spans of a prepared graph.
Tables: TypeAlias = tuple[DistanceTable, DistanceTable, IntArray, DistanceTable]

NEVER = 1 << 62
REFUEL = -1

# Columns of a label; labels come up in order of the first three.
_RANK, _TIE, _STEPS, _AT, _FUEL, _PRIMARY, _SECONDARY, _PARENT, _MOVE, _NEXT, _STATE = range(11)
_COLUMNS = 11
_NEW, _BOUNDED, _SUPERFLUOUS = 0, 1, 2

# Columns of a line.
_RATE, _PRICE, _ONE_LEG, _TWO_LEGS = range(4)

# Floats stand in for exact figures only in bounds, rounded down by more than they can be wrong.
_SAFE = 1.0 - 1e-12

# Per station: what it costs from there to the destination at least, and at most; the stations in order of the first;
# and per waypoint the station over which its way was shortest when it was last looked at, or -1.
StationCosts: TypeAlias = tuple[IntArray, IntArray, IntArray, IntArray]


@compiled
def _leg_cost(flight: Flight, distance: int, fuel: int) -> int:
    """The least primary cost of one leg on so much fuel, or NEVER."""
    least = NEVER
    for mode in range(flight.modes.shape[0]):
        burnt = leg_fuel(flight, mode, distance)
        if burnt <= fuel:
            least = min(least, burnt if flight.least_fuel else leg_time(flight, mode, distance))
    return least


@compiled
def _least_hop_fuel(flight: Flight, metric: int) -> int:
    """The least fuel of any number of legs over a distance, without a refuel."""
    least = NEVER
    for mode in range(flight.modes.shape[0]):
        least = min(least, leg_fuel(flight, mode, metric))
    return least


@compiled
def _time_rate(flight: Flight, mode: int) -> float:
    return float(flight.modes[mode, TWICE_FACTOR] * flight.second / (2.0 * flight.speed))


@compiled
def _time_lines(flight: Flight) -> Lines:
    """Rows (rate, price, offset of one leg, of two): time >= rate x metric + offset - price x fuel.

    Prices are those at which two modes are equally good, and 0. A leg's time is at least its mode's rate x distance
    + 14.5 s + the overhead, as flight times round half up.
    """
    count = flight.modes.shape[0]
    lines = np.empty((count * count + 1, 4))
    lines[0, _RATE], lines[0, _PRICE] = _priced_rate(flight, 0.0), 0.0
    used = 1
    for slow in range(count):
        for fast in range(count):
            thirst = flight.modes[fast, FUEL_SLOPE] - flight.modes[slow, FUEL_SLOPE]
            gain = _time_rate(flight, slow) - _time_rate(flight, fast)
            if thirst <= 0 or gain <= 0:
                continue
            price = gain / thirst
            rate = _priced_rate(flight, price)
            # Where a third mode undercuts the pair, its own prices bound better.
            if rate >= (_time_rate(flight, slow) + price * flight.modes[slow, FUEL_SLOPE]) * _SAFE:
                lines[used, _RATE], lines[used, _PRICE] = rate, price
                used += 1
    for line in range(used):
        lines[line, _ONE_LEG] = (DEPARTURE_SECONDS - 0.5) * flight.second + flight.departure
        lines[line, _TWO_LEGS] = 2 * lines[line, _ONE_LEG]
    return lines[:used]


@compiled
def _priced_rate(flight: Flight, price: float) -> float:
    """The least time per distance, fuel being paid for in time."""
    rate = np.inf
    for mode in range(flight.modes.shape[0]):
        rate = min(rate, _time_rate(flight, mode) + price * flight.modes[mode, FUEL_SLOPE])
    return rate


@compiled
def _fuel_lines(flight: Flight) -> Lines:
    """The same for fuel. Sums are whole, so half a unit keeps rounding down exact."""
    slope, base = flight.modes[0, FUEL_SLOPE], flight.modes[0, FUEL_BASE]
    for mode in range(1, flight.modes.shape[0]):
        slope = min(slope, flight.modes[mode, FUEL_SLOPE])
        base = max(base, flight.modes[mode, FUEL_BASE])
    lines = np.zeros((1, 4))
    lines[0, _RATE] = slope
    lines[0, _ONE_LEG] = 0.5 + (base if slope == 0 else 0)
    lines[0, _TWO_LEGS] = 0.5 + (2 * base if slope == 0 else 0)
    return lines


@compiled
def _highest(lines: Lines, offset: int, metric: int, fuel: int) -> float:
    bound = 0.0
    for line in range(lines.shape[0]):
        bound = max(bound, float(lines[line, _RATE] * metric + lines[line, offset] - lines[line, _PRICE] * fuel))
    return bound * _SAFE


@compiled
def _stretch_bound(flight: Flight, lines: Lines, metric: int, fuel: int, one_leg: int) -> int:
    """Least primary cost of going so far without a refuel; `one_leg` is what a single leg costs, exactly."""
    if _least_hop_fuel(flight, metric) > fuel:
        return NEVER
    return min(one_leg, int(_highest(lines, _TWO_LEGS, metric, fuel)))


@compiled
def _station_costs(flight: Flight, lines: Lines, graph: Tables, destination: int, bounding: bool) -> IntArray:
    """What it costs to get from each station to the destination on a full tank: at least, if `bounding`, by a
    shortest path backwards over bounds of stretches; else at most, over single legs. NEVER where there is no path.
    """
    distance, metric, stations, spans = graph
    count = stations.size
    costs = np.full(count, NEVER, np.int64)
    for s in range(count):
        at = stations[s]
        costs[s] = 0 if at == destination else _leg_cost(flight, distance[at, destination], flight.capacity)
        if bounding:
            costs[s] = _stretch_bound(flight, lines, metric[at, destination], flight.capacity, costs[s])
    refuel = 0 if flight.least_fuel else flight.refuel
    settled = np.zeros(count, np.bool_)
    for _ in range(count):
        nearest = -1
        for s in range(count):
            if not settled[s] and costs[s] < NEVER and (nearest < 0 or costs[s] < costs[nearest]):
                nearest = s
        if nearest < 0:
            break
        settled[nearest] = True
        onward = costs[nearest] + refuel
        for s in range(count):
            span = spans[stations[nearest], s]
            if settled[s] or lines[0, _RATE] * span + onward >= costs[s]:
                continue
            cost = _leg_cost(flight, distance[stations[s], stations[nearest]], flight.capacity)
            if bounding:
                cost = _stretch_bound(flight, lines, span, flight.capacity, cost)
            if cost < NEVER:
                costs[s] = min(costs[s], cost + onward)
    return costs


@compiled
def _costs_no_more(labels: IntArray, i: int, j: int) -> bool:
    if labels[i, _PRIMARY] != labels[j, _PRIMARY]:
        return bool(labels[i, _PRIMARY] < labels[j, _PRIMARY])
    if labels[i, _SECONDARY] != labels[j, _SECONDARY]:
        return bool(labels[i, _SECONDARY] < labels[j, _SECONDARY])
    return bool(labels[i, _STEPS] <= labels[j, _STEPS])


@compiled
def _admit(labels: IntArray, first: IntArray, label: int) -> bool:
    """Put the label on its waypoint's list, unless another makes it superfluous; take off those that it does."""
    at = labels[label, _AT]
    other, before = first[at], -1
    while other >= 0:
        following = labels[other, _NEXT]
        if labels[other, _FUEL] >= labels[label, _FUEL] and _costs_no_more(labels, other, label):
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
def _bound_label(
    flight: Flight, lines: Lines, graph: Tables, at: int, fuel: int, destination: int, costs: StationCosts
) -> tuple[int, int]:
    """What it costs from `at`, with so much fuel, to the destination: at least, and at most."""
    distance, metric, stations, spans = graph
    least, known, order, favourite = costs
    upper = _leg_cost(flight, distance[at, destination], fuel)
    lower = _stretch_bound(flight, lines, metric[at, destination], fuel, upper)
    refuel = 0 if flight.least_fuel else flight.refuel
    # The station that was best for the waypoint before comes first: most of the others then fall at a glance.
    for position in range(-1, stations.size):
        s = favourite[at] if position < 0 else order[position]
        if s < 0:
            continue
        onward = least[s] + refuel
        if onward >= lower:
            if position < 0:
                continue
            break
        leg = stretch = 0
        if stations[s] != at:
            span = spans[at, s]
            if (lines[0, _RATE] * span + lines[0, _ONE_LEG]) * _SAFE + onward >= lower:
                continue
            if _highest(lines, _ONE_LEG, span, fuel) + onward >= lower:
                continue
            leg = _leg_cost(flight, distance[at, stations[s]], fuel)
            stretch = _stretch_bound(flight, lines, span, fuel, leg)
        if stretch < NEVER:
            lower = min(lower, stretch + onward)
            favourite[at] = s
        if leg < NEVER and known[s] < NEVER:
            upper = min(upper, leg + refuel + known[s])
    return lower, upper


@compiled
def _bounds_ahead(flight: Flight, metric: DistanceTable, distance: DistanceTable, destination: int) -> IntArray:
    """Rows (primary, secondary): the least that is still to pay at a waypoint, however full the tank."""
    ahead = np.zeros((distance.shape[0], 2), np.int64)
    line = _time_lines(flight)[0]
    for at in range(distance.shape[0]):
        if at == destination:
            continue
        time = int((line[_RATE] * metric[at, destination] + line[_TWO_LEGS]) * _SAFE)
        for mode in range(flight.modes.shape[0]):
            time = min(time, leg_time(flight, mode, distance[at, destination]))
        fuel = _least_hop_fuel(flight, metric[at, destination])
        ahead[at, 0], ahead[at, 1] = (fuel, time) if flight.least_fuel else (time, fuel)
    return ahead


@compiled
def _path(labels: IntArray, label: int) -> IntArray:
    """Rows (move, waypoint) from the start: a move is REFUEL, or the row of `Flight.modes` that was flown."""
    path = np.empty((labels[label, _STEPS], 2), np.int64)
    for step in range(path.shape[0] - 1, -1, -1):
        path[step, 0], path[step, 1] = labels[label, _MOVE], labels[label, _AT]
        label = labels[label, _PARENT]
    return path


@compiled
def search(flight: Flight, graph: Tables, sells_fuel: BoolArray, origin: int, fuel: int, destination: int) -> IntArray:
    """The optimal path as rows (move, waypoint), without rows if there is none. Origin and destination differ."""
    distance, metric, stations, spans = graph
    if flight.capacity == 0:
        graph = (distance, metric, stations[:0], spans)
    lines = _fuel_lines(flight) if flight.least_fuel else _time_lines(flight)
    least = _station_costs(flight, lines, graph, destination, True)
    known = _station_costs(flight, lines, graph, destination, False)
    costs = (least, known, np.argsort(least), np.full(distance.shape[0], -1, np.int64))
    ahead = _bounds_ahead(flight, metric, distance, destination)
    fan_out = distance.shape[0] * flight.modes.shape[0] + 1
    labels = np.empty((4 * fan_out, _COLUMNS), np.int64)
    heap = np.empty(labels.shape[0], np.int64)
    first = np.full(distance.shape[0], -1, np.int64)
    for column in range(_COLUMNS):
        labels[0, column] = 0
    labels[0, _AT], labels[0, _FUEL], labels[0, _NEXT] = origin, fuel, -1
    first[origin] = 0
    count, size, limit = 1, push(heap, 0, labels, 0), NEVER
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
            lower, upper = _bound_label(flight, lines, graph, at, fuel, destination, costs)
            if upper < NEVER:
                limit = min(limit, paid + upper)
            if lower >= NEVER or paid + lower > limit:
                continue
            if paid + lower > labels[label, _RANK]:
                labels[label, _RANK] = paid + lower
                size = push(heap, size, labels, label)
                continue
        if count + fan_out > labels.shape[0]:
            labels, heap = doubled(labels), doubled_heap(heap)
        secondary, steps, rank = labels[label, _SECONDARY], labels[label, _STEPS] + 1, labels[label, _RANK]
        for to in range(distance.shape[0]):
            refuelling = to == at
            if refuelling and not (sells_fuel[at] and fuel < flight.capacity):
                continue
            # Before any mode is looked at: one leg costs no less than a path of that length, in the best mode.
            if paid + int(lines[0, _RATE] * distance[at, to] * _SAFE) + ahead[to, 0] > limit and not refuelling:
                continue
            for mode in range(1 if refuelling else flight.modes.shape[0]):
                if refuelling:
                    move, burnt, left, time = REFUEL, 0, flight.capacity, flight.refuel
                else:
                    move, burnt = mode, leg_fuel(flight, mode, distance[at, to])
                    left = fuel - burnt
                    if left < 0:
                        continue
                    time = leg_time(flight, mode, distance[at, to])
                primary = paid + (burnt if flight.least_fuel else time)
                if primary + ahead[to, 0] > limit:
                    continue
                if to == destination:
                    limit = min(limit, primary)
                new = labels[count]
                new[_AT], new[_FUEL], new[_PRIMARY], new[_STEPS] = to, left, primary, steps
                new[_SECONDARY] = secondary + (time if flight.least_fuel else burnt)
                new[_PARENT], new[_MOVE], new[_STATE] = label, move, _NEW
                new[_RANK], new[_TIE] = max(rank, primary + ahead[to, 0]), new[_SECONDARY] + ahead[to, 1]
                if _admit(labels, first, count):
                    size = push(heap, size, labels, count)
                    count += 1
    return np.empty((0, 2), np.int64)
