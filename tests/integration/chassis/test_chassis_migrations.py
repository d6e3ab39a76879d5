"""Migrations come whole or not at all, on both databases, from wherever the package lies."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import inspect, text

from service_chassis.database import Database, DatabaseUnavailableError
from service_chassis.migrations import is_migrated, migrate
from service_chassis.startup import StartupError
from tests.fakes.chassis_database import Store

VERSION_TABLE = "fleet_alembic_version"
ENVIRONMENT = """
from sqlalchemy import MetaData
from service_chassis.migrations import run_environment

run_environment(MetaData())
"""
REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {previous!r}


def upgrade() -> None:
    {body}
"""
FIRST = """
    op.create_table("ports", sa.Column("name", sa.String(8), primary_key=True))
    op.create_table("berths", sa.Column("number", sa.Integer, primary_key=True),
                    sa.Column("port", sa.String(8), sa.ForeignKey("ports.name", ondelete="CASCADE")))
    op.execute("INSERT INTO ports VALUES ('HOME')")
    op.execute("INSERT INTO berths VALUES (1, 'HOME')")
"""
WIDER_PORTS = """
    with op.batch_alter_table("ports") as ports:
        ports.alter_column("name", type_=sa.String(64), existing_nullable=False)
"""
HALF_BROKEN = """
    op.create_table("cranes", sa.Column("number", sa.Integer, primary_key=True))
    op.execute("SELECT no_such_column FROM ports")
"""


class Package:
    """A package with migrations, in a folder whose name needs care."""

    def __init__(self, folder: Path) -> None:
        self.name = "harbour"
        self._migrations = folder / self.name / "adapters" / "migrations"
        (self._migrations / "versions").mkdir(parents=True)
        (folder / self.name / "__init__.py").touch()
        (self._migrations / "env.py").write_text(ENVIRONMENT)
        self._previous: str | None = None

    def add(self, revision: str, body: str) -> None:
        script = REVISION.format(revision=revision, previous=self._previous, body=dedent(body).replace("\n", "\n    "))
        (self._migrations / "versions" / f"{revision}.py").write_text(script)
        self._previous = revision

    def remove(self, revision: str) -> None:
        (self._migrations / "versions" / f"{revision}.py").unlink()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    folder = tmp_path / "100% of it"
    made = Package(folder)
    made.add("0001", FIRST)
    monkeypatch.syspath_prepend(str(folder))
    yield made
    sys.modules.pop(made.name, None)


async def tables(store: Store) -> set[str]:
    async with store.database.engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def count(store: Store, table: str) -> int:
    async with store.database.reading():
        return int(await store.database.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def test_migrating_brings_the_schema_and_repeating_it_does_nothing(store: Store, package: Package) -> None:
    assert not await is_migrated(store.database, package.name, VERSION_TABLE)

    for _ in range(2):
        await migrate(store.database, package.name, VERSION_TABLE)

    assert await is_migrated(store.database, package.name, VERSION_TABLE)
    assert {"ports", "berths", VERSION_TABLE} <= await tables(store)


async def test_a_newer_release_is_not_migrated_until_its_revisions_are_applied(store: Store, package: Package) -> None:
    await migrate(store.database, package.name, VERSION_TABLE)
    package.add("0002", WIDER_PORTS)
    assert not await is_migrated(store.database, package.name, VERSION_TABLE)

    await migrate(store.database, package.name, VERSION_TABLE)

    assert await is_migrated(store.database, package.name, VERSION_TABLE)


async def test_an_older_release_runs_on_a_newer_schema(store: Store, package: Package) -> None:
    package.add("0002", WIDER_PORTS)
    await migrate(store.database, package.name, VERSION_TABLE)
    package.remove("0002")

    assert await is_migrated(store.database, package.name, VERSION_TABLE)


async def test_rebuilding_a_table_keeps_the_rows_that_refer_to_it(store: Store, package: Package) -> None:
    package.add("0002", WIDER_PORTS)

    await migrate(store.database, package.name, VERSION_TABLE)

    assert await count(store, "berths") == 1


async def test_a_migration_that_fails_leaves_nothing_behind(store: Store, package: Package) -> None:
    package.add("0002", HALF_BROKEN)

    with pytest.raises(Exception, match="no_such_column"):
        await migrate(store.database, package.name, VERSION_TABLE)

    assert not {"ports", "cranes", VERSION_TABLE} & await tables(store)


async def test_says_that_another_service_has_its_tables_there(store: Store, package: Package) -> None:
    await migrate(store.database, package.name, VERSION_TABLE)

    with pytest.raises(StartupError, match="a database of its own"):
        await migrate(store.database, package.name, "another_version_table")


async def test_several_may_migrate_at_once(store: Store, package: Package) -> None:
    others = [Database(store.database.url) for _ in range(4)]

    await asyncio.gather(*(migrate(database, package.name, VERSION_TABLE) for database in others))

    assert await count(store, "ports") == 1
    for database in others:
        await database.close()


async def test_an_outage_is_named_while_migrating_too(store: Store, package: Package) -> None:
    store.take_away()
    if store.database.dialect == "sqlite":
        await store.database.close()

    with pytest.raises(DatabaseUnavailableError):
        await migrate(store.database, package.name, VERSION_TABLE)
    with pytest.raises(DatabaseUnavailableError):
        await is_migrated(store.database, package.name, VERSION_TABLE)
