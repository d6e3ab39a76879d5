"""What every VoyageRepository promises of rows, events and lists, whatever keeps them."""

import asyncio
from collections.abc import Collection
from dataclasses import fields, replace

import pytest

from navigation_service.application.ports import VoyageFilter
from navigation_service.domain.errors import ShipBusyError
from navigation_service.domain.events import Arrived, Ended, VoyageState
from navigation_service.domain.voyage import Voyage
from tests.fakes.navigation_voyages import EVERY_DETAIL, START, UNIVERSE, a_voyage, full_of_facts, telling
from tests.integration.ports.navigation_voyage_store import AbandonedError, VoyageStore


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
