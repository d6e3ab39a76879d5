"""A route: its steps, and what it costs. Never a DRIFT that is not announced."""

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text

from cli.itinerary import Itinerary
from cli.render.tables import table
from cli.render.text import counted, duration_text, name_of, plain
from protos.routing.v1.routing_pb2 import FLIGHT_MODE_DRIFT, FlightMode, Route, Step
from service_chassis.wire import duration_to_nanos


def route_view(
    route: Route, *, step_index: int | None = None, itinerary: Itinerary | None = None
) -> Iterator[RenderableType]:
    """The steps as a table and a summary; `step_index` marks where a voyage is, `itinerary` adds times and stops."""
    if not route.steps:
        yield f"Already at {plain(route.destination)}: nothing to fly."
        return
    columns = ["#", "STEP", "FROM", "TO", "MODE", "FUEL", "DISTANCE", "FLIGHT TIME"]
    rows = [_row(number, step, step_index) for number, step in enumerate(route.steps)]
    if itinerary is not None:
        columns += ["AFTER", "STOP"]
        stops = {visit.step_index: str(visit.number) for visit in itinerary.visits}
        rows = [
            (*row, duration_text(itinerary.after[number]), stops.get(number, "")) for number, row in enumerate(rows)
        ]
    yield table(columns, rows, right=("FUEL", "DISTANCE", "FLIGHT TIME", "AFTER", "STOP"))
    yield route_summary(route)
    yield from drift_warning([route])


def drift_warning(routes: Iterable[Route]) -> Iterator[RenderableType]:
    drifting = sum(leg.flight_mode == FLIGHT_MODE_DRIFT for route in routes for leg in _legs(route))
    if drifting:
        flies = "leg flies" if drifting == 1 else "legs fly"
        yield Text(f"Slow: {drifting} {flies} in DRIFT.", style="yellow")


def route_summary(route: Route) -> str:
    """`3 legs (CRUISE 2, DRIFT 1), 1 refuel stop, 420 fuel, 12 left at arrival, 8 min 20 s of game time`.

    Of a ship without a tank `no fuel needed` stands for the fuel.
    """
    legs = _legs(route)
    modes = Counter(name_of(FlightMode.Name, leg.flight_mode) for leg in legs)
    mixture = ", ".join(f"{mode} {count}" for mode, count in modes.most_common())
    stops = counted(refuel_count(route), "refuel stop")
    fuel = f"{stops}, {route.fuel_consumed} fuel, {route.fuel_at_arrival} left at arrival"
    if needs_no_fuel(route):
        fuel = "no fuel needed"
    return f"{counted(len(legs), 'leg')} ({mixture}), {fuel}, {duration_text(route_seconds(route))} of game time"


def needs_no_fuel(route: Route) -> bool:
    """Whether the ship has no tank: with one, every leg takes fuel."""
    return leg_count(route) > 0 and not route.fuel_consumed


def route_seconds(route: Route) -> float:
    """The whole route's duration in game seconds, overheads included."""
    return duration_to_nanos(route.duration) / 1e9


def refuel_count(route: Route) -> int:
    return sum(step.WhichOneof("step") == "refuel" for step in route.steps)


def leg_count(route: Route) -> int:
    return len(_legs(route))


def step_text(route: Route, step_index: int) -> str:
    """`X1-A1 -> X1-B2 (CRUISE)` or `refuelling at X1-A1`; empty beyond the last step."""
    if not 0 <= step_index < len(route.steps):
        return ""
    step = route.steps[step_index]
    if step.WhichOneof("step") == "refuel":
        return f"refuelling at {plain(step.refuel.waypoint)}"
    leg = step.navigate
    return f"{plain(leg.from_waypoint)} -> {plain(leg.to_waypoint)} ({name_of(FlightMode.Name, leg.flight_mode)})"


def _legs(route: Route) -> list[Step.Navigate]:
    return [step.navigate for step in route.steps if step.WhichOneof("step") == "navigate"]


def _row(number: int, step: Step, step_index: int | None) -> tuple[str, ...]:
    mark = f"{'>' if number == step_index else ' '}{number + 1}"
    if step.WhichOneof("step") == "refuel":
        return (mark, "refuel", plain(step.refuel.waypoint), "", "", f"+{step.refuel.fuel_added}", "", "")
    leg = step.navigate
    return (
        mark,
        "fly",
        plain(leg.from_waypoint),
        plain(leg.to_waypoint),
        name_of(FlightMode.Name, leg.flight_mode),
        f"-{leg.fuel}" if leg.fuel else "0",
        f"{leg.distance:.1f}",
        duration_text(duration_to_nanos(leg.duration) / 1e9),
    )
