"""A fleet: stops shared out among ships that may differ, each in the best order, open or closed."""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from routing_service.domain.problem import RouteOptions, ShipProfile, SystemGraph
from routing_service.domain.route import Route
from routing_service.domain.tour import Status

MAX_SHIPS = 100


class FleetObjective(Enum):
    """MAKESPAN: when the last ship that has stops ends, ties broken by total time. TOTAL_TIME: all flown durations."""

    MAKESPAN = "MAKESPAN"
    TOTAL_TIME = "TOTAL_TIME"


@dataclass(frozen=True)
class FleetShip:
    """`origin` is a position in the graph; the ship is free to leave it in `available_in` nanoseconds."""

    symbol: str
    profile: ShipProfile
    origin: int
    available_in: int = 0


@dataclass(frozen=True, eq=False)
class FleetProblem:
    """Every stop is visited by one of the ships; a ship may be left without any. `stops` are positions in the graph.

    With LEAST_FUEL among the options, stops are shared out and put in order for flights in the thriftiest mode, and
    each order is flown on the least fuel; the objective and its bound are times all the same.
    """

    graph: SystemGraph
    ships: tuple[FleetShip, ...]
    stops: tuple[int, ...]
    return_to_origin: bool
    objective: FleetObjective
    options: RouteOptions

    @cached_property
    def counts_waiting(self) -> bool:
        """Whether it matters when ships become free."""
        return self.objective is FleetObjective.MAKESPAN


@dataclass(frozen=True)
class ShipTour:
    """What one ship does, from the moment it is free; a ship without stops has a route without steps."""

    ship_symbol: str
    visit_order: tuple[str, ...]
    route: Route


@dataclass(frozen=True)
class FleetPlan:
    """One tour per ship, in the order of the ships, and the stops that are in none: those out of every ship's reach,
    and those that no plan was found for once the others were served.

    `objective` and `lower_bound` in nanoseconds; the bound holds for every plan that visits the same stops.
    """

    tours: tuple[ShipTour, ...]
    unreachable_stops: tuple[str, ...]
    status: Status
    objective: int
    lower_bound: int


def objective_of(problem: FleetProblem, durations: tuple[int, ...], busy: tuple[bool, ...]) -> int:
    """What a plan is worth, in nanoseconds, by what each ship flies and whether it has stops."""
    if problem.objective is FleetObjective.TOTAL_TIME:
        return sum(durations)
    ends = zip(problem.ships, durations, busy, strict=True)
    return max((ship.available_in + duration for ship, duration, has_stops in ends if has_stops), default=0)
