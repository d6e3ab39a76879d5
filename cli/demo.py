"""The demo's flight: enlist, look around, choose a destination from the map, and go there."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from math import dist
from pathlib import Path

from cli.errors import CliError
from cli.exit_codes import ExitCode
from cli.fleet import Fleet
from cli.following import Follower
from cli.navigation import Navigation
from cli.processes import READY_SECONDS, Processes, cancel_on_signals
from cli.render.routes import refuel_count, route_seconds
from cli.render.text import counted, fuel_text
from cli.settings import Settings
from cli.stack import SANDBOX_ACCOUNT, Stack
from cli.terminal import Terminal
from cli.wishes import RouteWishes
from protos.navigation.v1.navigation_pb2 import NAV_STATUS_IN_TRANSIT, Ship
from protos.routing.v1.routing_pb2 import SystemGraph, Waypoint

AGENT_SYMBOL = "DEMO"
FACTION = "COSMIC"
_ANY_PORT = "127.0.0.1:0"
_STOP_SECONDS = 10.0
_LONGEST_FLIGHT_SECONDS = 28.0
# What the game's request limit makes of a step, however short the flight.
_SECONDS_PER_STEP = 1.3
_MOST_CANDIDATES = 25


def run_demo(terminal: Terminal, time_scale: float, seed: int | None) -> None:
    """Start everything in a temporary folder, fly, stop everything. The folder is kept when it fails, for its logs."""
    folder = Path(tempfile.mkdtemp(prefix="spacetraders-demo-"))
    options = ("--seed", str(seed)) if seed is not None else ()
    stack = Stack(
        _ANY_PORT, _ANY_PORT, _ANY_PORT, folder, sandbox_port=0, time_scale=time_scale, sandbox_options=options
    ).with_checked_ports()
    stack.make_folders()
    try:
        asyncio.run(_run(stack, terminal))
    except CliError as error:
        if error.exit_code is not ExitCode.PROCESS_DIED:
            error.hint = f"{error.hint}; the logs are kept in {stack.log_dir}".removeprefix("; ")
        raise
    shutil.rmtree(folder, ignore_errors=True)


async def _run(stack: Stack, terminal: Terminal) -> None:
    settings = Settings.from_env()
    cancel_on_signals()
    terminal.say("Starting the player, navigation and routing services and a sandbox universe ...")
    try:
        async with Processes(stack.programs(settings.throwaway_environment), stop_seconds=_STOP_SECONDS) as processes:
            await processes.wait_until_ready(
                READY_SECONDS,
                on_ready=lambda _: None,
                on_slow=lambda program: terminal.say(f"The {program.name} {program.if_slow or 'is slow to start'}"),
            )
            async with Fleet(stack.player, stack.navigation, notice=terminal.notice) as fleet:
                await processes.unless_one_dies(fly(fleet, terminal, stack.time_scale))
    except asyncio.CancelledError:
        raise CliError(ExitCode.INTERRUPTED, "everything has been stopped", code="INTERRUPTED") from None


async def fly(fleet: Fleet, terminal: Terminal, time_scale: float) -> None:
    """Raises CliError unless the ship is at its destination after at least one refuel stop."""
    await fleet.players.enlist(AGENT_SYMBOL, FACTION, SANDBOX_ACCOUNT, {})
    ships = (await fleet.navigation.list_ships(AGENT_SYMBOL, refresh=True)).ships
    ship = _longest_legged(ships)
    graph = await fleet.navigation.system_map(ship.ship_symbol)
    terminal.say(_situation(ship, graph))
    destination = await _destination_with_refuel(fleet.navigation, ship, graph, time_scale)
    terminal.say(f"{destination} is beyond its range: it has to refuel. Ships fly {time_scale:g} times faster here.\n")
    journey = await Follower(terminal).navigate(fleet.navigation, ship.ship_symbol, destination, RouteWishes())
    arrived = (await fleet.navigation.get_ship(ship.ship_symbol, refresh=True)).ship
    if arrived.waypoint_symbol != destination or arrived.nav_status == NAV_STATUS_IN_TRANSIT or not journey.refuels:
        raise _missed(arrived, destination, journey.refuels)
    terminal.say(f"\n{arrived.ship_symbol} has {fuel_text(arrived.fuel, arrived.fuel_capacity)} fuel left.")


def _situation(ship: Ship, graph: SystemGraph) -> str:
    stations = sum(waypoint.sells_fuel for waypoint in graph.waypoints)
    return (
        f"Agent {AGENT_SYMBOL} is enlisted. {ship.ship_symbol} is at {ship.waypoint_symbol}, fuel "
        f"{fuel_text(ship.fuel, ship.fuel_capacity)}; {stations} of {len(graph.waypoints)} waypoints sell fuel."
    )


def _longest_legged(ships: Sequence[Ship]) -> Ship:
    """The ship with the largest tank: a new agent's frigate. Probes fly without fuel, and would prove nothing."""
    fuelled = [ship for ship in ships if ship.fuel_capacity]
    if not fuelled:
        raise CliError(ExitCode.REFUSED, "the new agent has no ship that uses fuel", "try another --seed")
    return max(fuelled, key=lambda ship: ship.fuel_capacity)


async def _destination_with_refuel(navigation: Navigation, ship: Ship, graph: SystemGraph, time_scale: float) -> str:
    """The farthest place whose best route needs a refuel stop and can be watched to its end."""
    for waypoint in _beyond_range(ship, graph):
        try:
            route = (await navigation.plan(ship.ship_symbol, waypoint.symbol, RouteWishes())).route
        except CliError as error:
            if error.reason != "NO_ROUTE":
                raise
            continue
        seconds = route_seconds(route) / time_scale + len(route.steps) * _SECONDS_PER_STEP
        if refuel_count(route) and seconds <= _LONGEST_FLIGHT_SECONDS:
            return waypoint.symbol
    raise CliError(
        ExitCode.REFUSED, "no place in this system needs a refuel stop", "try another --seed or --time-scale"
    )


def _beyond_range(ship: Ship, graph: SystemGraph) -> Iterator[Waypoint]:
    """What CRUISE (one fuel a unit) cannot reach with the fuel in the tank, the farthest first."""
    places = {waypoint.symbol: waypoint for waypoint in graph.waypoints}
    here = places[ship.waypoint_symbol]

    def distance(waypoint: Waypoint) -> float:
        return dist((here.x, here.y), (waypoint.x, waypoint.y))

    beyond = [waypoint for waypoint in graph.waypoints if distance(waypoint) > ship.fuel]
    yield from sorted(beyond, key=lambda waypoint: (-distance(waypoint), waypoint.symbol))[:_MOST_CANDIDATES]


def _missed(ship: Ship, destination: str, refuels: int) -> CliError:
    return CliError(
        ExitCode.VOYAGE_FAILED,
        f"{ship.ship_symbol} should be at {destination} after a refuel stop, but is at {ship.waypoint_symbol} "
        f"after {counted(refuels, 'refuel stop')}",
        "this is a defect",
    )
