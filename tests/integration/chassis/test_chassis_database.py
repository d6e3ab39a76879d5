"""Scopes commit, roll back, nest and fail alike on SQLite and on PostgreSQL."""

import asyncio
import contextvars
import multiprocessing
import re
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from structlog.testing import capture_logs

from service_chassis.database import Database, DatabaseUnavailableError
from service_chassis.startup import StartupError
from tests.conftest import PostgresServer
from tests.fakes.chassis_database import CARGO, SHIPS, Store


async def test_a_transaction_commits_at_its_end(store: Store) -> None:
    async with store.database.transaction():
        await store.add("SHIP-1")

    assert await store.symbols() == ["SHIP-1"]


async def test_an_exception_rolls_everything_back(store: Store) -> None:
    async def failing() -> None:
        async with store.database.transaction():
            await store.add("SHIP-1")
            raise KeyError

    with pytest.raises(KeyError):
        await failing()

    assert await store.symbols() == []


async def test_being_cancelled_rolls_everything_back_and_leaves_the_pool_whole(store: Store) -> None:
    async def work() -> None:
        async with store.database.transaction():
            await store.add("SHIP-1")
            begun.set()
            await asyncio.Event().wait()

    for _ in range(25):
        begun = asyncio.Event()
        task = asyncio.create_task(work())
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert await store.symbols() == []


async def test_being_cancelled_in_the_middle_of_a_statement_is_survived_too(store: Store) -> None:
    async def work(number: int) -> None:
        async with store.database.transaction():
            for each in range(10):
                await store.add(f"SHIP-{number}-{each}")

    for number in range(25):
        task = asyncio.create_task(work(number))
        await asyncio.sleep(0.0004 * number)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert len(await store.symbols()) % 10 == 0
    async with store.database.transaction():
        await store.add("LAST")


async def test_an_inner_transaction_joins_the_outer_one(store: Store) -> None:
    async def failing() -> None:
        async with store.database.transaction():
            async with store.database.transaction():
                await store.add("SHIP-1")
            async with store.database.reading():
                assert await store.count() == 1
            raise KeyError

    with pytest.raises(KeyError):
        await failing()

    assert await store.symbols() == []


async def test_a_failed_part_dooms_the_whole_even_if_it_is_caught(store: Store) -> None:
    async def outer() -> None:
        async with store.database.transaction():
            await store.add("SHIP-1")
            with pytest.raises(KeyError):
                async with store.database.transaction():
                    raise KeyError

    with pytest.raises(RuntimeError, match="a part of this transaction failed"):
        await outer()

    assert await store.symbols() == []


async def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(DBAPIError, match=r"read-only transaction|readonly database") as failure:
        async with store.database.reading():
            await store.add("SHIP-1")

    assert not isinstance(failure.value, DatabaseUnavailableError)
    assert await store.symbols() == []


async def test_a_reader_cannot_become_a_writer(store: Store) -> None:
    with pytest.raises(RuntimeError, match="read-only session cannot become a transaction"):
        async with store.database.reading(), store.database.transaction():
            pass


async def test_a_reader_sees_one_snapshot(store: Store) -> None:
    async with store.database.reading():
        assert await store.count() == 0
        await asyncio.create_task(_add_elsewhere(store), context=_fresh_context())
        assert await store.count() == 0

    assert await store.symbols() == ["SHIP-1"]


async def _add_elsewhere(store: Store) -> None:
    async with store.database.transaction():
        await store.add("SHIP-1")


def _fresh_context() -> contextvars.Context:
    return contextvars.Context()


async def test_outside_a_scope_there_is_no_session(store: Store) -> None:
    async with store.database.transaction():
        pass

    with pytest.raises(RuntimeError, match="no database scope is open"):
        _ = store.database.session


async def test_a_task_that_outlives_the_scope_it_was_started_in_opens_its_own(store: Store) -> None:
    released = asyncio.Event()

    async def later() -> None:
        await released.wait()
        with pytest.raises(RuntimeError, match="no database scope is open"):
            _ = store.database.session
        async with store.database.transaction():
            await store.add("LATER")

    async with store.database.transaction():
        task = asyncio.create_task(later())
    released.set()
    await task

    assert await store.symbols() == ["LATER"]


async def test_foreign_keys_hold(store: Store) -> None:
    with pytest.raises(IntegrityError):
        async with store.database.transaction():
            await store.database.session.execute(insert(CARGO).values(number=1, ship="NOBODY"))


async def test_a_hundred_writers_at_once_all_get_their_turn(store: Store) -> None:
    async def write(number: int) -> None:
        async with store.database.transaction():
            await store.add(f"SHIP-{number:03}")

    await asyncio.gather(*(write(number) for number in range(100)))

    assert len(await store.symbols()) == 100


async def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    async with store.database.transaction():
        await store.add("SHIP-1")
        seen = await asyncio.create_task(store.symbols(), context=_fresh_context())

    assert seen == []


async def test_an_outage_is_named_and_passes(store: Store) -> None:
    await store.database.ping()
    store.take_away()
    if store.database.dialect == "sqlite":
        await store.database.close()
    with capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(DatabaseUnavailableError, match="does not answer"):
                await store.database.ping()
            with pytest.raises(DatabaseUnavailableError):
                async with store.database.transaction():
                    await store.add("SHIP-1")
    store.give_back()

    await store.database.ping()
    assert await store.symbols() == []
    assert {line["event"] for line in logs} == {"the database does not answer"}


@pytest.mark.postgres
@pytest.mark.parametrize("where", ["before the statement", "before the commit"])
async def test_a_connection_lost_midway_is_an_outage(
    postgres_server: PostgresServer, postgres_database: str, where: str
) -> None:
    database = Database(postgres_server.url(postgres_database))

    async def interrupted() -> None:
        async with database.transaction():
            if where == "before the commit":
                await database.session.execute(text("CREATE TABLE made (number int)"))
            else:
                await database.session.execute(text("SELECT 1"))
            postgres_server.disconnect(postgres_database)
            postgres_server.reconnect(postgres_database)
            if where == "before the statement":
                await database.session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailableError):
        await interrupted()

    await database.ping()
    await database.close()


@pytest.mark.postgres
async def test_connections_from_before_a_restart_are_replaced_without_anybody_noticing(
    postgres_server: PostgresServer, postgres_database: str
) -> None:
    database = Database(postgres_server.url(postgres_database))
    await asyncio.gather(*(database.ping() for _ in range(5)))
    postgres_server.disconnect(postgres_database)
    postgres_server.reconnect(postgres_database)

    await asyncio.gather(*(database.ping() for _ in range(5)))

    await database.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://fleet:secret@127.0.0.1:1/fleet",
        "postgresql://fleet:secret@localhost:1/fleet",
        "postgresql://u:secret@db.invalid/x",
    ],
    ids=["refused", "refused at every address", "unknown host"],
)
async def test_a_server_that_is_not_there_is_an_outage_whose_cause_is_logged(url: str) -> None:
    database = Database(url)
    with capture_logs() as logs, pytest.raises(DatabaseUnavailableError):
        await database.ping()
    await database.close()

    assert len(logs) == 1
    assert re.match("(ConnectionRefused|OS|gai|Timeout)[Ee]rror: ", logs[0]["cause"])
    assert "secret" not in str(logs)


async def test_another_process_that_holds_the_file_too_long_is_an_outage(tmp_path: Path) -> None:
    file = tmp_path / "held.sqlite3"
    database = Database(f"sqlite:///{file}")
    await database.ping()
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout=20")
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailableError):
            async with database.transaction():
                pass
        holder.execute("ROLLBACK")

    async with database.transaction():
        pass
    await database.close()


async def test_two_processes_may_write_to_one_file(sqlite_store: Store) -> None:
    spawn = multiprocessing.get_context("spawn")
    others = [spawn.Process(target=_write_many, args=(sqlite_store.database.url, name)) for name in ("A", "B")]
    for other in others:
        other.start()
    for other in others:
        await asyncio.to_thread(other.join, 60)

    assert [other.exitcode for other in others] == [0, 0]
    assert len(await sqlite_store.symbols()) == 100


def _write_many(url: str, name: str) -> None:
    async def write() -> None:
        database = Database(url)
        for number in range(50):
            async with database.transaction():
                await database.session.execute(select(SHIPS).limit(1))
                await database.session.execute(insert(SHIPS).values(symbol=f"{name}-{number}"))
        await database.close()

    asyncio.run(write())


async def test_no_parameter_of_a_statement_gets_into_an_error(store: Store) -> None:
    with pytest.raises(DBAPIError) as failure:
        async with store.database.transaction():
            await store.database.session.execute(text("SELECT no_such_column, :token"), {"token": "TOKEN-SECRET"})

    assert "no_such_column" in str(failure.value)
    assert "TOKEN-SECRET" not in str(failure.value)


async def test_what_is_no_database_is_named_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(bytes(range(256)) * 32)
    (tmp_path / "folder").mkdir()
    for name in ("photo", "folder"):
        database = Database(f"sqlite:///{tmp_path / name}")
        with pytest.raises(StartupError, match=f"{name} is no SQLite database; set DATABASE_URL"):
            await database.ping()
        await database.close()


async def test_a_connection_that_cannot_be_used_leaves_no_thread_behind(tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(bytes(range(256)) * 32)
    database = Database(f"sqlite:///{tmp_path / 'photo'}")
    before = connection_threads()
    with pytest.raises(StartupError):
        await database.ping()
    await database.close()

    assert connection_threads() == before


def connection_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if "_connection_worker_thread" in thread.name}


def test_whoever_leaves_while_a_connection_is_made_leaves_nothing_that_fails_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(after_seconds: float) -> None:
        database = Database(f"sqlite:///{tmp_path / 'left.sqlite3'}")
        pinging = asyncio.create_task(database.ping())
        await asyncio.sleep(after_seconds)
        pinging.cancel()
        await asyncio.gather(pinging, return_exceptions=True)
        await database.close()

    failures = list[object]()
    monkeypatch.setattr(threading, "excepthook", failures.append)
    before = connection_threads()
    for number in range(40):
        asyncio.run(leave(0.0002 * number))
    for thread in connection_threads() - before:
        thread.join(30)

    assert connection_threads() <= before
    assert not failures


@pytest.mark.postgres
async def test_whoever_stalls_in_a_transaction_loses_its_locks_and_is_told_of_an_outage(
    postgres_server: PostgresServer, postgres_database: str
) -> None:
    database = Database(postgres_server.url(postgres_database))
    limit = "idle_in_transaction_session_timeout"

    async def stall() -> None:
        async with database.transaction():
            assert await database.session.scalar(text(f"SHOW {limit}")) == "5s"
            await database.session.execute(text(f"SET {limit} = 50"))
            await asyncio.sleep(0.3)

    with pytest.raises(DatabaseUnavailableError):
        await stall()

    await database.ping()
    await database.close()
