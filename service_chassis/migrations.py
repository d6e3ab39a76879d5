"""Schema migrations by Alembic, each service with its own scripts and its own version table."""

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError

from service_chassis.database import Database
from service_chassis.startup import StartupError
from shared_kernel.errors import Unavailable

_ADVISORY_LOCK = 7_305_031


class SchemaOutdatedError(Unavailable):
    """Passes as soon as somebody applies the migrations."""


def run_migrations(migration: Coroutine[Any, Any, None]) -> int:
    """Migrate as a program of its own, which tells people how it went; the exit code."""
    try:
        asyncio.run(migration)
    except (Unavailable, StartupError) as error:
        print(f"cannot migrate: {error}; is DATABASE_URL right?", file=sys.stderr)
        return 1
    print("the database is up to date")
    return 0


async def migrate_and_close(database: Database, package: str, version_table: str) -> None:
    """Raises Unavailable if the database does not answer, StartupError as `migrate` does."""
    try:
        await database.ping()
        await migrate(database, package, version_table)
    finally:
        await database.close()


async def prepare(database: Database, package: str, version_table: str) -> None:
    """For a service that starts: SQLite is migrated now, PostgreSQL has to be already.

    Raises Unavailable as long as the database does not answer or is not migrated, StartupError as `migrate` does.
    """
    await database.ping()
    if database.dialect == "sqlite":
        await migrate(database, package, version_table)
    elif not await is_migrated(database, package, version_table):
        raise SchemaOutdatedError(f"the database is not migrated; run: python -m {package} migrate")


async def migrate(database: Database, package: str, version_table: str) -> None:
    """Bring the schema to the newest revision, all or nothing. Safe to run from several places at once.

    Raises StartupError where another service's tables are in the way.
    """
    config = _config(package, version_table)

    def upgrade(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        config.attributes["connection"] = connection
        with _collisions_named():
            command.upgrade(config, "head")
        if connection.dialect.name == "sqlite":
            _check_foreign_keys(connection)

    async with database.long_work() as connection:
        await connection.run_sync(upgrade)


async def is_migrated(database: Database, package: str, version_table: str) -> bool:
    """Whether the schema has every revision that this release knows (it may have later ones)."""
    scripts = ScriptDirectory.from_config(_config(package, version_table))

    def applied(connection: Connection) -> set[str]:
        options = {"version_table": version_table}
        return set(MigrationContext.configure(connection, opts=options).get_current_heads())

    async with database.reading():
        heads = await database.session.run_sync(applied)
    known = {script.revision for script in scripts.walk_revisions()}
    return bool(heads) and (set(scripts.get_heads()) <= heads or not heads <= known)


def run_environment(metadata: MetaData) -> None:
    """The body of a service's `env.py`."""
    config = context.config
    context.configure(
        connection=config.attributes["connection"],
        target_metadata=metadata,
        version_table=config.attributes["version_table"],
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


@contextmanager
def _collisions_named() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if "already exists" not in str(error.orig):
            raise
        raise StartupError(
            f"tables of another service are in this database ({error.orig}); give each service a database of its own"
        ) from error


def _check_foreign_keys(connection: Connection) -> None:
    """They were off while tables were rebuilt, as SQLite would have emptied the tables that refer to them."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the migration would leave {len(broken)} rows that refer to nothing, as in {broken[0][0]}")


def _config(package: str, version_table: str) -> Config:
    config = Config()
    location = str(resources.files(package) / "adapters" / "migrations")
    config.set_main_option("script_location", location.replace("%", "%%"))
    config.attributes["version_table"] = version_table
    return config
