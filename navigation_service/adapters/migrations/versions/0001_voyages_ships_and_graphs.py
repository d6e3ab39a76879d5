"""Voyages with their events, ships, system graphs, and the outcomes of requests that carry a request_id."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ACTIVE = sa.text("state IN ('PLANNED', 'UNDER_WAY')")


def upgrade() -> None:
    op.create_table(
        "voyages",
        sa.Column("voyage_id", sa.String(36), primary_key=True),
        sa.Column("universe", sa.Text(), nullable=False),
        sa.Column("ship_symbol", sa.String(64), nullable=False),
        sa.Column("player_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_symbol", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("create_time", sa.BigInteger(), nullable=False),
        sa.Column("update_time", sa.BigInteger(), nullable=False),
        sa.Column("end_time", sa.BigInteger()),
        sa.Column("next_action_time", sa.BigInteger(), nullable=False),
        sa.Column("due_time", sa.BigInteger()),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("last_event_number", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("lease_since", sa.BigInteger()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
    )
    _index_active("uq_voyages_active_ship", ["universe", "ship_symbol"], unique=True)
    _index_active("ix_voyages_due_time", ["due_time"])
    _index_active("ix_voyages_active", ["voyage_id"])
    op.create_index("ix_voyages_player", "voyages", ["player_id", "voyage_id"])
    op.create_index("ix_voyages_agent", "voyages", ["agent_symbol", "voyage_id"])
    op.create_index("ix_voyages_ship", "voyages", ["ship_symbol", "voyage_id"])
    op.create_index("ix_voyages_state", "voyages", ["state", "voyage_id"])
    op.create_table(
        "voyage_events",
        sa.Column("voyage_id", sa.String(36), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    _create_what_the_game_told()


def _create_what_the_game_told() -> None:
    op.create_table(
        "ships",
        sa.Column("universe", sa.Text(), primary_key=True),
        sa.Column("ship_symbol", sa.String(64), primary_key=True),
        sa.Column("player_id", sa.BigInteger(), nullable=False),
        sa.Column("observe_time", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_ships_player", "ships", ["universe", "player_id", "ship_symbol"])
    op.create_table(
        "system_graphs",
        sa.Column("universe", sa.Text(), primary_key=True),
        sa.Column("system_symbol", sa.String(64), primary_key=True),
        sa.Column("fetch_time", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_table(
        "fuel_facts",
        sa.Column("universe", sa.Text(), primary_key=True),
        sa.Column("waypoint_symbol", sa.String(64), primary_key=True),
        sa.Column("sells_fuel", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "outcomes",
        sa.Column("scope", sa.String(80), primary_key=True),
        sa.Column("method", sa.String(80), primary_key=True),
        sa.Column("request_id", sa.String(128), primary_key=True),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_outcomes_create_time", "outcomes", ["create_time"])


def _index_active(name: str, columns: list[str], *, unique: bool = False) -> None:
    op.create_index(name, "voyages", columns, unique=unique, sqlite_where=ACTIVE, postgresql_where=ACTIVE)


def downgrade() -> None:
    for table in ("outcomes", "fuel_facts", "system_graphs", "ships", "voyage_events", "voyages"):
        op.drop_table(table)
