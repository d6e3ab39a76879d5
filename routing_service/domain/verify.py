"""The judge of every plan that leaves this service.

No solver imports it, and it shares nothing with them but the kernel's physics: what it accepts can be flown, and
takes as long as it says.
"""

from collections.abc import Sequence
from math import isclose

from routing_service.domain.problem import NANOS_PER_SECOND, RouteOptions, ShipProfile, SystemGraph
from routing_service.domain.route import Navigate, Refuel, Route
from routing_service.domain.tour import Status, TourPlan, TourProblem
from shared_kernel.physics import charged_distance, euclidean_distance, fuel_required, travel_seconds


class PlanRejectedError(Exception):
    """A plan that cannot be flown as it says: a defect of the solver that made it."""


def verify_route(
    graph: SystemGraph,
    ship: ShipProfile,
    options: RouteOptions,
    route: Route,
    *,
    origin: str,
    destination: str,
    visit_order: Sequence[str] = (),
) -> None:
    """Raises PlanRejectedError unless the ship can fly this route from `origin` to `destination`, through
    `visit_order` in that order, and every figure in it is right."""
    flown = _Flown(graph, ship, options, origin)
    for step in route.steps:
        if isinstance(step, Navigate):
            flown.navigate(step)
        else:
            flown.refuel(step)
    if route.origin != origin:
        raise PlanRejectedError(f"the route starts at {route.origin}, not {origin}")
    if not route.destination == flown.at == destination:
        raise PlanRejectedError(f"the route ends at {flown.at}, not {destination}")
    if route.fuel_at_arrival != flown.fuel:
        raise PlanRejectedError(f"fuel at arrival is {flown.fuel}, not {route.fuel_at_arrival}")
    if route.fuel_consumed != flown.consumed:
        raise PlanRejectedError(f"fuel consumed is {flown.consumed}, not {route.fuel_consumed}")
    if route.duration != flown.duration:
        raise PlanRejectedError(f"the route takes {flown.duration} ns, not {route.duration}")
    if not isclose(route.distance, flown.distance, rel_tol=1e-9, abs_tol=1e-9):
        raise PlanRejectedError("the distance is wrong")
    _require_visits(flown.passed, visit_order)


def verify_tour(problem: TourProblem, plan: TourPlan) -> None:
    """Raises PlanRejectedError unless the plan visits every stop, once, by a route that is right, and its bound is
    one."""
    symbols = problem.graph.symbols
    origin, stops = symbols[problem.origin], [symbols[stop] for stop in problem.stops]
    _require(sorted(plan.visit_order) == sorted(stops), "the stops visited are not those asked for")
    _require(not problem.keep_order or [*plan.visit_order] == stops, "the stops are not visited in the order given")
    verify_route(
        problem.graph,
        problem.ship,
        problem.options,
        plan.route,
        origin=origin,
        destination=plan.visit_order[-1] if problem.end is None else symbols[problem.end],
        visit_order=plan.visit_order,
    )
    proven = plan.lower_bound == plan.route.duration
    _require(proven or plan.lower_bound < plan.route.duration, "the lower bound exceeds the duration")
    _require(proven or plan.status is not Status.OPTIMAL, "the plan is called optimal, and its bound does not say so")


class _Flown:
    """The ship as it follows the steps. Durations in nanoseconds."""

    def __init__(self, graph: SystemGraph, ship: ShipProfile, options: RouteOptions, origin: str) -> None:
        self._graph, self._ship, self._options = graph, ship, options
        self.at, self.fuel = origin, ship.fuel
        self.passed = [origin]
        self.duration = self.consumed = 0
        self.distance = 0.0

    def navigate(self, leg: Navigate) -> None:
        if leg.from_waypoint != self.at:
            raise PlanRejectedError(f"a leg leaves {leg.from_waypoint} while the ship is at {self.at}")
        if leg.to_waypoint == self.at:
            raise PlanRejectedError(f"a leg leads from {self.at} to itself")
        if leg.flight_mode not in self._options.flight_modes:
            raise PlanRejectedError(f"{leg.flight_mode.value} is not allowed")
        (from_x, from_y), (to_x, to_y) = self._place(leg.from_waypoint), self._place(leg.to_waypoint)
        dx, dy = to_x - from_x, to_y - from_y
        charged = charged_distance(dx, dy)
        fuel = fuel_required(leg.flight_mode, charged, self._ship.fuel_capacity)
        seconds = travel_seconds(leg.flight_mode, charged, self._ship.engine_speed)
        if leg.fuel != fuel:
            raise PlanRejectedError(f"{_name(leg)} burns {fuel}, not {leg.fuel}")
        if leg.duration != seconds * NANOS_PER_SECOND:
            raise PlanRejectedError(f"{_name(leg)} takes {seconds} s, not {leg.duration} ns")
        if not isclose(leg.distance, euclidean_distance(dx, dy), rel_tol=1e-9):
            raise PlanRejectedError(f"{_name(leg)} has a wrong distance")
        if fuel > self.fuel:
            raise PlanRejectedError(f"{_name(leg)} burns {fuel} of {self.fuel}")
        self.at, self.fuel = leg.to_waypoint, self.fuel - fuel
        self.consumed += fuel
        self.distance += leg.distance
        self.duration += leg.duration + self._options.departure_overhead
        self.passed.append(self.at)

    def refuel(self, step: Refuel) -> None:
        if step.waypoint != self.at:
            raise PlanRejectedError(f"a refuel at {step.waypoint} while the ship is at {self.at}")
        if not self._graph.sells_fuel[self._position(self.at)]:
            raise PlanRejectedError(f"{self.at} sells no fuel")
        missing = self._ship.fuel_capacity - self.fuel
        if not step.fuel_added == missing > 0:
            raise PlanRejectedError(f"a refuel at {self.at} adds {missing}, not {step.fuel_added}")
        self.fuel += step.fuel_added
        self.duration += self._options.refuel_duration

    def _place(self, symbol: str) -> tuple[int, int]:
        return self._graph.places[self._position(symbol)]

    def _position(self, symbol: str) -> int:
        position = self._graph.index.get(symbol)
        if position is None:
            raise PlanRejectedError(f"{symbol} is not in the graph")
        return position


def _name(leg: Navigate) -> str:
    return f"the leg {leg.from_waypoint} to {leg.to_waypoint}"


def _require_visits(passed: Sequence[str], visit_order: Sequence[str]) -> None:
    following = iter(passed)
    for stop in visit_order:
        if stop not in following:
            raise PlanRejectedError(f"{stop} is not visited in its turn")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise PlanRejectedError(otherwise)
