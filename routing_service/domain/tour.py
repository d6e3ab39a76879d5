"""A tour: one ship, many stops, in the best order or a given one, open, closed or to an end of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from routing_service.domain.problem import RouteOptions, ShipProfile, SystemGraph
from routing_service.domain.route import Navigate, Route


@dataclass(frozen=True, eq=False)
class TourProblem:
    """Visit every stop; `origin` and `stops` are positions in the graph, and the origin may be a stop.

    `destination` is where a tour ends that does not return to its origin; it may be a stop. None for anywhere.
    `keep_order`: the stops are visited as they stand; an origin that comes later among them is flown back to.
    """

    graph: SystemGraph
    ship: ShipProfile
    options: RouteOptions
    origin: int
    stops: tuple[int, ...]
    return_to_origin: bool
    keep_order: bool = False
    destination: int | None = None

    @property
    def end(self) -> int | None:
        """Where the tour must end; None for anywhere."""
        return self.origin if self.return_to_origin else self.destination

    @property
    def distinct_stops(self) -> tuple[int, ...]:
        """The places that have to be flown to, each once: the stops but for the origin, a destination last."""
        last = () if self.destination is None else (self.destination,)
        return tuple(stop for stop in self.stops if stop not in (self.origin, *last)) + last

    @property
    def places_in_order(self) -> tuple[int, ...]:
        """Of an order that is kept: the origin, and where the ship flies from there, one place after the other."""
        end = () if self.end is None else (self.end,)
        places = [self.origin]
        for place in (*self.stops, *end):
            if place != places[-1]:
                places.append(place)
        return tuple(places)

    def visit_order(self, order: Sequence[int], route: Route) -> tuple[str, ...]:
        """The symbols of all stops in the order in which the route first comes by them. It was made for this order of
        places, but may refuel at later ones on the way.

        An origin that is a stop is visited at the start; a stop at which the tour ends, at its end.
        """
        symbols = self.graph.symbols
        if self.keep_order:
            return tuple(symbols[place] for place in self.stops)
        visited = [symbols[place] for place in order if place in self.stops]
        last = visited[-1:] if self.end is None or self.destination in self.stops else []
        passed = [step.to_waypoint for step in route.steps if isinstance(step, Navigate)]
        visited = sorted(visited[: len(visited) - len(last)], key=passed.index) + last
        return (symbols[self.origin], *visited) if self.origin in self.stops else tuple(visited)


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
