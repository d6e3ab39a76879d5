"""The best order to visit all stops with one ship, fuel carried between the legs."""

from collections.abc import Sequence
from dataclasses import dataclass

from pymediatr import Query, RequestHandler
from routing_service.application.fields import BudgetInput, GraphInput, OptionsInput, ShipInput
from routing_service.application.ports import TourSolver
from routing_service.domain.problem import MAX_STOPS
from routing_service.domain.solve_limit import RemainingSeconds, SolveLimit
from routing_service.domain.tour import TourPlan, TourProblem
from routing_service.domain.verify import verify_tour
from shared_kernel.clock import Clock
from shared_kernel.errors import FieldViolation
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class OptimizedTour:
    """`solve_time` in nanoseconds, queueing included."""

    plan: TourPlan
    solve_time: int


@dataclass(frozen=True)
class OptimizeTourQuery(Query[OptimizedTour]):
    graph: GraphInput
    ship: ShipInput
    origin: str
    stops: tuple[str, ...]
    return_to_origin: bool
    options: OptionsInput
    solve: BudgetInput
    keep_order: bool = False
    destination: str = ""

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        self.graph.check(violations)
        self.ship.check(violations, "ship")
        self.graph.check_place(violations, "origin", self.origin)
        self.graph.check_places(violations, "stops", self.stops, at_most=MAX_STOPS)
        if self.destination:
            self.graph.check_place(violations, "destination", self.destination)
        if self.destination and self.return_to_origin:
            for field in ("destination", "return_to_origin"):
                violations.add(field, "give either destination or return_to_origin, not both")
        self.options.check(violations, "options")
        self.solve.check(violations, "solve")
        return violations.found


class OptimizeTourHandler(RequestHandler[OptimizeTourQuery, OptimizedTour]):
    def __init__(self, solver: TourSolver, clock: Clock, remaining: RemainingSeconds) -> None:
        self._solver = solver
        self._clock = clock
        self._remaining = remaining

    async def handle(self, request: OptimizeTourQuery) -> OptimizedTour:
        began = self._clock.monotonic()
        graph, ship, options = request.graph.graph, request.ship.ship, request.options.options
        origin, *stops = (graph.index[symbol] for symbol in (request.origin, *request.stops))
        back = request.return_to_origin or request.destination == request.origin
        destination = None if back or not request.destination else graph.index[request.destination]
        problem = TourProblem(graph, ship, options, origin, tuple(stops), back, request.keep_order, destination)
        limit = SolveLimit(request.solve.time_limit, request.solve.seed, request.solve.work_limit, self._remaining)
        plan = await self._solver.solve_tour(problem, limit)
        verify_tour(problem, plan)
        return OptimizedTour(plan, round((self._clock.monotonic() - began) * 1e9))
