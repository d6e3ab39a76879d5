"""Accepting, cancelling and listing voyages."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from navigation_service.application.commands.cancel_voyage import CancelVoyageCommand
from navigation_service.application.fields import RequestedOptions
from navigation_service.application.ports import PlayerKey
from navigation_service.application.queries.list_voyages import ListVoyagesQuery
from navigation_service.application.queries.plan_route import PlanRouteQuery
from navigation_service.application.started_voyages import voyage_ids
from navigation_service.domain.errors import (
    NoRouteFoundError,
    OutsideSystemError,
    PlayerNotFoundError,
    ShipBusyError,
    ShipNotFoundError,
    TokenRejectedError,
    VoyageEndedError,
    VoyageNotFoundError,
    WaypointNotFoundError,
)
from navigation_service.domain.events import Accepted, Ended, VoyageState
from navigation_service.domain.ship import NavStatus
from shared_kernel.idempotency import RequestIdReusedError
from shared_kernel.physics import FlightMode
from tests.fakes.navigation_game import Place
from tests.fakes.navigation_samples import ROUTE, voyage
from tests.fakes.navigation_world import DRY, FAR, HOME, LOST, PUMP, SHIP, UNIVERSE, CachingPlayers, NavigationWorld


async def test_a_voyage_is_durable_with_its_plan_its_event_and_the_ship_as_seen(world: NavigationWorld) -> None:
    voyage = await world.navigate(request_id="r-1")

    tables = world.database.committed
    assert tables.voyages[voyage.voyage_id].voyage == voyage
    assert [event.detail for event in tables.events.values()] == [Accepted(voyage.route)]
    assert tables.ships[UNIVERSE, SHIP].ship == world.ship
    assert [voyage_ids(kept) for _, kept, _ in tables.outcomes.values()] == [(voyage.voyage_id,)]
    assert (voyage.state, voyage.request_id, voyage.universe) == (VoyageState.PLANNED, "r-1", UNIVERSE)
    assert voyage.eta == world.clock.now() + timedelta(seconds=voyage.route.duration / 1e9)


async def test_the_runner_is_woken(world: NavigationWorld) -> None:
    idle = asyncio.create_task(world.signals.idle(60))
    await world.navigate()

    await asyncio.wait_for(idle, 30)


async def test_ids_sort_by_the_time_of_acceptance(world: NavigationWorld) -> None:
    first = await world.navigate(PUMP)
    await world.fly(first.voyage_id)
    second = await world.navigate(FAR)

    assert first.voyage_id < second.voyage_id


async def test_a_ship_that_is_there_has_arrived(world: NavigationWorld) -> None:
    voyage = await world.navigate(HOME)

    assert (voyage.state, voyage.route.steps, voyage.eta) == (VoyageState.COMPLETED, (), None)
    assert [type(told) for told in await world.events(voyage.voyage_id)] == [Accepted, Ended]
    assert world.planner.calls == 0


async def test_a_ship_in_transit_is_planned_for_from_its_next_waypoint(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, nav_status=NavStatus.IN_ORBIT)
    first = await world.navigate(PUMP)
    await world.turn()
    await world.mediator.send(CancelVoyageCommand(first.voyage_id))
    world.clock.step(100)

    voyage = await world.navigate(FAR)

    arrival = world.ship.arrival_time
    assert arrival is not None
    assert voyage.route.origin == PUMP
    assert timedelta(0) < voyage.next_action_time - arrival < timedelta(seconds=1)
    assert voyage.eta == arrival + timedelta(seconds=voyage.route.duration / 1e9)


async def test_options_reach_the_planner_and_the_voyage(world: NavigationWorld) -> None:
    options = RequestedOptions((2, 3), refuel_duration=5, departure_overhead=7, objective=2)

    voyage = await world.navigate(DRY, options=options)

    assert voyage.options == options.to_options()
    assert voyage.options.allowed_flight_modes == (FlightMode.BURN, FlightMode.DRIFT)


# Refusals


@pytest.mark.parametrize(
    ("destination", "error", "metadata"),
    [
        ("X1-ZZ-A1", OutsideSystemError, {"ship_system": "X1-AB", "destination_system": "X1-ZZ"}),
        ("X1-AB-NONE", WaypointNotFoundError, {"system_symbol": "X1-AB", "waypoint_symbol": "X1-AB-NONE"}),
        ("X1-AB", WaypointNotFoundError, {"system_symbol": "X1-AB", "waypoint_symbol": "X1-AB"}),
        ("NOWHERE", WaypointNotFoundError, {"system_symbol": "X1-AB", "waypoint_symbol": "NOWHERE"}),
    ],
)
async def test_refuses_a_destination_that_cannot_be_flown_to(
    world: NavigationWorld, destination: str, error: type[OutsideSystemError], metadata: dict[str, str]
) -> None:
    with pytest.raises(error) as refused:
        await world.navigate(destination)

    assert refused.value.metadata == metadata
    assert world.database.committed.voyages == {}


async def test_refuses_what_no_route_leads_to(world: NavigationWorld) -> None:
    with pytest.raises(NoRouteFoundError):
        await world.navigate(LOST, options=RequestedOptions((1,)))


@pytest.mark.parametrize("symbol", ["ACE-9", "BEE-1"])
async def test_a_ship_of_nobody_or_of_somebody_else_is_not_found(world: NavigationWorld, symbol: str) -> None:
    world.players.add(world.game.enlist("BEE", player_id=2))
    world.game.launch("BEE-1", HOME)

    with pytest.raises(ShipNotFoundError):
        await world.navigate(PUMP, symbol, player_id=1)


async def test_an_unknown_player_is_named(world: NavigationWorld) -> None:
    with pytest.raises(PlayerNotFoundError):
        await world.navigate(PUMP, "NOBODY-1")


async def test_a_busy_ship_is_refused_before_the_game_is_called(world: NavigationWorld) -> None:
    first = await world.navigate()
    await world.claim()
    world.game.calls.clear()

    with pytest.raises(ShipBusyError) as refused:
        await world.navigate()

    assert refused.value.metadata == {
        "voyage_id": first.voyage_id,
        "owner": "worker",
        "since": first.create_time.isoformat(),
    }
    assert world.game.calls == []


async def test_of_two_voyages_at_once_one_gets_the_ship(world: NavigationWorld) -> None:
    outcomes = await asyncio.gather(world.navigate(FAR), world.navigate(PUMP), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ShipBusyError", "Voyage"]
    assert len(world.database.committed.voyages) == 1


# request_id


async def test_a_repeat_answers_with_the_present_state(world: NavigationWorld) -> None:
    voyage = await world.navigate(request_id="r-1")
    ended = await world.fly(voyage.voyage_id)
    world.players.down = world.game.down = True

    assert await world.navigate(request_id="r-1") == ended


async def test_twins_make_one_voyage(world: NavigationWorld) -> None:
    voyages = await asyncio.gather(*[world.navigate(request_id="r-1") for _ in range(5)])

    assert len({voyage.voyage_id for voyage in voyages}) == 1
    assert len(world.database.committed.voyages) == 1


async def test_twins_that_have_nothing_to_fly_make_one_voyage(world: NavigationWorld) -> None:
    voyages = await asyncio.gather(*[world.navigate(HOME, request_id="r-1") for _ in range(5)])

    assert len({voyage.voyage_id for voyage in voyages}) == 1


async def test_another_body_under_the_same_id_is_refused(world: NavigationWorld) -> None:
    await world.navigate(FAR, request_id="r-1")

    with pytest.raises(RequestIdReusedError):
        await world.navigate(PUMP, request_id="r-1")


async def test_a_failure_is_not_remembered(world: NavigationWorld) -> None:
    world.planner.down = True
    with pytest.raises(Exception, match="routing"):
        await world.navigate(request_id="r-1")
    world.planner.down = False

    assert (await world.navigate(request_id="r-1")).state is VoyageState.PLANNED


async def test_the_same_id_of_another_player_is_another_request(world: NavigationWorld) -> None:
    world.players.add(world.game.enlist("BEE", player_id=2))
    world.game.launch("BEE-1", HOME)

    mine, theirs = await world.navigate(request_id="r-1"), await world.navigate(FAR, "BEE-1", request_id="r-1")

    assert mine.voyage_id != theirs.voyage_id


# Tokens


async def test_a_caller_gets_through_with_a_newer_token(world: NavigationWorld) -> None:
    world.players = CachingPlayers(world.credential)
    await world.players.credential(PlayerKey(1))
    world.players.replace_token(1, world.game.enlist("ACE").token.reveal())
    world.game.refuse_token(world.credential)
    world.restart()

    assert (await world.navigate()).state is VoyageState.PLANNED
    assert world.players.reports == []


async def test_a_caller_hears_of_a_token_that_is_refused_for_good(world: NavigationWorld) -> None:
    world.game.refuse_token(world.credential)

    with pytest.raises(TokenRejectedError):
        await world.navigate()

    assert world.players.reports == [(1, 1, 4104)]


# Dry runs


async def test_a_dry_run_keeps_no_voyage(world: NavigationWorld) -> None:
    route = await world.mediator.send(PlanRouteQuery(SHIP, destination=FAR))

    assert world.database.committed.voyages == {}
    assert route == (await world.navigate()).route


async def test_a_dry_run_is_made_for_a_busy_ship_too(world: NavigationWorld) -> None:
    await world.navigate()

    assert (await world.mediator.send(PlanRouteQuery(SHIP, destination=PUMP))).destination == PUMP


# Cancelling


async def test_a_voyage_that_nobody_holds_is_cancelled_at_once(world: NavigationWorld) -> None:
    voyage = await world.navigate()

    cancelled = await world.mediator.send(CancelVoyageCommand(voyage.voyage_id.upper()))

    assert cancelled.state is VoyageState.CANCELLED
    assert (await world.events(voyage.voyage_id))[-1] == Ended()
    assert await world.mediator.send(CancelVoyageCommand(voyage.voyage_id)) == cancelled
    assert (await world.navigate(PUMP)).state is VoyageState.PLANNED


async def test_the_holder_of_a_voyage_is_asked_to_cancel_it(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    await world.claim()

    asked = await world.mediator.send(CancelVoyageCommand(voyage.voyage_id))

    assert (asked.state, asked.cancel_requested) == (VoyageState.PLANNED, True)


async def test_a_holder_that_died_does_not_keep_a_voyage_from_being_cancelled(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    await world.claim()
    world.clock.step(10)

    assert (await world.mediator.send(CancelVoyageCommand(voyage.voyage_id))).state is VoyageState.CANCELLED


async def test_an_ended_voyage_cannot_be_cancelled(world: NavigationWorld) -> None:
    voyage = await world.navigate(HOME)

    with pytest.raises(VoyageEndedError) as refused:
        await world.mediator.send(CancelVoyageCommand(voyage.voyage_id))

    assert refused.value.metadata["state"] == "COMPLETED"


async def test_an_unknown_voyage_cannot_be_cancelled(world: NavigationWorld) -> None:
    with pytest.raises(VoyageNotFoundError):
        await world.mediator.send(CancelVoyageCommand("019aaaaa-0000-7000-8000-000000000001"))


# Listing


async def test_voyages_are_listed_newest_first_page_by_page(world: NavigationWorld) -> None:
    made = [(await world.navigate(HOME)).voyage_id]
    for _ in range(4):
        world.clock.step(1)
        made.append((await world.navigate(HOME)).voyage_id)

    query, listed = ListVoyagesQuery(player_id=1, page_size=2), list[str]()
    while True:
        page = await world.mediator.send(query)
        listed += [voyage.voyage_id for voyage in page.voyages]
        if not page.next_page_token:
            break
        query = replace(query, page_token=page.next_page_token)

    assert listed == made[::-1]


async def test_voyages_are_listed_by_ship_and_state(world: NavigationWorld) -> None:
    await world.know_the_map(Place("X1-AB-Q1", 1, 1))
    done = await world.navigate(HOME)
    active = await world.navigate(FAR)

    async def listed(**fields: object) -> list[str]:
        page = await world.mediator.send(ListVoyagesQuery(ship_symbol=SHIP, **fields))  # type: ignore[arg-type]
        return [voyage.voyage_id for voyage in page.voyages]

    assert await listed(states=(1, 2)) == [active.voyage_id]
    assert await listed(states=(3,)) == [done.voyage_id]
    assert len(await listed()) == 2


async def test_a_page_ends_where_large_voyages_fill_a_message(world: NavigationWorld) -> None:
    ids = [f"019aaaaa-0000-7000-8000-0000000000{number:02}" for number in range(10, 25)]
    large = replace(ROUTE, steps=ROUTE.steps[:1] * 2_000)
    async with world.database.transaction():
        for voyage_id in ids:
            sample = voyage(large, voyage_id=voyage_id, ship_symbol=f"ACE-{voyage_id[-2:]}")
            await world.voyages.add(sample)

    first = await world.mediator.send(ListVoyagesQuery(player_id=1, page_size=500))
    rest = ListVoyagesQuery(player_id=1, page_size=500, page_token=first.next_page_token)
    second = await world.mediator.send(rest)

    assert [listed.voyage_id for page in (first, second) for listed in page.voyages] == ids[::-1]
    assert len(first.voyages) == 9
    assert not second.next_page_token


async def test_an_unknown_player_is_told_apart_from_one_without_voyages(world: NavigationWorld) -> None:
    assert not (await world.mediator.send(ListVoyagesQuery(agent_symbol="ACE"))).voyages
    with pytest.raises(PlayerNotFoundError):
        await world.mediator.send(ListVoyagesQuery(agent_symbol="NOBODY"))
    world.players.down = True

    assert not (await world.mediator.send(ListVoyagesQuery(agent_symbol="NOBODY"))).voyages


async def test_agents_may_be_named_in_lower_case(world: NavigationWorld) -> None:
    made = await world.navigate(agent_symbol="ace")

    (listed,) = (await world.mediator.send(ListVoyagesQuery(agent_symbol="ace"))).voyages

    assert listed.voyage_id == made.voyage_id
