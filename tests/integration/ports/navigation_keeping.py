"""What every ShipRepository and SystemGraphRepository promises, whatever keeps its rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from navigation_service.application.ports import (
    ShipRepository,
    SystemGraphRepository,
    UnitOfWork,
    VoyageRepository,
)
from navigation_service.domain.graph import SystemGraph, Waypoint
from navigation_service.domain.ship import NavStatus, Ship, ShipRecord
from shared_kernel.physics import FlightMode
from tests.fakes.navigation_voyages import START, UNIVERSE, a_voyage

OTHER_UNIVERSE = "fake.game/2026-11-08"
SHIP = Ship(
    ship_symbol="ACE-1",
    system_symbol="X1-AA1",
    waypoint_symbol="X1-AA1-B2",
    nav_status=NavStatus.IN_TRANSIT,
    flight_mode=FlightMode.BURN,
    fuel=17,
    fuel_capacity=400,
    engine_speed=36,
    origin_waypoint_symbol="X1-AA1-A1",
    departure_time=START,
    arrival_time=START + timedelta(seconds=98, milliseconds=1),
    arrival_in=timedelta(seconds=98, milliseconds=1),
    role="COMMAND",
    frame="FRAME_FRIGATE",
)
GRAPH = SystemGraph(
    universe=UNIVERSE,
    system_symbol="X1-AA1",
    waypoints=(
        Waypoint("X1-AA1-A1", 0, 0, sells_fuel=True),
        Waypoint("X1-AA1-B2", -40, 9, sells_fuel=True),
        Waypoint("X1-AA1-C3", 1_000_000, -1_000_000, sells_fuel=False),
    ),
    fetch_time=START,
    unknown_fuel_waypoints=("X1-AA1-A1", "X1-AA1-B2"),
)


def seen_ago(seconds: float, now: datetime = START) -> ShipRecord:
    """What is known of SHIP `now`, if it was seen that long ago."""
    age = timedelta(seconds=seconds)
    return ShipRecord(UNIVERSE, 1, SHIP.after(age), now - age)


class GameStore:
    """The adapters under test over one database."""

    unit_of_work: UnitOfWork
    voyages: VoyageRepository
    ships: ShipRepository
    graphs: SystemGraphRepository

    async def step(self, seconds: float) -> None:
        """Have the database's clock go on, or back."""

    async def save_ships(
        self, *ships: Ship, player_id: int = 1, universe: str = UNIVERSE, seconds_ago: float = 0
    ) -> None:
        async with self.unit_of_work.transaction():
            await self.ships.save(universe, player_id, ships, timedelta(seconds=seconds_ago))

    async def ship(self, ship_symbol: str = "ACE-1", universe: str = UNIVERSE) -> ShipRecord | None:
        async with self.unit_of_work.reading():
            return await self.ships.get(universe, ship_symbol)

    async def ship_page(self, after: str | None = None, limit: int = 100, player_id: int = 1) -> list[str]:
        async with self.unit_of_work.reading():
            records = await self.ships.page(UNIVERSE, player_id, after, limit)
        return [record.ship.ship_symbol for record in records]

    async def ship_count(self, player_id: int = 1) -> int:
        async with self.unit_of_work.reading():
            return await self.ships.count(UNIVERSE, player_id)

    async def note_list(self) -> None:
        async with self.unit_of_work.transaction():
            await self.ships.note_list(UNIVERSE, 1)

    async def is_listed(self, player_id: int = 1, universe: str = UNIVERSE) -> bool:
        async with self.unit_of_work.reading():
            return await self.ships.is_listed(universe, player_id)

    async def remove_missing(self, present: Sequence[str], player_id: int = 1, seconds_ago: float = 0) -> None:
        async with self.unit_of_work.transaction():
            await self.ships.remove_missing(UNIVERSE, player_id, present, timedelta(seconds=seconds_ago))

    async def save_graph(self, graph: SystemGraph) -> None:
        async with self.unit_of_work.transaction():
            await self.graphs.save(graph)

    async def graph(self, universe: str = UNIVERSE) -> SystemGraph | None:
        async with self.unit_of_work.reading():
            return await self.graphs.get(universe, "X1-AA1")

    async def mark_fuel(self, waypoint_symbol: str, sells_fuel: bool, universe: str = UNIVERSE) -> None:
        async with self.unit_of_work.transaction():
            await self.graphs.mark_fuel(universe, waypoint_symbol, sells_fuel)


class ShipRepositoryContract:
    async def test_gives_a_ship_back_as_it_was_seen(self, store: GameStore) -> None:
        await store.save_ships(SHIP)

        assert await store.ship() == ShipRecord(UNIVERSE, 1, SHIP, START)

    async def test_a_ship_that_was_in_transit_has_arrived_when_its_time_is_up(self, store: GameStore) -> None:
        await store.save_ships(replace(SHIP, arrival_in=timedelta(seconds=9)), seconds_ago=2)
        await store.step(6)
        flying = await store.ship()
        await store.step(1)
        async with store.unit_of_work.reading():
            [arrived] = await store.ships.page(UNIVERSE, 1, None, 10)

        assert flying == ShipRecord(
            UNIVERSE, 1, replace(SHIP, arrival_in=timedelta(seconds=1)), START - timedelta(seconds=2)
        )
        assert arrived.ship == replace(SHIP, nav_status=NavStatus.IN_ORBIT, arrival_in=timedelta(0))
        assert arrived.observe_time == flying.observe_time

    async def test_keeps_a_ship_that_never_flew(self, store: GameStore) -> None:
        newcomer = Ship(
            "ACE-A", "X1-AA1", "X1-AA1-A1", NavStatus.DOCKED, FlightMode.CRUISE, fuel=0, fuel_capacity=0, engine_speed=9
        )

        await store.save_ships(newcomer)

        assert await store.ship("ACE-A") == ShipRecord(UNIVERSE, 1, newcomer, START)

    async def test_an_older_observation_never_replaces_a_newer_one(self, store: GameStore) -> None:
        await store.save_ships(SHIP, seconds_ago=4)

        await store.save_ships(replace(SHIP, fuel=400), seconds_ago=5)

        assert await store.ship() == seen_ago(4)

    async def test_dates_observations_by_the_clock_that_all_share(self, store: GameStore) -> None:
        await store.step(7)

        await store.save_ships(SHIP, seconds_ago=2)

        assert await store.ship() == seen_ago(2, now=START + timedelta(seconds=7))

    async def test_an_observation_from_the_future_makes_way_for_the_next(self, store: GameStore) -> None:
        await store.step(3_600)
        await store.save_ships(replace(SHIP, fuel=400))
        await store.step(-3_600)

        await store.save_ships(SHIP, seconds_ago=1)

        assert await store.ship() == seen_ago(1)

    async def test_a_newer_observation_replaces_all_of_an_older_one(self, store: GameStore) -> None:
        await store.save_ships(SHIP, seconds_ago=1)
        later = replace(SHIP, nav_status=NavStatus.DOCKED, fuel=400, arrival_time=None, arrival_in=timedelta(0))

        await store.save_ships(later, player_id=2)

        assert await store.ship() == ShipRecord(UNIVERSE, 2, later, START)

    async def test_saves_ships_together_however_many(self, store: GameStore) -> None:
        symbols = [f"ACE-{number:X}" for number in range(1, 300)]

        await store.save_ships(*(replace(SHIP, ship_symbol=symbol) for symbol in symbols))
        await store.save_ships()

        assert await store.ship_page(limit=500) == sorted(symbols)

    async def test_lists_one_players_ships_by_symbol_from_after_a_given_one(self, store: GameStore) -> None:
        await store.save_ships(*(replace(SHIP, ship_symbol=symbol) for symbol in ("ACE-2", "ACE-10", "ACE-1")))
        await store.save_ships(replace(SHIP, ship_symbol="FOX-1"), player_id=2)
        await store.save_ships(replace(SHIP, ship_symbol="ACE-3"), universe=OTHER_UNIVERSE)

        assert await store.ship_page() == ["ACE-1", "ACE-10", "ACE-2"]
        assert await store.ship_page(after="ACE-1", limit=1) == ["ACE-10"]
        assert await store.ship_page(after="ACE-2") == []

    async def test_counts_one_players_ships(self, store: GameStore) -> None:
        await store.save_ships(SHIP, replace(SHIP, ship_symbol="ACE-2"))
        await store.save_ships(replace(SHIP, ship_symbol="FOX-1"), player_id=2)
        await store.save_ships(replace(SHIP, ship_symbol="ACE-3"), universe=OTHER_UNIVERSE)

        assert [await store.ship_count(), await store.ship_count(player_id=3)] == [2, 0]

    async def test_knows_whose_ships_were_listed(self, store: GameStore) -> None:
        await store.save_ships(SHIP)
        assert not await store.is_listed()

        await store.note_list()
        await store.note_list()

        assert await store.is_listed()
        assert not await store.is_listed(player_id=2)
        assert not await store.is_listed(universe=OTHER_UNIVERSE)

    async def test_forgets_the_ships_that_a_complete_read_did_not_name(self, store: GameStore) -> None:
        await store.save_ships(*(replace(SHIP, ship_symbol=symbol) for symbol in ("ACE-1", "ACE-2", "ACE-3")))
        await store.save_ships(replace(SHIP, ship_symbol="FOX-1"), player_id=2)

        await store.remove_missing(["ACE-2", "ACE-9"])

        assert await store.ship_page() == ["ACE-2"]
        assert await store.ship_page(player_id=2) == ["FOX-1"]

    async def test_keeps_ships_that_were_seen_after_the_read_began(self, store: GameStore) -> None:
        await store.save_ships(SHIP, seconds_ago=9)
        await store.save_ships(replace(SHIP, ship_symbol="ACE-2"), seconds_ago=7)

        await store.remove_missing([], seconds_ago=8)

        assert await store.ship_page() == ["ACE-2"]

    async def test_tells_the_active_voyage_of_a_ship(self, store: GameStore) -> None:
        await store.save_ships(SHIP, replace(SHIP, ship_symbol="ACE-2"))
        ended, active = a_voyage(1).completed(START), a_voyage(2)
        async with store.unit_of_work.transaction():
            await store.voyages.add(ended)
            await store.voyages.add(active)

        async with store.unit_of_work.reading():
            records = await store.ships.page(UNIVERSE, 1, None, 10)
        assert [record.voyage_id for record in records] == [active.voyage_id, ""]
        assert await store.ship() == records[0]

    async def test_a_ship_of_another_universe_is_another_ship(self, store: GameStore) -> None:
        await store.save_ships(SHIP)

        assert await store.ship(universe=OTHER_UNIVERSE) is None

    async def test_writes_inside_a_transaction_only(self, store: GameStore) -> None:
        with pytest.raises(RuntimeError, match="scope"):
            await store.ships.save(UNIVERSE, 1, [SHIP], timedelta(0))


class SystemGraphRepositoryContract:
    async def test_gives_a_graph_back_as_it_was_saved(self, store: GameStore) -> None:
        await store.save_graph(GRAPH)

        assert await store.graph() == GRAPH

    async def test_knows_no_graph_that_was_never_read(self, store: GameStore) -> None:
        await store.save_graph(GRAPH)

        assert await store.graph(OTHER_UNIVERSE) is None

    async def test_a_later_read_replaces_an_earlier_one(self, store: GameStore) -> None:
        await store.save_graph(GRAPH)
        later = replace(GRAPH, waypoints=GRAPH.waypoints[:1], unknown_fuel_waypoints=(), fetch_time=START)

        await store.save_graph(later)

        assert await store.graph() == later

    async def test_what_a_market_said_beats_what_the_map_assumes(self, store: GameStore) -> None:
        await store.save_graph(GRAPH)

        await store.mark_fuel("X1-AA1-A1", sells_fuel=False)
        await store.mark_fuel("X1-AA1-B2", sells_fuel=True)
        await store.mark_fuel("X1-AA1-B2", sells_fuel=False)

        graph = await store.graph()
        assert graph is not None
        assert [waypoint.sells_fuel for waypoint in graph.waypoints] == [False, False, False]
        assert graph.unknown_fuel_waypoints == ()

    async def test_what_a_market_said_outlives_a_new_read_of_the_map(self, store: GameStore) -> None:
        await store.mark_fuel("X1-AA1-A1", sells_fuel=False)
        await store.mark_fuel("X1-AA1-A1", sells_fuel=True, universe=OTHER_UNIVERSE)

        await store.save_graph(GRAPH)

        graph = await store.graph()
        assert graph is not None
        assert [waypoint.sells_fuel for waypoint in graph.waypoints] == [False, True, False]
        assert graph.unknown_fuel_waypoints == ("X1-AA1-B2",)
