"""What a ship can collect at most of prices on stops, in any time: the dearest of all walks.

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
# Prices add up to so much at most, so that no walk collects as much as a value of `_NOTHING` lacks; that stands for
# walks that there are not. They have fewer stops than there are periods, which are no more than MOST_PERIODS.
PRICES_IN_ALL = 1 << 18
MOST_PERIODS = 3_000
_NOTHING = -(1 << 30)
_LONG = 1 << 29


class Walks(NamedTuple):
    """The rows from `first[s]` to before `first[s + 1]` of `to` and `spent` are flights from state s, and the periods
    they take: those of less than a block before `long[s]`. `kept[i, j, m]` is what the memory m at stop i becomes at j,
    -1 where it tells that j was visited. A ship is back from state s in `back[s]` periods, 0 where it need not be.
    `value[s, m, BLOCK + r]` is what can still be collected from state s with memory m within r periods."""

    first: IntArray
    long: IntArray
    to: SmallInts
    spent: SmallInts
    place: SmallInts
    kept: Kept
    back: IntArray
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


def walks_of(flights: LevelFlights, period: int, kept: Kept, home: int, room: SmallInts) -> Walks:
    """`period` in units of the flights, of which none between stops may be shorter; `home` is the place in which walks
    end, -1 for anywhere."""
    states = len(flights.place)
    spent = np.minimum(flights.rows[:, 1] // period, _LONG)
    source = np.repeat(np.arange(states), np.diff(flights.first))
    order = np.lexsort((spent >= BLOCK, source))
    back = np.zeros(states, np.int64) if home < 0 else np.minimum(flights.to_places[:, home] // period, _LONG)
    return Walks(
        first=flights.first,
        long=flights.first[:-1] + np.bincount(source[spent < BLOCK], minlength=states),
        to=flights.rows[order, 0].astype(np.int32),
        spent=spent[order].astype(np.int32),
        place=flights.place.astype(np.int32),
        kept=kept,
        back=back,
        value=room,
    )


@compiled
def collect(walks: Walks, prices: SmallInts, at_stops: int, low: int, high: int) -> None:
    """Find the values for the periods from `low` to before `high`, multiples of BLOCK, once those before are found."""
    best = np.empty(BLOCK, np.int32)
    for begin in range(low, high, BLOCK):
        for state in range(at_stops):
            here = walks.place[state]
            for memory in range(walks.kept.shape[2]):
                for r in range(BLOCK):
                    best[r] = 0 if begin + r >= walks.back[state] else _NOTHING
                for flight in range(walks.long[state], walks.first[state + 1]):
                    to, offset = walks.to[flight], BLOCK + begin - walks.spent[flight]
                    kept = walks.kept[here, walks.place[to], memory]
                    if offset <= 0 or kept < 0:
                        continue
                    row, price = walks.value[to, kept, offset : offset + BLOCK], prices[walks.place[to]]
                    for r in range(BLOCK):
                        best[r] = max(best[r], np.int32(row[r] + price))
                for r in range(BLOCK):
                    walks.value[state, memory, BLOCK + begin + r] = best[r] if best[r] >= 0 else _NOTHING
        _collect_nearby(walks, prices, at_stops, BLOCK + begin)


@borrowing
def _collect_nearby(walks: Walks, prices: SmallInts, at_stops: int, begin: int) -> None:
    """Go on by flights that take less than a block, one period after the other."""
    for r in range(begin, begin + BLOCK):
        for state in range(at_stops):
            here = walks.place[state]
            for flight in range(walks.first[state], walks.long[state]):
                to, left = walks.to[flight], r - walks.spent[flight]
                for memory in range(walks.kept.shape[2]):
                    kept = walks.kept[here, walks.place[to], memory]
                    if kept >= 0:
                        worth = walks.value[to, kept, left] + prices[walks.place[to]]
                        if worth >= 0:
                            walks.value[state, memory, r] = max(walks.value[state, memory, r], worth)


@compiled
def most_from(walks: Walks, prices: SmallInts, start: int, periods: int) -> IntArray:
    """What a ship can collect from the state `start` at an origin, by the number of periods, up to so many."""
    most = np.zeros(periods + 1, np.int64)
    for flight in range(walks.first[start], walks.first[start + 1]):
        to, spent = walks.to[flight], walks.spent[flight]
        for r in range(spent, periods + 1):
            most[r] = max(most[r], walks.value[to, 0, BLOCK + r - spent] + prices[walks.place[to]])
    return most


@compiled
def dearest(walks: Walks, prices: SmallInts, start: int, periods: int, count: int) -> IntArray:
    """Of the walks that begin with each of the flights from `start`, the `count` that collect most in so many periods:
    how often they visit each stop."""
    low, high = walks.first[start], walks.first[start + 1]
    worth = np.zeros(high - low, np.int64)
    for flight in range(low, high):
        to, left = walks.to[flight], BLOCK + periods - walks.spent[flight]
        if left >= BLOCK:
            worth[flight - low] = walks.value[to, 0, left] + prices[walks.place[to]]
    visits = np.zeros((count, walks.kept.shape[0]), np.int64)
    for row in range(min(count, worth.size)):
        chosen = worth.argmax()
        if worth[chosen] <= 0:
            return visits[:row].copy()
        to = walks.to[low + chosen]
        visits[row, walks.place[to]] += 1
        worth[chosen] = 0
        _trace(walks, prices, to, BLOCK + periods - walks.spent[low + chosen], visits[row])
    return visits[: min(count, worth.size)].copy()


@borrowing
def _trace(walks: Walks, prices: SmallInts, state: int, left: int, visits: IntArray) -> None:
    memory, worth = 0, walks.value[state, 0, left]
    while worth > 0:
        here, flight = walks.place[state], walks.first[state]
        while True:
            to, before = walks.to[flight], left - walks.spent[flight]
            kept = walks.kept[here, walks.place[to], memory]
            price = prices[walks.place[to]]
            if before >= BLOCK and kept >= 0 and walks.value[to, kept, before] + price == worth:
                break
            flight += 1
        state, memory, left, worth = to, kept, before, worth - price
        visits[walks.place[to]] += 1
