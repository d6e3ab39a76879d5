"""SQLite through aiosqlite's threads, with one trip to the thread per statement.

SQLAlchemy's own adapter goes there once for the cursor, once to execute, once to fetch and once to close. Waking a
thread and being woken by it takes several times what SQLite needs to read a row, so that trips are most of a read.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util import await_only


class _Trip(NamedTuple):
    """What a statement came to."""

    description: Any
    rowcount: int
    lastrowid: Any
    rows: Sequence[Any]


class _OneTripCursor(AsyncAdapt_aiosqlite_cursor):
    """Holds no cursor of the driver: that one is made, read and closed in the thread which owns the connection."""

    __slots__ = ("_trip",)
    _adapt_connection: Any

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection = adapt_connection
        self._rows: deque[Any] = deque()
        self._trip = _Trip(None, -1, None, ())

    @property
    def description(self) -> Any:
        return self._trip.description

    @property
    def rowcount(self) -> int:
        return self._trip.rowcount

    @property
    def lastrowid(self) -> Any:
        return self._trip.lastrowid

    def execute(self, operation: Any, parameters: Any = None) -> None:
        self._trip = self._adapt_connection.travel("execute", operation, parameters or ())
        self._rows = deque(self._trip.rows)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        self._trip = self._adapt_connection.travel("executemany", operation, seq_of_parameters)

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """Nothing is open."""


class OneTripConnection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("_reading", "_travelling")

    _cursor_cls = _OneTripCursor

    def __init__(self, dbapi: Any, connection: Any, *, reading: bool) -> None:
        super().__init__(dbapi, connection)
        self._reading = reading
        self._travelling = False

    def travel(self, method: str, operation: str, parameters: Any) -> _Trip:
        """Run a statement in the connection's thread, and fetch all that it answers."""

        def run() -> _Trip:
            raw: sqlite3.Connection = self._connection._conn
            # A deferred transaction keeps no snapshot before its first read; begun here, it takes no trip of its own.
            if self._reading and not raw.in_transaction:
                raw.execute("BEGIN")
            cursor = raw.cursor()
            try:
                getattr(cursor, method)(operation, parameters)
                rows = cursor.fetchall() if cursor.description else ()
                return _Trip(cursor.description, cursor.rowcount, cursor.lastrowid, rows)
            finally:
                cursor.close()
                self._travelling = False

        self._travelling = True
        try:
            trip: _Trip = await_only(self._connection._execute(run))
        except Exception as error:
            self._handle_exception(error)
        return trip

    def commit(self) -> None:
        if self._reading:
            self._end_reading()
        else:
            super().commit()

    def rollback(self) -> None:
        if self._reading:
            self._end_reading()
        else:
            super().rollback()

    def _end_reading(self) -> None:
        """At once, as letting go of a snapshot waits for nothing; after the statement, if a caller left during one."""
        if self._connection._connection is None:
            return
        if self._travelling:
            self._connection._tx.put_nowait((None, self._connection._conn.rollback))
        else:
            self._connection._conn.rollback()


class OneTripDriver(AsyncAdapt_aiosqlite_dbapi):
    """A DBAPI module for `create_async_engine("sqlite+aiosqlite://…", module=…)`.

    `pragmas` are set on every connection. With `reading`, transactions begin with the first statement.
    """

    def __init__(self, pragmas: Sequence[str], *, reading: bool = False) -> None:
        super().__init__(aiosqlite, sqlite3)
        self._pragmas = pragmas
        self._reading = reading

    def connect(self, *args: Any, **options: Any) -> OneTripConnection:
        # The driver's own BEGIN comes too late to be IMMEDIATE; without it a reader that turns writer may deadlock.
        connection: Any = aiosqlite.connect(*args, isolation_level=None, **options)
        # A process may end without waiting for its connections.
        connection._thread.daemon = True
        await_only(self._opened(connection))
        return OneTripConnection(self, connection, reading=self._reading)

    async def _opened(self, connection: Any) -> None:
        """Where it fails, or whoever wanted it leaves, its thread is waited for, lest it stay for ever, or report to a
        loop that is closed by then."""
        opening = asyncio.ensure_future(self._open(connection))
        try:
            await asyncio.shield(opening)
        except BaseException:
            await asyncio.wait([opening])
            await connection.close()
            await asyncio.to_thread(connection._thread.join)
            raise

    async def _open(self, connection: Any) -> None:
        await connection
        await connection._execute(self._prepare, connection)

    def _prepare(self, connection: Any) -> None:
        for pragma in self._pragmas:
            connection._conn.execute(f"PRAGMA {pragma}").close()
