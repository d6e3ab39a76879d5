"""One request budget for several replicas over one database: never more than the game takes, and its fair share."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import delete, event
from sqlalchemy.engine import Engine

from navigation_service.adapters.budget_ledger import BudgetLedger, Request
from navigation_service.adapters.request_budget import LocalPermit
from navigation_service.adapters.request_shares import ShareKey, shares_of
from navigation_service.adapters.shared_budget import LEASE_SECONDS, SharedRequestBudget
from navigation_service.adapters.tables import request_pauses, request_replicas, request_shares
from navigation_service.application.ports import Urgency
from tests.fakes.navigation_timers import SteppedTimers, settled
from tests.fakes.rate_limited_game import RateLimitedGame
from tests.integration.navigation_adapters.stores import SqlStore, postgres_store, sqlite_store

CALL_SECONDS = 5.0
SERVER = "fake.game"
_PREPARED = {"sqlite": "file", "postgres": "url"}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def prepared(request: pytest.FixtureRequest) -> Path | str:
    """A migrated database: a SQLite file to copy, or PostgreSQL's address."""
    found: Path | str = request.getfixturevalue(f"navigation_{request.param}_{_PREPARED[request.param]}")
    return found


@pytest.fixture
async def store(prepared: Path | str, tmp_path: Path) -> AsyncIterator[SqlStore]:
    opened = sqlite_store(prepared, tmp_path) if isinstance(prepared, Path) else postgres_store(prepared)
    async with opened as store:
        yield store


def ledger(store: SqlStore, replica: str, per_second: float = 2, burst: int = 30) -> BudgetLedger:
    return BudgetLedger(
        store.database,
        store.clock,
        SERVER,
        replica,
        shares_of(per_second, burst),
        lease_seconds=LEASE_SECONDS,
        call_seconds=CALL_SECONDS,
    )


STEADY = {ShareKey(0, 0), ShareKey(0, 1)}


# The ledger


async def test_draws_the_steady_shares_first_and_no_share_twice(store: SqlStore) -> None:
    one, two = ledger(store, "one"), ledger(store, "two")

    first = await one.exchange(Request(wanted=3))
    second = await two.exchange(Request(wanted=100))

    assert first.held > STEADY
    assert len(first.held) == 3
    assert len(second.held) == 2 + 27 - 3
    assert not first.held & second.held


async def test_replicas_that_draw_at_the_same_time_never_get_the_same(store: SqlStore) -> None:
    grants = await asyncio.gather(*(ledger(store, str(n)).exchange(Request(wanted=8)) for n in range(5)))

    drawn = [key for grant in grants for key in grant.held]
    assert len(drawn) == len(set(drawn)) == 29


async def test_a_share_that_is_handed_back_is_free_when_its_last_request_is_out_of_the_window(store: SqlStore) -> None:
    one, two = ledger(store, "one"), ledger(store, "two")
    await one.exchange(Request(wanted=100))

    await one.exchange(Request(give_back={ShareKey(0, 0): 1.0}))
    assert (await two.exchange(Request(wanted=1))).held == set()
    await store.step(1.0)
    assert (await two.exchange(Request(wanted=1))).held == {ShareKey(0, 0)}


async def test_the_shares_of_a_dead_replica_come_back_after_its_last_call(store: SqlStore) -> None:
    await ledger(store, "dead").exchange(Request(wanted=100))
    heir = ledger(store, "heir")

    await store.step(LEASE_SECONDS + CALL_SECONDS + 1.0)
    assert (await heir.exchange(Request(wanted=100))).held == set()
    await store.step(0.2)
    assert (await heir.exchange(Request(wanted=100))).held == STEADY


async def test_a_database_that_was_replaced_under_a_replica_gets_its_shares_again(store: SqlStore) -> None:
    one = ledger(store, "one")
    await one.exchange(Request(wanted=2))
    async with store.database.transaction():
        for table in (request_shares, request_pauses, request_replicas):
            await store.database.session.execute(delete(table))

    assert (await one.exchange(Request(wanted=2))).held == set()
    assert (await one.exchange(Request(wanted=2))).held == STEADY


async def test_a_share_that_is_kept_stays_and_one_that_was_lost_does_not_come_back(store: SqlStore) -> None:
    one, two = ledger(store, "one"), ledger(store, "two")
    held = (await one.exchange(Request(wanted=2))).held
    for _ in range(5):
        await store.step(LEASE_SECONDS)
        assert (await one.exchange(Request(keep=held))).held == held

    await store.step(60.0)
    await two.exchange(Request(wanted=1))

    assert (await one.exchange(Request(keep=held))).held == set(), "its lease had ended for both of them"


async def test_a_pause_is_for_all_and_is_never_shortened(store: SqlStore) -> None:
    one, two = ledger(store, "one"), ledger(store, "two")
    await one.exchange(Request(pause_seconds=7.0))
    await two.exchange(Request(pause_seconds=2.0))

    assert (await two.exchange(Request())).paused_for == pytest.approx(7.0)
    await store.step(3.0)
    assert (await two.others())[1] == pytest.approx(4.0)


async def test_another_that_went_short_is_told_of_for_a_while(store: SqlStore) -> None:
    one, two = ledger(store, "one"), ledger(store, "two")
    await one.exchange(Request(wanted=29))
    await two.exchange(Request(wanted=1))

    assert (await one.exchange(Request())).another_holds == 0
    assert (await two.exchange(Request())).another_holds is None
    await store.step(3.0)
    assert (await one.exchange(Request())).another_holds is None


async def test_requests_of_all_others_are_counted_by_agent_for_a_minute(store: SqlStore) -> None:
    one, two, three = (ledger(store, name) for name in ("one", "two", "three"))
    await one.exchange(Request(recent=[(0.0, "ACE"), (10.0, "ACE"), (50.0, "FOX")]))
    await two.exchange(Request(recent=[(1.0, "ACE")]))

    assert (await three.others())[0] == {"ACE": 3, "FOX": 1}
    assert (await two.others())[0] == {"ACE": 2, "FOX": 1}
    await store.step(30.0)
    assert (await three.others())[0] == {"ACE": 3}
    await store.step(40.0)
    assert (await three.others())[0] == {}


async def test_servers_do_not_share_a_limit(store: SqlStore) -> None:
    await ledger(store, "one").exchange(Request(wanted=100, pause_seconds=9.0))
    other = BudgetLedger(
        store.database, store.clock, "other.game", "one", shares_of(2, 0), lease_seconds=4.0, call_seconds=5.0
    )

    grant = await other.exchange(Request(wanted=1))

    assert (len(grant.held), grant.paused_for) == (1, 0.0)


# The budget


@dataclass
class Replica:
    """A process with `callers` that want permits all the time, each for a request that takes a while."""

    budget: SharedRequestBudget
    chance: Random
    callers: int
    name: str = ""
    made: int = 0
    turn_due: float = 0.0
    waiting: list[asyncio.Task[LocalPermit]] = field(default_factory=list)
    answers: list[tuple[float, int, LocalPermit]] = field(default_factory=list)

    async def live(self, now: float, reach_game: Callable[[float], None], slowest: float) -> None:
        while self.answers and self.answers[0][0] <= now:
            heapq.heappop(self.answers)[2].spend("ACE")
        while len(self.waiting) + len(self.answers) < self.callers:
            self.waiting.append(asyncio.create_task(self.budget.acquire(Urgency.VOYAGE, "ACE")))
        await settled()
        if now >= self.turn_due:
            self.turn_due = now + 1.0
            await self.budget.turn()
            await settled()
        for task in [task for task in self.waiting if task.done()]:
            self.waiting.remove(task)
            took = self.chance.uniform(0, slowest)
            reach_game(now + self.chance.uniform(0, took))
            self.made += 1
            heapq.heappush(self.answers, (now + took, self.made, task.result()))

    def die(self) -> None:
        for task in self.waiting:
            task.cancel()


@dataclass
class Replicas:
    store: SqlStore
    per_second: float = 2
    burst: int = 30
    arrivals: list[float] = field(default_factory=list)
    all: list[Replica] = field(default_factory=list)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.timers = SteppedTimers(self.store.clock)

    def start(self, name: str, callers: int) -> Replica:
        budget = SharedRequestBudget(
            self.store.database,
            self.store.clock,
            game_server=SERVER,
            replica=name,
            per_second=self.per_second,
            burst=self.burst,
            call_seconds=CALL_SECONDS,
            call_later=self.timers.call_later,
        )
        # In step with nobody else.
        replica = Replica(budget, Random(name), callers, name, turn_due=self.now + 0.3 * len(self.all))
        self.all.append(replica)
        return replica

    async def live(self, seconds: float, *, slowest: float = 0.3) -> None:
        end = self.now + seconds
        while self.now < end:
            for replica in self.all:
                await replica.live(self.now, self.arrivals.append, slowest)
            await self.timers.pass_seconds(0.1)
            self.now += 0.1

    @property
    def refused(self) -> int:
        game = RateLimitedGame()
        for arrival in sorted(self.arrivals):
            game.request(arrival)
        return game.refused


@pytest.fixture
async def replicas(navigation_sqlite_file: Path, tmp_path: Path) -> AsyncIterator[Replicas]:
    async with sqlite_store(navigation_sqlite_file, tmp_path) as store:
        replicas = Replicas(store)
        yield replicas
        for replica in replicas.all:
            replica.die()


async def test_three_replicas_together_use_the_limit_and_never_more(replicas: Replicas) -> None:
    for name in ("one", "two", "three"):
        replicas.start(name, callers=4)

    await replicas.live(200)

    assert replicas.refused == 0
    made = [replica.made for replica in replicas.all]
    assert sum(made) > 0.75 * 0.9 * 2.5 * 200
    assert min(made) > 0.5 * max(made), "nobody starves"


async def test_one_replica_alone_gets_all_of_it(replicas: Replicas) -> None:
    replicas.start("one", callers=6)

    await replicas.live(150, slowest=0.1)

    assert replicas.refused == 0
    assert replicas.all[0].made > 0.85 * 0.9 * 2.5 * 150


async def test_a_new_replica_takes_its_share_and_a_dead_ones_is_taken_over(replicas: Replicas) -> None:
    old = replicas.start("old", callers=5)
    await replicas.live(30)
    new = replicas.start("new", callers=5)
    await replicas.live(40)
    assert new.made > 30

    old.die()
    replicas.all.remove(old)
    before = new.made
    await replicas.live(100)

    assert replicas.refused == 0
    assert (new.made - before) > 0.7 * 0.9 * 2.5 * 100
    replicas.all.append(old)


async def test_a_refusal_of_the_game_pauses_all_replicas(replicas: Replicas) -> None:
    one, two = replicas.start("one", callers=3), replicas.start("two", callers=3)
    await replicas.live(5)
    await one.budget.pause(20.0)
    await replicas.live(2)
    before = (one.made, two.made)

    await replicas.live(15)

    assert (one.made, two.made) == before
    await replicas.live(10)
    assert one.made > before[0]
    assert two.made > before[1]


async def test_the_use_of_all_replicas_is_told_by_any(replicas: Replicas) -> None:
    one, two = replicas.start("one", callers=2), replicas.start("two", callers=2)
    await replicas.live(40)
    idle = replicas.start("idle", callers=0)

    use = await idle.budget.use()

    assert use.requests_last_minute == use.by_agent["ACE"] == pytest.approx(one.made + two.made, abs=6)
    assert use.limit_per_minute == 134
    await one.budget.pause(20.0)
    await replicas.live(1.5)
    assert (await idle.budget.use()).paused_for == pytest.approx(18.5, abs=1.0)


async def test_costs_no_transaction_for_each_call(replicas: Replicas) -> None:
    commits = 0

    def count(_: object) -> None:
        nonlocal commits
        commits += 1

    replicas.per_second, replicas.burst = 50, 0
    replicas.start("one", callers=100)
    event.listen(Engine, "commit", count)
    try:
        await replicas.live(20, slowest=0.2)
    finally:
        event.remove(Engine, "commit", count)

    assert replicas.all[0].made > 600
    assert commits <= 21


async def test_no_limit_asks_nobody(replicas: Replicas) -> None:
    replicas.per_second = replicas.burst = 0
    budget = replicas.start("one", callers=0).budget

    for _ in range(500):
        (await budget.acquire(Urgency.VOYAGE, "ACE")).spend("ACE")

    assert (await budget.use()).requests_last_minute == 500


async def test_runs_beside_the_service_draws_when_needed_and_hands_all_back(replicas: Replicas) -> None:
    budget, stop = replicas.start("one", callers=0).budget, asyncio.Event()
    running = asyncio.create_task(budget.run(stop))

    async with asyncio.timeout(30):
        for _ in range(3):
            (await budget.acquire(Urgency.CALLER)).give_back()
        stop.set()
        await running

    assert len((await ledger(replicas.store, "two").exchange(Request(wanted=100))).held) == 29
