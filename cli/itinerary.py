"""When a planned route gets where: the time after every step, and the visits to its stops."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from cli.wishes import RouteWishes
from protos.routing.v1.routing_pb2 import Route, Step
from service_chassis.wire import duration_to_nanos


@dataclass(frozen=True)
class Visit:
    """The `number`-th stop (from 1), reached `seconds` of game time after the start by the step `step_index`.

    A stop where the route begins is reached by step -1.
    """

    number: int
    waypoint: str
    step_index: int
    seconds: float


@dataclass(frozen=True)
class Itinerary:
    """`after[i]`: game seconds from the start to the end of step i, with the overheads that the user asked for."""

    route: Route
    visits: Sequence[Visit]
    after: Sequence[float]

    @classmethod
    def of(cls, route: Route, stops: Sequence[str], wishes: RouteWishes) -> "Itinerary":
        """`stops` in the order in which they are to be visited; those that the route never reaches are left out."""
        after = list(accumulate(_seconds(step, wishes) for step in route.steps))
        reached = _steps_that_reach(route, stops)
        order = sorted((step_index, position) for position, step_index in reached.items())
        visits = [
            Visit(number, stops[position], step_index, after[step_index] if step_index >= 0 else 0.0)
            for number, (step_index, position) in enumerate(order, start=1)
        ]
        return cls(route, visits, after)


def _seconds(step: Step, wishes: RouteWishes) -> float:
    if step.WhichOneof("step") == "refuel":
        return wishes.refuel_seconds
    return duration_to_nanos(step.navigate.duration) / 1e9 + wishes.departure_seconds


def _steps_that_reach(route: Route, stops: Sequence[str]) -> dict[int, int]:
    """By the position of a stop: the step that reaches it, no earlier than the stop before it is reached."""
    reached: dict[int, int] = {}
    earliest = -1
    for position, stop in enumerate(stops):
        step_index = _step_to(route, stop, earliest)
        if step_index is None:
            step_index = _step_to(route, stop, -1)
        else:
            earliest = step_index
        if step_index is not None:
            reached[position] = step_index
    return reached


def _step_to(route: Route, waypoint: str, earliest: int) -> int | None:
    if earliest < 0 and waypoint == route.origin:
        return -1
    for step_index in range(max(earliest, 0), len(route.steps)):
        if route.steps[step_index].navigate.to_waypoint == waypoint:
            return step_index
    return None
