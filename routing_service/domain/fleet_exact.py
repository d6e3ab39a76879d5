"""The best of all ways to share few stops out: what every set of stops costs every ship, and the best split: compiled.

The sets of one ship are those of tour_exact, in which stop j of the fleet is node j + 1.
"""

from dataclasses import dataclass

import numpy as np

from routing_service.domain.compiled import compiled
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_exact import Subsets
from routing_service.domain.tour_flight import BEFORE, BLOCK, COLUMNS, NODE, cheapest, extend
from routing_service.domain.tour_tables import NEVER, TourTables

MAX_STOPS = 10


@dataclass(frozen=True, eq=False)
class SetCosts:
    """Per set of stops (bit j: stop j) the least time in which a ship can visit it, NEVER if it cannot, and the label
    with which it stands at the last one. `here` is the stop that it stands at to begin with, if it does."""

    rows: IntArray
    times: IntArray
    last: IntArray
    here: int | None = None

    def standing_at(self, here: int) -> "SetCosts":
        """The same where it visits this stop by being there."""
        sets = np.arange(self.times.size)
        times = self.times[sets & ~(1 << here)]
        return SetCosts(self.rows, times, self.last, here)

    def order(self, visited: int) -> list[int]:
        """The stops of this set in the best order."""
        order: list[int] = []
        begun = [] if self.here is None or not visited >> self.here & 1 else [self.here]
        row = int(self.last[visited ^ sum(1 << stop for stop in begun)])
        while row > 0:
            order.append(int(self.rows[row, NODE]) - 1)
            row = int(self.rows[row, BEFORE])
        return begun + order[::-1]


@compiled
def set_costs(tables: TourTables, subsets: Subsets, closed: bool, home: int) -> tuple[IntArray, IntArray]:
    """Times and last labels of all sets, once they are swept. `home` is the node at which closed tours end."""
    sets, stops = subsets.low.shape
    times, last_rows = np.full(sets, NEVER, np.int64), np.full(sets, -1, np.int64)
    ends = np.empty((BLOCK, COLUMNS), np.int64)
    times[0] = 0
    for visited in range(1, sets):
        for last in range(stops):
            low, high = subsets.low[visited, last], subsets.end[visited, last]
            if low == high:
                continue
            best = cheapest(subsets.rows, low, high)
            time = subsets.rows[best, 0]
            if closed:
                arrivals = subsets.arrivals[visited, last]
                end = extend(tables, subsets.rows, low, high, arrivals, last + 1, home, ends, 0, 0, times[visited])
                if end == 0:
                    continue
                row = cheapest(ends, 0, end)
                time, best = ends[row, 0], ends[row, BEFORE]
            if time < times[visited]:
                times[visited], last_rows[visited] = time, best
    return times, last_rows


@compiled
def best_split(times: IntArray, kind: IntArray, free_at: IntArray, makespan: bool) -> IntArray:
    """The set of stops of each ship (of kind `kind`, whose sets take `times[kind]`) with which all are visited at the
    least total, for a makespan among the splits of the least makespan; without entries if there is none."""
    ships, sets = kind.size, times.shape[1]
    latest = NEVER
    if makespan:
        ends, _ = _split(times, kind, free_at, NEVER, True)
        latest = ends[sets - 1]
    totals, chosen = _split(times, kind, free_at, latest, False)
    if totals[sets - 1] == NEVER:
        return np.empty(0, np.int64)
    split, left = np.empty(ships, np.int64), sets - 1
    for ship in range(ships - 1, -1, -1):
        split[ship] = chosen[ship, left]
        left ^= split[ship]
    return split


@compiled
def _split(
    times: IntArray, kind: IntArray, free_at: IntArray, latest: int, makespan: bool
) -> tuple[IntArray, IntArray]:
    """Per set the least total (or the least end of the last) if the ships visit it, none ending after `latest`; and per
    ship and set its part of it."""
    ships, sets = kind.size, times.shape[1]
    least = np.full(sets, NEVER, np.int64)
    least[0] = 0
    chosen = np.zeros((ships, sets), np.int64)
    for ship in range(ships):
        before = least.copy()
        for visited in range(1, sets):
            part = visited
            while part > 0:
                time = times[kind[ship], part]
                if time < NEVER and before[visited ^ part] < NEVER and time + free_at[ship] <= latest:
                    cost = before[visited ^ part]
                    cost = max(cost, time + free_at[ship]) if makespan else cost + time
                    if cost < least[visited]:
                        least[visited], chosen[ship, visited] = cost, part
                part = (part - 1) & visited
    return least, chosen
