"""One tour as its solvers see it: nodes, tables, bounds, and the way back from an order of nodes to a plan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from routing_service.domain.errors import Cause, NoRouteFoundError, Shortage
from routing_service.domain.flight import TWICE_FACTOR, Flight, flight_of
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import NANOS_PER_SECOND, IntArray, Objective
from routing_service.domain.reach import Reach, refuse_unreachable
from routing_service.domain.route import Move, Route, route_of
from routing_service.domain.stretches import Stretches
from routing_service.domain.tour import Status, TourPlan, TourProblem
from routing_service.domain.tour_flight import BEFORE, BLOCK, ENTRY, LEFT, NODE, VIA, floors, fly, nearest_first
from routing_service.domain.tour_tables import ALL_STATIONS, BURNT, STATION, STEP_COUNT, WHICH, TourModel
from routing_service.domain.useful_stretches import MOST_WAYPOINTS, UsefulStretches
from shared_kernel.physics import DEPARTURE_SECONDS

# Searching all stretches is worth its time up to here: so many waypoints, and so many sources times waypoints.
_THOROUGH_WAYPOINTS = 300
_THOROUGH_WORK = 40_000
# Of one tour's tables, more can be made than of those of many kinds of ships.
_ALL_STATIONS = 128
# The origin, a destination, and one stop between them.
_SETTLED_BY_DESTINATION = 3


@dataclass(frozen=True, eq=False)
class TourTask:
    """`expired` tells a solver to come to an end. Raises NoRouteFoundError when a stop is out of reach by itself."""

    prepared: PreparedGraph
    problem: TourProblem
    model: TourModel
    flight: Flight

    @classmethod
    def of(cls, prepared: PreparedGraph, problem: TourProblem, expired: Callable[[], bool]) -> "TourTask":
        refuse_unreachable(
            prepared,
            problem.ship,
            problem.options,
            problem.origin,
            problem.distinct_stops,
            end=problem.end,
        )
        least_fuel = problem.options.objective is Objective.LEAST_FUEL
        flight = flight_of(problem.ship, problem.options, least_fuel=least_fuel)
        nodes = (problem.origin, *problem.distinct_stops)
        return cls(prepared, problem, _model(prepared, flight, nodes, expired), flight)

    @cached_property
    def floors(self) -> IntArray:
        """The least primary cost from node to node, whatever was flown before."""
        return floors(self.model.tables, self.most_fuel)

    @cached_property
    def most_fuel(self) -> IntArray:
        """With how much a ship can stand at each node."""
        if not self.problem.ship.fuel_capacity:
            return np.zeros(len(self.model.nodes), np.int64)
        reach = Reach(self.prepared, self.problem.options)
        best = reach.fuel_at(self.problem.origin, self.problem.ship.fuel, self.problem.ship.fuel_capacity)
        return best[list(self.model.nodes)]

    @cached_property
    def sells_everywhere(self) -> bool:
        """Whether every stop sells fuel, so that floors come near to what flights cost."""
        return bool(self.problem.graph.sells_fuel[list(self.problem.distinct_stops)].all())

    @property
    def given_sequence(self) -> IntArray | None:
        """The nodes as they are flown, where that is not for a solver to choose."""
        nodes = {place: node for node, place in enumerate(self.model.nodes)}
        if self.problem.keep_order:
            return np.array([nodes[place] for place in self.problem.places_in_order], np.int64)
        settled = self.problem.destination is not None and len(nodes) <= _SETTLED_BY_DESTINATION
        return self.sequence(range(len(nodes))) if settled else None

    @property
    def end_node(self) -> int:
        """The node of a destination, the last one; 0 if there is none."""
        return 0 if self.problem.destination is None else len(self.model.nodes) - 1

    @property
    def first_order(self) -> list[int]:
        """All nodes, nearest first where fuel allows it; a destination last."""
        order: list[int] = self.nearest_first.tolist()
        order += [node for node in range(len(self.model.nodes)) if node not in order]
        if self.end_node:
            order.remove(self.end_node)
            order.append(self.end_node)
        return order

    @property
    def nearest_first(self) -> IntArray:
        """Nodes in the order of a ship that always takes the nearest next; fewer than all where it gets stuck."""
        span = self.prepared.spans[list(self.model.nodes)]
        keep = np.zeros(len(self.model.nodes), np.int64)
        if self.problem.ship.fuel_capacity and span.shape[1]:
            reach = Reach(self.prepared, self.problem.options)
            keep = reach.fuel_to_a_station()[list(self.model.nodes)]
        return nearest_first(self.model.tables, self.problem.ship.fuel, keep)

    def sequence(self, order: Sequence[int]) -> IntArray:
        """The nodes as they are flown: an order that begins with the origin, which closed tours end at too."""
        return np.array([*order, 0] if self.problem.return_to_origin else order, np.int64)

    @property
    def least_duration(self) -> int:
        """Nanoseconds that every tour takes, from flight times alone: each stop ends a leg."""
        metric = self.prepared.metric[np.ix_(self.model.nodes, self.model.nodes)].astype(np.float64)
        rate = self.flight.modes[:, TWICE_FACTOR].min() / (2.0 * self.flight.speed)
        into = rate * metric + (DEPARTURE_SECONDS - 0.5)
        np.fill_diagonal(into, np.inf)
        least = into.min(axis=0)[0 if self.problem.return_to_origin else 1 :]
        return max(0, int(least.sum() * (1 - 1e-9) * NANOS_PER_SECOND)) + len(least) * self.flight.departure * self.unit

    @property
    def unit(self) -> int:
        """Nanoseconds per unit of time in the tables."""
        return NANOS_PER_SECOND // self.flight.second

    def plan(self, sequence: IntArray, status: Status, lower_bound: int) -> TourPlan:
        """Fly this sequence. `lower_bound` in nanoseconds. Raises NoRouteFoundError if the fuel does not allow it."""
        route = self.flown(sequence)
        order = [self.model.nodes[node] for node in sequence.tolist() if node]
        bound = route.duration if status is Status.OPTIMAL else min(lower_bound, route.duration)
        return TourPlan(self.problem.visit_order(order, route), route, status, bound)

    def plan_given(self, sequence: IntArray) -> TourPlan:
        """Fly the one sequence there is: the best flight along it is the best tour, if every way to fly was tried."""
        labels, _ = fly(self.model.tables, sequence, self.problem.ship.fuel)
        proven = self.model.exact and not labels[BLOCK - 1 :: BLOCK, STEP_COUNT].any()
        return self.plan(sequence, Status.OPTIMAL if proven else Status.FEASIBLE, self.least_duration)

    def flown(self, sequence: IntArray) -> Route:
        """The best route along these nodes. Raises NoRouteFoundError if the fuel does not allow it."""
        problem = self.problem
        labels, last = fly(self.model.tables, sequence, problem.ship.fuel)
        if last < 0:
            raise self._no_order(sequence, labels)
        return route_of(problem.graph, problem.ship, problem.options, problem.origin, self._moves(labels, last))

    def _moves(self, labels: IntArray, last: int) -> list[Move]:
        chain = []
        while labels[last, BEFORE] >= 0:
            chain.append(last)
            last = int(labels[last, BEFORE])
        moves: list[Move] = []
        for row in reversed(chain):
            before, entry, station = (int(labels[row, column]) for column in (BEFORE, ENTRY, VIA))
            moves.extend(self._way(int(labels[before, NODE]), int(labels[before, LEFT]), entry, station))
        return moves

    def _way(self, node: int, left: int, entry: int, station: int) -> list[Move]:
        """The moves of one row of a label: from a node with so much fuel left to the next."""
        tables, stations = self.model.tables, self.model.stations
        place = self.model.nodes[node]
        if station < 0:
            return self._legs(place, int(tables.to_nodes.rows[entry, WHICH]))
        begin, end = tables.to_stations.first[node, station : station + 2]
        first = next(row for row in tables.to_stations.rows[begin:end] if row[BURNT] <= left)
        moves: list[Move] = [*self._legs(place, int(first[WHICH])), (None, stations[station])]
        row = tables.refuelled.rows[entry]
        while station != row[STATION]:
            following, stretch = self.model.next_in_chain(station, int(row[STATION]))
            moves += [*self._legs(stations[station], stretch), (None, stations[following])]
            station = following
        return moves + self._legs(stations[station], int(row[WHICH]))

    def _legs(self, source: int, label: int) -> list[Move]:
        modes = self.problem.options.flight_modes
        return [(modes[mode], place) for mode, place in self.model.stretches.legs(source, label)]

    def _no_order(self, sequence: IntArray, labels: IntArray) -> NoRouteFoundError:
        ship, symbols = self.problem.ship, self.problem.graph.symbols
        missed = [symbols[self.model.nodes[node]] for node in sequence.tolist() if node]
        full = ship.fuel == ship.fuel_capacity or bool(self.problem.graph.sells_fuel[self.problem.origin])
        cause = Cause.TANK_TOO_SMALL if full else Cause.FUEL_TOO_LOW
        return NoRouteFoundError(symbols[self.problem.origin], missed, Shortage(cause, missed[0]))


def _model(prepared: PreparedGraph, flight: Flight, nodes: Sequence[int], expired: Callable[[], bool]) -> TourModel:
    """All stretches where there is time to find them; single legs for the rest."""
    sources = list(dict.fromkeys([*nodes, *prepared.stations.tolist()]))
    stretches = _stretches(prepared, flight, sources)
    exact = stretches is not None
    if stretches is None:
        stretches = Stretches(prepared, flight, through=False)
    for source in sources if exact else ():
        if expired():
            stretches.leave_it_at_single_legs()
            exact = False
            break
        stretches.labels_from(source)
    most = _ALL_STATIONS if exact else ALL_STATIONS
    return TourModel(prepared, flight, nodes, stretches, exact=exact, all_stations=most)


def _stretches(prepared: PreparedGraph, flight: Flight, sources: Sequence[int]) -> Stretches | None:
    """The origin is the first of the sources. None where it is not worth the time to find more than single legs."""
    waypoints, sells = len(prepared.graph.symbols), prepared.graph.sells_fuel[list(sources)]
    # From an origin that sells no fuel, all stretches may be of use.
    most = MOST_WAYPOINTS if sells[0] else _THOROUGH_WAYPOINTS
    if sells[1:].all() and not flight.least_fuel and waypoints <= most:
        return UsefulStretches(prepared, flight, sources)
    if waypoints <= _THOROUGH_WAYPOINTS and waypoints * len(sources) <= _THOROUGH_WORK:
        return Stretches(prepared, flight, through=True)
    return None
