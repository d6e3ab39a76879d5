"""What flying any order of a tour's stops is made of, laid out for the compiled searches.

Nodes are the origin (0) and the stops (1, 2, …); stations are the places that sell fuel. Between two nodes a ship
flies one stretch, or a stretch to a station, from there full to the next, and so on, and a stretch from the last
station to the node. Costs are triples (primary, secondary, steps), compared in that order: time and fuel, or with
LEAST_FUEL fuel and time.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.flight import Flight
from routing_service.domain.ordered_rows import doubled, less, precedes
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import BoolArray, IntArray
from routing_service.domain.stretches import AT, FUEL, STEPS, TIME, Stretches

NEVER = 1 << 62
# Columns of a cost, and what follows it in a row of `Entries.rows`.
PRIMARY, SECONDARY, STEP_COUNT, BURNT, WHICH, STATION = range(6)
_ROW = 6
# Where there are ways to more stations, only the nearest ones begin and end a way from node to node.
ALL_STATIONS = 48
NEAREST_STATIONS = 16
# Farther than anything.
_FAR = 1 << 40


class Entries(NamedTuple):
    """Ways from each place of one kind to each of another: those of pair (i, j) are the rows `first[i, j]` to before
    `first[i, j + 1]`, the one of least cost first. A row is a cost, the fuel that the last stretch burns, that
    stretch's label, and the station from which it is flown (-1: it is the only one)."""

    first: IntArray
    rows: IntArray


class TourTables(NamedTuple):
    """`to_nodes` and `to_stations` are single stretches from nodes; `refuelled` are all ways that begin with a full
    tank at a station and end at a node, `chains` costs from full to full. `begin[i]` are the stations at which a way
    from node i may refuel first, -1 for none. `refuel` is the cost of a refuel."""

    to_nodes: Entries
    to_stations: Entries
    refuelled: Entries
    chains: IntArray
    begin: IntArray
    own_station: IntArray
    refuel: IntArray
    capacity: int


class TourModel:
    """The tables, and what leads from their rows back to legs. `exact` is whether every way there is, is in them."""

    def __init__(
        self,
        prepared: PreparedGraph,
        flight: Flight,
        nodes: Sequence[int],
        stretches: Stretches,
        *,
        exact: bool,
        all_stations: int = ALL_STATIONS,
    ) -> None:
        self.nodes = tuple(nodes)
        self.stations = tuple(prepared.stations.tolist()) if flight.capacity else ()
        self.stretches = stretches
        node_of, station_of = self._positions(prepared, self.nodes), self._positions(prepared, self.stations)
        to_nodes = self._entries(self.nodes, node_of, len(self.nodes), flight)
        to_stations = self._entries(self.nodes, station_of, len(self.stations), flight)
        between = self._entries(self.stations, station_of, len(self.stations), flight)
        last = self._entries(self.stations, node_of, len(self.nodes), flight)
        refuel = np.array([0, flight.refuel, 1] if flight.least_fuel else [flight.refuel, 0, 1], np.int64)
        chains, self._following = _chains(between, refuel, len(self.stations))
        self._between = between
        used = (np.diff(to_stations.first, axis=1) > 0) | (np.diff(last.first, axis=1).T > 0)
        most = int(used.sum(axis=1).max(initial=0))
        self.exact = exact and most <= all_stations
        begin = self._nearest_stations(prepared, used, most if most <= all_stations else NEAREST_STATIONS)
        own_station = station_of[list(self.nodes)]
        self.tables = TourTables(
            to_nodes=to_nodes,
            to_stations=to_stations,
            refuelled=Entries(*_refuelled(chains, last, begin, own_station, int(refuel[0]))),
            chains=chains,
            begin=begin,
            own_station=own_station,
            refuel=refuel,
            capacity=flight.capacity,
        )

    def next_in_chain(self, station: int, end: int) -> tuple[int, int]:
        """On the way from a station to another, full at each: the next one, and the stretch that leads there."""
        following = int(self._following[station, end])
        return following, int(self._between.rows[self._between.first[station, following], WHICH])

    @staticmethod
    def _positions(prepared: PreparedGraph, places: Sequence[int]) -> IntArray:
        positions = np.full(len(prepared.graph.symbols), -1, np.int64)
        positions[list(places)] = np.arange(len(places))
        return positions

    def _entries(self, sources: Sequence[int], target_of: IntArray, targets: int, flight: Flight) -> Entries:
        first, used = np.zeros((len(sources), targets + 1), np.int64), 0
        rows = [np.empty((0, _ROW), np.int64)]
        for position, source in enumerate(sources):
            labels = self.stretches.labels_from(source)
            bounds, found = _grouped(labels, target_of, targets, flight.least_fuel)
            first[position] = bounds + used
            rows.append(found)
            used += len(found)
        return Entries(first, np.concatenate(rows))

    def _nearest_stations(self, prepared: PreparedGraph, used: BoolArray, most: int) -> IntArray:
        """Per node its nearest stations, those first that are `used`, by position among the stations."""
        spans = np.where(used, 0, _FAR) + prepared.spans[list(self.nodes), : len(self.stations)]
        return np.argsort(spans, axis=1, kind="stable")[:, :most].astype(np.int64)


@compiled
def _grouped(labels: IntArray, target_of: IntArray, targets: int, least_fuel: bool) -> tuple[IntArray, IntArray]:
    """Labels by the target at which they end: where each target's rows begin, and the rows, least cost first."""
    bounds = np.zeros(targets + 1, np.int64)
    for label in range(labels.shape[0]):
        if target_of[labels[label, AT]] >= 0:
            bounds[target_of[labels[label, AT]] + 1] += 1
    for target in range(targets):
        bounds[target + 1] += bounds[target]
    rows = np.empty((bounds[targets], _ROW), np.int64)
    used = np.zeros(targets, np.int64)
    for position in range(labels.shape[0]):
        # In order of time, and so against that of fuel.
        label = labels.shape[0] - 1 - position if least_fuel else position
        target = target_of[labels[label, AT]]
        if target < 0:
            continue
        row = bounds[target] + used[target]
        used[target] += 1
        time, fuel = labels[label, TIME], labels[label, FUEL]
        rows[row, PRIMARY], rows[row, SECONDARY] = (fuel, time) if least_fuel else (time, fuel)
        rows[row, STEP_COUNT], rows[row, BURNT] = labels[label, STEPS], fuel
        rows[row, WHICH], rows[row, STATION] = label, -1
    return bounds, rows


@compiled
def _chains(between: Entries, refuel: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Floyd and Warshall over stations: the least cost from full to full, and the station to fly to next."""
    costs = np.full((count, count, 3), NEVER, np.int64)
    following = np.full((count, count), -1, np.int64)
    for start in range(count):
        for end in range(count):
            row = between.first[start, end]
            if start == end:
                costs[start, end, 0] = costs[start, end, 1] = costs[start, end, 2] = 0
            elif row < between.first[start, end + 1]:
                following[start, end] = end
                for column in range(3):
                    costs[start, end, column] = between.rows[row, column] + refuel[column]
    for via in range(count):
        for start in range(count):
            # Written out, as slices are arrays of their own.
            a, b, c = costs[start, via, 0], costs[start, via, 1], costs[start, via, 2]
            if start == via or a == NEVER:
                continue
            for end in range(count):
                if a + costs[via, end, 0] > costs[start, end, 0] or costs[via, end, 0] == NEVER:
                    continue
                x, y, z = a + costs[via, end, 0], b + costs[via, end, 1], c + costs[via, end, 2]
                if less(x, y, z, costs[start, end, 0], costs[start, end, 1], costs[start, end, 2]):
                    costs[start, end, 0], costs[start, end, 1], costs[start, end, 2] = x, y, z
                    following[start, end] = following[start, via]
    return costs, following


@compiled
def _refuelled(
    chains: IntArray, last: Entries, begin: IntArray, own_station: IntArray, refuel: int
) -> tuple[IntArray, IntArray]:
    """All ways from a full tank at each station to each node that none undercuts in cost and in fuel burnt last; a
    refuel at the node makes up for any fuel."""
    stations, nodes = chains.shape[0], begin.shape[0]
    first = np.zeros((stations, nodes + 1), np.int64)
    rows = np.empty((1024, _ROW), np.int64)
    used = 0
    for start in range(stations):
        first[start, 0] = used
        for node in range(nodes):
            low = used
            for position in range(begin.shape[1]):
                station = begin[node, position]
                if station == own_station[node] or chains[start, station, 0] == NEVER:
                    continue
                for entry in range(last.first[station, node], last.first[station, node + 1]):
                    time, burnt = chains[start, station, 0] + last.rows[entry, PRIMARY], last.rows[entry, BURNT]
                    if own_station[node] >= 0 and used > low and time > rows[low, PRIMARY] + refuel:
                        break
                    if _undercut(rows, low, used, time, burnt):
                        continue
                    if used == rows.shape[0]:
                        rows = doubled(rows)
                    for column in range(3):
                        rows[used, column] = chains[start, station, column] + last.rows[entry, column]
                    rows[used, BURNT], rows[used, WHICH] = burnt, last.rows[entry, WHICH]
                    rows[used, STATION] = station
                    used = _settle(rows, low, used)
            while used > low and own_station[node] >= 0 and rows[used - 1, PRIMARY] > rows[low, PRIMARY] + refuel:
                used -= 1
            first[start, node + 1] = used
    return first, rows[:used].copy()


@borrowing
def _undercut(rows: IntArray, low: int, used: int, time: int, burnt: int) -> bool:
    """Whether one of the rows from `low` on, by rising cost and falling fuel, is cheaper and burns no more."""
    row = used - 1
    while row >= low and rows[row, PRIMARY] >= time:
        row -= 1
    return row >= low and rows[row, BURNT] <= burnt


@compiled
def _settle(rows: IntArray, low: int, new: int) -> int:
    """Move the row `new` to its place by cost among those from `low` on, drop what is undercut; the new end."""
    place = new
    while place > low and precedes(rows, place, place - 1):
        for column in range(_ROW):
            rows[place, column], rows[place - 1, column] = rows[place - 1, column], rows[place, column]
        place -= 1
    # By cost, so what burns no less than some row before it is undercut.
    end, least = low, NEVER
    for row in range(low, new + 1):
        if rows[row, BURNT] < least:
            least = rows[row, BURNT]
            if end != row:
                for column in range(_ROW):
                    rows[end, column] = rows[row, column]
            end += 1
    return end
