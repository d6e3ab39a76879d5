"""Watching a voyage: every event once, in order, and an end."""

import asyncio
from contextlib import aclosing

import pytest

from navigation_service.application.commands.cancel_voyage import CancelVoyageCommand
from navigation_service.application.queries.get_route import GetRouteQuery
from navigation_service.application.queries.get_voyage import GetVoyageQuery
from navigation_service.application.queries.watch_voyage import WatchVoyageHandler, WatchVoyageQuery
from navigation_service.application.voyage_news import VoyageNews
from navigation_service.domain.errors import VoyageNotFoundError
from tests.fakes.navigation_world import FAR, HOME, NavigationWorld

UNKNOWN = "019aaaaa-0000-7000-8000-000000000001"


async def watched(world: NavigationWorld, voyage_id: str, after: int = 0) -> list[int]:
    return [event.number async for event in world.mediator.stream(WatchVoyageQuery(voyage_id, after))]


async def test_a_watch_of_an_ended_voyage_tells_all_and_ends(world: NavigationWorld) -> None:
    voyage = await world.fly((await world.navigate()).voyage_id)

    assert await watched(world, voyage.voyage_id) == [*range(1, voyage.last_event_number + 1)]
    assert await watched(world, voyage.voyage_id.upper(), 4) == [*range(5, voyage.last_event_number + 1)]
    assert await watched(world, voyage.voyage_id, voyage.last_event_number) == []
    assert await watched(world, voyage.voyage_id, 10_000) == []


async def test_a_watch_follows_a_voyage_to_its_end(world: NavigationWorld) -> None:
    voyage = await world.navigate()

    async def sleep(_: float) -> None:
        await world.fly(voyage.voyage_id)

    news = VoyageNews(world.database, world.voyages, sleep)
    handler = WatchVoyageHandler(world.database, world.voyages, news)
    numbers = [event.number async for event in handler.handle(WatchVoyageQuery(voyage.voyage_id))]

    assert numbers == [*range(1, (await world.voyage(voyage.voyage_id)).last_event_number + 1)]


async def test_a_watcher_holds_no_session(world: NavigationWorld) -> None:
    voyage = await world.navigate()

    async with aclosing(world.mediator.stream(WatchVoyageQuery(voyage.voyage_id))) as events:
        async for _ in events:
            assert not world.database.in_scope
            break


async def test_a_cancelled_voyage_ends_its_watches(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    watch = asyncio.create_task(watched(world, voyage.voyage_id))
    await world.mediator.send(CancelVoyageCommand(voyage.voyage_id))

    assert await asyncio.wait_for(watch, 30) == [1, 2]


async def test_a_watch_after_events_that_never_come_ends_with_the_voyage(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    watch = asyncio.create_task(watched(world, voyage.voyage_id, 10_000))
    await asyncio.sleep(0)
    await world.mediator.send(CancelVoyageCommand(voyage.voyage_id))

    assert await asyncio.wait_for(watch, 30) == []


async def test_an_unknown_voyage_is_not_found(world: NavigationWorld) -> None:
    with pytest.raises(VoyageNotFoundError):
        await watched(world, UNKNOWN)
    with pytest.raises(VoyageNotFoundError):
        await world.mediator.send(GetVoyageQuery(UNKNOWN))
    with pytest.raises(VoyageNotFoundError):
        await world.mediator.send(GetRouteQuery(UNKNOWN))


async def test_a_voyage_and_its_route_are_found_by_id_in_any_case(world: NavigationWorld) -> None:
    voyage = await world.navigate(FAR)

    assert await world.mediator.send(GetVoyageQuery(voyage.voyage_id.upper())) == voyage
    assert await world.mediator.send(GetRouteQuery(voyage.voyage_id.upper())) == voyage.route
    assert voyage.route.origin == HOME
