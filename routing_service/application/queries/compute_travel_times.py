"""How long it takes from each of some places to each other one, every time from a full tank."""

from collections.abc import Sequence
from dataclasses import dataclass

from pymediatr import Query, RequestHandler
from routing_service.application.fields import GraphInput, OptionsInput, ShipInput
from routing_service.application.ports import PreparedGraphRepository, RoutePlanner
from shared_kernel.errors import FieldViolation
from shared_kernel.validation import Violations

MAX_PLACES = 250


@dataclass(frozen=True)
class TravelTimes:
    """Nanoseconds from one place to each other that can be reached, in the order asked for."""

    from_waypoint: str
    durations: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ComputeTravelTimesQuery(Query[tuple[TravelTimes, ...]]):
    """The ship's fuel says nothing, as its tank is taken to be full."""

    graph: GraphInput
    ship: ShipInput
    waypoints: tuple[str, ...]
    options: OptionsInput

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        self.graph.check(violations)
        self.ship.check(violations, "ship")
        self.graph.check_places(violations, "waypoints", self.waypoints, at_most=MAX_PLACES)
        self.options.check(violations, "options")
        return violations.found


class ComputeTravelTimesHandler(RequestHandler[ComputeTravelTimesQuery, tuple[TravelTimes, ...]]):
    def __init__(self, graphs: PreparedGraphRepository, planner: RoutePlanner) -> None:
        self._graphs = graphs
        self._planner = planner

    async def handle(self, request: ComputeTravelTimesQuery) -> tuple[TravelTimes, ...]:
        prepared = await self._graphs.prepared(request.graph.graph)
        ship, options = request.ship.ship, request.options.options
        places = [prepared.graph.index[symbol] for symbol in request.waypoints]
        rows = []
        for symbol, place in zip(request.waypoints, places, strict=True):
            durations = await self._planner.travel_times(prepared, ship, options, place, places)
            pairs = zip(request.waypoints, durations, strict=True)
            found = tuple((to, duration) for to, duration in pairs if duration is not None and to != symbol)
            rows.append(TravelTimes(symbol, found))
        return tuple(rows)
