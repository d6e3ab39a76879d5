"""When old events of a voyage are to be forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PENDING = sa.text("thin_time IS NOT NULL")
THIRTY_DAYS = 30 * 24 * 3600 * 1_000_000


def upgrade() -> None:
    op.add_column("voyages", sa.Column("thin_time", sa.BigInteger()))
    voyages = sa.table("voyages", sa.column("thin_time"), sa.column("end_time"))
    ended = sa.update(voyages).where(voyages.c.end_time.is_not(None))
    op.execute(ended.values(thin_time=voyages.c.end_time + THIRTY_DAYS))
    op.create_index("ix_voyages_thin_time", "voyages", ["thin_time"], sqlite_where=PENDING, postgresql_where=PENDING)


def downgrade() -> None:
    op.drop_index("ix_voyages_thin_time", "voyages")
    op.drop_column("voyages", "thin_time")
