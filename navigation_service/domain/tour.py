"""Plans that visit many waypoints, by one ship or by several, and what their solver says of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from navigation_service.domain.route import Route


class FleetObjective(Enum):
    """MAKESPAN: the end of the last ship that has stops. TOTAL_TIME: the sum of all flown durations."""

    MAKESPAN = "MAKESPAN"
    TOTAL_TIME = "TOTAL_TIME"


@dataclass(frozen=True)
class Solution:
    """All but the first in nanoseconds. `optimal`: it is proven that no plan is better."""

    optimal: bool
    objective: int
    lower_bound: int
    solve_time: int = 0

    @classmethod
    def of_exact(cls, route: Route) -> "Solution":
        """Of the one and best route there is."""
        return cls(True, route.duration, route.duration)


@dataclass(frozen=True)
class TourPlan:
    """`visit_order` holds every stop; one where the ship stands already comes first."""

    visit_order: tuple[str, ...]
    route: Route
    solution: Solution


@dataclass(frozen=True)
class ShipTour:
    """One ship's share of a fleet's stops; it may be empty."""

    ship_symbol: str
    visit_order: tuple[str, ...]
    route: Route


@dataclass(frozen=True)
class FleetPlan:
    tours: tuple[ShipTour, ...]
    unreachable_stops: tuple[str, ...]
    solution: Solution


def flaw_in_visits(route: Route, visit_order: Sequence[str]) -> str | None:
    """Whether a route passes all of `visit_order` in that order; if not, which one it misses."""
    passing = iter(route.places)
    missed = next((stop for stop in visit_order if stop not in passing), None)
    return missed and f"it does not visit {missed} in its turn"


def flaw_in_shares(stops: Iterable[str], plan: FleetPlan) -> str | None:
    """Whether every stop is somebody's, once, or named as out of reach; if not, which one is not."""
    shared = Counter(plan.unreachable_stops)
    for tour in plan.tours:
        shared.update(tour.visit_order)
    difference = set(shared - Counter(stops)) | (set(stops) - set(shared))
    return f"{min(difference)} is not shared out once" if difference else None
