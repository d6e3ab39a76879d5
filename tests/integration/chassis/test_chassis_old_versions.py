"""While a new version rolls out, the old one lives with the new schema: migrations run first, and only expand."""

from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection, create_engine, inspect, text

from navigation_service.adapters import tables as navigation_tables
from player_service.adapters import tables as player_tables
from protos.player.v1 import player_service_pb2 as pb
from service_chassis.database import Database
from service_chassis.migrations import migrate
from tests.fakes.player_component import running, settings_for
from tests.fakes.player_game import FakeGame

SERVICES = {
    "player_service": player_tables.VERSION_TABLE,
    "navigation_service": navigation_tables.VERSION_TABLE,
}
# (table, column) that a migration drops on purpose: no version that may still run knows it. See CONTRIBUTING.md.
CONTRACTED: frozenset[tuple[str, str]] = frozenset()
KEY = "bm9ib2R5LW5lZWRzLXRoaXMta2V5LWZvci1sb25nLTM="


@dataclass(frozen=True)
class Column:
    table: str
    name: str
    is_optional: bool
    """Whether a row may be inserted by a version that has never heard of it."""


def schemas(package: str, version_table: str, file: Path) -> list[set[Column]]:
    """The schema after each revision, the oldest first."""
    config = Config()
    config.set_main_option("script_location", str(resources.files(package) / "adapters" / "migrations"))
    config.attributes["version_table"] = version_table
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    found = []
    for revision in reversed(revisions):
        with create_engine(f"sqlite:///{file}").begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            found.append(columns(connection))
    return found


def columns(connection: Connection) -> set[Column]:
    inspector = inspect(connection)
    return {
        Column(table, column["name"], column["nullable"] or column["default"] is not None)
        for table in inspector.get_table_names()
        for column in inspector.get_columns(table)
    }


@pytest.mark.parametrize(("package", "version_table"), SERVICES.items(), ids=SERVICES)
def test_every_migration_leaves_what_the_version_before_it_reads_and_writes(
    package: str, version_table: str, tmp_path: Path
) -> None:
    steps = schemas(package, version_table, tmp_path / "steps.sqlite3")
    for before, after in pairwise(steps):
        known = {column.table for column in before}
        named = {(column.table, column.name) for column in after}
        dropped = {(column.table, column.name) for column in before} - named - CONTRACTED
        demanded = {column for column in after - before if column.table in known and not column.is_optional}

        assert not dropped
        assert not demanded


@pytest.mark.postgres
async def test_the_example_in_contributing_holds_for_the_version_that_does_not_know_it(
    postgres_url: str, tmp_path: Path
) -> None:
    database = Database(postgres_url)
    await migrate(database, "player_service", player_tables.VERSION_TABLE)
    async with database.transaction():
        for statement in (
            "ALTER TABLE players ADD COLUMN game_error_code INTEGER",
            "ALTER TABLE players ALTER COLUMN rejection_code SET DEFAULT 0",
            f"UPDATE {player_tables.VERSION_TABLE} SET version_num = '9999'",
        ):
            await database.session.execute(text(statement))
    await database.close()

    keys = SecretStr(KEY)
    settings = settings_for(tmp_path, database_url=SecretStr(postgres_url), token_encryption_keys=keys)
    async with running(settings, FakeGame()) as service:
        player = await service.register("ACE")
        rejected = pb.ReportTokenRejectedRequest(player_id=player.player_id, token_version=1, game_error_code=4104)
        await service.stub.ReportTokenRejected(rejected)
        found = (await service.stub.GetPlayer(pb.GetPlayerRequest(agent_symbol="ACE"))).player

    assert found.state == pb.Player.STATE_TOKEN_REJECTED
