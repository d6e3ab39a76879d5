"""The migrations make exactly the tables that the adapters use."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from player_service.adapters import tables
from service_chassis.database import Database
from service_chassis.migrations import migrate


async def differences(url: str) -> list[object]:
    """What a further migration would have to do."""

    def compare(connection: Connection) -> list[object]:
        options = {"version_table": tables.VERSION_TABLE, "compare_type": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata))

    database = Database(url)
    try:
        await migrate(database, "player_service", tables.VERSION_TABLE)
        async with database.engine.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await database.close()


async def test_sqlite_has_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    assert await differences(f"sqlite:///{tmp_path / 'player.sqlite3'}") == []


@pytest.mark.postgres
async def test_postgresql_has_the_tables_that_the_code_knows(postgres_url: str) -> None:
    assert await differences(postgres_url) == []
