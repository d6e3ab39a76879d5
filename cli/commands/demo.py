"""`spacetraders demo`: one flight with a refuel stop, from nothing to nothing, in less than a minute."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError, wrong_usage
from cli.exit_codes import ExitCode
from cli.options import Output
from cli.terminal import Terminal


def demo(
    time_scale: Annotated[float, typer.Option("--time-scale", metavar="N", help="How much faster ships fly.")] = 100.0,
    seed: Annotated[int | None, typer.Option("--seed", help="Which universe to fly in.")] = None,
    output: Output = None,
) -> None:
    """Start everything in a temporary folder, fly a ship to a place beyond its tank's range, stop everything.

    Exit code 0 says that the ship is at its destination, after at least one refuel stop.
    """
    terminal = Terminal(output)
    if not 0 < time_scale < float("inf"):
        raise wrong_usage("--time-scale: must be a number above 0", "100 by default")
    folder = Path(tempfile.mkdtemp(prefix="spacetraders-demo-"))
    try:
        asyncio.run(_run(folder, time_scale, seed, terminal))
    except CliError as error:
        error.hint = f"{error.hint}; the logs are kept in {folder / 'logs'}".removeprefix("; ")
        raise
    shutil.rmtree(folder, ignore_errors=True)


async def _run(folder: Path, time_scale: float, seed: int | None, terminal: Terminal) -> None:
    from cli.demo import fly
    from cli.fleet import Fleet
    from cli.processes import Processes, cancel_on_signals
    from cli.stack import Stack

    local = "127.0.0.1:0"
    options = ("--seed", str(seed)) if seed is not None else ()
    stack = Stack(local, local, local, folder, 0, time_scale=time_scale, sandbox_options=options).with_checked_ports()
    cancel_on_signals()
    terminal.say("Starting the player, navigation and routing services and a sandbox universe ...")
    try:
        async with Processes(stack.programs(os.environ), stop_seconds=10) as processes:
            await processes.wait_until_ready(60, lambda _: None)
            async with Fleet(stack.player, stack.navigation, notice=terminal.notice) as fleet:
                await processes.unless_one_dies(fly(fleet, terminal, time_scale))
    except asyncio.CancelledError:
        raise CliError(ExitCode.INTERRUPTED, "everything has been stopped", code="INTERRUPTED") from None
