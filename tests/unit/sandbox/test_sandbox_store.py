"""What the sandbox keeps on disk, and for how long."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.log import KEPT, READ, LogEntry
from sandbox.store import FILE_NAME, Founding, SqliteStore

ENTRY = LogEntry(
    1, "2026-11-23T12:00:00.000Z", None, None, "status", None, READ, None, None, None, None, "r-1", 200, None
)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    store = SqliteStore(tmp_path)
    store.found(Founding("2026-11-23", 1, 1, b"secret"))
    return store


def test_the_log_on_disk_is_no_longer_than_what_can_be_read(store: SqliteStore, tmp_path: Path) -> None:
    for number in (1, 2, KEPT + 1):
        store.save([], [], [replace(ENTRY, number=number)])
    store.close()

    kept = sqlite3.connect(tmp_path / FILE_NAME).execute("SELECT number FROM log").fetchall()
    assert kept == [(2,), (KEPT + 1,)]


def test_a_change_that_cannot_be_kept_leaves_nothing_half_done(store: SqliteStore) -> None:
    store.save([], [], [ENTRY])

    with pytest.raises(sqlite3.IntegrityError):
        store.save([], [], [replace(ENTRY, number=2), ENTRY])
    store.save([], [], [replace(ENTRY, number=3)])

    world = store.load()
    assert world is not None
    assert [entry.number for entry in world.log] == [1, 3]
