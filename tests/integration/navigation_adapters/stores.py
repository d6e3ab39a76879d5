"""The three kinds of store that the contracts of navigation's repositories run on, with clocks that stand still."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from navigation_service.adapters.graphs_sql import SqlGraphs
from navigation_service.adapters.ships_sql import SqlShips
from navigation_service.adapters.tables import VERSION_TABLE, metadata
from navigation_service.adapters.voyages_sql import SqlVoyages
from service_chassis.database import Database
from service_chassis.migrations import migrate
from tests.fakes.navigation_memory import MemoryDatabase
from tests.fakes.navigation_repositories import MemoryGraphs, MemoryShips, MemoryVoyages
from tests.fakes.navigation_voyages import START
from tests.fakes.player_clock import SteppedClock
from tests.integration.ports.navigation_keeping import GameStore
from tests.integration.ports.navigation_voyage_store import LEASE_SECONDS, VoyageStore

# A clock_timestamp() of our own stands in front of PostgreSQL's: product code is none the wiser.
_FROZEN_CLOCK = (
    "CREATE SCHEMA frozen",
    "CREATE TABLE frozen.clock (moment timestamptz NOT NULL)",
    f"INSERT INTO frozen.clock VALUES ('{START.isoformat()}')",
    "CREATE FUNCTION frozen.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql "
    "AS 'SELECT moment FROM frozen.clock'",
)


class MemoryStore(VoyageStore, GameStore):
    def __init__(self) -> None:
        self._clock = SteppedClock(START)
        self.unit_of_work = database = MemoryDatabase()
        self.voyages = MemoryVoyages(database, self._clock, lease_seconds=LEASE_SECONDS)
        self.ships = MemoryShips(database, self._clock)
        self.graphs = MemoryGraphs(database)

    async def step(self, seconds: float) -> None:
        self._clock.step(seconds)


class SqlStore(VoyageStore, GameStore):
    """Over SQLite time is the process's; a frozen PostgreSQL has time of its own."""

    def __init__(self, database: Database) -> None:
        self.clock = SteppedClock(START)
        self.unit_of_work = self.database = database
        self.voyages = SqlVoyages(database, self.clock, lease_seconds=LEASE_SECONDS)
        self.ships = SqlShips(database, self.clock)
        self.graphs = SqlGraphs(database)

    async def step(self, seconds: float) -> None:
        if self.database.dialect == "sqlite":
            self.clock.step(seconds)
            return
        async with self.database.transaction():
            later = text("UPDATE frozen.clock SET moment = moment + :passed")
            await self.database.session.execute(later, {"passed": timedelta(seconds=seconds)})


async def prepare_sqlite(file: Path) -> None:
    """A migrated, empty database to be copied."""
    database = Database(f"sqlite:///{file}")
    await migrate(database, "navigation_service", VERSION_TABLE)
    await database.close()


@asynccontextmanager
async def sqlite_store(prepared: Path, directory: Path) -> AsyncIterator[SqlStore]:
    copy = shutil.copy(prepared, directory / "navigation.sqlite3")
    database = Database(f"sqlite:///{copy}")
    yield SqlStore(database)
    await database.close()


async def prepare_postgres(url: str) -> None:
    """Migrated, and with a `clock_timestamp()` that stands still, but for `step`."""
    database = Database(url)
    await migrate(database, "navigation_service", VERSION_TABLE)
    name = str(database.engine.url.database)
    async with database.engine.begin() as connection:
        for statement in _FROZEN_CLOCK:
            await connection.execute(text(statement))
        await connection.execute(text(f"ALTER DATABASE {name} SET search_path = public, frozen, pg_catalog"))
    await database.close()


@asynccontextmanager
async def postgres_store(prepared_url: str) -> AsyncIterator[SqlStore]:
    """Over the prepared database, as it was before anybody wrote to it."""
    database = Database(prepared_url)
    tables = ", ".join(table.name for table in metadata.sorted_tables)
    async with database.engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {tables}"))
        await connection.execute(text(f"UPDATE frozen.clock SET moment = '{START.isoformat()}'"))
    yield SqlStore(database)
    await database.close()
