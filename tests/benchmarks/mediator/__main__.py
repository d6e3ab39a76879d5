"""Prints what a send costs, as a multiple of `await handler.handle(request)`: ours and the peers'.

    python -m tests.benchmarks.mediator [--rounds N] [--sends N]

Ends with status 1 where ours is beyond its target or behind a peer.
"""

import argparse
import asyncio
import importlib.util
import sys
from collections.abc import Mapping

from tests.benchmarks.mediator.contenders import PEERS, pymediatr
from tests.benchmarks.mediator.measure import BEHAVIORS, measure

TARGETS = (2.5, 6.0, 12.0)


def table(ratios: Mapping[str, tuple[float, ...]]) -> str:
    lines = [
        "| times a direct call | " + " | ".join(f"{n} behavior{'s' * (n != 1)}" for n in BEHAVIORS) + " |",
        "|---" + "|---:" * len(BEHAVIORS) + "|",
        "| target | " + " | ".join(f"≤ {target:g}" for target in TARGETS) + " |",
    ]
    for name in ["pymediatr", *PEERS]:
        cells = [f"{ratio:.1f}" for ratio in ratios[name]] if name in ratios else ["not installed"] * len(BEHAVIORS)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def shortcomings(ratios: Mapping[str, tuple[float, ...]]) -> list[str]:
    """What ours falls short of, in words; empty when all is well."""
    found = []
    for behaviors, ours, target, *theirs in zip(BEHAVIORS, ratios["pymediatr"], TARGETS, *ratios.values(), strict=True):
        if ours > target:
            found.append(f"with {behaviors} behaviors: {ours:.1f} times a direct call, the target is {target:g}")
        if ours > min(theirs):
            found.append(f"with {behaviors} behaviors: {ours:.1f} times a direct call, a peer needs {min(theirs):.1f}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="What a send costs beside a direct call: pymediatr and its peers.")
    parser.add_argument("--rounds", type=int, default=31, help="samples per contender (default: 31)")
    parser.add_argument("--sends", type=int, default=5_000, help="sends per sample (default: 5000)")
    options = parser.parse_args()

    installed = {name: peer for name, peer in PEERS.items() if importlib.util.find_spec(name)}
    for name in PEERS.keys() - installed.keys():
        print(
            f"SKIPPED {name}: not installed (pip install --require-hashes -r requirements-bench.lock)", file=sys.stderr
        )
    contenders = {"pymediatr": pymediatr, **installed}
    ratios, floor = asyncio.run(measure(contenders, rounds=options.rounds, sends=options.sends))

    print(table(ratios))
    print(f"\nOne direct call: {floor * 1e9:.0f} ns.")
    missed = shortcomings(ratios)
    for shortcoming in missed:
        print(f"MISSED {shortcoming}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
