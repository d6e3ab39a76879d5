"""A tour: one ship, many stops, in the best order, open or closed."""

from dataclasses import dataclass
from enum import Enum

from routing_service.domain.problem import RouteOptions, ShipProfile, SystemGraph
from routing_service.domain.route import Route


@dataclass(frozen=True, eq=False)
class TourProblem:
    """Visit every stop; `origin` and `stops` are positions in the graph, and the origin may be a stop."""

    graph: SystemGraph
    ship: ShipProfile
    options: RouteOptions
    origin: int
    stops: tuple[int, ...]
    return_to_origin: bool

    @property
    def distinct_stops(self) -> tuple[int, ...]:
        """The stops that have to be flown to: all but the origin."""
        return tuple(stop for stop in self.stops if stop != self.origin)

    def visit_order(self, order: tuple[int, ...]) -> tuple[str, ...]:
        """The symbols of all stops as they are visited. An origin that is a stop is visited at the start."""
        first = (self.origin,) if self.origin in self.stops else ()
        return tuple(self.graph.symbols[place] for place in (*first, *order))


class Status(Enum):
    """OPTIMAL: proven that there is nothing better. FEASIBLE: it can be flown."""

    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"


@dataclass(frozen=True)
class SolveBudget:
    """How long a search may go on: `seconds` from now, and `work_limit` steps of the search (0: no limit).

    Where the time is not what ends it, equal problems, seeds and work limits give equal answers.
    """

    seconds: float
    seed: int = 0
    work_limit: int = 0


@dataclass(frozen=True)
class TourPlan:
    """`lower_bound` (nanoseconds) holds for the duration of every way to fly the tour, fuel and all; with LEAST_FUEL
    and OPTIMAL, for every way that burns as little."""

    visit_order: tuple[str, ...]
    route: Route
    status: Status
    lower_bound: int
