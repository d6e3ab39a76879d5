"""`spacetraders plan` and `spacetraders navigate`: where a ship should go, and its way there."""

from typing import TYPE_CHECKING

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
from cli.plans import fly, show_plan
from cli.terminal import Terminal

if TYPE_CHECKING:
    from cli.render.svg_chart import Chart
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

    def draw(response: "PlanRouteResponse", graph: "SystemGraph") -> "Chart":
        from cli.charts import route_chart

        return route_chart(ship, response.route, wishes, graph)

    show_plan(
        lambda service: service.plan(ship, destination, wishes),
        lambda response: route_view(response.route),
        draw,
        terminal,
        navigation=navigation,
        ship=ship,
        svg=svg,
    )


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

    Ctrl-C only stops the following: the voyage flies on. The exit code tells how the voyage ended.
    """
    chosen = parse_modes(modes)
    from cli.wishes import RouteWishes

    wishes = RouteWishes(chosen, least_fuel, refuel_seconds, departure_seconds)
    fly(
        lambda follower, service: follower.navigate(service, ship, destination, wishes, detach=detach),
        [ship],
        Terminal(output),
        navigation=navigation,
    )
