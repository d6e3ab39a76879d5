"""`spacetraders fleet …`: many ships, many waypoints, each visited by one of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import typer

from cli.errors import wrong_usage
from cli.options import (
    DEFAULT_NAVIGATION_ADDRESS,
    DepartureSeconds,
    Detach,
    FleetGoal,
    FleetObjectiveChoice,
    FleetShips,
    FleetStops,
    LeastFuel,
    Modes,
    NavigationAddress,
    Output,
    PlanOnly,
    RefuelSeconds,
    Repeat,
    ReturnToOrigin,
    ShipsArgument,
    StopsArgument,
    SvgFile,
)
from cli.parsing import parse_modes, read_symbols, ship_symbols
from cli.plans import fly, show_plan
from cli.terminal import Terminal

if TYPE_CHECKING:
    from cli.render.svg_chart import Chart
    from cli.wishes import FleetWishes
    from protos.navigation.v1.navigation_service_pb2 import DispatchFleetResponse
    from protos.routing.v1.routing_pb2 import SystemGraph

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Fleets: waypoints spread over ships that may differ."
)


@app.command("plan")
def plan_fleet(
    ships_argument: ShipsArgument = None,
    stops_argument: StopsArgument = None,
    ships: FleetShips = None,
    waypoints: FleetStops = None,
    return_to_origin: ReturnToOrigin = False,
    repeat: Repeat = False,
    objective: FleetGoal = FleetObjectiveChoice.MAKESPAN,
    modes: Modes = None,
    least_fuel: LeastFuel = False,
    refuel_seconds: RefuelSeconds = 0.0,
    departure_seconds: DepartureSeconds = 0.0,
    svg: SvgFile = None,
    output: Output = None,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """Show which ship would visit what, in which order, and when. Nothing moves."""
    who = ship_symbols("--ships", _given("--ships", ships, ships_argument))
    where = read_symbols("--waypoints", _given("--waypoints", waypoints, stops_argument))
    chosen = parse_modes(modes)
    from cli.wishes import FleetWishes, RouteWishes

    route = RouteWishes(chosen, least_fuel, refuel_seconds, departure_seconds)
    total_time = objective is FleetObjectiveChoice.TOTAL_TIME
    wishes = FleetWishes(who, where, return_to_origin, repeat, total_time, plan_only=True, route=route)
    _show_plan(Terminal(output), wishes, svg, navigation)


@app.command("dispatch")
def dispatch_fleet(
    ships_argument: ShipsArgument = None,
    stops_argument: StopsArgument = None,
    ships: FleetShips = None,
    waypoints: FleetStops = None,
    return_to_origin: ReturnToOrigin = False,
    repeat: Repeat = False,
    objective: FleetGoal = FleetObjectiveChoice.MAKESPAN,
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
    """Spread waypoints over ships, send each ship on its tour, and follow all of them.

    Stops that no ship can reach are named and left out. All ships start, or none: a busy one is refused by name.
    Ctrl-C only stops the following: the voyages fly on. The exit code is that of the worst voyage.
    """
    if svg and not plan_only:
        raise wrong_usage("--svg draws a plan", "give --plan-only with it, or use `spacetraders fleet plan`")
    who = ship_symbols("--ships", _given("--ships", ships, ships_argument))
    where = read_symbols("--waypoints", _given("--waypoints", waypoints, stops_argument))
    chosen = parse_modes(modes)
    from cli.wishes import FleetWishes, RouteWishes

    terminal = Terminal(output)
    route = RouteWishes(chosen, least_fuel, refuel_seconds, departure_seconds)
    total_time = objective is FleetObjectiveChoice.TOTAL_TIME
    wishes = FleetWishes(who, where, return_to_origin, repeat, total_time, plan_only, route)
    if plan_only:
        _show_plan(terminal, wishes, svg, navigation)
    else:
        fly(
            lambda follower, service: follower.dispatch(service, wishes, detach=detach),
            wishes.ships,
            terminal,
            navigation=navigation,
        )


def _given(name: str, options: Sequence[str] | None, argument: str | None) -> Sequence[str]:
    if options and argument is not None:
        raise wrong_usage(f"{name} is given twice", f"give either {name} or the argument, not both")
    return options or ([argument] if argument is not None else [])


def _show_plan(terminal: Terminal, wishes: "FleetWishes", svg: str | None, navigation: str) -> None:
    from cli.render.tours import fleet_view

    def draw(response: "DispatchFleetResponse", graph: "SystemGraph") -> "Chart":
        from cli.charts import fleet_chart

        return fleet_chart(response, wishes, graph)

    show_plan(
        lambda service: service.dispatch_fleet(wishes),
        partial(fleet_view, wishes=wishes, now=datetime.now(UTC)),
        draw,
        terminal,
        navigation=navigation,
        ship=wishes.first_ship,
        svg=svg,
    )
