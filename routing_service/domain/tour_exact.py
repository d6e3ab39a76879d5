"""What any set of stops costs, by dynamic programming over sets, fuel carried: compiled."""

from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import compiled
from routing_service.domain.ordered_rows import doubled
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_flight import BLOCK, COLUMNS, extend, refuels, start
from routing_service.domain.tour_tables import NEVER, TourTables


class Subsets(NamedTuple):
    """Labels of having visited a set of stops and standing at one of them: those of set s (bit j is stop j + 1) and
    stop j are the rows `low[s, j]` to before `end[s, j]`; `arrivals[s, j]` are the refuels that follow. Row 0 is the
    start, as are those of set 0. `rest[s]` is the least that the stops not in s still cost."""

    rows: IntArray
    low: IntArray
    end: IntArray
    arrivals: IntArray
    rest: IntArray


def subsets_of(tables: TourTables, least: IntArray, fuel: int, *, closed: bool) -> Subsets:
    """The start, before any set is swept."""
    stops = tables.begin.shape[0] - 1
    sets = 1 << stops
    into = np.where(np.eye(stops + 1, dtype=np.bool_), NEVER, least).min(axis=0)
    rest = np.full(sets, into[0] if closed else 0, np.int64)
    for stop in range(stops):
        rest[(np.arange(sets) >> stop) & 1 == 0] += into[stop + 1]
    rows = np.empty((1024, COLUMNS), np.int64)
    start(rows, 0, 0, fuel)
    arrivals = np.empty((sets, stops, tables.begin.shape[1], 4), np.int64)
    refuels(tables, rows, 0, 1, 0, arrivals[0, 0])
    empty = np.zeros((sets, stops), np.int64)
    return Subsets(rows, empty, empty.copy(), arrivals, rest)


@compiled
def sweep(tables: TourTables, subsets: Subsets, begin: int, stop: int, used: int, limit: int) -> tuple[IntArray, int]:
    """Find the labels of all sets from `begin` to before `stop`, once those of all smaller numbers are found.

    Labels that cannot end before `limit`, by primary cost, are left out. Returns the rows, which may have moved to
    a larger array, and how many are used; -1 if a block overflowed, so that nothing can be proven.
    """
    rows = subsets.rows
    stops = tables.begin.shape[0] - 1
    for visited in range(begin, stop):
        for last in range(stops):
            if not (visited >> last) & 1:
                continue
            if used + BLOCK > rows.shape[0]:
                rows = doubled(rows)
            before = visited & ~(1 << last)
            bound = limit - subsets.rest[visited]
            end = used
            if before == 0:
                end = extend(tables, rows, 0, 1, subsets.arrivals[0, 0], 0, last + 1, rows, used, end, bound)
            for previous in range(stops):
                low, high = subsets.low[before, previous], subsets.end[before, previous]
                if low < high:
                    arrivals = subsets.arrivals[before, previous]
                    end = extend(tables, rows, low, high, arrivals, previous + 1, last + 1, rows, used, end, bound)
            if end - used == BLOCK:
                return rows, -1
            subsets.low[visited, last], subsets.end[visited, last] = used, end
            if end > used:
                refuels(tables, rows, used, end, last + 1, subsets.arrivals[visited, last])
            used = end
    return rows, used
