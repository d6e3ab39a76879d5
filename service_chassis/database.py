"""Async database sessions: SQLite by file, PostgreSQL by URL, one short transaction at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from shared_kernel.errors import Unavailable

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
_OUTAGE_SQLSTATES = ("08", "53", "57P")
_SQLITE_OUTAGES = ("locked", "busy", "disk", "unable to open", "readonly database")
_READ_ONLY = "fleet_read_only"


class DatabaseUnavailableError(Unavailable):
    reason = "DATABASE_UNAVAILABLE"


@dataclass(frozen=True)
class _Scope:
    session: AsyncSession
    writable: bool


class Database:
    """One pool of connections; the session of the scope one is in travels in a context variable.

    `url` is a SQLAlchemy URL; drivers are filled in (`sqlite:///data/player.sqlite3`, `postgresql://…`).
    Lost connections and lock time-outs surface as DatabaseUnavailableError, faults of ours as they are.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = driver_url(url)
        self.dialect = make_url(self.url).get_backend_name()
        self.engine = _create_engine(self.url, self.dialect, pool_size)
        self._writers = async_sessionmaker(self.engine, expire_on_commit=False)
        self._readers = async_sessionmaker(self._read_only_engine(), expire_on_commit=False)
        self._scope: ContextVar[_Scope | None] = ContextVar("database_scope", default=None)

    @property
    def session(self) -> AsyncSession:
        """The session of the scope one is in."""
        scope = self._scope.get()
        if scope is None:
            raise RuntimeError("no database scope is open: wrap the call in transaction() or reading()")
        return scope.session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Commits at the end, rolls back on any exception; joins a transaction that is open already."""
        outer = self._scope.get()
        if outer is not None:
            if not outer.writable:
                raise RuntimeError("a read-only session cannot become a transaction")
            yield
            return
        async with _outages_named(), self._writers() as session, session.begin():
            token = self._scope.set(_Scope(session, writable=True))
            try:
                yield
            finally:
                self._scope.reset(token)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """A read-only session over one snapshot; joins whatever scope is open already."""
        if self._scope.get() is not None:
            yield
            return
        async with _outages_named(), self._readers() as session, session.begin():
            token = self._scope.set(_Scope(session, writable=False))
            try:
                yield
            finally:
                self._scope.reset(token)

    async def ping(self) -> None:
        """Raises DatabaseUnavailableError unless the database answers."""
        async with self.reading():
            await self.session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()

    def _read_only_engine(self) -> AsyncEngine:
        if self.dialect == "postgresql":
            return self.engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
        return self.engine.execution_options(**{_READ_ONLY: True})


def driver_url(url: str) -> str:
    """The URL with the asynchronous driver of its database."""
    scheme, separator, rest = url.partition("://")
    return _DRIVERS.get(scheme, scheme) + separator + rest


def _create_engine(url: str, dialect: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_timeout=5, pool_pre_ping=True)
    if dialect == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes too late to be IMMEDIATE; without it a reader that turns writer may deadlock.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@asynccontextmanager
async def _outages_named() -> AsyncIterator[None]:
    try:
        yield
    except Exception as error:
        if _is_outage(error):
            raise DatabaseUnavailableError("the database does not answer; try again") from error
        raise


def _is_outage(error: Exception) -> bool:
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        # asyncpg's own errors pass unwrapped while it connects.
        module = type(error).__module__
        return module.startswith("asyncpg") or isinstance(error, ConnectionError)
    sqlstate = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or sqlstate.startswith(_OUTAGE_SQLSTATES):
        return True
    if isinstance(error, OperationalError) and not sqlstate:
        return any(word in str(error.orig) for word in _SQLITE_OUTAGES)
    return isinstance(error, InterfaceError) and "closed" in str(error.orig)
