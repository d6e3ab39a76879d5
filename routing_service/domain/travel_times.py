"""How long it takes from one place to all others: the planner's own results, all at once: compiled."""

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.flight import Flight, flight_of, leg_fuel, leg_time
from routing_service.domain.ordered_rows import doubled, doubled_heap, pop, push
from routing_service.domain.prepared import DistanceTable, PreparedGraph
from routing_service.domain.problem import NANOS_PER_SECOND, BoolArray, IntArray, Objective, RouteOptions, ShipProfile

NEVER = 1 << 62
# What one source takes, about, per place squared.
SECONDS_PER_SOURCE = 1.5e-7
# Columns of a label; labels come up in order of the first three.
_PRIMARY, _SECONDARY, _MINUS_FUEL, _AT = range(4)
_COLUMNS = 4
# Labels remembered per place to refuse later ones by. More would refuse more; fewer only cost time.
_RIVALS = 16


def travel_times_from(prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, source: int) -> IntArray:
    """Nanoseconds of the planner's best route to every waypoint, from a full tank; NEVER where there is none."""
    flight = flight_of(ship, options, least_fuel=options.objective is Objective.LEAST_FUEL)
    times = times_from(flight, prepared.distance, prepared.graph.sells_fuel, source, ship.fuel_capacity)
    times[times < NEVER] *= NANOS_PER_SECOND // flight.second
    return times


@borrowing
def _superfluous(rivals: IntArray, count: IntArray, at: int, primary: int, secondary: int, minus_fuel: int) -> bool:
    """Whether a label seen before costs no more and leaves no less; notes it where there is room."""
    for rival in range(count[at]):
        if rivals[at, rival, 2] > minus_fuel or rivals[at, rival, 0] > primary:
            continue
        if rivals[at, rival, 0] < primary or rivals[at, rival, 1] <= secondary:
            return True
    place = count[at]
    if place == _RIVALS:
        # The dearest goes: it refuses least.
        place = 0
        for rival in range(1, _RIVALS):
            if rivals[at, rival, 0] > rivals[at, place, 0]:
                place = rival
        if rivals[at, place, 0] <= primary:
            return False
    else:
        count[at] += 1
    rivals[at, place, 0], rivals[at, place, 1], rivals[at, place, 2] = primary, secondary, minus_fuel
    return False


@compiled
def times_from(flight: Flight, distance: DistanceTable, sells_fuel: BoolArray, source: int, fuel: int) -> IntArray:
    """The least time to each place (with LEAST_FUEL: of the route that burns least), in the flight's units."""
    places, modes = distance.shape[0], flight.modes.shape[0]
    fan_out = places * modes + 1
    labels = np.empty((4 * fan_out, _COLUMNS), np.int64)
    heap = np.empty(labels.shape[0], np.int64)
    fullest = np.full(places, -1, np.int64)
    rivals, counts = np.empty((places, _RIVALS, 3), np.int64), np.zeros(places, np.int64)
    times = np.full(places, NEVER, np.int64)
    # What is known of each place not reached yet, at most; no leg costs less than `least_leg`.
    at_most = np.full(places, NEVER, np.int64)
    least_leg = 0 if flight.least_fuel else leg_time(flight, 0, 0)
    labels[0, _PRIMARY], labels[0, _SECONDARY], labels[0, _MINUS_FUEL], labels[0, _AT] = 0, 0, -fuel, source
    count, size, missing = 1, push(heap, 0, labels, 0), places
    while size > 0 and missing > 0:
        label, size = pop(heap, size, labels)
        primary, at = labels[label, _PRIMARY], labels[label, _AT]
        fuel = -labels[label, _MINUS_FUEL]
        if fuel <= fullest[at]:
            continue
        if fullest[at] < 0:
            times[at] = labels[label, _SECONDARY] if flight.least_fuel else primary
            missing -= 1
        fullest[at], at_most[at] = fuel, 0
        horizon = at_most.max()
        if primary + least_leg > horizon:
            continue
        if count + fan_out > labels.shape[0]:
            labels, heap = doubled(labels), doubled_heap(heap)
        beyond = horizon - least_leg
        count, size = _expand(
            flight, distance, sells_fuel, fullest, at_most, beyond, rivals, counts, labels, heap, label, count, size
        )
    return times


@borrowing
def _expand(flight: Flight, distance: DistanceTable, sells_fuel: BoolArray, fullest: IntArray, at_most: IntArray,
            beyond: int, rivals: IntArray, counts: IntArray, labels: IntArray, heap: IntArray, label: int, count: int,
            size: int) -> tuple[int, int]:  # fmt: skip
    """Put what a label leads to behind the `count` labels there are, and on the heap, but for what is of no use: it
    neither leads to its place as fast as is known nor, being above `beyond`, to another. The new counts."""
    primary, secondary, at = labels[label, _PRIMARY], labels[label, _SECONDARY], labels[label, _AT]
    fuel = -labels[label, _MINUS_FUEL]
    for to in range(distance.shape[0]):
        refuelling = to == at
        if refuelling and not (sells_fuel[at] and fuel < flight.capacity):
            continue
        for mode in range(1 if refuelling else flight.modes.shape[0]):
            if refuelling:
                burnt, left, time = 0, flight.capacity, flight.refuel
            else:
                burnt = leg_fuel(flight, mode, distance[at, to])
                left = fuel - burnt
                if left <= fullest[to]:
                    continue
                time = leg_time(flight, mode, distance[at, to])
            cost, second_cost = primary + time, secondary + burnt
            if flight.least_fuel:
                cost, second_cost = primary + burnt, secondary + time
            if cost > at_most[to] and cost > beyond:
                continue
            if fullest[to] < 0:
                at_most[to] = min(at_most[to], cost)
            if not _superfluous(rivals, counts, to, cost, second_cost, -left):
                labels[count, _PRIMARY], labels[count, _SECONDARY] = cost, second_cost
                labels[count, _MINUS_FUEL], labels[count, _AT] = -left, to
                size = push(heap, size, labels, count)
                count += 1
    return count, size
