"""The tables of the player context."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Integer, MetaData, String, Table, Text, TypeDecorator

from service_chassis.outcomes_sql import outcomes_table

VERSION_TABLE = "player_alembic_version"


class UtcDateTime(TypeDecorator[datetime]):
    """Aware and in UTC on every database; SQLite forgets the zone of what it keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


metadata = MetaData()

# Ids are never used twice (AUTOINCREMENT): other services keep them after a player is gone.
players = Table(
    "players",
    metadata,
    Column("player_id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("agent_symbol", String(64), nullable=False, unique=True),
    Column("sealed_token", Text, nullable=False),
    Column("token_version", BigInteger, nullable=False),
    Column("state", String(32), nullable=False),
    Column("rejection_code", Integer, nullable=False),
    Column("universe", Text, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("update_time", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

outcomes = outcomes_table(metadata)
