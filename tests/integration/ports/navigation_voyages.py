"""What every VoyageRepository promises, whatever keeps its rows."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Collection
from dataclasses import fields, replace
from datetime import datetime, timedelta

import pytest

from navigation_service.application.ports import UnitOfWork, VoyageFilter, VoyageRepository
from navigation_service.domain.errors import LeaseLostError, ShipBusyError
from navigation_service.domain.events import Arrived, Ended, VoyageEvent, VoyageState
from navigation_service.domain.voyage import Lease, Voyage
from tests.fakes.navigation_voyages import (
    EVERY_DETAIL,
    START,
    UNIVERSE,
    a_voyage,
    full_of_facts,
    telling,
)

LEASE_SECONDS = 10.0
CALL_SECONDS = 5.0


class AbandonedError(Exception):
    """Ends a transaction that is not to be committed."""


class VoyageStore(ABC):
    """One adapter under test: its scopes, its repository with leases of 10 s, and its clock, which stands still."""

    unit_of_work: UnitOfWork
    voyages: VoyageRepository

    @abstractmethod
    async def step(self, seconds: float) -> None:
        """Let time pass."""

    async def now(self) -> datetime:
        async with self.unit_of_work.reading():
            return await self.voyages.now()

    async def add(self, voyage: Voyage) -> Voyage:
        async with self.unit_of_work.transaction():
            return await self.voyages.add(voyage)

    async def get(self, voyage_id: str) -> Voyage:
        async with self.unit_of_work.reading():
            found = await self.voyages.get(voyage_id)
        assert found is not None
        return found

    async def claim_due(self, owner: str = "worker") -> Voyage | None:
        async with self.unit_of_work.transaction():
            return await self.voyages.claim_due(owner)

    async def held(self, number: int = 1, **options: object) -> Voyage:
        """A new voyage, claimed."""
        await self.add(a_voyage(number, **options))  # type: ignore[arg-type]  # passed on as they are
        return await self.claimed()

    async def claimed(self, owner: str = "worker") -> Voyage:
        claimed = await self.claim_due(owner)
        assert claimed is not None
        return claimed

    async def claim(self, voyage_id: str, owner: str = "other") -> Voyage | None:
        async with self.unit_of_work.transaction():
            return await self.voyages.claim(voyage_id, owner)

    async def begin(self, voyage: Voyage) -> Voyage | None:
        async with self.unit_of_work.transaction():
            return await self.voyages.begin(voyage, CALL_SECONDS)

    async def save(self, voyage: Voyage, *, release: bool = False) -> Voyage:
        async with self.unit_of_work.transaction():
            return await self.voyages.save(voyage, release=release)

    async def renew(self, voyage: Voyage) -> None:
        async with self.unit_of_work.transaction():
            await self.voyages.renew(voyage)

    async def request_cancel(self, voyage_id: str) -> None:
        async with self.unit_of_work.transaction():
            await self.voyages.request_cancel(voyage_id)

    async def abandon(self, work: Awaitable[object]) -> None:
        """Do it in a transaction that fails."""
        async with self.unit_of_work.transaction():
            await work
            raise AbandonedError

    async def next_due_in(self) -> float | None:
        """Seconds until the next voyage is due."""
        async with self.unit_of_work.reading():
            due, now = await self.voyages.next_due_time(), await self.voyages.now()
        return None if due is None else (due - now).total_seconds()

    async def events(self, voyage_id: str, after: int = 0, limit: int = 100) -> list[VoyageEvent]:
        async with self.unit_of_work.reading():
            return list(await self.voyages.events_after(voyage_id, after, limit))

    async def forget_events(self, voyages: int = 10) -> int:
        async with self.unit_of_work.transaction():
            return await self.voyages.forget_events(voyages)

    async def listed(
        self, wanted: VoyageFilter = VoyageFilter(), *, after: str | None = None, limit: int = 100
    ) -> list[Voyage]:
        async with self.unit_of_work.reading():
            return list(await self.voyages.page(wanted, after, limit))


class VoyageKeepingContract:
    """Rows, events and lists."""

    async def test_gives_a_voyage_back_as_it_was_added(self, store: VoyageStore) -> None:
        voyage = replace(full_of_facts(a_voyage()), state=VoyageState.PLANNED)

        added = await store.add(telling(voyage, *EVERY_DETAIL))

        assert added == replace(voyage, last_event_number=len(EVERY_DETAIL))
        assert await store.get(voyage.voyage_id) == added

    async def test_keeps_every_field_that_a_transition_may_change(self, store: VoyageStore) -> None:
        held = await store.held()
        changed = full_of_facts(held)
        kept_by_the_row = {"voyage_id", "player_id", "agent_symbol", "ship_symbol", "universe", "system_symbol"}
        kept_by_the_row |= {"create_time", "lease", "cancel_requested", "last_event_number", "pending_events"}
        unsaid = {f.name for f in fields(Voyage) if getattr(changed, f.name) == getattr(held, f.name)}
        assert unsaid <= kept_by_the_row | {"route", "end_time"}, "full_of_facts has to say something in every field"

        saved = await store.save(changed)

        assert await store.get(held.voyage_id) == saved
        assert saved == changed

    async def test_keeps_when_a_voyage_ended(self, store: VoyageStore) -> None:
        held = await store.held()

        saved = await store.save(held.completed(START))

        assert (await store.get(held.voyage_id)).end_time == saved.end_time == START

    async def test_stores_events_with_the_change_and_returns_it_drained(self, store: VoyageStore) -> None:
        voyage = telling(a_voyage(), *EVERY_DETAIL)

        added = await store.add(voyage)

        assert added.pending_events == ()
        assert await store.events(voyage.voyage_id) == list(voyage.pending_events)

    async def test_continues_a_voyages_events_after_a_number(self, store: VoyageStore) -> None:
        voyage = telling(a_voyage(), *EVERY_DETAIL)
        await store.add(voyage)
        await store.add(telling(a_voyage(2, ship_symbol="ACE-2"), Ended()))

        assert [event.number for event in await store.events(voyage.voyage_id, after=3, limit=2)] == [4, 5]
        assert await store.events(voyage.voyage_id, after=len(EVERY_DETAIL)) == []

    async def test_tells_the_last_event_numbers_of_many_voyages_at_once(self, store: VoyageStore) -> None:
        telling_all = await store.add(telling(a_voyage(1), *EVERY_DETAIL))
        ids = [telling_all.voyage_id, (await store.add(a_voyage(2, ship_symbol="ACE-2"))).voyage_id]

        async with store.unit_of_work.reading():
            numbers = await store.voyages.last_event_numbers([*ids, a_voyage(3).voyage_id])

            assert numbers == dict(zip(ids, (len(EVERY_DETAIL), 0), strict=True))
            assert await store.voyages.last_event_numbers([]) == {}

    async def test_forgets_the_events_of_an_ended_voyage_after_thirty_days(self, store: VoyageStore) -> None:
        held = await store.held()
        ended = await store.save(held.completed(await store.now()))
        going_on = await store.add(telling(a_voyage(2, ship_symbol="ACE-2"), *EVERY_DETAIL))

        await store.step(30 * 24 * 3600 - 1)
        assert await store.forget_events() == 0
        await store.step(1)
        assert await store.forget_events() == 1

        assert await store.events(ended.voyage_id) == []
        assert await store.get(ended.voyage_id) == ended
        assert len(await store.events(going_on.voyage_id)) == len(EVERY_DETAIL)
        assert await store.forget_events() == 0

    async def test_keeps_the_last_ten_thousand_events_of_a_voyage_that_goes_on(self, store: VoyageStore) -> None:
        held = await store.held()
        saved = await store.save(telling(held, *[Arrived("X1-AA1-B2", 1)] * 9_999))
        assert await store.forget_events() == 0

        saved = await store.save(telling(saved, *[Arrived("X1-AA1-B2", 1)] * 1_500))
        assert await store.forget_events() == 1

        events = await store.events(saved.voyage_id, limit=20_000)
        assert [events[0].number, events[-1].number, len(events)] == [1_500, 11_499, 10_000]
        assert (await store.events(saved.voyage_id, after=3, limit=1))[0].number == 1_500

    async def test_forgets_a_few_voyages_at_a_time(self, store: VoyageStore) -> None:
        for number in range(1, 4):
            ended = telling(a_voyage(number).completed(START), Ended())
            await store.add(ended)
        await store.step(31 * 24 * 3600)

        assert [await store.forget_events(2) for _ in range(3)] == [2, 1, 0]

    async def test_a_failed_transaction_leaves_neither_voyage_nor_event(self, store: VoyageStore) -> None:
        voyage = telling(a_voyage(), *EVERY_DETAIL)

        with pytest.raises(AbandonedError):
            await store.abandon(store.voyages.add(voyage))

        async with store.unit_of_work.reading():
            assert await store.voyages.get(voyage.voyage_id) is None
        assert await store.events(voyage.voyage_id) == []

    async def test_refuses_a_second_active_voyage_of_a_ship_and_says_who_holds_it(self, store: VoyageStore) -> None:
        held = await store.held()

        with pytest.raises(ShipBusyError, match="ACE-1") as refusal:
            await store.add(a_voyage(2))
        assert refusal.value.metadata == {
            "voyage_id": held.voyage_id,
            "owner": "worker",
            "since": held.create_time.isoformat(),
        }

    async def test_a_refused_voyage_does_not_spoil_its_transaction(self, store: VoyageStore) -> None:
        await store.add(a_voyage())

        async with store.unit_of_work.transaction():
            with pytest.raises(ShipBusyError):
                await store.voyages.add(a_voyage(2))
            other = await store.voyages.add(a_voyage(3, ship_symbol="ACE-2"))

        assert await store.get(other.voyage_id) == other

    async def test_lets_one_of_two_concurrent_voyages_have_the_ship(self, store: VoyageStore) -> None:
        attempts = (store.add(a_voyage(number)) for number in (1, 2))

        outcomes = await asyncio.gather(*attempts, return_exceptions=True)

        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ShipBusyError", "Voyage"]

    async def test_an_ended_voyage_leaves_its_ship_free(self, store: VoyageStore) -> None:
        held = await store.held()
        await store.save(held.cancelled(START))

        second = await store.add(a_voyage(2))

        async with store.unit_of_work.reading():
            assert await store.voyages.active_of_ship(UNIVERSE, "ACE-1") == second
            assert await store.voyages.active_of_ship("other/2026-11-01", "ACE-1") is None

    async def test_a_ships_name_in_another_universe_is_free(self, store: VoyageStore) -> None:
        await store.add(a_voyage())

        await store.add(a_voyage(2, universe="other/2026-11-01"))

    async def test_keeps_a_voyage_that_had_nothing_to_fly(self, store: VoyageStore) -> None:
        busy = await store.add(a_voyage())
        arrived = a_voyage(2).completed(START)

        assert (await store.add(arrived)).state is VoyageState.COMPLETED
        assert [voyage.voyage_id for voyage in await store.listed()] == [arrived.voyage_id, busy.voyage_id]

    async def test_lists_newest_first_from_after_a_given_one(self, store: VoyageStore) -> None:
        added = [await store.add(a_voyage(number, ship_symbol=f"ACE-{number}")) for number in (2, 3, 1)]
        newest, middle, oldest = added[1], added[0], added[2]

        assert await store.listed() == [newest, middle, oldest]
        assert await store.listed(after=newest.voyage_id, limit=1) == [middle]
        assert await store.listed(after=oldest.voyage_id) == []

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (VoyageFilter(player_id=2), {4}),
            (VoyageFilter(agent_symbol="ACE"), {1, 2, 3}),
            (VoyageFilter(ship_symbol="ACE-2"), {2}),
            (VoyageFilter(states={VoyageState.PLANNED, VoyageState.UNDER_WAY}), {2, 3, 4}),
            (VoyageFilter(states={VoyageState.PLANNED}), {2, 4}),
            (VoyageFilter(states={VoyageState.UNDER_WAY, VoyageState.COMPLETED}), {1, 3}),
            (VoyageFilter(states={VoyageState.FAILED}), set()),
            (VoyageFilter(player_id=1, agent_symbol="ACE", states={VoyageState.PLANNED}), {2}),
        ],
    )
    async def test_lists_what_a_filter_wants(
        self, store: VoyageStore, wanted: VoyageFilter, expected: Collection[int]
    ) -> None:
        completed = await store.held(1)
        await store.save(completed.completed(START))
        under_way = await store.held(3, ship_symbol="ACE-3")
        await store.save(full_of_facts(under_way))
        planned = await store.add(a_voyage(2, ship_symbol="ACE-2"))
        foreign = await store.add(a_voyage(4, ship_symbol="FOX-1", player_id=2))
        number_of = {completed.voyage_id: 1, planned.voyage_id: 2, under_way.voyage_id: 3, foreign.voyage_id: 4}

        assert {number_of[voyage.voyage_id] for voyage in await store.listed(wanted)} == set(expected)

    async def test_does_not_find_what_was_never_added(self, store: VoyageStore) -> None:
        async with store.unit_of_work.reading():
            assert await store.voyages.get(a_voyage().voyage_id) is None
            assert await store.voyages.active_of_ship(UNIVERSE, "ACE-1") is None
            assert await store.voyages.next_due_time() is None
        assert await store.claim_due() is None

    async def test_works_inside_a_scope_only(self, store: VoyageStore) -> None:
        with pytest.raises(RuntimeError, match="scope"):
            await store.voyages.get("one")


class VoyageLeaseContract:
    """Claims, fences and cancels."""

    async def test_leases_a_due_voyage_for_the_lease_time(self, store: VoyageStore) -> None:
        added, now = await store.add(a_voyage()), await store.now()

        claimed = await store.claimed("worker")

        assert claimed.lease == Lease("worker", 1, now, now + timedelta(seconds=LEASE_SECONDS))
        assert replace(claimed, lease=None) == added
        assert await store.get(added.voyage_id) == claimed

    async def test_does_not_claim_before_a_voyage_is_due(self, store: VoyageStore) -> None:
        await store.add(a_voyage(due_in=30))

        assert await store.next_due_in() == 30
        assert await store.claim_due() is None
        await store.step(30)
        assert await store.claim_due() is not None

    async def test_claims_the_most_urgent_first(self, store: VoyageStore) -> None:
        for number, due_in in enumerate((3.0, 1.0, 2.0), 1):
            await store.add(a_voyage(number, ship_symbol=f"ACE-{number}", due_in=due_in))
        await store.step(5)

        claimed = [(await store.claimed()).ship_symbol for _ in range(3)]

        assert claimed == ["ACE-2", "ACE-3", "ACE-1"]
        assert await store.claim_due() is None

    async def test_never_gives_one_voyage_to_two_workers(self, store: VoyageStore) -> None:
        for number in range(1, 6):
            await store.add(a_voyage(number, ship_symbol=f"ACE-{number}"))

        claimed = await asyncio.gather(*(store.claim_due(f"worker-{number}") for number in range(8)))

        ships = [voyage.ship_symbol for voyage in claimed if voyage is not None]
        assert sorted(ships) == [f"ACE-{number}" for number in range(1, 6)]

    async def test_a_held_voyage_is_due_when_its_lease_ends(self, store: VoyageStore) -> None:
        await store.held()

        assert await store.claim_due() is None
        assert await store.next_due_in() == LEASE_SECONDS

    async def test_a_lost_workers_voyage_is_claimed_when_its_lease_ends(self, store: VoyageStore) -> None:
        lost = await store.held()
        await store.step(LEASE_SECONDS)
        assert (await store.get(lost.voyage_id)).lease is None

        claimed = await store.claimed("heir")

        assert claimed.lease is not None
        assert (claimed.lease.owner, claimed.lease.fence) == ("heir", 2)

    async def test_fences_a_worker_whose_voyage_was_taken_over(self, store: VoyageStore) -> None:
        paused = await store.held()
        await store.step(LEASE_SECONDS)
        heir = await store.claimed("heir")

        assert await store.begin(full_of_facts(paused)) is None
        with pytest.raises(LeaseLostError):
            await store.save(telling(paused.completed(START), Ended()))
        with pytest.raises(LeaseLostError):
            await store.renew(paused)
        assert await store.get(paused.voyage_id) == heir
        assert await store.events(paused.voyage_id) == []

    async def test_fences_a_worker_of_the_same_name(self, store: VoyageStore) -> None:
        paused = await store.held()
        await store.step(LEASE_SECONDS)
        heir = await store.claimed("worker")

        with pytest.raises(LeaseLostError):
            await store.save(paused)
        assert await store.get(paused.voyage_id) == heir

    async def test_a_save_extends_the_lease(self, store: VoyageStore) -> None:
        held = await store.held()
        await store.step(4)

        saved = await store.save(held)

        assert saved.lease is not None
        assert saved.lease.until == await store.now() + timedelta(seconds=LEASE_SECONDS)
        assert await store.get(held.voyage_id) == saved
        assert await store.next_due_in() == LEASE_SECONDS

    async def test_a_renewal_extends_the_lease_and_changes_nothing_else(self, store: VoyageStore) -> None:
        held = await store.held()
        await store.save(full_of_facts(held))
        await store.step(4)

        await store.renew(held)

        kept, until = await store.get(held.voyage_id), await store.now() + timedelta(seconds=LEASE_SECONDS)
        assert kept.lease is not None
        assert kept.lease.until == until
        assert replace(kept, lease=held.lease) == full_of_facts(held)

    async def test_a_worker_goes_on_after_its_lease_ran_out_if_nobody_came(self, store: VoyageStore) -> None:
        held = await store.held()
        await store.step(LEASE_SECONDS + 1)

        saved = await store.save(full_of_facts(held))

        assert await store.get(held.voyage_id) == saved
        assert await store.claim_due("heir") is None

    async def test_a_release_makes_the_voyage_due_at_its_next_action(self, store: VoyageStore) -> None:
        held = await store.held()
        waiting = replace(held, next_action_time=await store.now() + timedelta(seconds=3))

        released = await store.save(waiting, release=True)

        assert released.lease is None
        assert await store.get(held.voyage_id) == released
        assert await store.next_due_in() == 3
        await store.step(3)
        claimed = await store.claimed("heir")
        assert claimed.lease is not None
        assert claimed.lease.fence == 2

    async def test_a_released_voyage_is_no_longer_its_workers(self, store: VoyageStore) -> None:
        held = await store.held()
        released = await store.save(replace(held, next_action_time=START + timedelta(hours=1)), release=True)

        for stale in (held, released):
            with pytest.raises(LeaseLostError):
                await store.save(stale)
            with pytest.raises(LeaseLostError):
                await store.renew(stale)
            assert await store.begin(stale) is None
        assert await store.get(held.voyage_id) == released

    async def test_an_ended_voyage_is_released_and_never_due(self, store: VoyageStore) -> None:
        held = await store.held()

        ended = await store.save(held.completed(START))

        assert ended.lease is None
        assert await store.next_due_in() is None
        await store.step(LEASE_SECONDS + 1)
        assert await store.claim_due() is None
        assert await store.claim(held.voyage_id) is None
        with pytest.raises(LeaseLostError):
            await store.save(held)

    async def test_begin_stores_the_intent_and_extends_the_lease(self, store: VoyageStore) -> None:
        held = await store.held()
        await store.step(2)
        intended = telling(full_of_facts(held), Arrived("X1-AA1-B2", 3))

        begun = await store.begin(intended)

        assert begun is not None
        assert begun.lease is not None
        assert begun.lease.until == await store.now() + timedelta(seconds=LEASE_SECONDS)
        assert replace(begun, lease=held.lease) == intended.drained()
        assert await store.get(held.voyage_id) == begun
        assert await store.events(held.voyage_id) == list(intended.pending_events)

    async def test_nothing_begins_that_the_lease_might_not_outlast(self, store: VoyageStore) -> None:
        held = await store.held()

        await store.step(LEASE_SECONDS - 1 - CALL_SECONDS - 0.001)
        assert await store.begin(held) is not None
        await store.step(LEASE_SECONDS - 1 - CALL_SECONDS)
        before = await store.get(held.voyage_id)
        assert await store.begin(full_of_facts(held)) is None
        assert await store.get(held.voyage_id) == before

    async def test_nothing_begins_once_a_cancel_is_requested(self, store: VoyageStore) -> None:
        held = await store.held()
        await store.request_cancel(held.voyage_id)

        assert await store.begin(full_of_facts(held)) is None

        kept = await store.get(held.voyage_id)
        assert kept.intent is None
        assert kept.cancel_requested

    async def test_every_write_reads_a_requested_cancel_back(self, store: VoyageStore) -> None:
        held = await store.held()
        await store.request_cancel(held.voyage_id)

        saved = await store.save(replace(held, cancel_requested=False))

        assert saved.cancel_requested
        assert (await store.get(held.voyage_id)).cancel_requested

    async def test_no_write_of_a_worker_requests_a_cancel(self, store: VoyageStore) -> None:
        held = await store.held()

        saved = await store.save(replace(held, cancel_requested=True))

        assert not saved.cancel_requested
        assert not (await store.get(held.voyage_id)).cancel_requested

    async def test_a_cancel_that_came_while_it_was_held_makes_a_released_voyage_due(self, store: VoyageStore) -> None:
        held = await store.held()
        await store.request_cancel(held.voyage_id)

        waiting = replace(held, next_action_time=START + timedelta(hours=1))
        await store.save(waiting, release=True)

        claimed = await store.claimed("heir")
        assert claimed.cancel_requested
        assert claimed.next_action_time == waiting.next_action_time

    async def test_a_cancel_makes_a_voyage_due_that_nobody_holds(self, store: VoyageStore) -> None:
        voyage = await store.add(a_voyage(due_in=3600))

        await store.request_cancel(voyage.voyage_id)

        assert (await store.claimed()).cancel_requested

    async def test_a_cancel_does_not_touch_a_holders_lease(self, store: VoyageStore) -> None:
        held = await store.held()

        await store.request_cancel(held.voyage_id)

        assert await store.claim_due("heir") is None
        assert (await store.get(held.voyage_id)).lease == held.lease

    async def test_a_cancel_does_not_touch_an_ended_voyage(self, store: VoyageStore) -> None:
        held = await store.held()
        ended = await store.save(held.completed(START))

        await store.request_cancel(held.voyage_id)

        assert await store.get(held.voyage_id) == ended
        assert await store.claim_due() is None

    async def test_claims_a_named_voyage_that_is_not_due(self, store: VoyageStore) -> None:
        voyage = await store.add(a_voyage(due_in=3600))

        claimed = await store.claim(voyage.voyage_id, "canceller")

        assert claimed is not None
        assert claimed.lease is not None
        assert (claimed.lease.owner, claimed.lease.fence) == ("canceller", 1)
        assert await store.get(voyage.voyage_id) == claimed

    async def test_does_not_claim_a_named_voyage_that_somebody_holds(self, store: VoyageStore) -> None:
        held = await store.held()

        assert await store.claim(held.voyage_id) is None
        await store.step(LEASE_SECONDS)
        assert await store.claim(held.voyage_id) is not None

    async def test_a_voyage_claimed_in_a_failed_transaction_stays_free(self, store: VoyageStore) -> None:
        await store.add(a_voyage())

        with pytest.raises(AbandonedError):
            await store.abandon(store.voyages.claim_due("worker"))

        assert (await store.claimed("heir")).lease is not None
