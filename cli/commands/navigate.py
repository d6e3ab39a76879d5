"""`spacetraders plan` and `spacetraders navigate`: where a ship should go, and its way there."""

from typing import TYPE_CHECKING

from cli.errors import perhaps_accepted
from cli.options import (
    DEFAULT_NAVIGATION_ADDRESS,
    DepartureSeconds,
    Destination,
    Detach,
    LeastFuel,
    Modes,
    NavigationAddress,
    Output,
    RefuelSeconds,
    ShipSymbol,
    SvgFile,
)
from cli.parsing import parse_modes
from cli.running import run
from cli.terminal import Terminal

if TYPE_CHECKING:
    from cli.fleet import Fleet
    from protos.navigation.v1.navigation_service_pb2 import PlanRouteResponse
    from protos.routing.v1.routing_pb2 import SystemGraph


def plan(
    ship: ShipSymbol,
    destination: Destination,
    modes: Modes = None,
    least_fuel: LeastFuel = False,
    refuel_seconds: RefuelSeconds = 0.0,
    departure_seconds: DepartureSeconds = 0.0,
    svg: SvgFile = None,
    output: Output = None,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """Show the route that a ship would fly now, or from where it arrives. Nothing moves."""
    terminal = Terminal(output)
    chosen = parse_modes(modes)
    from cli.render.routes import route_view
    from cli.wishes import RouteWishes

    wishes = RouteWishes(chosen, least_fuel, refuel_seconds, departure_seconds)

    async def body(fleet: "Fleet") -> "tuple[PlanRouteResponse, SystemGraph | None]":
        response = await fleet.navigation.plan(ship, destination, wishes)
        return response, await fleet.navigation.system_map(ship) if svg else None

    response, graph = run(body, terminal, navigation=navigation)
    terminal.answer(response, lambda answer: route_view(answer.route))
    if svg and graph:
        from cli.charts import route_chart, save

        save(terminal, svg, route_chart(ship, response.route, wishes, graph))


def navigate(
    ship: ShipSymbol,
    destination: Destination,
    detach: Detach = False,
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
    from cli.wishes import RouteWishes

    wishes = RouteWishes(chosen, least_fuel, refuel_seconds, departure_seconds)
    follower = Follower(terminal)
    try:
        run(
            lambda fleet: follower.navigate(fleet.navigation, ship, destination, wishes, detach=detach),
            terminal,
            navigation=navigation,
        )
    except KeyboardInterrupt:
        raise follower.interrupted() or perhaps_accepted([ship]) from None
