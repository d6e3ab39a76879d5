"""The exact best route of one ship, or the proof that there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

from pymediatr import Query, RequestHandler
from routing_service.application.fields import GraphInput, OptionsInput, ShipInput
from routing_service.application.ports import PreparedGraphRepository, RoutePlanner
from routing_service.domain.route import Route
from routing_service.domain.verify import verify_route
from shared_kernel.errors import FieldViolation
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class PlanRouteQuery(Query[Route]):
    graph: GraphInput
    ship: ShipInput
    origin: str
    destination: str
    options: OptionsInput

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        self.graph.check(violations)
        self.ship.check(violations, "ship")
        self.graph.check_place(violations, "origin", self.origin)
        self.graph.check_place(violations, "destination", self.destination)
        self.options.check(violations, "options")
        return violations.found


class PlanRouteHandler(RequestHandler[PlanRouteQuery, Route]):
    def __init__(self, graphs: PreparedGraphRepository, planner: RoutePlanner) -> None:
        self._graphs = graphs
        self._planner = planner

    async def handle(self, request: PlanRouteQuery) -> Route:
        prepared = await self._graphs.prepared(request.graph.graph)
        graph, ship, options = prepared.graph, request.ship.ship, request.options.options
        origin, destination = graph.index[request.origin], graph.index[request.destination]
        route = await self._planner.plan(prepared, ship, options, origin, destination)
        verify_route(graph, ship, options, route, origin=request.origin, destination=request.destination)
        return route
