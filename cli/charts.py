"""Plans as charts: what the services answered, in the words of the picture, and the picture's file."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from cli.errors import wrong_usage
from cli.itinerary import Itinerary
from cli.render.routes import refuel_count, route_seconds
from cli.render.solutions import short_solution_text
from cli.render.svg import draw
from cli.render.svg_chart import Chart, Leg, Place, Stop, Track
from cli.render.text import counted, duration_text, name_of, plain, short_name
from cli.render.tours import itinerary_of, makespan_seconds
from cli.terminal import Terminal
from cli.wishes import FleetWishes, RouteWishes, TourWishes
from protos.navigation.v1.navigation_service_pb2 import DispatchFleetResponse, StartTourResponse
from protos.routing.v1.routing_pb2 import FlightMode, Route, Step, SystemGraph
from service_chassis.wire import duration_to_nanos


def route_chart(ship: str, route: Route, wishes: RouteWishes, graph: SystemGraph) -> Chart:
    """One ship to one place. Such routes are exact."""
    goal = "least fuel" if wishes.least_fuel else "fastest"
    itinerary = Itinerary.of(route, [route.destination], wishes)
    return Chart(
        f"{ship}: {short_name(route.origin)} to {short_name(route.destination)} in {graph.system_symbol}",
        f"{_cost_text(route)} · {goal} route, OPTIMAL",
        _places(graph),
        [_track(ship, itinerary)],
    )


def tour_chart(response: StartTourResponse, wishes: TourWishes, graph: SystemGraph) -> Chart:
    itinerary = itinerary_of(response.voyage, wishes.route)
    status = short_solution_text(response.solution) or "in the order given"
    return Chart(
        f"{wishes.ship}: {counted(len(response.voyage.stops), 'stop')}{_round_text(wishes)} in {graph.system_symbol}",
        f"{_cost_text(response.voyage.route)} · {status}",
        _places(graph),
        [_track(wishes.ship, itinerary)],
    )


def fleet_chart(response: DispatchFleetResponse, wishes: FleetWishes, graph: SystemGraph) -> Chart:
    voyages = response.voyages
    facts = [
        f"longest tour {duration_text(makespan_seconds(response))}",
        f"{sum(voyage.route.fuel_consumed for voyage in voyages)} fuel",
        counted(sum(refuel_count(voyage.route) for voyage in voyages), "refuel stop"),
        f"{'total time' if wishes.total_time else 'makespan'}: {short_solution_text(response.solution) or 'not told'}",
    ]
    stops = sum(len(voyage.stops) for voyage in voyages)
    who = voyages[0].ship_symbol if len(voyages) == 1 else counted(len(voyages), "ship")
    warnings = []
    if response.unreachable_stops:
        warnings.append("NOT VISITED: " + ", ".join(map(short_name, response.unreachable_stops)))
    if response.idle_ship_symbols:
        warnings.append("IDLE: " + ", ".join(response.idle_ship_symbols))
    return Chart(
        f"{who}: {counted(stops, 'stop')}{_round_text(wishes)} in {graph.system_symbol}",
        " · ".join(facts),
        _places(graph),
        [_track(voyage.ship_symbol, itinerary_of(voyage, wishes.route)) for voyage in voyages],
        warnings,
    )


def save(terminal: Terminal, path: str, chart: Chart) -> None:
    """Writes the picture, over what is there. Raises CliError where that cannot be."""
    try:
        Path(path).write_text(draw(chart), encoding="utf-8")
    except OSError as error:
        raise wrong_usage(
            f"--svg: cannot write {path}: {error.strerror}", "name a file in a folder that exists"
        ) from error
    terminal.notice(f"The map is in {path}")


def _round_text(wishes: TourWishes | FleetWishes) -> str:
    return (" and back" if wishes.return_to_origin else "") + (", again and again" if wishes.repeat else "")


def _cost_text(route: Route) -> str:
    return (
        f"{duration_text(route_seconds(route))} · {route.fuel_consumed} fuel · "
        f"{counted(refuel_count(route), 'refuel stop')}"
    )


def _places(graph: SystemGraph) -> list[Place]:
    return [Place(w.symbol, w.x, w.y, w.sells_fuel) for w in graph.waypoints]


def _track(ship: str, itinerary: Itinerary) -> Track:
    route = itinerary.route
    refuels: dict[str, list[int]] = defaultdict(list)
    legs: list[Leg] = []
    for step, after in zip(route.steps, itinerary.after, strict=True):
        if step.WhichOneof("step") == "navigate":
            legs.append(_leg(step.navigate, after))
            continue
        refuels[step.refuel.waypoint].append(step.refuel.fuel_added)
        if legs:
            legs[-1] = replace(legs[-1], fuel_added=step.refuel.fuel_added)
    return Track(
        plain(ship),
        route.origin,
        legs,
        [Stop(visit.number, visit.waypoint, visit.seconds) for visit in itinerary.visits],
        refuels,
        route_seconds(route),
        route.fuel_consumed,
    )


def _leg(leg: Step.Navigate, after: float) -> Leg:
    mode = name_of(FlightMode.Name, leg.flight_mode)
    return Leg(leg.from_waypoint, leg.to_waypoint, mode, duration_to_nanos(leg.duration) / 1e9, after)
