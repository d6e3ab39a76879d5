"""Prints what voyages cost a PostgreSQL and a replica that has nothing to do: claims, memory, CPU.

    python -m tests.benchmarks.voyages [--active N] [--ended N] [--seconds S]

Ends with status 1 where a claim slows down with the voyages that have ended, or an idle replica needs more than its
target of 500 MB and half a core.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from navigation_service.bootstrap import migrate
from navigation_service.settings import Settings
from service_chassis.database import Database
from tests.benchmarks.voyages.claims import CLAIMS, ClaimCost, measure_claims
from tests.benchmarks.voyages.idle import IdleCost, measure_idle
from tests.benchmarks.voyages.loading import load_active, load_ended
from tests.fakes.postgres_server import started_postgres

MOST_MEBIBYTES, MOST_CORES, MOST_SLOWER = 500.0, 0.5, 2.0


def report(costs: dict[str, ClaimCost], idle: IdleCost, seconds: float) -> str:
    lines = ["| milliseconds, median (99 of 100) | claim one that is due | find that none is |", "|---|---:|---:|"]
    for name, cost in costs.items():
        lines.append(f"| {name} | {cost.claim} | {cost.idle_look} |")
    lines += [
        "",
        f"One idle replica, over {seconds:g} s: {idle.mebibytes:.0f} MB resident, {100 * idle.cores:.1f} % of a core, "
        f"and {100 * idle.database_cores:.1f} % in the database.",
    ]
    return "\n".join(lines)


def shortcomings(costs: dict[str, ClaimCost], idle: IdleCost) -> list[str]:
    """What is beyond its target, in words; empty when all is well."""
    before, *_, after = costs.values()
    found = []
    if after.claim.median > MOST_SLOWER * before.claim.median:
        found.append(f"a claim takes {after.claim.median / before.claim.median:.1f} times as long beside ended voyages")
    if idle.mebibytes > MOST_MEBIBYTES:
        found.append(f"an idle replica has {idle.mebibytes:.0f} MB, the target is {MOST_MEBIBYTES:g}")
    if idle.cores > MOST_CORES:
        found.append(f"an idle replica needs {idle.cores:.2f} cores, the target is {MOST_CORES:g}")
    return found


async def load_and_measure(url: str, active: int, ended: int) -> dict[str, ClaimCost]:
    await migrate(Settings(database_url=url, data_dir=Path("unused")))  # type: ignore[arg-type]  # pydantic converts it
    database = Database(url)
    try:
        await load_active(database, active)
        costs = {f"{active:,} in transit": await measure_claims(database)}
        await load_ended(database, ended)
        costs[f"and {ended:,} ended"] = await measure_claims(database)
    finally:
        await database.close()
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(description="What claims and an idle replica cost, with many voyages.")
    parser.add_argument("--active", type=int, default=10_000, help="voyages in transit (default: 10000)")
    parser.add_argument("--ended", type=int, default=1_000_000, help="voyages that have ended (default: 1000000)")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long a replica idles (default: 30)")
    options = parser.parse_args()
    if options.active < 2 * CLAIMS:
        parser.error(f"--active must be {2 * CLAIMS} or more")
    with tempfile.TemporaryDirectory(prefix="voyages-", ignore_cleanup_errors=True) as directory:
        server = started_postgres(Path(directory))
        try:
            url = f"postgresql://postgres@/postgres?host={quote(directory, safe='')}"
            costs = asyncio.run(load_and_measure(url, options.active, options.ended))
            idle = measure_idle(url, Path(directory), options.seconds)
        finally:
            server.cleanup()
    print(report(costs, idle, options.seconds))
    missed = shortcomings(costs, idle)
    for shortcoming in missed:
        print(f"MISSED {shortcoming}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
