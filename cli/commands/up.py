"""`spacetraders up`: everything on this machine with one command, until Ctrl-C."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import wrong_usage
from cli.options import (
    DEFAULT_NAVIGATION_ADDRESS,
    DEFAULT_PLAYER_ADDRESS,
    DEFAULT_ROUTING_ADDRESS,
    NavigationAddress,
    Output,
    PlayerAddress,
    RoutingAddress,
    Seed,
)
from cli.settings import Settings
from cli.terminal import Terminal

if TYPE_CHECKING:
    from cli.stack import Stack

DEFAULT_TIME_SCALE = 60.0
DEFAULT_SANDBOX_PORT = 8080


def up(
    time_scale: Annotated[
        float | None,
        typer.Option(
            "--time-scale", metavar="N", help="Fly N times faster than the game, in the sandbox. Default: 60."
        ),
    ] = None,
    data_dir: Annotated[
        Path, typer.Option("--data-dir", envvar="DATA_DIR", metavar="DIR", help="Databases, keys, sandbox and logs.")
    ] = Path("data"),
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Fly in the real game, not in a sandbox.")] = False,
    sandbox_port: Annotated[
        int, typer.Option("--sandbox-port", min=0, max=65_535, help="0 takes a free one.")
    ] = DEFAULT_SANDBOX_PORT,
    seed: Seed = None,
    ships: Annotated[int, typer.Option("--ships", min=0, max=1_000, help="Extra ships for new agents.")] = 0,
    output: Output = None,
    player: PlayerAddress = DEFAULT_PLAYER_ADDRESS,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
    routing: RoutingAddress = DEFAULT_ROUTING_ADDRESS,
) -> None:
    """Start the three services and the sandbox, and run them until Ctrl-C.

    The services' own settings (LOG_LEVEL, SOLVER_WORKERS, ...) are taken from the environment, but for DATABASE_URL:
    each keeps a SQLite file of its own.
    """
    import asyncio

    from cli.stack import REAL_GAME_URL, Stack

    terminal, settings = Terminal(output), Settings.from_env()
    if time_scale is not None and (no_sandbox or not 0 < time_scale < float("inf")):
        why = "the real game keeps its own time" if no_sandbox else "must be a number above 0"
        raise wrong_usage(f"--time-scale: {why}", "leave it out, or give a number such as 60 for the sandbox")
    stack = Stack(
        player,
        navigation,
        routing,
        data_dir=data_dir.expanduser().absolute(),
        sandbox_port=None if no_sandbox else sandbox_port,
        game_url=settings.game_api_url or REAL_GAME_URL,
        time_scale=1.0 if no_sandbox else (time_scale or DEFAULT_TIME_SCALE),
        sandbox_options=(*(("--seed", str(seed)) if seed is not None else ()), "--ships", str(ships)),
    )
    stack = stack.with_checked_ports()
    stack.make_folders()
    asyncio.run(_run(stack, settings, terminal))


async def _run(stack: "Stack", settings: Settings, terminal: Terminal) -> None:
    import asyncio

    from cli.processes import READY_SECONDS, Processes, cancel_on_signals

    cancel_on_signals()
    terminal.say(f"Starting; the logs go to {stack.log_dir}")
    if settings.has_database:
        terminal.notice(f"DATABASE_URL is for a single service; here each keeps a SQLite file in {stack.data_dir}")
    try:
        async with Processes(
            stack.programs(settings.environment), stop_seconds=settings.drain_seconds + 10
        ) as processes:
            await processes.wait_until_ready(
                READY_SECONDS,
                on_ready=lambda program: terminal.say(f"  {program.name} is ready"),
                on_slow=lambda program: terminal.say(f"  {program.name} {program.if_slow or 'is slow to start'}"),
            )
            _announce(stack, terminal)
            await processes.unless_one_dies(asyncio.Event().wait())
    except asyncio.CancelledError:
        # Ctrl-C or SIGTERM: all have stopped, as was asked.
        terminal.say("Stopped.")


def _announce(stack: "Stack", terminal: Terminal) -> None:
    addresses = {
        "player_service": stack.player,
        "navigation_service": stack.navigation,
        "routing_service": stack.routing,
        "game": stack.sandbox_url or stack.game_url,
    }
    if terminal.is_json:
        terminal.json_line({**addresses, "data_dir": str(stack.data_dir), "log_dir": str(stack.log_dir)})
        return
    for name, address in addresses.items():
        terminal.say(f"  {name:<20}{address}")
    terminal.say("")
    terminal.say("Try, in another terminal:")
    for line in _first_commands(stack):
        terminal.say(f"  {line}")
    terminal.say("Ctrl-C stops everything.")


def _first_commands(stack: "Stack") -> Iterator[str]:
    from cli.stack import SANDBOX_ACCOUNT

    if stack.player != DEFAULT_PLAYER_ADDRESS:
        yield f"export PLAYER_SERVICE_ADDRESS={stack.player}"
    if stack.navigation != DEFAULT_NAVIGATION_ADDRESS:
        yield f"export NAVIGATION_SERVICE_ADDRESS={stack.navigation}"
    if stack.sandbox_port is None:
        yield "spacetraders player register --agent SYMBOL --token -"
    else:
        yield f"spacetraders player enlist --agent ASTRA --account-token {SANDBOX_ACCOUNT}"
    yield "spacetraders ship list"
