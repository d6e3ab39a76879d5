"""Ships as people read them."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import RenderableType

from cli.render.tables import sheet, table
from cli.render.text import NOTHING, clock_text, fuel_text, moment_text, name_of, plain
from protos.navigation.v1.navigation_pb2 import NAV_STATUS_IN_TRANSIT, NavStatus, Ship
from protos.navigation.v1.navigation_service_pb2 import ListShipsResponse
from protos.routing.v1.routing_pb2 import FlightMode


def ship_table(response: ListShipsResponse, now: datetime) -> Iterator[RenderableType]:
    if response.ships:
        yield table(
            ("SHIP", "ROLE", "STATUS", "WAYPOINT", "ARRIVES", "MODE", "FUEL", "SPEED", "VOYAGE"),
            [_row(ship, now) for ship in response.ships],
            right=("FUEL", "SPEED"),
        )
    else:
        yield "No ships are known. Read them from the game: spacetraders ship list --refresh"
    if response.unreadable_ship_symbols:
        symbols = ", ".join(plain(symbol) for symbol in response.unreadable_ship_symbols)
        yield f"Could not be read just now (shown as last seen, if ever): {symbols}"


def _row(ship: Ship, now: datetime) -> tuple[str, ...]:
    flies = ship.nav_status == NAV_STATUS_IN_TRANSIT
    return (
        plain(ship.ship_symbol),
        plain(ship.role),
        name_of(NavStatus.Name, ship.nav_status),
        plain(ship.waypoint_symbol),
        moment_text(ship.arrival_time, now) if flies else NOTHING,
        name_of(FlightMode.Name, ship.flight_mode),
        fuel_text(ship.fuel, ship.fuel_capacity),
        str(ship.engine_speed),
        plain(ship.voyage_id),
    )


def ship_sheet(ship: Ship, now: datetime) -> Iterator[RenderableType]:
    place = plain(ship.waypoint_symbol)
    if ship.nav_status == NAV_STATUS_IN_TRANSIT:
        place = f"{plain(ship.origin_waypoint_symbol)} -> {place}, arrives {moment_text(ship.arrival_time, now)}"
    yield sheet(
        [
            ("ship", plain(ship.ship_symbol)),
            ("role, frame", f"{plain(ship.role)}, {plain(ship.frame)}"),
            ("status", name_of(NavStatus.Name, ship.nav_status)),
            ("waypoint", place),
            ("flight mode", name_of(FlightMode.Name, ship.flight_mode)),
            ("fuel", fuel_text(ship.fuel, ship.fuel_capacity)),
            ("engine speed", str(ship.engine_speed)),
            ("voyage", plain(ship.voyage_id)),
            ("seen", clock_text(ship.observe_time, now)),
        ]
    )
