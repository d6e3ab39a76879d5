"""Whose ships the game has listed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ship_lists",
        sa.Column("universe", sa.Text(), primary_key=True),
        sa.Column("player_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("read_time", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("ship_lists")
