"""What the use cases need of the world."""

from collections.abc import Sequence
from typing import Protocol

from routing_service.domain.fleet import FleetPlan, FleetProblem
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import RouteOptions, ShipProfile, SystemGraph
from routing_service.domain.route import Route
from routing_service.domain.solve_limit import SolveLimit
from routing_service.domain.tour import TourPlan, TourProblem


class PreparedGraphRepository(Protocol):
    """Graphs with what is derived from them, by content. Forgetting is allowed: it costs time alone."""

    async def prepared(self, graph: SystemGraph) -> PreparedGraph:
        """The tables of this graph, or of one with the same content key; made now if they are not kept."""
        ...


class RoutePlanner(Protocol):
    """The exact planner, run where it holds nobody up."""

    async def plan(
        self, prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, origin: int, destination: int
    ) -> Route:
        """As routing_service.domain.planner.plan_route. Raises NoRouteFoundError."""
        ...

    async def travel_times(
        self, prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, source: int, goals: Sequence[int]
    ) -> tuple[int | None, ...]:
        """Nanoseconds from `source`, on a full tank, to each goal; None where there is no route."""
        ...


class TourSolver(Protocol):
    """Finds orders of stops, in processes of its own."""

    async def solve_tour(self, problem: TourProblem, limit: SolveLimit) -> TourPlan:
        """The best plan found in time, proven or not. A caller that is cancelled frees what worked for it.

        Raises NoRouteFoundError; QueueFullError where too many wait, or the deadline came too near in the queue;
        SolveTimedOutError where it left no time to begin with; RoutingUnavailableError where solvers keep dying, or
        one does not end.
        """
        ...


class FleetSolver(Protocol):
    """Shares stops out among ships, in processes of its own."""

    async def solve_fleet(self, problem: FleetProblem, limit: SolveLimit) -> FleetPlan:
        """The best plan found in time, proven or not; stops out of reach are named in it.

        Raises as TourSolver does, but for NoRouteFoundError.
        """
        ...
