"""How long it takes from one place to all others: the planner's own results, all at once: compiled."""

import numpy as np

from routing_service.domain.compiled import compiled
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


@compiled
def _superfluous(rivals: IntArray, count: IntArray, label: IntArray) -> bool:
    """Whether a label seen before costs no more and leaves no less; notes it where there is room."""
    at = label[_AT]
    for rival in range(count[at]):
        other = rivals[at, rival]
        if other[2] > label[_MINUS_FUEL] or other[0] > label[_PRIMARY]:
            continue
        if other[0] < label[_PRIMARY] or other[1] <= label[_SECONDARY]:
            return True
    place = count[at]
    if place == _RIVALS:
        # The dearest goes: it refuses least.
        place = 0
        for rival in range(1, _RIVALS):
            if rivals[at, rival, 0] > rivals[at, place, 0]:
                place = rival
        if rivals[at, place, 0] <= label[_PRIMARY]:
            return False
    else:
        count[at] += 1
    rivals[at, place, 0], rivals[at, place, 1] = label[_PRIMARY], label[_SECONDARY]
    rivals[at, place, 2] = label[_MINUS_FUEL]
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
        primary, secondary, at = labels[label, _PRIMARY], labels[label, _SECONDARY], labels[label, _AT]
        fuel = -labels[label, _MINUS_FUEL]
        if fuel <= fullest[at]:
            continue
        if fullest[at] < 0:
            times[at] = secondary if flight.least_fuel else primary
            missing -= 1
        fullest[at], at_most[at] = fuel, 0
        horizon = at_most.max()
        if primary + least_leg > horizon:
            continue
        if count + fan_out > labels.shape[0]:
            labels, heap = doubled(labels), doubled_heap(heap)
        for to in range(places):
            refuelling = to == at
            if refuelling and not (sells_fuel[at] and fuel < flight.capacity):
                continue
            for mode in range(1 if refuelling else modes):
                if refuelling:
                    burnt, left, time = 0, flight.capacity, flight.refuel
                else:
                    burnt = leg_fuel(flight, mode, distance[at, to])
                    left = fuel - burnt
                    if left < 0:
                        continue
                    time = leg_time(flight, mode, distance[at, to])
                if left <= fullest[to]:
                    continue
                new = labels[count]
                new[_PRIMARY] = primary + (burnt if flight.least_fuel else time)
                new[_SECONDARY] = secondary + (time if flight.least_fuel else burnt)
                new[_MINUS_FUEL], new[_AT] = -left, to
                if new[_PRIMARY] > at_most[to] and new[_PRIMARY] + least_leg > horizon:
                    continue
                if fullest[to] < 0:
                    at_most[to] = min(at_most[to], new[_PRIMARY])
                if not _superfluous(rivals, counts, new):
                    size = push(heap, size, labels, count)
                    count += 1
    return times
