"""The repositories' contracts over memory, SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.navigation_adapters.stores import MemoryStore, SqlStore, postgres_store, sqlite_store
from tests.integration.ports.navigation_keeping import ShipRepositoryContract, SystemGraphRepositoryContract
from tests.integration.ports.navigation_leases import VoyageLeaseContract
from tests.integration.ports.navigation_voyages import VoyageKeepingContract


class EveryContract(VoyageKeepingContract, VoyageLeaseContract, ShipRepositoryContract, SystemGraphRepositoryContract):
    """Tests of the subclasses below."""


class TestMemory(EveryContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestSqlite(EveryContract):
    @pytest.fixture
    async def store(self, navigation_sqlite_file: Path, tmp_path: Path) -> AsyncIterator[SqlStore]:
        async with sqlite_store(navigation_sqlite_file, tmp_path) as store:
            yield store


@pytest.mark.postgres
class TestPostgresql(EveryContract):
    @pytest.fixture
    async def store(self, navigation_postgres_url: str) -> AsyncIterator[SqlStore]:
        async with postgres_store(navigation_postgres_url) as store:
            yield store
