"""The tables of the navigation context."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

from service_chassis.outcomes_sql import outcomes_table

VERSION_TABLE = "navigation_alembic_version"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: datetime) -> int:
    """Since the epoch; exact."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


class Instant(TypeDecorator[datetime]):
    """A moment as whole microseconds since the epoch: one meaning, and arithmetic, on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_microseconds(value)


metadata = MetaData()

# Spelt out in statements as well, never as a parameter: only so do planners see that a partial index serves.
ACTIVE = text("state IN ('PLANNED', 'UNDER_WAY')")

# `thin_time`: when the voyage's old events are to be forgotten next; null if nothing is.
# `due_time`: when the next worker may claim the voyage (its next action, or the end of a lease); null once it has
# ended. The lease columns are null while nobody holds it; `fence` only ever grows.
voyages = Table(
    "voyages",
    metadata,
    Column("voyage_id", String(36), primary_key=True),
    Column("universe", Text, nullable=False),
    Column("ship_symbol", String(64), nullable=False),
    Column("player_id", BigInteger, nullable=False),
    Column("agent_symbol", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("create_time", Instant, nullable=False),
    Column("update_time", Instant, nullable=False),
    Column("end_time", Instant),
    Column("next_action_time", Instant, nullable=False),
    Column("due_time", Instant),
    Column("thin_time", Instant),
    Column("cancel_requested", Boolean, nullable=False),
    Column("last_event_number", BigInteger, nullable=False),
    Column("owner", Text),
    Column("fence", BigInteger, nullable=False),
    Column("lease_since", Instant),
    Column("lease_until", Instant),
    Column("body", Text, nullable=False),
)
# What workers ask, whose cost must not grow with the voyages that have ended.
Index(
    "uq_voyages_active_ship",
    voyages.c.universe,
    voyages.c.ship_symbol,
    unique=True,
    sqlite_where=ACTIVE,
    postgresql_where=ACTIVE,
)
Index("ix_voyages_due_time", voyages.c.due_time, sqlite_where=ACTIVE, postgresql_where=ACTIVE)
Index(
    "ix_voyages_thin_time",
    voyages.c.thin_time,
    sqlite_where=voyages.c.thin_time.is_not(None),
    postgresql_where=voyages.c.thin_time.is_not(None),
)
Index("ix_voyages_active", voyages.c.voyage_id, sqlite_where=ACTIVE, postgresql_where=ACTIVE)
# What people list.
Index("ix_voyages_player", voyages.c.player_id, voyages.c.voyage_id)
Index("ix_voyages_agent", voyages.c.agent_symbol, voyages.c.voyage_id)
Index("ix_voyages_ship", voyages.c.ship_symbol, voyages.c.voyage_id)
Index("ix_voyages_state", voyages.c.state, voyages.c.voyage_id)

voyage_events = Table(
    "voyage_events",
    metadata,
    Column("voyage_id", String(36), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("time", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

ships = Table(
    "ships",
    metadata,
    Column("universe", Text, primary_key=True),
    Column("ship_symbol", String(64), primary_key=True),
    Column("player_id", BigInteger, nullable=False),
    Column("observe_time", Instant, nullable=False),
    Column("body", Text, nullable=False),
)
Index("ix_ships_player", ships.c.universe, ships.c.player_id, ships.c.ship_symbol)

# When the game last listed a player's ships. Before that, those that are kept may be a few of many.
ship_lists = Table(
    "ship_lists",
    metadata,
    Column("universe", Text, primary_key=True),
    Column("player_id", BigInteger, primary_key=True, autoincrement=False),
    Column("read_time", Instant, nullable=False),
)

system_graphs = Table(
    "system_graphs",
    metadata,
    Column("universe", Text, primary_key=True),
    Column("system_symbol", String(64), primary_key=True),
    Column("fetch_time", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

# What markets, and refuelling at them, have told; it outlives later reads of the map.
fuel_facts = Table(
    "fuel_facts",
    metadata,
    Column("universe", Text, primary_key=True),
    Column("waypoint_symbol", String(64), primary_key=True),
    Column("sells_fuel", Boolean, nullable=False),
)

# The game's request limit, in parts that one replica holds at a time: `pool` 0 is the steady one, 1 the burst.
# Whoever owns a part may use it; at `free_at` it is anybody's, whatever has become of its owner.
request_shares = Table(
    "request_shares",
    metadata,
    Column("game_server", Text, primary_key=True),
    Column("pool", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("owner", Text),
    Column("free_at", Instant, nullable=False),
)

# One row for each game server: until when it wants to hear nothing.
request_pauses = Table(
    "request_pauses",
    metadata,
    Column("game_server", Text, primary_key=True),
    Column("paused_until", Instant, nullable=False),
)

# What each replica has asked of the game lately, as JSON; and if it went short of shares, until when that counts and
# how many of the steady ones it has.
request_replicas = Table(
    "request_replicas",
    metadata,
    Column("game_server", Text, primary_key=True),
    Column("replica", Text, primary_key=True),
    Column("report_time", Instant, nullable=False),
    Column("short_until", Instant, nullable=False),
    Column("short_holds", SmallInteger, nullable=False),
    Column("body", Text, nullable=False),
)

outcomes = outcomes_table(metadata)
