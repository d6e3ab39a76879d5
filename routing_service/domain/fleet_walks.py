"""What a ship can collect at most of prices on stops, in any time, less what it pays for flights: the dearest walk.

A walk may come back to a stop once it has forgotten it: at each stop it remembers the visits to a few others nearby
(ng-routes, after Baldacci, Mingozzi and Roberti, 2011). Time is counted in whole periods, what a flight takes rounded
down.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.fleet_flights import NEVER, LevelFlights
from routing_service.domain.problem import IntArray

SmallInts: TypeAlias = NDArray[np.int32]
Kept: TypeAlias = NDArray[np.int16]

# Periods that are worked on at once.
BLOCK = 16
# No price is higher, and walks have no more stops than there are periods, which are about so many at most: so sums stay
# within 32 bits. What is worth less than _LEAST is not to be had at all, which _NOTHING stands for.
MOST_PRICE = 1 << 18
MOST_PERIODS = 1_500
_NOTHING, _LEAST = -(1 << 30), -(1 << 29)
_LONG = 1 << 29


class Walks(NamedTuple):
    """The rows from `first[s]` to before `first[s + 1]` of `to` and `spent` are flights from state s, and the periods
    they take: those of less than a block before `long[s]`. `kept[i, j, m]` is what the memory m at stop i becomes at j,
    -1 where it tells that j was visited. A ship is back from state s in `back[s]` periods, 0 where it need not be, for
    which it gets `ending[s]`, not more than 0; a flight costs `cost`. `value[s, m, BLOCK + r]` is what can still be
    collected from state s with memory m within r periods."""

    first: IntArray
    long: IntArray
    to: SmallInts
    spent: SmallInts
    cost: SmallInts
    place: SmallInts
    kept: Kept
    back: IntArray
    ending: SmallInts
    value: SmallInts


def memories(apart: IntArray, size: int) -> Kept:
    """At each stop, `size` others are remembered, the nearest ones."""
    stops = len(apart)
    apart = apart.copy()
    np.fill_diagonal(apart, NEVER)
    return _kept(np.argsort(apart, axis=1, kind="stable")[:, : min(size, stops - 1)].astype(np.int64))


@compiled
def _kept(near: IntArray) -> Kept:
    stops, size = near.shape
    kept = np.zeros((stops, stops, 1 << size), np.int16)
    for i in range(stops):
        for j in range(stops):
            for memory in range(1 << size):
                left = 0
                for there in range(size):
                    known = near[j, there] == i
                    for here in range(size):
                        known |= near[i, here] == near[j, there] and (memory >> here) & 1 == 1
                    left |= known << there
                for here in range(size):
                    if near[i, here] == j and (memory >> here) & 1 == 1:
                        left = -1
                kept[i, j, memory] = left
    return kept


def room_for(states: int, memories: int, periods: int) -> SmallInts:
    """Room for the values of walks in no more than so many periods."""
    return np.full((states, memories, BLOCK * (2 + periods // BLOCK)), _NOTHING, np.int32)


def walks_of(
    flights: LevelFlights, period: int, kept: Kept, home: int, room: SmallInts, known: int, *, paid: bool
) -> Walks:
    """`period` in units of the flights, of which none between stops may be shorter; `home` is the place in which walks
    end, -1 for anywhere. If flights are `paid`, the time `known` costs as much as the highest price."""
    states = len(flights.place)
    times = np.minimum(flights.rows[:, 1], known + 1)
    home_times = np.zeros(states, np.int64) if home < 0 else np.minimum(flights.to_places[:, home], known + 1)
    spent = times // period
    source = np.repeat(np.arange(states), np.diff(flights.first))
    order = np.lexsort((spent >= BLOCK, source))
    rate = MOST_PRICE if paid else 0
    return Walks(
        first=flights.first,
        long=flights.first[:-1] + np.bincount(source[spent < BLOCK], minlength=states),
        to=flights.rows[order, 0].astype(np.int32),
        spent=spent[order].astype(np.int32),
        cost=(times[order] * rate // known).astype(np.int32),
        place=flights.place.astype(np.int32),
        kept=kept,
        back=home_times // period,
        ending=(-(home_times * rate // known)).astype(np.int32),
        value=room,
    )


@compiled
def collect(walks: Walks, prices: SmallInts, at_stops: int, low: int, high: int) -> None:
    """Find the values for the periods from `low` to before `high`, multiples of BLOCK, once those before are found."""
    best = np.empty((walks.kept.shape[2], BLOCK), np.int32)
    for begin in range(low, high, BLOCK):
        for state in range(at_stops):
            here = walks.place[state]
            for r in range(BLOCK):
                best[:, r] = walks.ending[state] if begin + r >= walks.back[state] else _NOTHING
            for flight in range(walks.long[state], walks.first[state + 1]):
                to, offset = walks.to[flight], BLOCK + begin - walks.spent[flight]
                if offset <= 0:
                    continue
                gain = prices[walks.place[to]] - walks.cost[flight]
                for memory, kept in enumerate(walks.kept[here, walks.place[to]]):
                    if kept >= 0:
                        row = walks.value[to, kept, offset : offset + BLOCK]
                        for r in range(BLOCK):
                            best[memory, r] = max(best[memory, r], np.int32(row[r] + gain))
            for memory in range(best.shape[0]):
                for r in range(BLOCK):
                    worth = best[memory, r]
                    walks.value[state, memory, BLOCK + begin + r] = worth if worth >= _LEAST else _NOTHING
        _collect_nearby(walks, prices, at_stops, BLOCK + begin)


@borrowing
def _collect_nearby(walks: Walks, prices: SmallInts, at_stops: int, begin: int) -> None:
    """Go on by flights that take less than a block, one period after the other."""
    for r in range(begin, begin + BLOCK):
        for state in range(at_stops):
            here = walks.place[state]
            for flight in range(walks.first[state], walks.long[state]):
                to, left = walks.to[flight], r - walks.spent[flight]
                gain = prices[walks.place[to]] - walks.cost[flight]
                for memory in range(walks.kept.shape[2]):
                    kept = walks.kept[here, walks.place[to], memory]
                    if kept >= 0:
                        worth = walks.value[to, kept, left] + gain
                        if worth >= _LEAST:
                            walks.value[state, memory, r] = max(walks.value[state, memory, r], worth)


@compiled
def most_from(walks: Walks, prices: SmallInts, start: int, periods: int) -> IntArray:
    """What a ship can collect from the state `start` at an origin, by the number of periods, up to so many."""
    most = np.zeros(periods + 1, np.int64)
    for flight in range(walks.first[start], walks.first[start + 1]):
        to, spent = walks.to[flight], walks.spent[flight]
        gain = prices[walks.place[to]] - walks.cost[flight]
        for r in range(spent, periods + 1):
            most[r] = max(most[r], walks.value[to, 0, BLOCK + r - spent] + gain)
    return most


@compiled
def dearest(walks: Walks, prices: SmallInts, start: int, periods: int, count: int) -> tuple[IntArray, IntArray]:
    """Of the walks that begin with each of the flights from `start`, the `count` that collect most in so many periods,
    and something at least: how often they visit each stop, and what they pay for flights."""
    low, high = walks.first[start], walks.first[start + 1]
    worth = np.zeros(high - low, np.int64)
    for flight in range(low, high):
        to, left = walks.to[flight], BLOCK + periods - walks.spent[flight]
        if left >= BLOCK:
            worth[flight - low] = walks.value[to, 0, left] + prices[walks.place[to]] - walks.cost[flight]
    visits, paid = np.zeros((count, walks.kept.shape[0]), np.int64), np.zeros(count, np.int64)
    for row in range(min(count, worth.size)):
        chosen = worth.argmax()
        if worth[chosen] <= 0:
            return visits[:row].copy(), paid[:row].copy()
        to = walks.to[low + chosen]
        visits[row, walks.place[to]] += 1
        _trace(walks, prices, to, BLOCK + periods - walks.spent[low + chosen], visits[row])
        paid[row] = -worth[chosen]
        for stop in range(prices.size):
            paid[row] += visits[row, stop] * prices[stop]
        worth[chosen] = 0
    return visits[: min(count, worth.size)].copy(), paid[: min(count, worth.size)].copy()


@borrowing
def _trace(walks: Walks, prices: SmallInts, state: int, left: int, visits: IntArray) -> None:
    memory, worth = 0, walks.value[state, 0, left]
    while worth != walks.ending[state] or left - BLOCK < walks.back[state]:
        here, flight = walks.place[state], walks.first[state]
        while True:
            to, before = walks.to[flight], left - walks.spent[flight]
            kept = walks.kept[here, walks.place[to], memory]
            gain = prices[walks.place[to]] - walks.cost[flight]
            if before >= BLOCK and kept >= 0 and walks.value[to, kept, before] + gain == worth:
                break
            flight += 1
        state, memory, left, worth = to, kept, before, worth - gain
        visits[walks.place[to]] += 1
