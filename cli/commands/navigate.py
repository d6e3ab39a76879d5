"""`spacetraders plan` and `spacetraders navigate`: where a ship should go, and its way there."""

from typing import Annotated

import typer

from cli.errors import CliError
from cli.exit_codes import ExitCode
from cli.options import (
    DEFAULT_NAVIGATION_ADDRESS,
    DepartureSeconds,
    Destination,
    LeastFuel,
    Modes,
    NavigationAddress,
    Output,
    RefuelSeconds,
    ShipSymbol,
)
from cli.parsing import parse_modes
from cli.running import run
from cli.terminal import Terminal


def plan(
    ship: ShipSymbol,
    destination: Destination,
    modes: Modes = None,
    least_fuel: LeastFuel = False,
    refuel_seconds: RefuelSeconds = 0.0,
    departure_seconds: DepartureSeconds = 0.0,
    output: Output = None,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """Show the route that a ship would fly now. Nothing moves."""
    terminal = Terminal(output)
    chosen = parse_modes(modes)
    from cli.navigation import RouteWishes
    from cli.render.routes import route_view

    wishes = RouteWishes(chosen, least_fuel, refuel_seconds, departure_seconds)
    response = run(lambda fleet: fleet.navigation.plan(ship, destination, wishes), terminal, navigation=navigation)
    terminal.answer(response, lambda answer: route_view(answer.route))


def navigate(
    ship: ShipSymbol,
    destination: Destination,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Do not follow the voyage.")] = False,
    modes: Modes = None,
    least_fuel: LeastFuel = False,
    refuel_seconds: RefuelSeconds = 0.0,
    departure_seconds: DepartureSeconds = 0.0,
    output: Output = None,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """Fly a ship to a waypoint of its system, with refuel stops, and follow it there.

    Ctrl-C ends the following alone: the voyage flies on. The exit code tells how the voyage ended.
    """
    terminal = Terminal(output)
    chosen = parse_modes(modes)
    from cli.following import Follower
    from cli.navigation import RouteWishes

    wishes = RouteWishes(chosen, least_fuel, refuel_seconds, departure_seconds)
    follower = Follower(terminal)
    try:
        run(
            lambda fleet: follower.start(fleet.navigation, ship, destination, wishes, detach=detach),
            terminal,
            navigation=navigation,
        )
    except KeyboardInterrupt:
        raise follower.interrupted() or _perhaps_accepted(ship) from None


def _perhaps_accepted(ship: str) -> CliError:
    return CliError(
        ExitCode.INTERRUPTED,
        "interrupted before the answer came: the voyage may have been accepted",
        f"see with `spacetraders voyage list --ship {ship}`",
    )
