"""A plan to be flown, as it came from the routing service, and whether it can be flown from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from navigation_service.domain.graph import SystemGraph, Waypoint
from shared_kernel.physics import DEFAULT_FLIGHT_MODES, FlightMode, charged_distance, fuel_required


class Objective(Enum):
    FASTEST = "FASTEST"
    LEAST_FUEL = "LEAST_FUEL"


@dataclass(frozen=True)
class RouteOptions:
    """Overheads in nanoseconds: `refuel_duration` per refuel, `departure_overhead` per leg."""

    allowed_flight_modes: tuple[FlightMode, ...] = DEFAULT_FLIGHT_MODES
    refuel_duration: int = 0
    departure_overhead: int = 0
    objective: Objective = Objective.FASTEST


@dataclass(frozen=True)
class Navigate:
    """One leg. `duration` in nanoseconds is the game's flight time alone."""

    from_waypoint: str
    to_waypoint: str
    flight_mode: FlightMode
    fuel: int
    duration: int
    distance: float

    @property
    def waypoint(self) -> str:
        """Where the ship stands before this step."""
        return self.from_waypoint


@dataclass(frozen=True)
class Refuel:
    """Fill the tank."""

    waypoint: str
    fuel_added: int


Step = Navigate | Refuel


@dataclass(frozen=True)
class Route:
    """`duration` in nanoseconds, overheads included. No steps where origin and destination are one place."""

    origin: str
    destination: str
    steps: tuple[Step, ...] = ()
    duration: int = 0
    fuel_consumed: int = 0
    distance: float = 0.0
    fuel_at_arrival: int = 0

    @classmethod
    def of_nothing(cls, waypoint: str, fuel: int) -> "Route":
        return cls(origin=waypoint, destination=waypoint, fuel_at_arrival=fuel)

    @property
    def places(self) -> tuple[str, ...]:
        """The origin, and where each leg leads."""
        return (self.origin, *(step.to_waypoint for step in self.steps if isinstance(step, Navigate)))


def flaw(steps: tuple[Step, ...], waypoint: str, fuel: int, fuel_capacity: int) -> str | None:
    """Why `steps` cannot be flown from `waypoint` with `fuel` in the tank; None if they can."""
    for step in steps:
        if step.waypoint != waypoint:
            return f"the ship is at {waypoint}, the plan goes on from {step.waypoint}"
        match step:
            case Refuel():
                fuel = fuel_capacity
            case Navigate():
                if step.fuel > fuel:
                    return f"the leg to {step.to_waypoint} needs {step.fuel} fuel, the ship would have {fuel}"
                fuel -= step.fuel
                waypoint = step.to_waypoint
    return None


def flaw_in_plan(route: Route, graph: SystemGraph, fuel: int, fuel_capacity: int) -> str | None:
    """A second look at what another service planned, by the game's physics and our own map."""
    places = {waypoint.symbol: waypoint for waypoint in graph.waypoints}
    for step in route.steps:
        if fault := _fault_of_step(step, places, fuel_capacity):
            return fault
    if (end := route.places[-1]) != route.destination:
        return f"it ends at {end}, not at {route.destination}"
    return flaw(route.steps, route.origin, fuel, fuel_capacity)


def fuel_to_go_on(graph: SystemGraph, waypoint: str, fuel_capacity: int, options: RouteOptions) -> int:
    """What a ship needs at `waypoint` to get to the next fuel, without drifting if its tank and its modes allow that.

    0 where fuel is sold, and for ships that need none.
    """
    here = graph.find(waypoint)
    distances = (
        [] if here is None else [charged_distance(p.x - here.x, p.y - here.y) for p in graph.waypoints if p.sells_fuel]
    )
    if here is None or here.sells_fuel or fuel_capacity == 0 or not distances:
        return 0
    modes = [mode for mode in options.allowed_flight_modes if mode is not FlightMode.DRIFT]
    needed = min((fuel_required(mode, min(distances), fuel_capacity) for mode in modes), default=1)
    return needed if needed < fuel_capacity else 1


def _fault_of_step(step: Step, places: Mapping[str, Waypoint], fuel_capacity: int) -> str | None:
    match step:
        case Refuel():
            if step.waypoint not in places or not places[step.waypoint].sells_fuel:
                return f"no fuel is sold at {step.waypoint}"
        case Navigate():
            start, end = places.get(step.from_waypoint), places.get(step.to_waypoint)
            if start is None or end is None:
                return f"the leg from {step.from_waypoint} to {step.to_waypoint} leaves the map"
            distance = charged_distance(end.x - start.x, end.y - start.y)
            if step.fuel < fuel_required(step.flight_mode, distance, fuel_capacity):
                return f"the leg to {step.to_waypoint} needs more fuel than its {step.fuel}"
    return None
