"""What every VoyageRepository promises of leases: who works on a voyage, from when, and until when."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from navigation_service.domain.errors import LeaseLostError
from navigation_service.domain.events import Arrived, Ended
from navigation_service.domain.voyage import Lease
from tests.fakes.navigation_voyages import START, a_voyage, full_of_facts, telling
from tests.integration.ports.navigation_voyage_store import CALL_SECONDS, LEASE_SECONDS, AbandonedError, VoyageStore


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
