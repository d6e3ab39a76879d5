"""`spacetraders waypoints`: where a ship can go."""

from functools import partial
from typing import TYPE_CHECKING

from cli.options import DEFAULT_NAVIGATION_ADDRESS, NavigationAddress, Output, Refresh, ShipSymbol
from cli.running import run
from cli.terminal import Terminal

if TYPE_CHECKING:
    from cli.fleet import Fleet
    from protos.navigation.v1.navigation_pb2 import Ship
    from protos.navigation.v1.navigation_service_pb2 import GetSystemGraphResponse


def waypoints(
    ship: ShipSymbol,
    refresh: Refresh = False,
    output: Output = None,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """The waypoints of a ship's system, the nearest first, and where fuel is sold."""

    async def body(fleet: "Fleet") -> "tuple[Ship, GetSystemGraphResponse]":
        return await fleet.navigation.surroundings(ship, refresh=refresh)

    terminal = Terminal(output)
    where, response = run(body, terminal, navigation=navigation)
    from cli.render.waypoints import waypoint_table

    terminal.answer(response, partial(waypoint_table, origin=where.waypoint_symbol))
