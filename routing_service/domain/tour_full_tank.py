"""Tours in which every flight begins with a full tank that costs no time: what was flown before does not matter.

Such a tour is made of the planner's own routes from stop to stop, and its best order is the shortest one.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.flight import Flight, flight_of
from routing_service.domain.planner import plan_route
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import NANOS_PER_SECOND, IntArray, Objective
from routing_service.domain.reach import refuse_unreachable
from routing_service.domain.route import Move, Refuel, Route, route_of
from routing_service.domain.tour import Status, TourPlan, TourProblem
from routing_service.domain.travel_times import SECONDS_PER_SOURCE, times_from
from routing_service.domain.useful_stretches import MOST_WAYPOINTS, UsefulStretches

# Where all of a tour's places sell fuel, stretches that are of use take that part of the time.
_PART_OF_USE = 0.05


def always_full(problem: TourProblem) -> bool:
    """Whether the tank is full again at once wherever the ship flies on from, or there is none."""
    ship, sells = problem.ship, problem.graph.sells_fuel
    if problem.options.objective is not Objective.FASTEST:
        return False
    left = problem.distinct_stops[:-1] if problem.destination is not None else problem.distinct_stops
    free = problem.options.refuel_duration == 0 and bool(sells[list(left)].all())
    return ship.fuel_capacity == 0 or free


@dataclass(frozen=True, eq=False)
class FullTankTour:
    """Nodes are the origin (0) and the stops. Raises NoRouteFoundError when a stop is out of reach by itself."""

    prepared: PreparedGraph
    problem: TourProblem

    @classmethod
    def of(cls, prepared: PreparedGraph, problem: TourProblem) -> "FullTankTour":
        goals = problem.distinct_stops
        refuse_unreachable(prepared, problem.ship, problem.options, problem.origin, goals, end=problem.end)
        return cls(prepared, problem)

    @property
    def nodes(self) -> tuple[int, ...]:
        return (self.problem.origin, *self.problem.distinct_stops)

    @property
    def seconds_for_times(self) -> float:
        """What working out the times takes, about."""
        per_source = len(self.prepared.distance) ** 2 * SECONDS_PER_SOURCE
        if self._among_stations:
            return _PART_OF_USE * len(self._nodes_and_stations) * per_source
        return len(self.nodes) * per_source

    @property
    def _among_stations(self) -> bool:
        """Whether times can be found by stretches between places that all sell fuel."""
        graph = self.prepared.graph
        few = self.problem.ship.fuel_capacity > 0 and len(graph.symbols) <= MOST_WAYPOINTS
        return few and bool(graph.sells_fuel[list(self.nodes)].all())

    @property
    def _nodes_and_stations(self) -> list[int]:
        return list(dict.fromkeys([*self.nodes, *self.prepared.stations.tolist()]))

    @cached_property
    def _flight(self) -> Flight:
        return flight_of(self.problem.ship, self.problem.options)

    @property
    def unit(self) -> int:
        """Nanoseconds per unit of time."""
        return NANOS_PER_SECOND // self._flight.second

    @cached_property
    def times(self) -> IntArray:
        """The least time from node to node, in the flight's units; NEVER where there is no way."""
        places, rows = list(self.nodes), list[IntArray]()
        if self._among_stations:
            least = UsefulStretches(self.prepared, self._flight, self._nodes_and_stations).least_times()
            return least[: len(places), : len(places)]
        for place in places:
            fuel, sells = self._fuel_at(place), self.prepared.graph.sells_fuel
            rows.append(times_from(self._flight, self.prepared.distance, sells, place, fuel)[places])
        return np.array(rows, np.int64)

    def cost(self, sequence: IntArray) -> int:
        return int(self.times[sequence[:-1], sequence[1:]].sum())

    def sequence(self, order: IntArray) -> IntArray:
        """The nodes as they are flown: an order that begins with the origin, which closed tours end at too."""
        return np.append(order, 0) if self.problem.return_to_origin else order

    def plan(self, order: IntArray, lower_bound: int) -> TourPlan:
        """`order` holds all nodes, the origin first; `lower_bound` in nanoseconds."""
        places = [self.nodes[node] for node in self.sequence(order).tolist()]
        at, fuel, moves = places[0], self.problem.ship.fuel, list[Move]()
        for goal in places[1:]:
            leg, refuelled = self._leg(at, fuel, goal)
            moves += [(None, at)] if refuelled else []
            moves += _moves_of(self.problem, leg)
            at, fuel = goal, leg.fuel_at_arrival
        problem = self.problem
        route = route_of(problem.graph, problem.ship, problem.options, problem.origin, moves)
        status = Status.OPTIMAL if route.duration <= lower_bound else Status.FEASIBLE
        visited = [self.nodes[node] for node in order.tolist() if node]
        return TourPlan(problem.visit_order(visited, route), route, status, min(lower_bound, route.duration))

    def _fuel_at(self, place: int) -> int:
        ship, sells = self.problem.ship, bool(self.problem.graph.sells_fuel[place])
        return ship.fuel if place == self.problem.origin and not sells else ship.fuel_capacity

    def _leg(self, at: int, fuel: int, goal: int) -> tuple[Route, bool]:
        """The best route, and whether the tank has to be filled for it."""
        full = self._fuel_at(at)
        best = self._planned(at, full, goal)
        if fuel == full:
            return best, False
        try:
            flown = self._planned(at, fuel, goal)
        except NoRouteFoundError:
            return best, True
        return (best, True) if flown.duration > best.duration else (flown, False)

    def _planned(self, at: int, fuel: int, goal: int) -> Route:
        return plan_route(self.prepared, replace(self.problem.ship, fuel=fuel), self.problem.options, at, goal)


def _moves_of(problem: TourProblem, route: Route) -> list[Move]:
    index = problem.graph.index
    return [
        (None, index[step.waypoint]) if isinstance(step, Refuel) else (step.flight_mode, index[step.to_waypoint])
        for step in route.steps
    ]
