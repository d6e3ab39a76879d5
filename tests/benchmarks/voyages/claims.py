"""What it costs a worker to claim a voyage, and to find that none is due."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import text

from navigation_service.adapters.voyages_sql import SqlVoyages
from service_chassis.database import Database
from shared_kernel.clock import SystemClock

CLAIMS = 500


@dataclass(frozen=True)
class Milliseconds:
    median: float
    slow: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.slow:.2f})"


@dataclass(frozen=True)
class ClaimCost:
    claim: Milliseconds
    idle_look: Milliseconds


async def measure_claims(database: Database) -> ClaimCost:
    """Over the voyages in transit, some of which arrive now."""
    voyages = SqlVoyages(database, SystemClock(), lease_seconds=600)

    async def look() -> None:
        async with database.reading():
            await voyages.next_due_time()
            await voyages.now()

    async def claim() -> None:
        async with database.transaction():
            assert await voyages.claim_due("benchmark") is not None

    idle_look = await _measured(look)
    await _let_arrive(database, CLAIMS)
    return ClaimCost(await _measured(claim), idle_look)


async def _let_arrive(database: Database, count: int) -> None:
    """Of those that nobody has claimed yet."""
    chosen = f"SELECT voyage_id FROM voyages WHERE state = 'UNDER_WAY' AND owner IS NULL LIMIT {count}"  # a number
    async with database.engine.begin() as connection:
        await connection.execute(text(f"UPDATE voyages SET due_time = 0 WHERE voyage_id IN ({chosen})"))  # as above


async def _measured(work: Callable[[], Awaitable[None]]) -> Milliseconds:
    took = []
    for _ in range(CLAIMS):
        began = time.perf_counter()
        await work()
        took.append(1_000 * (time.perf_counter() - began))
    took.sort()
    return Milliseconds(took[CLAIMS // 2], took[CLAIMS * 99 // 100])
