"""Very many voyages, made from one by the database itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from navigation_service.adapters.tables import voyages
from navigation_service.adapters.voyages_sql import SqlVoyages
from navigation_service.domain.events import VoyageState
from navigation_service.domain.voyage import Voyage
from service_chassis.database import Database
from service_chassis.engines import long_work_engine
from shared_kernel.clock import SystemClock
from tests.fakes.navigation_voyages import a_voyage

_HOUR = 3_600_000_000
_CHANGED = {"voyage_id", "ship_symbol", "next_action_time", "due_time", "owner", "lease_since", "lease_until"}
_COPIED = ", ".join(column.name for column in voyages.c if column.name not in _CHANGED)


async def load_active(database: Database, count: int) -> None:
    """In transit, to arrive from one to three hours from now, each with a ship of its own."""
    flying = replace(a_voyage(now=datetime.now(UTC)), state=VoyageState.UNDER_WAY, departed=True)
    await _store(database, flying)
    due = f"next_action_time + {_HOUR} + n * {2 * _HOUR // count}"
    await _multiply(database, count, "1", f"'ACE-' || to_hex(n + 1), {due}, {due}")


async def load_ended(database: Database, count: int) -> None:
    """Of a few ships, in the last month."""
    ended = a_voyage(2, ship_symbol="OLD-1", now=datetime.now(UTC) - timedelta(days=30))
    await _store(database, ended.completed(ended.create_time))
    await _multiply(database, count, "2", "'OLD-' || to_hex(n % 250 + 1), next_action_time, NULL")


async def _store(database: Database, voyage: Voyage) -> None:
    async with database.transaction():
        await SqlVoyages(database, SystemClock(), lease_seconds=10).add(voyage)


async def _multiply(database: Database, count: int, kind: str, values: str) -> None:
    """`count` copies of the youngest voyage, in place of it."""
    youngest = "(SELECT * FROM voyages ORDER BY voyage_id DESC LIMIT 1) AS youngest"
    copies = (
        f"INSERT INTO voyages (voyage_id, ship_symbol, next_action_time, due_time, {_COPIED}) "  # constants
        f"SELECT '0000000{kind}-0000-7000-8000-' || lpad(n::text, 12, '0'), {values}, {_COPIED} "
        f"FROM {youngest}, generate_series(CAST(1 AS bigint), {count}) AS n"
    )
    async with database.long_work() as connection:
        await connection.execute(text(copies))
        await connection.execute(text("DELETE FROM voyages WHERE voyage_id NOT LIKE '0000000%'"))
    engine = long_work_engine(database.url).execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        # What loading leaves to be done is not what is measured.
        for statement in ("VACUUM ANALYZE voyages", "CHECKPOINT"):
            await connection.execute(text(statement))
    await engine.dispose()
