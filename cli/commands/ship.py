"""`spacetraders ship …`: look at ships and give single orders."""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from cli.options import (
    DEFAULT_NAVIGATION_ADDRESS,
    DEFAULT_PLAYER_ADDRESS,
    ModeChoice,
    NavigationAddress,
    Output,
    PlayerAddress,
    Refresh,
    ShipSymbol,
    WhoseShips,
)
from cli.running import run
from cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from cli.fleet import Fleet
    from protos.navigation.v1.navigation_pb2 import Ship
    from protos.navigation.v1.navigation_service_pb2 import ListShipsResponse

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Ships. Orders are refused while a voyage holds the ship."
)


class HoldsShip(Protocol):
    """Any response with one ship."""

    @property
    def ship(self) -> "Ship": ...


@app.command("list")
def list_ships(
    agent: WhoseShips = None,
    refresh: Refresh = False,
    output: Output = None,
    player: PlayerAddress = DEFAULT_PLAYER_ADDRESS,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """A player's ships."""

    async def body(fleet: "Fleet") -> "ListShipsResponse":
        return await fleet.navigation.list_ships(agent or await fleet.players.only_one(), refresh=refresh)

    terminal = Terminal(output)
    response = run(body, terminal, player=player, navigation=navigation)
    from cli.render.ships import ship_table

    terminal.answer(response, partial(ship_table, now=datetime.now(UTC)))


@app.command("show")
def show_ship(
    ship: ShipSymbol,
    refresh: Refresh = False,
    output: Output = None,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """One ship: where it is, its fuel, and the voyage that holds it."""
    terminal = Terminal(output)
    response = run(lambda fleet: fleet.navigation.get_ship(ship, refresh=refresh), terminal, navigation=navigation)
    terminal.answer(response, _sheet)


@app.command("orbit")
def orbit_ship(
    ship: ShipSymbol, output: Output = None, navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS
) -> None:
    """Bring a ship into orbit."""
    terminal = Terminal(output)
    response = run(lambda fleet: fleet.navigation.orbit(ship), terminal, navigation=navigation)
    terminal.answer(response, _sheet)


@app.command("dock")
def dock_ship(
    ship: ShipSymbol, output: Output = None, navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS
) -> None:
    """Dock a ship."""
    terminal = Terminal(output)
    response = run(lambda fleet: fleet.navigation.dock(ship), terminal, navigation=navigation)
    terminal.answer(response, _sheet)


@app.command("refuel")
def refuel_ship(
    ship: ShipSymbol, output: Output = None, navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS
) -> None:
    """Fill a ship's tank where it is."""
    terminal = Terminal(output)
    response = run(lambda fleet: fleet.navigation.refuel(ship), terminal, navigation=navigation)
    terminal.answer(response, _sheet)


@app.command("mode")
def set_flight_mode(
    ship: ShipSymbol,
    mode: Annotated[ModeChoice, typer.Argument(metavar="MODE", case_sensitive=False, help="How the ship is to fly.")],
    output: Output = None,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """Set a ship's flight mode. Voyages set their own, leg by leg."""
    terminal = Terminal(output)
    response = run(lambda fleet: fleet.navigation.set_flight_mode(ship, mode), terminal, navigation=navigation)
    terminal.answer(response, _sheet)


def _sheet(response: HoldsShip) -> "Iterator[RenderableType]":
    from cli.render.ships import ship_sheet

    return ship_sheet(response.ship, datetime.now(UTC))
