"""What requests with a request_id have made, kept for a week beside the change itself."""

from datetime import timedelta

from sqlalchemy import Column, ColumnElement, DateTime, MetaData, String, Table, delete, not_, select, tuple_

from service_chassis.database import Database
from shared_kernel.clock import Clock
from shared_kernel.idempotency import RequestAlreadyRememberedError, RequestIdReusedError, RequestKey

KEPT_FOR = timedelta(days=7)
_FORGOTTEN_AT_ONCE = 100


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
            not_(self._is_old()),
        )
        row = (await self._database.session.execute(query)).one_or_none()
        if row is None:
            return None
        if row.body_hash != key.body_hash:
            raise RequestIdReusedError(key.request_id)
        return str(row.result)

    async def remember(self, key: RequestKey, result: str) -> None:
        await self._forget_old()
        row = {
            "scope": key.scope,
            "method": key.method,
            "request_id": key.request_id,
            "body_hash": key.body_hash,
            "result": result,
            "create_time": self._clock.now(),
        }
        identity = list(self._table.primary_key)
        # A key that is older than a week may still be here; it is free again.
        statement = (
            self._database.insert(self._table)
            .values(row)
            .on_conflict_do_update(index_elements=identity, set_=row, where=self._is_old())
            .returning(self._table.c.request_id)
        )
        if (await self._database.session.execute(statement)).one_or_none() is None:
            raise RequestAlreadyRememberedError(key.request_id)

    async def _forget_old(self) -> None:
        """A few at a time, and none that another transaction is forgetting just now."""
        identity = list(self._table.primary_key)
        old = select(*identity).where(self._is_old()).limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
        await self._database.session.execute(delete(self._table).where(tuple_(*identity).in_(old)))

    def _is_old(self) -> ColumnElement[bool]:
        return self._table.c.create_time <= self._clock.now() - KEPT_FOR
