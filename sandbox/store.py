"""Where state lives: nowhere but in memory, or written through to SQLite before each answer.

The file is written on the event loop, on purpose: an effect, its log entry and its row are one step that no other
request can come between, and a write costs tens of microseconds. In WAL mode what was committed survives a kill -9.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from sandbox.clock import ClockState
from sandbox.log import KEPT, LogEntry
from sandbox.render import Json
from sandbox.universe import Agent, Ship

FILE_NAME: Final = "sandbox.sqlite3"
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS universe (reset_date TEXT NOT NULL, seed INTEGER NOT NULL, first_seed INTEGER NOT NULL,
                                     secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS clock (body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS agents (number INTEGER PRIMARY KEY, symbol TEXT UNIQUE NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ships (number INTEGER PRIMARY KEY, symbol TEXT UNIQUE NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY, body TEXT NOT NULL);
"""
UPSERT_AGENT: Final = (
    "INSERT INTO agents (symbol, body) VALUES (?, ?) ON CONFLICT (symbol) DO UPDATE SET body = excluded.body"
)
UPSERT_SHIP: Final = (
    "INSERT INTO ships (symbol, body) VALUES (?, ?) ON CONFLICT (symbol) DO UPDATE SET body = excluded.body"
)


class DirectoryUnusableError(Exception):
    """The data directory cannot be used, most often because another sandbox holds it."""


@dataclass(frozen=True)
class Founding:
    """What a universe is made from. `first_seed` is the seed the server was first started with."""

    reset_date: str
    seed: int
    first_seed: int
    secret: bytes


@dataclass(frozen=True)
class StoredWorld:
    """What a data directory holds."""

    founding: Founding
    clock: ClockState | None
    agents: list[Agent]
    ships: list[Ship]
    log: list[LogEntry]


class Store(Protocol):
    """Keeps the world; every method returns when what it was given is safe."""

    def load(self) -> StoredWorld | None:
        """The kept world, None when fresh."""

    def found(self, founding: Founding) -> None:
        """Wipe agents and ships, and begin a universe. The log goes on."""

    def save(self, agents: Iterable[Agent], ships: Iterable[Ship], entries: Iterable[LogEntry]) -> None:
        """Keep changed agents and ships, and new log entries, together."""

    def save_clock(self, state: ClockState) -> None:
        """Keep the clock."""

    def close(self) -> None:
        """Let go."""


class MemoryStore:
    """Keeps nothing."""

    def load(self) -> StoredWorld | None:
        """Always fresh."""
        return None

    def found(self, founding: Founding) -> None:
        """Nothing to wipe."""

    def save(self, agents: Iterable[Agent], ships: Iterable[Ship], entries: Iterable[LogEntry]) -> None:
        """The objects themselves are the state."""

    def save_clock(self, state: ClockState) -> None:
        """The clock itself is the state."""

    def close(self) -> None:
        """Nothing is held."""


class SqliteStore:
    """Keeps the world in one file, which it locks for as long as the server runs.

    Raises:
        DirectoryUnusableError: another server has the file, or it cannot be written.
    """

    def __init__(self, directory: Path) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(directory / FILE_NAME, isolation_level=None, timeout=0.5)
            for setting in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL"):
                self._connection.execute(f"PRAGMA {setting}")
            self._connection.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            hint = "does another sandbox run on it?" if "locked" in str(error) else "is it a directory you may write?"
            raise DirectoryUnusableError(f"cannot use the data directory {directory}: {error}; {hint}") from error

    def load(self) -> StoredWorld | None:
        """Read everything back, in the order in which it was made."""
        query = self._connection.execute
        row = query("SELECT reset_date, seed, first_seed, secret FROM universe").fetchone()
        if row is None:
            return None
        clock = query("SELECT body FROM clock").fetchone()
        log = query("SELECT body FROM log ORDER BY number DESC LIMIT ?", (KEPT,)).fetchall()
        return StoredWorld(
            founding=Founding(*row),
            clock=json.loads(clock[0]) if clock else None,
            agents=[Agent(**body) for body in self._bodies("agents")],
            ships=[Ship(**body) for body in self._bodies("ships")],
            log=[LogEntry(**json.loads(body)) for (body,) in reversed(log)],
        )

    def _bodies(self, table: str) -> Iterable[dict[str, Any]]:
        rows = self._connection.execute(f"SELECT body FROM {table} ORDER BY number")  # noqa: S608  (our own table names)
        return (json.loads(body) for (body,) in rows)

    def found(self, founding: Founding) -> None:
        """Replace the universe in one transaction."""
        values = (founding.reset_date, founding.seed, founding.first_seed, founding.secret)
        with self._transaction() as connection:
            for table in ("universe", "agents", "ships"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608  (our own table names)
            connection.execute("INSERT INTO universe VALUES (?, ?, ?, ?)", values)

    def save(self, agents: Iterable[Agent], ships: Iterable[Ship], entries: Iterable[LogEntry]) -> None:
        """One transaction for all of it. Log entries that nobody can read any more make way."""
        told = list(entries)
        with self._transaction() as connection:
            connection.executemany(UPSERT_AGENT, [(agent.symbol, _body(agent.to_row())) for agent in agents])
            connection.executemany(UPSERT_SHIP, [(ship.symbol, _body(ship.to_row())) for ship in ships])
            rows = [(entry.number, _body(entry.to_json())) for entry in told]
            connection.executemany("INSERT INTO log VALUES (?, ?)", rows)
            connection.executemany("DELETE FROM log WHERE number <= ?", [(entry.number - KEPT,) for entry in told])

    def save_clock(self, state: ClockState) -> None:
        """Replace the kept clock."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM clock")
            connection.execute("INSERT INTO clock VALUES (?)", (json.dumps(state),))

    def close(self) -> None:
        """Fold the write-ahead log in, and unlock."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: a disk that was full for a moment must not leave half of it open."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def _body(row: Json) -> str:
    return json.dumps(row, separators=(",", ":"))
