"""What a route still costs, at least and at most, from anywhere with any fuel: the compass of the label search.

The bound on the way still to go knows about fuel. A stretch without a refuel over a distance M (the metric of
the prepared graph) on F units of fuel costs at least rate x M + offset - price x F, a line, for any price of fuel
that makes the modes comparable. One leg of it is at least as long as the gap between its ends, and is flown in some
mode as a whole; the line holds for the rest. Stretches are joined over the fuel stations by a shortest path backwards
from the destination. The bound is consistent.
"""

from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.flight import FUEL_BASE, FUEL_SLOPE, TWICE_FACTOR, Flight, leg_fuel, leg_time
from routing_service.domain.prepared import DistanceTable
from routing_service.domain.problem import FloatArray, IntArray
from shared_kernel.physics import DEPARTURE_SECONDS

NEVER = 1 << 62

# Columns of a line.
_RATE, _PRICE, _ONE_LEG, _TWO_LEGS = range(4)

# Floats stand in for exact figures only in bounds, rounded down by more than they can be wrong.
SAFE = 1.0 - 1e-12


class Tables(NamedTuple):
    """What the search reads of a prepared graph; `stations` is empty for a ship without a tank."""

    distance: DistanceTable
    metric: DistanceTable
    gap: DistanceTable
    stations: IntArray
    spans: DistanceTable
    gaps: DistanceTable


class Goal(NamedTuple):
    """What is known of the way to one destination. Per station what it costs from there, at least and at most, with
    what a refuel there costs; per waypoint the station over which its way was shortest when it was last looked at,
    or -1. `least_floats` are those costs as floats, and `scratch` is room for as many.
    """

    destination: int
    lines: FloatArray
    least: IntArray
    known: IntArray
    favourite: IntArray
    least_floats: FloatArray
    scratch: FloatArray


@borrowing
def as_float(bound: int) -> float:
    """The bound as a float that is not above it."""
    return float(bound) if bound < 1 << 53 else bound * SAFE


@compiled
def goal_of(flight: Flight, tables: Tables, destination: int) -> Goal:
    lines = _fuel_lines(flight) if flight.least_fuel else time_lines(flight)
    least = _station_costs(flight, lines, tables, destination, True)
    known = _station_costs(flight, lines, tables, destination, False)
    refuel = 0 if flight.least_fuel else flight.refuel
    least_floats = np.empty(least.size)
    for s in range(least.size):
        least[s] += refuel
        known[s] += refuel
        least_floats[s] = as_float(least[s])
    favourite = np.full(tables.distance.shape[0], -1, np.int64)
    return Goal(destination, lines, least, known, favourite, least_floats, np.empty(least.size))


@borrowing
def leg_cost(flight: Flight, distance: int, fuel: int) -> int:
    """The least primary cost of one leg on so much fuel, or NEVER."""
    least = NEVER
    for mode in range(flight.modes.shape[0]):
        burnt = leg_fuel(flight, mode, distance)
        if burnt <= fuel:
            least = min(least, burnt if flight.least_fuel else leg_time(flight, mode, distance))
    return least


@borrowing
def _least_hop_fuel(flight: Flight, metric: int) -> int:
    """The least fuel of any number of legs over a distance, without a refuel."""
    least = NEVER
    for mode in range(flight.modes.shape[0]):
        least = min(least, leg_fuel(flight, mode, metric))
    return least


@borrowing
def _time_rate(flight: Flight, mode: int) -> float:
    return float(flight.modes[mode, TWICE_FACTOR] * flight.second / (2.0 * flight.speed))


@compiled
def time_lines(flight: Flight) -> FloatArray:
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
            if rate >= (_time_rate(flight, slow) + price * flight.modes[slow, FUEL_SLOPE]) * SAFE:
                lines[used, _RATE], lines[used, _PRICE] = rate, price
                used += 1
    for line in range(used):
        lines[line, _ONE_LEG] = (DEPARTURE_SECONDS - 0.5) * flight.second + flight.departure
        lines[line, _TWO_LEGS] = 2 * lines[line, _ONE_LEG]
    return lines[:used]


@borrowing
def _priced_rate(flight: Flight, price: float) -> float:
    """The least time per distance, fuel being paid for in time."""
    rate = np.inf
    for mode in range(flight.modes.shape[0]):
        rate = min(rate, _time_rate(flight, mode) + price * flight.modes[mode, FUEL_SLOPE])
    return rate


@compiled
def _fuel_lines(flight: Flight) -> FloatArray:
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


@borrowing
def stretch_bound(flight: Flight, lines: FloatArray, metric: int, gap: int, fuel: int, one_leg: int) -> int:
    """Least primary cost of going so far without a refuel; `one_leg` is what a single leg costs, exactly.

    Of two legs or more, one crosses the gap. Were it longer than that, in its mode, no line would allow less in all.
    """
    if _least_hop_fuel(flight, metric) > fuel:
        return NEVER
    least = np.inf
    for mode in range(flight.modes.shape[0]):
        burnt = leg_fuel(flight, mode, gap)
        if burnt > fuel:
            continue
        crossing, rest = float(burnt), 0.0
        if not flight.least_fuel:
            crossing = _time_rate(flight, mode) * gap + lines[0, _ONE_LEG]
        for line in range(lines.shape[0]):
            paid = lines[line, _ONE_LEG] - lines[line, _PRICE] * (fuel - burnt)
            rest = max(rest, float(lines[line, _RATE] * (metric - gap) + paid))
        least = min(least, crossing + rest)
    return one_leg if least * SAFE >= one_leg else int(least * SAFE)


@compiled
def _station_costs(flight: Flight, lines: FloatArray, tables: Tables, destination: int, bounding: bool) -> IntArray:
    """What it costs to get from each station to the destination on a full tank: at least, if `bounding`, by a
    shortest path backwards over bounds of stretches; else at most, over single legs. NEVER where there is no path.
    """
    distance, metric, gap, stations, spans, gaps = tables
    count = stations.size
    costs = np.full(count, NEVER, np.int64)
    for s in range(count):
        at = stations[s]
        costs[s] = 0 if at == destination else leg_cost(flight, distance[at, destination], flight.capacity)
        if bounding:
            span, least_leg = metric[at, destination], gap[at, destination]
            costs[s] = stretch_bound(flight, lines, span, least_leg, flight.capacity, costs[s])
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
            cost = leg_cost(flight, distance[stations[s], stations[nearest]], flight.capacity)
            if bounding:
                cost = stretch_bound(flight, lines, span, gaps[stations[nearest], s], flight.capacity, cost)
            if cost < NEVER:
                costs[s] = min(costs[s], cost + onward)
    return costs


@borrowing
def _glance(lines: FloatArray, spans: DistanceTable, fuel: int, onward: FloatArray, quick: FloatArray) -> None:
    """Fill `quick` with a first bound on the way over each station."""
    # Plain loops over whole rows, so that the compiler works on several entries at once.
    for s in range(quick.size):
        quick[s] = 0.0
    for line in range(lines.shape[0]):
        rate, offset = lines[line, _RATE], lines[line, _ONE_LEG] - lines[line, _PRICE] * fuel
        for s in range(quick.size):
            quick[s] = max(quick[s], rate * spans[s] + offset)
    for s in range(quick.size):
        quick[s] = quick[s] * SAFE + onward[s]


@borrowing
def bounds_from(flight: Flight, tables: Tables, goal: Goal, at: int, fuel: int) -> tuple[int, int]:
    """What it costs from `at`, with so much fuel, to the destination: at least, and at most."""
    distance, metric, gap, stations, spans, gaps = tables
    destination, lines, least, known, favourite, onward, quick = goal
    upper = leg_cost(flight, distance[at, destination], fuel)
    lower = stretch_bound(flight, lines, metric[at, destination], gap[at, destination], fuel, upper)
    _glance(lines, spans[at], fuel, onward, quick)
    # The station that was best for the waypoint before comes first: most of the others then fall at a glance.
    for turn in range(-1, stations.size):
        s = favourite[at] if turn < 0 else turn
        if s < 0 or least[s] >= lower:
            continue
        if stations[s] == at:
            leg = stretch = 0
        elif quick[s] >= lower:
            continue
        else:
            leg = leg_cost(flight, distance[at, stations[s]], fuel)
            stretch = stretch_bound(flight, lines, spans[at, s], gaps[at, s], fuel, leg)
        if stretch + least[s] < lower:
            lower = stretch + least[s]
            favourite[at] = s
        if leg < NEVER and known[s] < NEVER:
            upper = min(upper, leg + known[s])
    return lower, upper


@compiled
def least_ahead(flight: Flight, tables: Tables, goal: Goal) -> IntArray:
    """Two rows, (primary, secondary): the least that is still to pay at a waypoint, however full the tank."""
    distance, metric, destination = tables.distance, tables.metric, goal.destination
    ahead = np.zeros((2, distance.shape[0]), np.int64)
    line = time_lines(flight)[0]
    for at in range(distance.shape[0]):
        if at == destination:
            continue
        time = int((line[_RATE] * metric[at, destination] + line[_TWO_LEGS]) * SAFE)
        for mode in range(flight.modes.shape[0]):
            time = min(time, leg_time(flight, mode, distance[at, destination]))
        fuel = _least_hop_fuel(flight, metric[at, destination])
        ahead[0, at], ahead[1, at] = (fuel, time) if flight.least_fuel else (time, fuel)
    return ahead
