"""`spacetraders demo`: one flight with a refuel stop, from nothing to nothing, in less than a minute."""

from typing import Annotated

import typer

from cli.errors import wrong_usage
from cli.options import Output, Seed
from cli.terminal import Terminal


def demo(
    time_scale: Annotated[float, typer.Option("--time-scale", metavar="N", help="How much faster ships fly.")] = 50.0,
    seed: Seed = None,
    output: Output = None,
) -> None:
    """Start everything in a temporary folder, fly a ship to a place beyond its tank's range, stop everything.

    Exit code 0 says that the ship is at its destination, after at least one refuel stop.
    """
    if not 0 < time_scale < float("inf"):
        raise wrong_usage("--time-scale: must be a number above 0", "50 by default")
    from cli.demo import run_demo

    run_demo(Terminal(output), time_scale, seed)
