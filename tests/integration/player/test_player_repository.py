"""The repository's contract over memory, SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from player_service.adapters import tables
from player_service.adapters.players_sql import SqlPlayers
from player_service.adapters.token_cipher import TokenCipher
from service_chassis.database import Database
from service_chassis.migrations import migrate
from service_chassis.outcomes_sql import SqlOutcomes
from tests.fakes.player_clock import SteppedClock
from tests.fakes.player_memory import MemoryDatabase, MemoryOutcomes, MemoryPlayers
from tests.integration.ports.player_repository import PlayerRepositoryContract, Store


async def sql_store(url: str) -> AsyncIterator[Store]:
    clock, database = SteppedClock(), Database(url)
    await migrate(database, "player_service", tables.VERSION_TABLE)
    cipher = TokenCipher([Fernet.generate_key().decode()])
    yield Store(database, SqlPlayers(database, cipher), SqlOutcomes(database, tables.outcomes, clock), clock)
    await database.close()


class TestMemory(PlayerRepositoryContract):
    @pytest.fixture
    def store(self) -> Store:
        clock, database = SteppedClock(), MemoryDatabase()
        return Store(database, MemoryPlayers(database), MemoryOutcomes(database, clock), clock)


class TestSqlite(PlayerRepositoryContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        async for store in sql_store(f"sqlite:///{tmp_path / 'player.sqlite3'}"):
            yield store


@pytest.mark.postgres
class TestPostgresql(PlayerRepositoryContract):
    @pytest.fixture
    async def store(self, postgres_url: str) -> AsyncIterator[Store]:
        async for store in sql_store(postgres_url):
            yield store
