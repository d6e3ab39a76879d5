"""Async database sessions: SQLite by file, PostgreSQL by URL, one short transaction at a time."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import structlog
from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from service_chassis.engines import ConnectionLostError, driver_url, long_work_engine, reading_engine, writing_engine
from service_chassis.startup import StartupError
from shared_kernel.errors import Unavailable

# Classes of SQLSTATE: connection lost, too few resources, shut-down or start-up, deadlock or lost race.
_OUTAGE_SQLSTATES = ("08", "53", "57P", "40")
_SQLITE_OUTAGES = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_CANTOPEN")


class DatabaseUnavailableError(Unavailable):
    reason = "DATABASE_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("the database does not answer; try again")


@dataclass
class _Scope:
    session: AsyncConnection
    writable: bool
    failed: bool = False
    open: bool = True


class Database:
    """One pool of connections; the session of the scope one is in travels in a context variable.

    `url` is a SQLAlchemy URL; drivers are filled in (`sqlite:///data/player.sqlite3`, `postgresql://…`).
    Lost connections and lock time-outs surface as DatabaseUnavailableError, faults of ours as they are.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = driver_url(url)
        self.dialect = make_url(self.url).get_backend_name()
        self.engine = writing_engine(self.url, pool_size)
        self._reading_engine = reading_engine(self.engine, pool_size)
        self._current: ContextVar[_Scope | None] = ContextVar("database_scope", default=None)

    @property
    def session(self) -> AsyncConnection:
        """The session of the scope one is in."""
        scope = self._scope
        if scope is None:
            raise RuntimeError("no database scope is open: wrap the call in transaction() or reading()")
        return scope.session

    def insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that may say what becomes of rows that are there already (`on_conflict_…`)."""
        return postgresql.insert(table) if self.dialect == "postgresql" else sqlite.insert(table)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Commits at the end, rolls back on any exception; joins a transaction that is open already.

        An exception that leaves a joined part dooms the whole, even if it is caught further out.
        """
        outer = self._scope
        if outer is None:
            async with self._opened():
                yield
            return
        if not outer.writable:
            raise RuntimeError("a read-only session cannot become a transaction")
        try:
            yield
        except BaseException:
            outer.failed = True
            raise

    def reading(self) -> AbstractAsyncContextManager[None]:
        """A read-only session over one snapshot; joins whatever scope is open already."""
        return _JOINED if self._scope is not None else _Reading(self._reading_engine, self._current)

    async def ping(self) -> None:
        """Raises DatabaseUnavailableError unless the database answers, StartupError if it is a file that is none."""
        try:
            async with self.reading():
                await self.session.execute(text("SELECT 1"))
        except (DatabaseUnavailableError, DBAPIError) as error:
            file = make_url(self.url).database or ""
            if _is_no_database(error, file):
                raise StartupError(f"{file} is no SQLite database; set DATABASE_URL or DATA_DIR to another") from error
            raise

    @asynccontextmanager
    async def long_work(self) -> AsyncIterator[AsyncConnection]:
        """One transaction for migrations: no time limit for a statement, and SQLite lets tables be rebuilt."""
        engine = long_work_engine(self.url)
        try:
            with outages_named():
                async with AsyncExitStack() as stack:
                    yield await _begun(engine, stack)
        finally:
            await engine.dispose()

    async def close(self) -> None:
        await self.engine.dispose()
        await self._reading_engine.dispose()

    @property
    def _scope(self) -> _Scope | None:
        # A task that was started inside a scope may outlive it.
        scope = self._current.get()
        return scope if scope is not None and scope.open else None

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        with outages_named():
            async with AsyncExitStack() as stack:
                scope = _Scope(await _begun(self.engine, stack), writable=True)
                self._current.set(scope)
                try:
                    yield
                finally:
                    scope.open = False
                    self._current.set(None)
                if scope.failed:
                    raise RuntimeError("a part of this transaction failed, so that none of it can be committed")


class _Reading(AbstractAsyncContextManager[None]):
    """A read-only scope, written out as a class: reads are so short that what opens and closes their scope counts.

    The transaction begins with the first statement, and ends when the connection goes back to its pool.
    """

    def __init__(self, engine: AsyncEngine, current: ContextVar[_Scope | None]) -> None:
        self._connection = engine.connect()
        self._current = current
        self._scope: _Scope

    async def __aenter__(self) -> None:
        try:
            await self._connection.start()
        except Exception as error:
            raise _outage(error) from error
        self._scope = _Scope(self._connection, writable=False)
        self._current.set(self._scope)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._scope.open = False
        self._current.set(None)
        with outages_named():
            await self._connection.__aexit__(kind, error, traceback)
            if isinstance(error, DBAPIError | ConnectionLostError):
                raise error


_JOINED = nullcontext()


async def _begun(engine: AsyncEngine, stack: AsyncExitStack) -> AsyncConnection:
    """A connection in a transaction. What goes wrong here goes wrong before any use case has run: an outage."""
    try:
        return await stack.enter_async_context(engine.begin())
    except Exception as error:
        raise _outage(error) from error


@contextmanager
def outages_named() -> Iterator[None]:
    """Inside it, what a lost or overwhelmed database raises becomes DatabaseUnavailableError."""
    try:
        yield
    except ConnectionLostError as error:
        raise _outage(error) from error
    except DBAPIError as error:
        if _is_outage(error):
            raise _outage(error) from error
        raise


def _outage(error: Exception) -> DatabaseUnavailableError:
    cause = error.orig if isinstance(error, DBAPIError) else error
    structlog.get_logger().warning("the database does not answer", cause=f"{type(cause).__name__}: {cause}"[:300])
    return DatabaseUnavailableError()


def _is_outage(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    if sqlstate := getattr(error.orig, "sqlstate", None):
        return str(sqlstate).startswith(_OUTAGE_SQLSTATES)
    if isinstance(error, OperationalError):
        return str(getattr(error.orig, "sqlite_errorname", "")).startswith(_SQLITE_OUTAGES)
    return isinstance(error, InterfaceError) and "closed" in str(error.orig)


def _is_no_database(error: DatabaseUnavailableError | DBAPIError, file: str) -> bool:
    """Whether there is something else in its place, which no waiting makes a database of."""
    cause = error if isinstance(error, DBAPIError) else error.__cause__
    name = str(getattr(getattr(cause, "orig", None), "sqlite_errorname", ""))
    return name == "SQLITE_NOTADB" or (name.startswith("SQLITE_CANTOPEN") and Path(file).is_dir())
