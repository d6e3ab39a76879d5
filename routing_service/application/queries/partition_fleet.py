"""Stops shared out among ships that may differ, each ship's share in the best order."""

from collections.abc import Sequence
from dataclasses import dataclass

from pymediatr import Query, RequestHandler
from routing_service.application.fields import BudgetInput, GraphInput, OptionsInput, ShipInput, check_seconds
from routing_service.application.ports import FleetSolver
from routing_service.domain.fleet import MAX_SHIPS, FleetObjective, FleetPlan, FleetProblem, FleetShip
from routing_service.domain.fleet_verify import verify_fleet
from routing_service.domain.problem import MAX_STOPS
from routing_service.domain.solve_limit import RemainingSeconds, SolveLimit
from shared_kernel.clock import Clock
from shared_kernel.errors import FieldViolation
from shared_kernel.validation import Violations

# The numbers that the published enum gives to these words; 0 is UNSPECIFIED.
FLEET_OBJECTIVES = {0: FleetObjective.MAKESPAN, 1: FleetObjective.MAKESPAN, 2: FleetObjective.TOTAL_TIME}


@dataclass(frozen=True)
class FleetShipInput:
    """`available_in` in nanoseconds."""

    ship_symbol: str
    ship: ShipInput
    origin: str
    available_in: int = 0


@dataclass(frozen=True)
class PartitionedFleet:
    """`solve_time` in nanoseconds, queueing included."""

    plan: FleetPlan
    solve_time: int


@dataclass(frozen=True)
class PartitionFleetQuery(Query[PartitionedFleet]):
    """Of `ships`, one more than there may be is enough to be refused."""

    graph: GraphInput
    ships: tuple[FleetShipInput, ...]
    stops: tuple[str, ...]
    return_to_origin: bool
    objective: int
    options: OptionsInput
    solve: BudgetInput

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        self.graph.check(violations)
        self._check_ships(violations)
        self.graph.check_places(violations, "stops", self.stops, at_most=MAX_STOPS)
        violations.one_of("objective", self.objective, FLEET_OBJECTIVES)
        self.options.check(violations, "options")
        self.solve.check(violations, "solve")
        return violations.found

    def _check_ships(self, violations: Violations) -> None:
        if not 1 <= len(self.ships) <= MAX_SHIPS:
            has = "none" if not self.ships else "more"
            violations.add("ships", f"must hold 1 to {MAX_SHIPS} ships, has {has}")
            return
        seen: dict[str, int] = {}
        for position, ship in enumerate(self.ships):
            path = f"ships[{position}]"
            violations.symbol(f"{path}.ship_symbol", ship.ship_symbol)
            first = seen.setdefault(ship.ship_symbol, position)
            if first != position:
                violations.add(f"{path}.ship_symbol", f"repeats ships[{first}]; name each ship once")
            ship.ship.check(violations, f"{path}.ship")
            self.graph.check_place(violations, f"{path}.origin", ship.origin)
            check_seconds(violations, f"{path}.available_in", ship.available_in)

    @property
    def problem(self) -> FleetProblem:
        """What is asked; only for requests without violations."""
        graph = self.graph.graph
        return FleetProblem(
            graph=graph,
            ships=tuple(
                FleetShip(ship.ship_symbol, ship.ship.ship, graph.index[ship.origin], ship.available_in)
                for ship in self.ships
            ),
            stops=tuple(graph.index[stop] for stop in self.stops),
            return_to_origin=self.return_to_origin,
            objective=FLEET_OBJECTIVES[self.objective],
            options=self.options.options,
        )


class PartitionFleetHandler(RequestHandler[PartitionFleetQuery, PartitionedFleet]):
    def __init__(self, solver: FleetSolver, clock: Clock, remaining: RemainingSeconds) -> None:
        self._solver = solver
        self._clock = clock
        self._remaining = remaining

    async def handle(self, request: PartitionFleetQuery) -> PartitionedFleet:
        began = self._clock.monotonic()
        problem = request.problem
        limit = SolveLimit(request.solve.time_limit, request.solve.seed, request.solve.work_limit, self._remaining)
        plan = await self._solver.solve_fleet(problem, limit)
        verify_fleet(problem, plan)
        return PartitionedFleet(plan, round((self._clock.monotonic() - began) * 1e9))
