"""What requests with a request_id have made, kept for a week beside the change itself."""

from datetime import timedelta

from sqlalchemy import Column, DateTime, MetaData, String, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from service_chassis.database import Database
from shared_kernel.clock import Clock
from shared_kernel.idempotency import RequestAlreadyRememberedError, RequestIdReusedError, RequestKey

KEPT_FOR = timedelta(days=7)


def outcomes_table(metadata: MetaData) -> Table:
    """The table `outcomes`; a service adds it to its own metadata and migrations."""
    return Table(
        "outcomes",
        metadata,
        Column("scope", String(80), primary_key=True),
        Column("method", String(80), primary_key=True),
        Column("request_id", String(128), primary_key=True),
        Column("body_hash", String(64), nullable=False),
        Column("result", String, nullable=False),
        Column("create_time", DateTime(timezone=True), nullable=False, index=True),
    )


class SqlOutcomes:
    """Satisfies `shared_kernel.idempotency.Outcomes` inside the database scope that its caller opened."""

    def __init__(self, database: Database, table: Table, clock: Clock) -> None:
        self._database = database
        self._table = table
        self._clock = clock

    async def recall(self, key: RequestKey) -> str | None:
        columns = self._table.c
        query = select(columns.body_hash, columns.result).where(
            columns.scope == key.scope,
            columns.method == key.method,
            columns.request_id == key.request_id,
            columns.create_time > self._clock.now() - KEPT_FOR,
        )
        row = (await self._database.session.execute(query)).one_or_none()
        if row is None:
            return None
        if row.body_hash != key.body_hash:
            raise RequestIdReusedError(key.request_id)
        return str(row.result)

    async def remember(self, key: RequestKey, result: str) -> None:
        session, now = self._database.session, self._clock.now()
        await session.execute(delete(self._table).where(self._table.c.create_time <= now - KEPT_FOR))
        insert = postgresql.insert if self._database.dialect == "postgresql" else sqlite.insert
        statement = insert(self._table).values(
            scope=key.scope,
            method=key.method,
            request_id=key.request_id,
            body_hash=key.body_hash,
            result=result,
            create_time=now,
        )
        kept = await session.execute(statement.on_conflict_do_nothing().returning(self._table.c.request_id))
        if kept.one_or_none() is None:
            raise RequestAlreadyRememberedError(key.request_id)
