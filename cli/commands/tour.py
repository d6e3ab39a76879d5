"""`spacetraders tour …`: one ship, many waypoints, in the best order or in the one given."""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import typer

from cli.errors import wrong_usage
from cli.options import (
    DEFAULT_NAVIGATION_ADDRESS,
    DepartureSeconds,
    Detach,
    InOrder,
    LeastFuel,
    Modes,
    NavigationAddress,
    Output,
    PlanOnly,
    RefuelSeconds,
    Repeat,
    ReturnToOrigin,
    ShipSymbol,
    SvgFile,
    TourStops,
)
from cli.parsing import parse_modes, read_symbols
from cli.plans import fly, show_plan
from cli.terminal import Terminal

if TYPE_CHECKING:
    from cli.render.svg_chart import Chart
    from cli.wishes import TourWishes
    from protos.navigation.v1.navigation_service_pb2 import StartTourResponse
    from protos.routing.v1.routing_pb2 import SystemGraph

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Tours: one ship, many waypoints.")


@app.command("plan")
def plan_tour(
    ship: ShipSymbol,
    waypoints: TourStops,
    in_order: InOrder = False,
    return_to_origin: ReturnToOrigin = False,
    repeat: Repeat = False,
    modes: Modes = None,
    least_fuel: LeastFuel = False,
    refuel_seconds: RefuelSeconds = 0.0,
    departure_seconds: DepartureSeconds = 0.0,
    svg: SvgFile = None,
    output: Output = None,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """Show the tour that a ship would fly now: order, legs, refuel stops, times. Nothing moves."""
    stops, chosen = read_symbols("WP", waypoints), parse_modes(modes)
    from cli.wishes import RouteWishes, TourWishes

    route = RouteWishes(chosen, least_fuel, refuel_seconds, departure_seconds)
    wishes = TourWishes(ship, stops, in_order, return_to_origin, repeat, plan_only=True, route=route)
    _show_plan(Terminal(output), wishes, svg, navigation)


@app.command("start")
def start_tour(
    ship: ShipSymbol,
    waypoints: TourStops,
    in_order: InOrder = False,
    return_to_origin: ReturnToOrigin = False,
    repeat: Repeat = False,
    plan_only: PlanOnly = False,
    detach: Detach = False,
    modes: Modes = None,
    least_fuel: LeastFuel = False,
    refuel_seconds: RefuelSeconds = 0.0,
    departure_seconds: DepartureSeconds = 0.0,
    svg: SvgFile = None,
    output: Output = None,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """Visit waypoints with one ship, with refuel stops, and follow it.

    Ctrl-C only stops the following: the voyage flies on. A tour that repeats flies until it is cancelled.
    The exit code tells how the voyage ended.
    """
    if svg and not plan_only:
        raise wrong_usage("--svg draws a plan", "give --plan-only with it, or use `spacetraders tour plan`")
    stops, chosen = read_symbols("WP", waypoints), parse_modes(modes)
    from cli.wishes import RouteWishes, TourWishes

    terminal = Terminal(output)
    route = RouteWishes(chosen, least_fuel, refuel_seconds, departure_seconds)
    wishes = TourWishes(ship, stops, in_order, return_to_origin, repeat, plan_only, route)
    if plan_only:
        _show_plan(terminal, wishes, svg, navigation)
    else:
        fly(
            lambda follower, service: follower.tour(service, wishes, detach=detach),
            [wishes.ship],
            terminal,
            navigation=navigation,
        )


def _show_plan(terminal: Terminal, wishes: "TourWishes", svg: str | None, navigation: str) -> None:
    from cli.render.tours import tour_view

    def draw(response: "StartTourResponse", graph: "SystemGraph") -> "Chart":
        from cli.charts import tour_chart

        return tour_chart(response, wishes, graph)

    show_plan(
        lambda service: service.start_tour(wishes),
        partial(tour_view, wishes=wishes, now=datetime.now(UTC)),
        draw,
        terminal,
        navigation=navigation,
        ship=wishes.first_ship,
        svg=svg,
    )
