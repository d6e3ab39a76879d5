"""`python -m sandbox`: serve a sandbox."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from sandbox.app import create_app
from sandbox.config import DEFAULT_ACCOUNT_TOKEN, LARGEST_SEED, SandboxConfig
from sandbox.faults.catalogue import BY_PROBABILITY
from sandbox.game import SeedMismatchError
from sandbox.server import serve
from sandbox.store import DirectoryUnusableError


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped; exit code 2 for settings that cannot work."""
    options = _parser().parse_args(arguments)
    config = SandboxConfig(
        time_scale=options.time_scale,
        seed=options.seed,
        account_token=options.account_token,
        ships=options.ships,
        rate_limit=not options.no_rate_limit,
        faults=dict(options.fault),
        data_dir=options.data_dir,
    )

    def announce(url: str) -> None:
        print(f"sandbox ready at {url} (time scale {float(options.time_scale):g})", flush=True)

    try:
        serve(lambda connections: create_app(config, hang_up=connections.hang_up), options.host, options.port, announce)
    except (DirectoryUnusableError, SeedMismatchError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="An offline SpaceTraders v2 server.")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    add("--port", type=_port, default=8080, help="port to listen on; 0 picks a free one (default: 8080)")
    add(
        "--time-scale",
        type=_time_scale,
        default=Fraction(60),
        metavar="N",
        help="how many times faster ships fly and cool down (default: 60)",
    )
    add("--seed", type=_seed, help="which universe to generate (default: 1, or what the data directory holds)")
    add(
        "--account-token",
        default=DEFAULT_ACCOUNT_TOKEN,
        metavar="TOKEN",
        help="the token that may register agents (default: sandbox-account)",
    )
    add(
        "--ships",
        type=_count,
        default=0,
        metavar="N",
        help="extra frigates, haulers and probes, in turn, for every new agent",
    )
    add("--no-rate-limit", action="store_true", help="never answer 429")
    add(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="NAME=P",
        help="let a fault strike with probability P; may be repeated",
    )
    add("--data-dir", type=Path, metavar="DIR", help="keep the state here (default: in memory)")
    return parser


def _port(text: str) -> int:
    if text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no port: 0 to 65535")


def _time_scale(text: str) -> Fraction:
    try:
        scale = Fraction(text)
    except (ValueError, ZeroDivisionError):
        scale = Fraction(0)
    if scale <= 0:
        raise argparse.ArgumentTypeError(f"{text} is no time scale: a number above 0, such as 1 or 60")
    return scale


def _seed(text: str) -> int:
    if text.isdigit() and int(text) <= LARGEST_SEED:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no seed: 0 to {LARGEST_SEED}")


def _count(text: str) -> int:
    if text.isdigit() and int(text) <= 1000:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no number of ships: 0 to 1000")


def _fault(text: str) -> tuple[str, float]:
    name, _, probability = text.partition("=")
    try:
        value = float(probability)
    except ValueError:
        value = -1
    if name not in BY_PROBABILITY:
        raise argparse.ArgumentTypeError(f"{name} is no fault that goes by probability: {', '.join(BY_PROBABILITY)}")
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no fault: NAME=P, with P from 0 to 1, such as drop_after=0.05")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
