"""How connections to SQLite and to PostgreSQL are made: who may write, what they wait for, and for how long."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, NullPool, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from service_chassis.sqlite_driver import OneTripDriver

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
_POOL_SECONDS = 5
_SQLITE_WRITER_SECONDS = 10
_CONNECT_SECONDS = 5
# A statement of ours takes milliseconds; one that takes this long has lost its server without a word.
_STATEMENT_SECONDS = 15
# Whoever stalls in the middle of a transaction must not keep its rows locked until it wakes up, if it ever does.
_LOCKS_OF_THE_STALLED = "SET idle_in_transaction_session_timeout = '5s'"
_SQLITE_PRAGMAS = ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


class ConnectionLostError(Exception):
    """The server went away in the middle of a statement, or never answered it."""


def driver_url(url: str) -> str:
    """The URL with the asynchronous driver of its database."""
    scheme, separator, rest = url.partition("://")
    return _DRIVERS.get(scheme, scheme) + separator + rest


def writing_engine(url: str, pool_size: int) -> AsyncEngine:
    """SQLite lets one writer in at a time: with one connection for it, writers queue in turn instead of polling."""
    if _is_sqlite(url):
        return _sqlite_writer(url, _SQLITE_PRAGMAS, pool_size=1, max_overflow=0, pool_timeout=_SQLITE_WRITER_SECONDS)
    return _postgres_engine(
        url,
        _STATEMENT_SECONDS,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=_POOL_SECONDS,
        pool_pre_ping=True,
    )


def reading_engine(writing: AsyncEngine, pool_size: int) -> AsyncEngine:
    """Refuses every write; each transaction sees one snapshot. Shares the writers' pool where many may write."""
    if not _is_sqlite(writing.url.render_as_string(hide_password=False)):
        return writing.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    # No overflow: connections beyond a pool's size are made anew for each use, which takes longer than to wait for one.
    return create_async_engine(
        writing.url,
        module=OneTripDriver((*_SQLITE_PRAGMAS, "query_only=ON"), reading=True),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS,
        hide_parameters=True,
    )


def long_work_engine(url: str) -> AsyncEngine:
    """For migrations: statements may take their time, and SQLite may drop a table that others refer to."""
    if _is_sqlite(url):
        return _sqlite_writer(url, (*_SQLITE_PRAGMAS, "foreign_keys=OFF"), poolclass=NullPool)
    return _postgres_engine(url, None, poolclass=NullPool)


def _is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _postgres_engine(url: str, statement_seconds: float | None, **pool: Any) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": _CONNECT_SECONDS, "command_timeout": statement_seconds},
        **pool,
    )
    event.listen(engine.sync_engine, "handle_error", _name_lost_connection, retval=True)
    event.listen(engine.sync_engine, "connect", _let_go_when_stalled)
    return engine


def _let_go_when_stalled(connection: Any, _record: object) -> None:
    # Not as a parameter of the connection: poolers refuse those that they do not know.
    connection.run_async(lambda driver: driver.execute(_LOCKS_OF_THE_STALLED))


def _name_lost_connection(context: ExceptionContext) -> BaseException | None:
    """The driver raises these bare: its statement time-out, and a socket that breaks under it."""
    if not isinstance(context.original_exception, TimeoutError | OSError):
        return None
    context.is_disconnect = True
    return ConnectionLostError(f"{type(context.original_exception).__name__}: {context.original_exception}")


def _sqlite_writer(url: str, pragmas: Sequence[str], **pool: Any) -> AsyncEngine:
    engine = create_async_engine(url, module=OneTripDriver(pragmas), hide_parameters=True, **pool)

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "begin", begin)
    return engine
