"""What operators are shown of voyages, leases and requests, over both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from prometheus_client import CollectorRegistry

from navigation_service.adapters.metrics import FleetMetrics, MeteredVoyageLog, MeteredVoyages, VoyageCensus
from navigation_service.adapters.request_budget import LocalRequestBudget
from navigation_service.adapters.voyage_log import StructlogVoyageLog
from navigation_service.application.ports import Urgency
from navigation_service.domain.errors import LeaseLostError
from navigation_service.domain.events import Ended, Failure, VoyageState
from tests.fakes.chassis_service import eventually
from tests.fakes.navigation_voyages import a_voyage, full_of_facts, telling
from tests.integration.navigation_adapters.stores import SqlStore, postgres_store, sqlite_store
from tests.integration.ports.navigation_voyage_store import LEASE_SECONDS


@dataclass
class Watched:
    """A store whose doings are counted."""

    store: SqlStore
    metrics: FleetMetrics

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"spacetraders_{name}", labels)

    async def census(self, *, per_second: float = 2, burst: int = 30, spent: int = 0) -> None:
        budget = LocalRequestBudget(self.store.clock, per_second=per_second, burst=burst)
        for _ in range(spent):
            (await budget.acquire(Urgency.VOYAGE, "ACE")).spend("ACE")
        await VoyageCensus(self.store.database, self.store.clock, budget, self.metrics).count()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    metrics = FleetMetrics(CollectorRegistry())
    if request.param == "sqlite":
        file, directory = request.getfixturevalue("navigation_sqlite_file"), tmp_path_factory.mktemp("metrics")
        opened = sqlite_store(file, directory)
    else:
        opened = postgres_store(request.getfixturevalue("navigation_postgres_url"))
    async with opened as store:
        database, clock = store.database, store.clock
        store.voyages = MeteredVoyages(database, clock, lease_seconds=LEASE_SECONDS, metrics=metrics)
        yield Watched(store, metrics)


async def test_voyages_are_shown_by_state_and_late_ones_apart(watched: Watched) -> None:
    store = watched.store
    await store.add(a_voyage(1, ship_symbol="ACE-1"))
    await store.add(a_voyage(2, ship_symbol="ACE-2", due_in=3_600))
    await store.save(full_of_facts(await store.claimed()), release=True)

    await watched.census()
    assert watched.value("voyages", state="PLANNED") == 1
    assert watched.value("voyages", state="UNDER_WAY") == 1
    assert watched.value("voyages_overdue") == 0

    await store.step(3_629)
    await watched.census()
    assert watched.value("voyages_overdue") == 0

    await store.step(60)
    await watched.census()
    assert watched.value("voyages_overdue") == 2


async def test_states_without_voyages_are_shown_as_none(watched: Watched) -> None:
    await watched.census()

    assert watched.value("voyages", state="PLANNED") == 0
    assert watched.value("voyages", state="COMPLETED") is None


async def test_the_budget_left_is_what_the_limit_had_room_for(watched: Watched) -> None:
    await watched.census(spent=7)
    limited = watched.value("game_budget_left")
    await watched.census(per_second=0, burst=0, spent=7)

    assert limited is not None
    assert 0 < limited < 150
    assert watched.value("game_budget_left") == float("inf")


async def test_a_lease_that_another_worker_took_is_counted_wherever_it_shows(watched: Watched) -> None:
    held = await watched.store.held()
    await watched.store.step(LEASE_SECONDS + 1)
    await watched.store.claimed("another")

    assert await watched.store.begin(full_of_facts(held)) is None
    with pytest.raises(LeaseLostError):
        await watched.store.save(held)

    assert watched.value("voyage_leases_lost_total") == 2


async def test_a_cancel_that_stops_an_action_is_no_lost_lease(watched: Watched) -> None:
    held = await watched.store.held()
    await watched.store.request_cancel(held.voyage_id)

    assert await watched.store.begin(full_of_facts(held)) is None

    assert watched.value("voyage_leases_lost_total") == 0


def test_ends_are_counted_by_state_and_reason() -> None:
    metrics = FleetMetrics(CollectorRegistry())
    log = MeteredVoyageLog(StructlogVoyageLog(), metrics)
    failed = telling(full_of_facts(a_voyage()), Ended(Failure("NO_ROUTE", "no route")))

    log.tell(failed, failed.pending_events[-1:])

    labels = {"state": VoyageState.UNDER_WAY.value, "reason": "NO_ROUTE"}
    assert metrics.registry.get_sample_value("spacetraders_voyages_ended_total", labels) == 1


def test_agents_beyond_the_two_hundredth_are_counted_together() -> None:
    metrics = FleetMetrics(CollectorRegistry())
    for number in range(250):
        metrics.count_request(f"AGENT-{number}", "200")
    metrics.count_request("AGENT-0", "200")

    def requests(agent_symbol: str) -> float | None:
        labels = {"agent_symbol": agent_symbol, "code": "200"}
        return metrics.registry.get_sample_value("spacetraders_game_requests_total", labels)

    assert (requests("AGENT-0"), requests("AGENT-199")) == (2, 1)
    assert requests("AGENT-200") is None
    assert requests("others") == 50


async def test_the_census_goes_on_until_it_is_told_to_stop(watched: Watched) -> None:
    stop, budget = asyncio.Event(), LocalRequestBudget(watched.store.clock, per_second=0, burst=0)
    census = VoyageCensus(watched.store.database, watched.store.clock, budget, watched.metrics, pause=lambda: 0.01)
    running = asyncio.create_task(census.run(stop))
    await watched.store.add(a_voyage())
    await eventually(lambda: watched.value("voyages", state="PLANNED") == 1)

    stop.set()
    await asyncio.wait_for(running, 30)
