"""What a step of a fleet's search takes out of its plan, and in which order that is put back: compiled.

Ruin follows Christiaens and Vanden Berghe, "Slack Induction by String Removals" (2020); for the makespan, half of the
ruins begin at the ship that ends last.
"""

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.chance import random_below, shuffle
from routing_service.domain.compiled import borrowing
from routing_service.domain.fleet_insertion import Search, end_of
from routing_service.domain.fleet_labels import Crew, Fleet
from routing_service.domain.problem import IntArray

# As in the paper: stops taken out on average, and the longest string.
_MEAN_RUIN, _LONGEST = 10, 10
# One ruin in so many takes a whole tour.
_WHOLE_TOURS = 20


@borrowing
def seed_of(crew: Crew, fleet: Fleet, chance: NDArray[np.uint64]) -> int:
    """A stop, of the ship that ends last every other time if that is what counts."""
    stops = fleet.ship.size - 2 * crew.kind.size
    if not crew.makespan or random_below(chance, 2) == 0:
        return random_below(chance, stops)
    last, worst = -1.0, 0
    for ship in range(crew.kind.size):
        if fleet.visits[ship] > 0 and end_of(crew, ship, fleet.duration[ship]) > last:
            last, worst = end_of(crew, ship, fleet.duration[ship]), ship
    if fleet.visits[worst] == 0:
        return random_below(chance, stops)
    seed = fleet.after[stops + worst]
    for _ in range(random_below(chance, fleet.visits[worst])):
        seed = fleet.after[seed]
    return int(seed)


@borrowing
def ruin(crew: Crew, search: Search, touched: NDArray[np.bool_], removed: IntArray) -> int:
    """Take strings of stops near a random one from their ships: they belong to none then. How many they are."""
    fleet = search.trial
    stops, ships = search.closest.shape[0], crew.kind.size
    seed, busy = seed_of(crew, fleet, search.chance), 0
    for ship in range(ships):
        busy += fleet.visits[ship] > 0
    longest = min(_LONGEST, max(1, stops // max(1, busy)))
    strings = 1 + random_below(search.chance, max(1, 4 * _MEAN_RUIN // (1 + longest) - 1))
    count = 0
    if random_below(search.chance, _WHOLE_TOURS) == 0:
        # All that one ship does, or two, and something of what their neighbours do.
        other = random_below(search.chance, 2 * ships)
        for ship in (fleet.ship[seed], other if other < ships else -1):
            if ship >= 0 and fleet.visits[ship] > 0 and not touched[ship]:
                touched[ship] = True
                first = fleet.after[stops + ship]
                count = _cut(search, fleet, first, fleet.visits[ship], removed, count)
    for position in range(stops):
        if strings == 0:
            break
        stop = search.closest[seed, position]
        ship = fleet.ship[stop]
        if ship < 0 or touched[ship]:
            continue
        touched[ship] = True
        length = 1 + random_below(search.chance, min(longest, fleet.visits[ship]))
        count = _cut(search, fleet, stop, length, removed, count)
        strings -= 1
    return count


@borrowing
def _cut(search: Search, fleet: Fleet, stop: int, length: int, removed: IntArray, count: int) -> int:
    """Take out a string of this length that holds the stop; half of the strings leave some stops within them."""
    stops = search.closest.shape[0]
    ship = fleet.ship[stop]
    spared = 0
    if length > 1 and length < fleet.visits[ship] and random_below(search.chance, 2) == 0:
        spared = 1
        while length + spared < fleet.visits[ship] and random_below(search.chance, 2) == 0:
            spared += 1
    span = length + spared
    first = stop
    for _ in range(random_below(search.chance, span)):
        if fleet.before[first] < stops:
            first = fleet.before[first]
    ahead, node = 1, first
    while ahead < span and fleet.after[node] < stops:
        node = fleet.after[node]
        ahead += 1
    while ahead < span and fleet.before[first] < stops:
        first = fleet.before[first]
        ahead += 1
    begin = random_below(search.chance, length) + 1 if spared > 0 else span
    node = first
    for place in range(span):
        if place < begin or place >= begin + spared:
            removed[count] = node
            count += 1
        node = fleet.after[node]
    for place in range(count):
        fleet.ship[removed[place]] = -1
    return count


@borrowing
def put_in_order(search: Search, removed: IntArray, count: int) -> None:
    """Shuffled; or the farthest from the origins first, or the nearest."""
    shuffle(search.chance, removed, count)
    kind = random_below(search.chance, 7)
    if kind < 3:
        sign = -1.0 if kind < 2 else 1.0
        for place in range(1, count):
            stop, hole = removed[place], place
            while hole > 0 and sign * search.remote[removed[hole - 1]] > sign * search.remote[stop]:
                removed[hole] = removed[hole - 1]
                hole -= 1
            removed[hole] = stop
