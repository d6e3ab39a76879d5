"""`python -m tests.benchmarks.load [--quick]`: calls per second beside an echo, with and without TLS, what a connection
costs, and routing with replicas.
"""

import argparse
import asyncio
import signal
import sys

from tests.benchmarks.load import handshakes, replicas, throughput
from tests.benchmarks.load.replicas import Change, Run

_RUN_HEAD = ["", "processes", "calls/s", "p50 ms", "p99 ms", "CPU ms/call", "failed", "bottleneck"]
_CHANGE_HEAD = ["one of two replicas gets", "calls", "failed", "its successor works after"]


def main() -> int:
    """The exit code: 1 if a target is missed or a call failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter runs, with more noise")
    quick = parser.parse_args().quick
    missed = asyncio.run(_report(rounds=3 if quick else 9, seconds=4.0 if quick else 15.0))
    for line in missed:
        print(f"MISSED: {line}")
    return 1 if missed else 0


async def _report(rounds: int, seconds: float) -> list[str]:
    contests = await throughput.compare(rounds, 1.0)
    _print("Beside an echo of the same bytes, 16 calls in flight", throughput.HEAD, throughput.rows(contests))
    doors = await handshakes.compare(20 * rounds)
    _print("New and idle connections with mutual TLS", handshakes.HEAD, [each.row() for each in doors])
    runs = await replicas.measure(seconds)
    _print("Routing, one and two processes with one solver each", _RUN_HEAD, [_run_row(run) for run in runs])
    changes = {number.name: await replicas.survive(number) for number in (signal.SIGTERM, signal.SIGKILL)}
    _print("A replica goes and comes back", _CHANGE_HEAD, [_change_row(*change) for change in changes.items()])
    slow = [contest for contest in contests if contest.share < contest.target]
    return [
        *(f"{contest.name} has {contest.share:.0%}, the target is {contest.target:.0%}" for contest in slow),
        *(f"{run.workload}: {dict(run.load.failures)}" for run in runs if run.load.failures),
        *(f"{name}: {dict(change.failures)}" for name, change in changes.items() if change.failures),
    ]


def _run_row(run: Run) -> list[str]:
    load = run.load
    return [
        run.workload,
        str(run.processes),
        f"{load.rate:,.0f}" if load.rate > 20 else f"{load.rate:.1f}",
        f"{1e3 * load.percentile(0.5):.1f}",
        f"{1e3 * load.percentile(0.99):.1f}",
        f"{1e3 * run.cpu:.2f}",
        str(load.failures.total()),
        run.bottleneck,
    ]


def _change_row(name: str, change: Change) -> list[str]:
    return [name, f"{change.calls:,}", str(change.failures.total()), f"{change.seconds_to_work:.1f} s"]


def _print(title: str, head: list[str], rows: list[list[str]]) -> None:
    print(f"\n### {title}\n")
    for row in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    sys.exit(main())
