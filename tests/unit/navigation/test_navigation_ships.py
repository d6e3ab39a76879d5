"""Ships and maps as callers see them: what is kept, what is read, and whose it is."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from navigation_service.application.fields import agent_of_ship
from navigation_service.application.ports import ChartedWaypoint, Credential, ShipList
from navigation_service.application.queries.get_ship import GetShipQuery
from navigation_service.application.queries.get_system_graph import GetSystemGraphQuery
from navigation_service.application.queries.list_ships import ListShipsQuery
from navigation_service.application.system_graphs import SystemGraphs
from navigation_service.domain.errors import GameUnavailableError, ShipNotFoundError, SystemNotFoundError
from navigation_service.domain.ship import Ship
from tests.fakes.navigation_game import FakeGame, Place
from tests.fakes.navigation_world import DRY, FAR, HOME, PUMP, SHIP, UNIVERSE, NavigationWorld


@pytest.fixture
def world() -> NavigationWorld:
    return NavigationWorld()


# Ships


@pytest.mark.parametrize(("ship", "agent"), [("AGENT-1", "AGENT"), ("MY-FLEET-AG-2F", "MY-FLEET-AG"), ("NODASH", "")])
def test_a_ship_belongs_to_the_agent_before_its_last_dash(ship: str, agent: str) -> None:
    assert agent_of_ship(ship) == agent


async def test_a_ship_is_read_once_and_then_kept(world: NavigationWorld) -> None:
    first = await world.mediator.send(GetShipQuery(SHIP))
    world.game.down = True

    assert await world.mediator.send(GetShipQuery(SHIP)) == first
    assert world.actions == ["READ"]


async def test_a_refresh_reads_it_anew(world: NavigationWorld) -> None:
    await world.mediator.send(GetShipQuery(SHIP))
    world.game.move(SHIP, DRY)
    world.clock.step(1)

    refreshed = await world.mediator.send(GetShipQuery(SHIP, refresh=True))

    assert refreshed.ship.waypoint_symbol == DRY
    assert refreshed.observe_time == world.clock.now()


async def test_a_ship_names_the_voyage_that_holds_it(world: NavigationWorld) -> None:
    await world.know_the_map()
    voyage = await world.navigate()

    assert (await world.mediator.send(GetShipQuery(SHIP))).voyage_id == voyage.voyage_id


async def test_a_kept_ship_of_another_player_is_not_found(world: NavigationWorld) -> None:
    await world.mediator.send(GetShipQuery(SHIP))
    world.players.add(world.game.enlist("BEE", player_id=2))

    with pytest.raises(ShipNotFoundError):
        await world.mediator.send(GetShipQuery(SHIP, player_id=2))


async def test_ships_are_listed_by_symbol_page_by_page(world: NavigationWorld) -> None:
    for number in (3, 2, 4):
        world.game.launch(f"ACE-{number}", HOME)

    query, listed = ListShipsQuery(player_id=1, page_size=3), list[str]()
    while True:
        page = await world.mediator.send(query)
        listed += [record.ship.ship_symbol for record in page.ships]
        if not page.next_page_token:
            break
        query = replace(query, page_token=page.next_page_token)

    assert listed == ["ACE-1", "ACE-2", "ACE-3", "ACE-4"]
    assert world.actions == ["READ"]


async def test_ships_that_flew_before_the_first_list_are_not_taken_for_all_there_are(world: NavigationWorld) -> None:
    world.game.launch("ACE-2", HOME)
    await world.know_the_map()
    await world.navigate()

    page = await world.mediator.send(ListShipsQuery(player_id=1))

    assert [record.ship.ship_symbol for record in page.ships] == ["ACE-1", "ACE-2"]


async def test_a_refresh_forgets_ships_that_are_gone(world: NavigationWorld) -> None:
    world.game.launch("ACE-2", HOME)
    await world.mediator.send(ListShipsQuery(player_id=1))
    del world.game.ships["ACE-2"]

    kept = await world.mediator.send(ListShipsQuery(player_id=1))
    refreshed = await world.mediator.send(ListShipsQuery(player_id=1, refresh=True))

    assert (len(kept.ships), len(refreshed.ships)) == (2, 1)


@pytest.mark.parametrize("complete", [True, False])
async def test_a_partial_read_never_deletes_a_ship(world: NavigationWorld, complete: bool) -> None:
    world.game.launch("ACE-2", HOME)
    await world.mediator.send(ListShipsQuery(player_id=1))

    class PoisonedGame(FakeGame):
        async def list_ships(self, credential: Credential) -> ShipList:
            whole = await super().list_ships(credential)
            readable: Sequence[Ship] = [ship for ship in whole.ships if ship.ship_symbol == SHIP]
            return ShipList(readable, ["ACE-2"] if complete else [], complete)

    poisoned = PoisonedGame(world.clock, budget=world.budget, database=world.database, universe=UNIVERSE)
    vars(poisoned).update(vars(world.game))
    world.game = poisoned
    world.restart()

    page = await world.mediator.send(ListShipsQuery(agent_symbol="ACE", refresh=True))

    assert [record.ship.ship_symbol for record in page.ships] == ["ACE-1", "ACE-2"]
    assert page.unreadable_ship_symbols == (["ACE-2"] if complete else [])


async def test_an_outage_is_told_where_nothing_is_kept_yet(world: NavigationWorld) -> None:
    world.game.down = True

    with pytest.raises(GameUnavailableError):
        await world.mediator.send(ListShipsQuery(player_id=1))


# Maps


async def settled(world: NavigationWorld) -> None:
    """Until the markets were asked."""
    for _ in range(200):
        await asyncio.sleep(0)


async def test_a_map_is_read_once_and_its_markets_are_asked_in_the_background(world: NavigationWorld) -> None:
    world.game.chart(Place("X1-AB-M1", 5, 5, marketplace=True))
    first = await world.mediator.send(GetSystemGraphQuery("X1-AB", player_id=1))
    await settled(world)
    second = await world.mediator.send(GetSystemGraphQuery("X1-AB", player_id=1))

    assert first.unknown_fuel_waypoints == (HOME, PUMP, FAR, "X1-AB-M1")
    assert second.unknown_fuel_waypoints == ()
    assert [w.symbol for w in first.waypoints if w.sells_fuel] == [HOME, PUMP, FAR, "X1-AB-M1"]
    assert [w.symbol for w in second.waypoints if w.sells_fuel] == [HOME, PUMP, FAR]
    assert world.actions == ["READ"] * 5


async def test_what_markets_said_outlives_a_refresh(world: NavigationWorld) -> None:
    world.game.chart(Place("X1-AB-M1", 5, 5, marketplace=True))
    await world.mediator.send(GetSystemGraphQuery("X1-AB", player_id=1))
    await settled(world)
    world.game.chart(Place("X1-AB-M2", 6, 6))

    refreshed = await world.mediator.send(GetSystemGraphQuery("X1-AB", player_id=1, refresh=True))
    await settled(world)

    assert refreshed.find("X1-AB-M2") is not None
    assert refreshed.unknown_fuel_waypoints == ()


async def test_a_map_that_is_read_again_has_its_markets_asked_once_at_a_time(world: NavigationWorld) -> None:
    world.game.chart(Place("X1-AB-M1", 5, 5, marketplace=True))
    over = asyncio.Event()

    async def pause(_: float) -> None:
        await over.wait()

    graphs = SystemGraphs(world.database, world.graphs, world.game, world.clock, lambda: None, sleep=pause)
    for _ in range(3):
        await graphs.graph(world.credential, "X1-AB", refresh=True)
    over.set()
    await settled(world)

    asked = [call.target for call in world.game.calls]
    assert (asked.count("X1-AB"), asked.count("X1-AB-M1")) == (3, 1)


async def test_markets_that_a_process_left_unasked_are_asked_by_the_next_one_once(world: NavigationWorld) -> None:
    await world.know_the_map(Place("X1-AB-M1", 5, 5, marketplace=True))
    graphs = world.system_graphs
    await graphs.graph(world.credential, "X1-AB")
    await settled(world)
    assert world.game.calls == []

    world.clock.step(601)
    for _ in range(3):
        await graphs.graph(world.credential, "X1-AB")
        await settled(world)

    assert [call.target for call in world.game.calls] == ["X1-AB-M1"]
    assert (await graphs.graph(world.credential, "X1-AB")).unknown_fuel_waypoints == ()


async def test_an_unknown_system_is_named(world: NavigationWorld) -> None:
    with pytest.raises(SystemNotFoundError):
        await world.mediator.send(GetSystemGraphQuery("X1-NONE", player_id=1))


class SlowGame(FakeGame):
    """Maps take until `answered` is set."""

    answered: asyncio.Event

    async def read_waypoints(self, credential: Credential, system_symbol: str) -> Sequence[ChartedWaypoint]:
        await self.answered.wait()
        return await super().read_waypoints(credential, system_symbol)


@pytest.fixture
def slow(world: NavigationWorld) -> SlowGame:
    game = SlowGame(world.clock, budget=world.budget, database=world.database, universe=UNIVERSE)
    vars(game).update(vars(world.game))
    game.answered = asyncio.Event()
    world.game = game
    world.restart()
    return game


async def test_callers_of_the_same_map_share_one_read(world: NavigationWorld, slow: SlowGame) -> None:
    calls = [asyncio.create_task(world.mediator.send(GetSystemGraphQuery("X1-AB", player_id=1))) for _ in range(5)]
    await settled(world)
    slow.answered.set()

    assert len({graph.fetch_time for graph in await asyncio.gather(*calls)}) == 1
    assert [call.target for call in slow.calls].count("X1-AB") == 1


async def test_a_map_is_read_on_when_its_callers_time_is_over(world: NavigationWorld, slow: SlowGame) -> None:
    world.seconds_left = 0.1
    with pytest.raises(GameUnavailableError, match="still being read"):
        await world.mediator.send(GetSystemGraphQuery("X1-AB", player_id=1))
    slow.answered.set()
    await settled(world)

    assert (await world.mediator.send(GetSystemGraphQuery("X1-AB", player_id=1))).find(PUMP) is not None
    assert [call.target for call in slow.calls].count("X1-AB") == 1


async def test_a_caller_that_leaves_does_not_end_the_read_of_others(world: NavigationWorld, slow: SlowGame) -> None:
    first = asyncio.create_task(world.mediator.send(GetSystemGraphQuery("X1-AB", player_id=1)))
    second = asyncio.create_task(world.mediator.send(GetSystemGraphQuery("X1-AB", player_id=1)))
    await settled(world)
    first.cancel()
    slow.answered.set()

    assert (await second).find(PUMP) is not None


async def test_a_failed_read_is_not_kept(world: NavigationWorld) -> None:
    world.game.down = True
    with pytest.raises(GameUnavailableError):
        await world.mediator.send(GetSystemGraphQuery("X1-AB", player_id=1))
    world.game.down = False

    assert (await world.mediator.send(GetSystemGraphQuery("X1-AB", player_id=1))).find(PUMP) is not None


async def test_closing_ends_all_reading(world: NavigationWorld, slow: SlowGame) -> None:
    graphs = SystemGraphs(world.database, world.graphs, slow, world.clock, lambda: None)
    call = asyncio.create_task(graphs.graph(world.credential, "X1-AB"))
    await settled(world)
    await graphs.close()

    with pytest.raises(asyncio.CancelledError):
        await call
