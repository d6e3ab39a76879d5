"""The game's request limit, shared by all replicas."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_shares",
        sa.Column("game_server", sa.Text(), primary_key=True),
        sa.Column("pool", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("owner", sa.Text()),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "request_pauses",
        sa.Column("game_server", sa.Text(), primary_key=True),
        sa.Column("paused_until", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "request_replicas",
        sa.Column("game_server", sa.Text(), primary_key=True),
        sa.Column("replica", sa.Text(), primary_key=True),
        sa.Column("report_time", sa.BigInteger(), nullable=False),
        sa.Column("short_until", sa.BigInteger(), nullable=False),
        sa.Column("short_holds", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    for table in ("request_replicas", "request_pauses", "request_shares"):
        op.drop_table(table)
