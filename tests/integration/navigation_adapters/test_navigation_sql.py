"""What only SQL can get wrong: the schema, the plans of the statements, and several replicas over one database."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, Engine, event, text

from navigation_service.adapters import tables
from navigation_service.adapters.metrics import FleetMetrics, VoyageCensus
from navigation_service.adapters.request_budget import LocalRequestBudget
from navigation_service.adapters.voyages_sql import SqlVoyages
from navigation_service.application.ports import VoyageFilter
from navigation_service.domain.errors import LeaseLostError, ShipBusyError
from navigation_service.domain.events import VoyageState
from service_chassis.database import Database
from service_chassis.migrations import migrate
from service_chassis.outcomes_sql import SqlOutcomes
from shared_kernel.clock import SystemClock
from shared_kernel.idempotency import RequestKey
from tests.fakes.navigation_voyages import UNIVERSE, a_voyage, full_of_facts
from tests.integration.navigation_adapters.stores import SqlStore, postgres_store, sqlite_store

ENDED_VOYAGES = 20_000


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlStore]:
    if request.param == "sqlite":
        async with sqlite_store(request.getfixturevalue("navigation_sqlite_file"), tmp_path) as store:
            yield store
    else:
        async with postgres_store(request.getfixturevalue("navigation_postgres_url")) as store:
            yield store


async def test_the_migrations_make_what_the_tables_say(store: SqlStore) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"version_table": tables.VERSION_TABLE, "compare_type": True, "include_schemas": False}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata))

    async with store.database.engine.connect() as connection:
        found = await connection.run_sync(differences)

    assert [difference for difference in found if difference[0] != "remove_table"] == []


async def test_a_voyage_and_the_outcome_of_its_request_are_kept_together_or_not_at_all(store: SqlStore) -> None:
    outcomes, key = SqlOutcomes(store.database, tables.outcomes, SystemClock()), RequestKey("1", "M", "one", "hash")
    await store.add(a_voyage(1))

    async def accept_again() -> None:
        async with store.unit_of_work.transaction():
            await outcomes.remember(key, "voyage")
            await store.voyages.add(a_voyage(2))

    with pytest.raises(ShipBusyError):
        await accept_again()

    async with store.unit_of_work.reading():
        assert await outcomes.recall(key) is None


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is executed meanwhile, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def load_ended_voyages(store: SqlStore) -> None:
    """Many voyages that ended, of the same player and ship as the tests' own."""
    copied = ", ".join(column.name for column in tables.voyages.c if column.name != "voyage_id")
    on_postgres = store.database.dialect == "postgresql"
    number = "lpad(value::text, 12, '0')" if on_postgres else "printf('%012d', value)"
    copies = (
        f"WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < {ENDED_VOYAGES}) "
        f"INSERT INTO voyages (voyage_id, {copied}) "
        f"SELECT '00000000-0000-7000-8000-' || {number}, {copied} FROM voyages, n"
    )
    async with store.unit_of_work.transaction():
        await store.voyages.add(a_voyage().completed(datetime(2026, 1, 1, tzinfo=UTC)))
        await store.database.session.execute(text(copies))
    async with store.database.engine.begin() as connection:
        await connection.execute(text("ANALYZE"))


async def plan_of(store: SqlStore, statement: str, parameters: Any) -> str:
    explain = "EXPLAIN " if store.database.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
    async with store.database.engine.connect() as connection:
        rows = await connection.exec_driver_sql(explain + statement, parameters)
        return "\n".join(str(row[-1]) for row in rows)


async def test_what_workers_ask_does_not_cost_more_with_the_voyages_that_have_ended(store: SqlStore) -> None:
    await load_ended_voyages(store)
    held = await store.held(2)
    active = VoyageFilter(player_id=1, states={VoyageState.PLANNED, VoyageState.UNDER_WAY})

    with statements() as executed:
        await store.next_due_in()
        await store.claim_due()
        await store.claim(held.voyage_id)
        await store.begin(full_of_facts(held))
        await store.renew(held)
        await store.listed(active)
        await store.listed(limit=10)
        async with store.unit_of_work.reading():
            await store.voyages.active_of_ship(UNIVERSE, "ACE-1")
        await store.request_cancel(held.voyage_id)
        await store.save(held, release=True)
        await store.forget_events()
        budget = LocalRequestBudget(store.clock, per_second=0, burst=0)
        await VoyageCensus(store.database, store.clock, budget, FleetMetrics(CollectorRegistry())).count()

    about_voyages = [(text, values) for text, values in executed if re.search(r"\bvoyages\b", text)]
    assert len(about_voyages) >= 10
    for statement, parameters in about_voyages:
        plan = await plan_of(store, statement, parameters)
        # In the order of an index they are read up to the limit, and no further.
        assert not re.search(r"Seq Scan on voyages|SCAN voyages(?! USING INDEX)", plan), f"{statement}\n{plan}"


async def somebody_waits(replica: SqlStore) -> None:
    """Until another session waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(30), replica.database.engine.connect() as connection:
        while not (await connection.execute(waiting)).scalar_one():
            await connection.commit()


@pytest.mark.postgres
class TestSeveralReplicas:
    @pytest.fixture
    async def store(self, navigation_postgres_url: str) -> AsyncIterator[SqlStore]:
        async with postgres_store(navigation_postgres_url) as store:
            yield store

    @pytest.fixture
    async def other(self, store: SqlStore, navigation_postgres_url: str) -> AsyncIterator[SqlStore]:
        """A second replica over the same database, with connections of its own."""
        database = Database(navigation_postgres_url)
        yield SqlStore(database)
        await database.close()

    async def test_share_the_voyages_and_never_one_of_them(self, store: SqlStore, other: SqlStore) -> None:
        for number in range(1, 41):
            await store.add(a_voyage(number, ship_symbol=f"ACE-{number:X}"))

        async def work(replica: SqlStore, name: str) -> list[str]:
            claimed = []
            while (voyage := await replica.claim_due(name)) is not None:
                claimed.append(voyage.voyage_id)
            return claimed

        shares = await asyncio.gather(*(work(r, f"{n}-{w}") for n, r in enumerate((store, other)) for w in range(3)))

        claimed = [voyage_id for share in shares for voyage_id in share]
        assert len(claimed) == len(set(claimed)) == 40

    async def test_a_claim_does_not_wait_for_one_that_is_not_committed(self, store: SqlStore, other: SqlStore) -> None:
        for number in (1, 2):
            await store.add(a_voyage(number, ship_symbol=f"ACE-{number}"))

        async with store.unit_of_work.transaction():
            first = await store.voyages.claim_due("one")
            second = await asyncio.wait_for(other.claim_due("two"), 30)
            third = await asyncio.wait_for(other.claim_due("three"), 30)

        assert first is not None
        assert second is not None
        assert first.voyage_id != second.voyage_id
        assert third is None

    async def test_a_paused_replica_finds_itself_fenced(self, store: SqlStore, other: SqlStore) -> None:
        paused = await store.held()
        await other.step(10)
        taken_over = await other.claimed("heir")

        assert await store.begin(full_of_facts(paused)) is None
        with pytest.raises(LeaseLostError):
            await store.save(paused)
        assert await store.get(paused.voyage_id) == taken_over

    async def test_a_write_that_waited_for_the_heir_is_fenced_too(self, store: SqlStore, other: SqlStore) -> None:
        paused = await store.held()
        await other.step(10)

        async with other.unit_of_work.transaction():
            assert await other.voyages.claim_due("heir") is not None
            saving = asyncio.create_task(store.save(full_of_facts(paused)))
            await somebody_waits(other)

        with pytest.raises(LeaseLostError):
            await saving

    async def test_one_of_two_voyages_gets_the_ship(self, store: SqlStore, other: SqlStore) -> None:
        async with store.unit_of_work.transaction():
            first = await store.voyages.add(a_voyage(1))
            second = asyncio.create_task(other.add(a_voyage(2)))
            await somebody_waits(store)

        with pytest.raises(ShipBusyError) as refusal:
            await second
        assert refusal.value.metadata["voyage_id"] == first.voyage_id

    async def test_a_voyage_gets_the_ship_where_the_first_one_comes_to_nothing(
        self, store: SqlStore, other: SqlStore
    ) -> None:
        with pytest.raises(ZeroDivisionError):
            await self.add_and_fail(store, other)

        assert (await self.second).voyage_id == a_voyage(2).voyage_id

    async def add_and_fail(self, store: SqlStore, other: SqlStore) -> None:
        async with store.unit_of_work.transaction():
            await store.voyages.add(a_voyage(1))
            self.second = asyncio.create_task(other.add(a_voyage(2)))
            await somebody_waits(store)
            raise ZeroDivisionError

    async def test_goes_by_the_databases_clock_and_not_by_its_own(self, postgres_url: str) -> None:
        database = Database(postgres_url)
        await migrate(database, "navigation_service", tables.VERSION_TABLE)
        voyages = SqlVoyages(database, _ClockThatIsWrong(), lease_seconds=10)

        async with database.transaction():
            asked = datetime.now(UTC)
            first = await voyages.now()
            second = await voyages.now()
            added = await voyages.add(a_voyage(now=asked))
            claimed = await voyages.claim(added.voyage_id, "worker")
        await database.close()

        assert abs(first - asked) < timedelta(seconds=60)
        assert second > first, "time does not stand still within a transaction"
        assert claimed is not None
        assert claimed.lease is not None
        assert claimed.lease.until - claimed.lease.since == timedelta(seconds=10)


class _ClockThatIsWrong(SystemClock):
    def now(self) -> datetime:
        return datetime(1999, 1, 1, tzinfo=UTC)
