"""Waiting for voyages' next events: one look at the table for all who wait, and none for nobody."""

import asyncio
from collections.abc import Collection, Mapping

import pytest

from navigation_service.application.voyage_news import VoyageNews
from navigation_service.domain.events import Arrived
from navigation_service.domain.voyage import Voyage
from shared_kernel.errors import Unavailable
from tests.fakes.navigation_memory import MemoryDatabase
from tests.fakes.navigation_repositories import MemoryVoyages
from tests.fakes.navigation_voyages import START, a_voyage, telling
from tests.fakes.player_clock import SteppedClock


class LookedAtVoyages(MemoryVoyages):
    """Remembers which voyages each look was for."""

    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database, SteppedClock(START), lease_seconds=10.0)
        self.looks: list[Collection[str]] = []

    async def last_event_numbers(self, voyage_ids: Collection[str]) -> Mapping[str, int]:
        self.looks.append(voyage_ids)
        return await super().last_event_numbers(voyage_ids)


class Watched:
    """Three voyages with one event each, whose news come as fast as the loop turns."""

    def __init__(self) -> None:
        self.database = MemoryDatabase()
        self.voyages = LookedAtVoyages(self.database)
        self.news = VoyageNews(self.database, self.voyages, lambda _: asyncio.sleep(0))

    async def begin(self) -> list[Voyage]:
        async with self.database.transaction():
            return [
                await self.voyages.add(telling(a_voyage(number, ship_symbol=f"ACE-{number}"), Arrived("X1-AB-A1", 5)))
                for number in (1, 2, 3)
            ]

    async def tell(self, number: int) -> None:
        """One more event of the `number`-th voyage."""
        async with self.database.transaction():
            held = await self.voyages.claim(a_voyage(number).voyage_id, "worker")
            assert held is not None
            await self.voyages.save(telling(held, Arrived("X1-AB-B2", 3)))

    async def turns(self, count: int = 20) -> None:
        for _ in range(count):
            await asyncio.sleep(0)


@pytest.fixture
def watched() -> Watched:
    return Watched()


async def test_one_look_is_for_all_who_wait(watched: Watched) -> None:
    voyages = await watched.begin()

    await asyncio.gather(*(watched.news.later_than(voyage.voyage_id, 0) for voyage in voyages * 2))

    assert watched.voyages.looks == [{voyage.voyage_id for voyage in voyages}]


async def test_only_those_go_on_whose_voyage_has_news(watched: Watched) -> None:
    voyages = await watched.begin()
    waits = [asyncio.create_task(watched.news.later_than(voyage.voyage_id, 1)) for voyage in voyages]
    await watched.turns()

    await watched.tell(2)
    await watched.turns()

    assert [wait.done() for wait in waits] == [False, True, False]
    for wait in waits:
        wait.cancel()


async def test_nobody_looks_while_nobody_waits(watched: Watched) -> None:
    [voyage, other, _] = await watched.begin()
    leaving = asyncio.create_task(watched.news.later_than(other.voyage_id, 1))
    await watched.news.later_than(voyage.voyage_id, 0)
    leaving.cancel()
    await watched.turns()
    looks = len(watched.voyages.looks)

    await watched.turns()

    assert len(watched.voyages.looks) == looks


async def test_who_leaves_disturbs_nobody(watched: Watched) -> None:
    [voyage, *_] = await watched.begin()
    first, second = (asyncio.create_task(watched.news.later_than(voyage.voyage_id, 1)) for _ in range(2))
    await watched.turns()

    first.cancel()
    await watched.tell(1)

    await asyncio.wait_for(second, 30)


async def test_all_who_wait_hear_of_an_outage_and_may_wait_again(watched: Watched) -> None:
    voyages = await watched.begin()
    watched.database.outages = 1

    heard = await asyncio.gather(*(watched.news.later_than(v.voyage_id, 0) for v in voyages), return_exceptions=True)

    assert [type(each) for each in heard] == [Unavailable] * 3
    await asyncio.wait_for(watched.news.later_than(voyages[0].voyage_id, 0), 30)
