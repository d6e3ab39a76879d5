"""Fleets: waypoints spread over ships, all of them started or none."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from navigation_service.application.commands.cancel_voyage import CancelVoyageCommand
from navigation_service.application.fields import RequestedOptions
from navigation_service.application.ports import FleetWish
from navigation_service.application.queries.list_ships import ListShipsQuery
from navigation_service.domain.errors import (
    OutsideSystemError,
    RoutingUnavailableError,
    ShipBusyError,
    ShipNotFoundError,
)
from navigation_service.domain.events import VoyageState
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.route import RouteOptions
from navigation_service.domain.ship import NavStatus, Ship
from navigation_service.domain.tour import FleetObjective, FleetPlan
from shared_kernel.errors import InvalidInput
from tests.fakes.navigation_game import Place
from tests.fakes.navigation_planner import FakePlanner
from tests.fakes.navigation_repositories import MemoryShips
from tests.fakes.navigation_world import DRY, FAR, HOME, LOST, PUMP, SHIP, UNIVERSE, NavigationWorld

CRUISE_ALONE = RequestedOptions((1,))
FLEET = (SHIP, "ACE-2", "ACE-3")


@pytest.fixture
async def world(world: NavigationWorld) -> NavigationWorld:
    world.game.launch("ACE-2", FAR)
    world.game.launch("ACE-3", HOME, engine_speed=10)
    return world


def wish_of(world: NavigationWorld) -> FleetWish:
    wish = world.planner.wishes[-1]
    assert isinstance(wish, FleetWish)
    return wish


async def test_each_ship_gets_a_voyage_over_its_share(world: NavigationWorld) -> None:
    started = await world.dispatch(FLEET, [DRY, PUMP, LOST], options=CRUISE_ALONE)

    shares = {voyage.ship_symbol: [stop.waypoint_symbol for stop in voyage.stops] for voyage in started.voyages}
    assert shares == {SHIP: [DRY], "ACE-2": [PUMP]}
    assert started.unreachable_stops == (LOST,)
    assert started.idle_ship_symbols == ("ACE-3",)
    assert started.solution is not None
    for voyage in started.voyages:
        assert (await world.fly(voyage.voyage_id)).state is VoyageState.COMPLETED


class OrderedShips(MemoryShips):
    """Remembers the order in which ships were saved: by two orders, two transactions wait for each other."""

    saved: list[str]

    async def save(self, universe: str, player_id: int, ships: Sequence[Ship], age: timedelta) -> None:
        await super().save(universe, player_id, ships, age)
        self.saved += [ship.ship_symbol for ship in ships]


async def test_takes_ships_in_one_order_whatever_order_they_are_named_in(world: NavigationWorld) -> None:
    world.ships = ships = OrderedShips(world.database, world.clock)
    ships.saved = []
    world.restart()

    await world.dispatch(("ACE-3", "ACE-2", SHIP), [DRY, PUMP, FAR])

    assert len(ships.saved) > 1
    assert ships.saved == sorted(ships.saved)


async def test_routing_is_told_what_the_ships_are_and_when_they_are_free(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, nav_status=NavStatus.IN_ORBIT)
    first = await world.navigate(PUMP)
    await world.turn()
    await world.mediator.send(CancelVoyageCommand(first.voyage_id))
    world.clock.step(100)
    left = first.route.duration / 1e9 - 100

    started = await world.dispatch(FLEET, [DRY, PUMP], objective=2, return_to_origin=True)

    wish = wish_of(world)
    assert [(ship.origin, ship.ship.engine_speed) for ship in wish.ships] == [(PUMP, 36), (FAR, 36), (HOME, 10)]
    assert wish.ships[0].available_in == pytest.approx(left * 1e9, abs=2e9)
    assert [ship.available_in for ship in wish.ships[1:]] == [0, 0]
    assert (wish.objective, wish.return_to_origin) == (FleetObjective.TOTAL_TIME, True)
    (voyage,) = (voyage for voyage in started.voyages if voyage.ship_symbol == SHIP)
    assert voyage.next_action_time - world.clock.now() > timedelta(seconds=left - 1)


async def test_how_long_a_ship_is_away_is_told_in_the_time_that_routes_are_planned_in(world: NavigationWorld) -> None:
    world.settings = type(world.settings)(time_scale=10.0)
    world.restart()
    world.game.launch(SHIP, HOME, nav_status=NavStatus.IN_ORBIT)
    voyage = await world.navigate(PUMP)
    await world.turn()
    await world.mediator.send(CancelVoyageCommand(voyage.voyage_id))

    await world.dispatch(FLEET, [DRY])

    flight = world.ship.arrival_time - world.clock.now() if world.ship.arrival_time else timedelta(0)
    assert wish_of(world).ships[0].available_in == pytest.approx(10 * flight.total_seconds() * 1e9, rel=0.01)


async def test_busy_ships_are_refused_by_name_before_anything_starts(world: NavigationWorld) -> None:
    holder = await world.navigate(FAR, "ACE-3")
    await world.navigate(PUMP)
    calls = len(world.game.calls)

    with pytest.raises(ShipBusyError, match="Busy too: ACE-3") as refusal:
        await world.dispatch(FLEET, [DRY, PUMP])

    assert refusal.value.metadata["ship_symbols"] == "ACE-1,ACE-3"
    assert set(refusal.value.metadata) >= {"voyage_id", "owner", "since"}
    assert len(world.game.calls) == calls, "the game was not even asked"
    assert len(world.database.committed.voyages) == 2
    assert (await world.voyage(holder.voyage_id)).state is VoyageState.PLANNED


class ThievingPlanner(FakePlanner):
    """Takes a ship of the fleet for itself while it plans."""

    def __init__(self, world: NavigationWorld) -> None:
        super().__init__()
        self._world = world
        self.voyage_id = ""

    async def partition_fleet(self, graph: SystemGraph, wish: FleetWish, options: RouteOptions) -> FleetPlan:
        self.voyage_id = (await self._world.navigate(DRY, "ACE-2")).voyage_id
        return await super().partition_fleet(graph, wish, options)


async def test_a_ship_that_is_taken_meanwhile_stops_all_of_them(world: NavigationWorld) -> None:
    world.planner = thief = ThievingPlanner(world)
    world.restart()

    with pytest.raises(ShipBusyError) as refusal:
        await world.dispatch(FLEET, [DRY, PUMP], request_id="r-1")

    assert refusal.value.metadata["voyage_id"] == thief.voyage_id
    assert list(world.database.committed.voyages) == [thief.voyage_id]
    assert not world.database.committed.outcomes


async def test_a_repeat_of_the_request_answers_with_the_same_voyages(world: NavigationWorld) -> None:
    first = await world.dispatch(FLEET, [DRY, PUMP, LOST], options=CRUISE_ALONE, request_id="r-1")
    second = await world.dispatch(FLEET, [DRY, PUMP, LOST], options=CRUISE_ALONE, request_id="r-1")

    assert second.ids == first.ids
    assert (second.solution, second.unreachable_stops) == (first.solution, (LOST,))
    assert second.idle_ship_symbols == ("ACE-3",)


async def test_a_plan_alone_keeps_nothing(world: NavigationWorld) -> None:
    started = await world.dispatch(FLEET, [DRY, PUMP], validate_only=True)

    assert [voyage.voyage_id for voyage in started.voyages] == [""] * len(started.voyages)
    assert not world.database.committed.voyages


async def test_nothing_starts_where_nobody_reaches_anything(world: NavigationWorld) -> None:
    started = await world.dispatch(FLEET, [LOST], options=CRUISE_ALONE)

    assert (started.voyages, started.unreachable_stops, started.idle_ship_symbols) == ((), (LOST,), FLEET)


async def test_shares_of_one_place_are_flown_once_and_others_repeat(world: NavigationWorld) -> None:
    started = await world.dispatch([SHIP, "ACE-2"], [DRY, PUMP, FAR], repeat=True)

    repeats = {voyage.ship_symbol: (len(voyage.stops), voyage.repeat) for voyage in started.voyages}
    assert repeats
    assert all(repeat == (count > 1) for count, repeat in repeats.values())


async def test_a_closed_share_of_one_place_and_home_repeats(world: NavigationWorld) -> None:
    started = await world.dispatch([SHIP, "ACE-2"], [DRY, PUMP], repeat=True, return_to_origin=True)

    assert all(voyage.repeat and voyage.home for voyage in started.voyages)


async def test_many_ships_are_looked_at_by_the_page(world: NavigationWorld) -> None:
    symbols = [f"ACE-{number:X}" for number in range(1, 20)]
    for symbol in symbols[3:]:
        world.game.launch(symbol, LOST)

    await world.dispatch(symbols, [DRY], options=CRUISE_ALONE)

    assert world.actions.count("READ") == 1


async def test_some_of_very_many_ships_are_looked_at_by_themselves(world: NavigationWorld) -> None:
    symbols = [f"ACE-{number:X}" for number in range(1, 141)]
    for symbol in symbols[3:]:
        world.game.launch(symbol, LOST)
    await world.mediator.send(ListShipsQuery(player_id=1))
    world.game.calls.clear()

    await world.dispatch(symbols[:7], [DRY], options=CRUISE_ALONE)

    assert sorted(call.target for call in world.game.calls) == symbols[:7]


async def test_of_many_ships_that_do_not_exist_one_is_asked_for(world: NavigationWorld) -> None:
    with pytest.raises(ShipNotFoundError, match="ACE-F1"):
        await world.dispatch([SHIP, *(f"ACE-F{number}" for number in range(1, 10))], [DRY])

    assert world.actions == ["READ", "READ"]


async def test_ships_of_different_systems_are_dispatched_apart(world: NavigationWorld) -> None:
    world.game.chart(Place("X1-ZZ-A1", 0, 0))
    world.game.launch("ACE-2", "X1-ZZ-A1")

    with pytest.raises(OutsideSystemError, match="ACE-2 is in X1-ZZ"):
        await world.dispatch(FLEET, [DRY])


async def test_a_ship_that_does_not_exist_is_named(world: NavigationWorld) -> None:
    with pytest.raises(ShipNotFoundError, match="ACE-9"):
        await world.dispatch([SHIP, "ACE-9"], [DRY])


async def test_a_partition_that_loses_a_stop_is_not_flown(world: NavigationWorld) -> None:
    good = await world.planner.partition_fleet(*await the_question(world))
    world.planner.fleet_answer = FleetPlan(good.tours[:1], (), good.solution)

    with pytest.raises(RoutingUnavailableError, match="not shared out once"):
        await world.dispatch(FLEET, [DRY, PUMP])


async def the_question(world: NavigationWorld) -> Any:
    await world.dispatch(FLEET, [DRY, PUMP], validate_only=True)
    async with world.database.reading():
        graph = await world.graphs.get(UNIVERSE, "X1-AB")
    return graph, wish_of(world), CRUISE_ALONE.to_options()


@pytest.mark.parametrize(
    ("ships", "waypoints", "fields", "field"),
    [
        ((), (DRY,), {"agent_symbol": "ACE"}, "ship_symbols"),
        ((SHIP, SHIP), (DRY,), {}, "ship_symbols[1]"),
        ((SHIP, "FOX-1"), (DRY,), {}, "ship_symbols[1]"),
        (("NODASH",), (DRY,), {}, "ship_symbols[0]"),
        ((SHIP,), (DRY,), {"agent_symbol": "FOX"}, "ship_symbols[0]"),
        (tuple(f"ACE-{n}" for n in range(101)), (DRY,), {}, "ship_symbols"),
        ((SHIP,), (), {}, "waypoints"),
        ((SHIP,), (DRY, DRY), {}, "waypoints[1]"),
        ((SHIP,), (DRY,), {"repeat": True}, "waypoints"),
        ((SHIP,), (DRY,), {"objective": 3}, "objective"),
        ((SHIP,), (DRY,), {"objective": -1}, "objective"),
    ],
)
async def test_refuses_what_is_no_fleet(
    world: NavigationWorld, ships: tuple[str, ...], waypoints: tuple[str, ...], fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await world.dispatch(ships, waypoints, **fields)
    assert [violation.field for violation in refusal.value.violations] == [field]


async def test_a_standing_fleet_strands_none_of_its_ships(world: NavigationWorld) -> None:
    await world.know_the_map(Place("X1-AB-R1", 0, 200))

    (once,), (again,) = [
        (await world.dispatch([SHIP], [HOME, "X1-AB-R1"], repeat=repeat, validate_only=True)).voyages
        for repeat in (False, True)
    ]

    assert once.route.fuel_at_arrival == 0
    assert again.route.fuel_at_arrival >= 200
