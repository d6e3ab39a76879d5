"""Plans of tours, for one ship and for a fleet: who visits what in which order, when, and how good the plan is."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from cli.itinerary import Itinerary
from cli.render.routes import drift_warning, leg_count, refuel_count, route_seconds, route_view
from cli.render.solutions import solution_text
from cli.render.tables import table
from cli.render.text import counted, duration_text, moment_text, plain, short_name
from cli.wishes import FleetWishes, RouteWishes, TourWishes
from protos.navigation.v1.navigation_pb2 import Voyage
from protos.navigation.v1.navigation_service_pb2 import DispatchFleetResponse, StartTourResponse
from service_chassis.wire import duration_to_nanos


def itinerary_of(voyage: Voyage, wishes: RouteWishes) -> Itinerary:
    return Itinerary.of(voyage.route, [stop.waypoint_symbol for stop in voyage.stops], wishes)


def tour_view(response: StartTourResponse, wishes: TourWishes, now: datetime) -> Iterator[RenderableType]:
    """A tour before departure: its order, its steps with times, and the solver's word on it."""
    voyage = response.voyage
    itinerary = itinerary_of(voyage, wishes.route)
    yield Text(tour_title(voyage, wishes), style="bold")
    if wishes.plan_only:
        yield "This is only a plan: nothing moves."
    else:
        yield f"Voyage {plain(voyage.voyage_id)}{_eta_text([voyage], now)}"
    yield f"Order: {order_text(itinerary)}"
    yield from route_view(voyage.route, itinerary=itinerary)
    yield _status_line(solution_text(response.solution), "the order is yours" if wishes.in_order else "")


def fleet_view(response: DispatchFleetResponse, wishes: FleetWishes, now: datetime) -> Iterator[RenderableType]:
    """A fleet before departure: each ship's stops and times, what nobody can reach, and who stays idle."""
    voyages = response.voyages
    yield Text(fleet_title(response, wishes), style="bold")
    if wishes.plan_only:
        yield "This is only a plan: nothing moves."
    elif voyages:
        yield f"{counted(len(voyages), 'voyage')}{_eta_text(voyages, now)}"
    if voyages:
        yield table(
            ("SHIP", "STOPS", "LEGS", "REFUELS", "FUEL", "DURATION", "VISITS (AFTER)"),
            [_ship_row(voyage, itinerary_of(voyage, wishes.route)) for voyage in voyages],
            right=("STOPS", "LEGS", "REFUELS", "FUEL", "DURATION"),
            prose=("VISITS (AFTER)",),
        )
        yield _objective_text(response, wishes)
        yield from drift_warning(voyage.route for voyage in voyages)
    yield from left_out_view(response)
    if voyages:
        yield _status_line(solution_text(response.solution), "")


def left_out_view(response: DispatchFleetResponse) -> Iterator[RenderableType]:
    if response.unreachable_stops:
        unreachable = ", ".join(plain(stop) for stop in response.unreachable_stops)
        yield Text(f"NOT VISITED, no ship can reach them on its tour: {unreachable}", style="bold red")
    if response.idle_ship_symbols:
        idle = ", ".join(plain(ship) for ship in response.idle_ship_symbols)
        yield Text(f"IDLE, no stops for them: {idle}", style="yellow")


def tour_title(voyage: Voyage, wishes: TourWishes) -> str:
    return f"{plain(voyage.ship_symbol)} visits {_errand(len(voyage.stops), wishes)}"


def fleet_title(response: DispatchFleetResponse, wishes: FleetWishes) -> str:
    stops = sum(len(voyage.stops) for voyage in response.voyages)
    visits = "visits" if len(response.voyages) == 1 else "visit"
    return f"{counted(len(response.voyages), 'ship')} {visits} {_errand(stops, wishes)}"


def order_text(itinerary: Itinerary) -> str:
    """`A1 > B7 > C3`."""
    return " > ".join(short_name(visit.waypoint) for visit in itinerary.visits)


def makespan_seconds(response: DispatchFleetResponse) -> float:
    """The longest of all ships' game time, without what they wait before they are free."""
    return max((route_seconds(voyage.route) for voyage in response.voyages), default=0.0)


def _errand(stops: int, wishes: TourWishes | FleetWishes) -> str:
    back = ", then back to where it began" if wishes.return_to_origin else ""
    again = ", round after round" if wishes.repeat else ""
    return f"{counted(stops, 'stop')}{back}{again}"


def _eta_text(voyages: Sequence[Voyage], now: datetime) -> str:
    """The latest ETA of all; empty where none has one."""
    with_eta = [voyage.eta for voyage in voyages if voyage.eta.ByteSize()]
    if not with_eta:
        return ""
    latest = max(with_eta, key=lambda eta: (eta.seconds, eta.nanos))
    return f", ETA {moment_text(latest, now)}"


def _ship_row(voyage: Voyage, itinerary: Itinerary) -> tuple[str, ...]:
    route = voyage.route
    return (
        plain(voyage.ship_symbol),
        str(len(voyage.stops)),
        str(leg_count(route)),
        str(refuel_count(route)),
        str(route.fuel_consumed),
        duration_text(route_seconds(route)),
        " > ".join(f"{short_name(visit.waypoint)} ({duration_text(visit.seconds)})" for visit in itinerary.visits),
    )


def _objective_text(response: DispatchFleetResponse, wishes: FleetWishes) -> str:
    longest = duration_text(makespan_seconds(response))
    objective = duration_text(duration_to_nanos(response.solution.objective) / 1e9)
    name = "Total time" if wishes.total_time else "Makespan"
    rest = f"; the longest tour takes {longest}" if longest != objective else ""
    return f"{name} {objective} of game time{rest}."


def _status_line(status: str, otherwise: str) -> str:
    return f"Status: {status or otherwise or 'not told'}"
