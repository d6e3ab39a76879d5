"""What every GameGateway promises, over a game that keeps the rules."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta

import pytest

from navigation_service.application.ports import AgentToken, Credential, GameGateway, Urgency
from navigation_service.domain.errors import (
    GameUnavailableError,
    ShipNotFoundError,
    SystemNotFoundError,
    TokenRejectedError,
    UniverseResetError,
)
from navigation_service.domain.outcome import Done, NotSent, Outcome, OutcomeUnknown, RateLimited, Refused
from navigation_service.domain.ship import NavStatus, Ship
from navigation_service.domain.voyage import GameAction
from shared_kernel.physics import FlightMode
from tests.fakes.navigation_budget import FakeBudget, FakePermit
from tests.fakes.navigation_game import Fault

CLOSE_ENOUGH = timedelta(seconds=2)


class GameWorld(ABC):
    """A game with one agent, whose frigate stands docked at `home` with a full tank of 400.

    `near` sells fuel and is in reach, `dry` is in reach and sells none, `far` is too far for CRUISE.
    """

    game: GameGateway
    budget: FakeBudget
    credential: Credential
    ship_symbol: str
    home: str
    near: str
    dry: str
    far: str

    @abstractmethod
    async def step(self, seconds: float) -> None:
        """Let time pass at the game."""

    @abstractmethod
    async def place(self, waypoint: str, nav_status: NavStatus, fuel: int) -> None: ...

    @abstractmethod
    async def impoverish(self) -> None:
        """The agent has no credits left."""

    @abstractmethod
    async def fail(self, action: str, fault: Fault, times: int = 1) -> None:
        """Arm a fault for the next calls of an action, or of READ (of a single ship)."""

    @abstractmethod
    async def reset(self) -> None:
        """Begin a new universe."""

    async def ship(self) -> Ship:
        return await self.game.get_ship(self.credential, self.ship_symbol, Urgency.VOYAGE)

    async def perform(
        self, action: GameAction, target: str = "", *, permit: FakePermit | None = None, in_time: bool = True
    ) -> Outcome:
        permit = permit or await self.budget.acquire(Urgency.VOYAGE)
        send_by = float("inf") if in_time else float("-inf")
        return await self.game.perform(
            self.credential, await self.ship(), action, target, permit=permit, send_by=send_by
        )

    async def done(self, action: GameAction, target: str = "") -> Done:
        outcome = await self.perform(action, target)
        assert isinstance(outcome, Done), outcome
        return outcome

    async def refused(self, action: GameAction, target: str = "") -> Refused:
        outcome = await self.perform(action, target)
        assert isinstance(outcome, Refused), outcome
        return outcome

    def with_bad_token(self) -> Credential:
        return replace(self.credential, token=AgentToken("not-a-token"))


class GameReadsContract:
    async def test_reads_a_ship(self, world: GameWorld) -> None:
        ship = await world.ship()

        assert (ship.ship_symbol, ship.waypoint_symbol) == (world.ship_symbol, world.home)
        assert (ship.nav_status, ship.flight_mode) == (NavStatus.DOCKED, FlightMode.CRUISE)
        assert (ship.fuel, ship.fuel_capacity, ship.engine_speed) == (400, 400, 36)
        assert world.home.startswith(ship.system_symbol + "-")
        assert (ship.role, ship.frame) == ("COMMAND", "FRAME_FRIGATE")
        assert ship.arrival_in == timedelta(0)

    async def test_names_a_ship_that_the_agent_does_not_have(self, world: GameWorld) -> None:
        with pytest.raises(ShipNotFoundError, match="NOBODY-1") as refusal:
            await world.game.get_ship(world.credential, "NOBODY-1", Urgency.CALLER)
        assert refusal.value.metadata == {"ship_symbol": "NOBODY-1"}

    async def test_lists_an_agents_ships(self, world: GameWorld) -> None:
        listed = await world.game.list_ships(world.credential)

        assert world.ship_symbol in [ship.ship_symbol for ship in listed.ships]
        assert next(ship for ship in listed.ships if ship.ship_symbol == world.ship_symbol) == await world.ship()
        assert listed.complete
        assert not listed.unreadable_ship_symbols

    async def test_reads_the_waypoints_of_a_system(self, world: GameWorld) -> None:
        system = (await world.ship()).system_symbol

        waypoints = {w.symbol: w for w in await world.game.read_waypoints(world.credential, system)}

        assert {world.home, world.near, world.dry, world.far} <= set(waypoints)
        assert waypoints[world.home].marketplace
        assert waypoints[world.near].marketplace
        assert not waypoints[world.dry].marketplace
        assert all(waypoint.charted for waypoint in waypoints.values())

    async def test_names_a_system_that_does_not_exist(self, world: GameWorld) -> None:
        with pytest.raises(SystemNotFoundError, match="X9-NONE9"):
            await world.game.read_waypoints(world.credential, "X9-NONE9")

    async def test_asks_markets_whether_they_sell_fuel(self, world: GameWorld) -> None:
        assert await world.game.market_sells_fuel(world.credential, world.near) is True
        assert await world.game.market_sells_fuel(world.credential, world.dry) is False

    async def test_knows_a_good_token_from_a_bad_one(self, world: GameWorld) -> None:
        assert await world.game.accepts_token(world.credential)
        assert not await world.game.accepts_token(world.with_bad_token())

    async def test_a_read_with_a_bad_token_says_whose_it_is(self, world: GameWorld) -> None:
        with pytest.raises(TokenRejectedError) as refusal:
            await world.game.get_ship(world.with_bad_token(), world.ship_symbol, Urgency.VOYAGE)

        assert refusal.value.metadata["agent_symbol"] == world.credential.agent_symbol
        assert 4100 <= int(refusal.value.metadata["game_error_code"]) <= 4115
        assert "not-a-token" not in str(refusal.value)

    async def test_a_token_of_an_earlier_universe_is_told_from_a_bad_one(self, world: GameWorld) -> None:
        ship = await world.ship()
        await world.reset()

        with pytest.raises(UniverseResetError) as refusal:
            await world.game.get_ship(world.credential, world.ship_symbol, Urgency.VOYAGE)
        assert refusal.value.metadata["game_error_code"] == "4113"
        with pytest.raises(UniverseResetError):
            await world.game.accepts_token(world.credential)
        permit = await world.budget.acquire(Urgency.VOYAGE)
        outcome = await world.game.perform(
            world.credential, ship, GameAction.ORBIT, "", permit=permit, send_by=float("inf")
        )
        assert isinstance(outcome, Refused)
        assert (outcome.status, outcome.code) == (401, 4113)

    async def test_uses_the_permit_that_it_is_given_and_draws_no_other(self, world: GameWorld) -> None:
        permit = await world.budget.acquire(Urgency.ARRIVAL)

        await world.game.get_ship(world.credential, world.ship_symbol, Urgency.VOYAGE, permit)

        assert permit.state == "SPENT"
        assert world.budget.permits == [permit]

    async def test_draws_a_permit_for_each_read_by_its_urgency(self, world: GameWorld) -> None:
        await world.game.get_ship(world.credential, world.ship_symbol, Urgency.ARRIVAL)
        await world.game.market_sells_fuel(world.credential, world.near)

        assert world.budget.urgencies == [Urgency.ARRIVAL, Urgency.SURVEY]
        assert world.budget.open_permits == 0


class GameActionsContract:
    async def test_orbits_and_docks_and_says_where_the_ship_is_then(self, world: GameWorld) -> None:
        orbiting = await world.done(GameAction.ORBIT)
        assert orbiting.ship.nav_status is NavStatus.IN_ORBIT
        assert orbiting.ship == await world.ship()

        docked = await world.done(GameAction.DOCK)
        assert docked.ship.nav_status is NavStatus.DOCKED
        assert docked.ship == await world.ship()

    async def test_orbiting_twice_changes_nothing(self, world: GameWorld) -> None:
        first = await world.done(GameAction.ORBIT)

        assert await world.done(GameAction.ORBIT) == first

    async def test_flies_to_a_waypoint_and_says_how_long_it_takes(self, world: GameWorld) -> None:
        await world.done(GameAction.ORBIT)

        ship = (await world.done(GameAction.NAVIGATE, world.near)).ship

        assert (ship.nav_status, ship.waypoint_symbol) == (NavStatus.IN_TRANSIT, world.near)
        assert ship.origin_waypoint_symbol == world.home
        assert ship.fuel < 400
        assert ship.departure_time is not None
        assert ship.arrival_time is not None
        assert ship.arrival_in == ship.arrival_time - ship.departure_time
        seen = await world.ship()
        assert replace(seen, arrival_in=ship.arrival_in) == ship
        assert abs(seen.arrival_in - ship.arrival_in) < CLOSE_ENOUGH

    async def test_shows_less_time_left_as_the_ship_flies(self, world: GameWorld) -> None:
        await world.done(GameAction.ORBIT)
        flight = (await world.done(GameAction.NAVIGATE, world.near)).ship.arrival_in

        await world.step(10)
        left = (await world.ship()).arrival_in

        assert abs(flight - timedelta(seconds=10) - left) < CLOSE_ENOUGH
        await world.step(flight.total_seconds())
        arrived = await world.ship()
        assert (arrived.nav_status, arrived.arrival_in) == (NavStatus.IN_ORBIT, timedelta(0))

    async def test_sets_a_flight_mode(self, world: GameWorld) -> None:
        changed = await world.done(GameAction.SET_FLIGHT_MODE, "BURN")

        assert changed.ship.flight_mode is FlightMode.BURN
        assert await world.ship() == changed.ship

    async def test_fills_the_tank_and_says_what_it_cost(self, world: GameWorld) -> None:
        await world.place(world.near, NavStatus.DOCKED, 123)

        refuelled = await world.done(GameAction.REFUEL)

        assert refuelled.ship.fuel == 400
        assert refuelled.credits is not None
        assert refuelled.credits > 0
        assert await world.ship() == refuelled.ship

    async def test_refuses_to_fly_from_a_dock(self, world: GameWorld) -> None:
        assert (await world.refused(GameAction.NAVIGATE, world.near)).code == 4236

    async def test_refuses_to_fly_to_where_the_ship_is(self, world: GameWorld) -> None:
        await world.done(GameAction.ORBIT)

        assert (await world.refused(GameAction.NAVIGATE, world.home)).code == 4204

    async def test_refuses_a_leg_that_the_tank_does_not_cover_and_says_what_it_takes(self, world: GameWorld) -> None:
        await world.done(GameAction.ORBIT)

        refusal = await world.refused(GameAction.NAVIGATE, world.far)

        assert refusal.code == 4203
        assert int(refusal.metadata["fuel_required"]) > int(refusal.metadata["fuel_available"]) == 400

    async def test_refuses_to_command_a_ship_in_transit(self, world: GameWorld) -> None:
        await world.done(GameAction.ORBIT)
        await world.done(GameAction.NAVIGATE, world.near)

        for action, target in ((GameAction.NAVIGATE, world.dry), (GameAction.DOCK, ""), (GameAction.REFUEL, "")):
            assert (await world.refused(action, target)).code in (4200, 4214)

    async def test_refuses_to_refuel_in_orbit(self, world: GameWorld) -> None:
        await world.place(world.near, NavStatus.IN_ORBIT, 123)

        assert (await world.refused(GameAction.REFUEL)).code == 4244

    async def test_refuses_to_refuel_where_no_fuel_is_sold(self, world: GameWorld) -> None:
        await world.place(world.dry, NavStatus.DOCKED, 123)

        assert (await world.refused(GameAction.REFUEL)).code == 4601

    async def test_refuses_to_refuel_without_credits(self, world: GameWorld) -> None:
        await world.place(world.near, NavStatus.DOCKED, 123)
        await world.impoverish()

        assert (await world.refused(GameAction.REFUEL)).code == 4600

    async def test_refuses_a_bad_token_without_raising(self, world: GameWorld) -> None:
        permit, ship = await world.budget.acquire(Urgency.VOYAGE), await world.ship()

        outcome = await world.game.perform(
            world.with_bad_token(), ship, GameAction.ORBIT, "", permit=permit, send_by=float("inf")
        )

        assert isinstance(outcome, Refused)
        assert outcome.rejects_token
        assert "not-a-token" not in repr(outcome)

    async def test_a_ship_that_is_gone_is_a_refusal(self, world: GameWorld) -> None:
        permit, gone = await world.budget.acquire(Urgency.VOYAGE), replace(await world.ship(), ship_symbol="GONE-9")

        outcome = await world.game.perform(
            world.credential, gone, GameAction.ORBIT, "", permit=permit, send_by=float("inf")
        )

        assert isinstance(outcome, Refused)
        assert (outcome.status, outcome.code) == (404, 404)

    async def test_sends_nothing_too_late(self, world: GameWorld) -> None:
        before, permit = await world.ship(), await world.budget.acquire(Urgency.VOYAGE)

        outcome = await world.perform(GameAction.ORBIT, permit=permit, in_time=False)

        assert isinstance(outcome, NotSent)
        assert permit.state == "GIVEN_BACK"
        assert await world.ship() == before

    async def test_spends_the_permit_of_what_it_sent(self, world: GameWorld) -> None:
        permit = await world.budget.acquire(Urgency.VOYAGE)

        await world.perform(GameAction.ORBIT, permit=permit)

        assert permit.state == "SPENT"
        assert world.budget.open_permits == 0


class GameTroubleContract:
    async def test_a_lost_answer_leaves_the_outcome_unknown_and_the_effect_done(self, world: GameWorld) -> None:
        await world.fail("ORBIT", Fault.LOST_AFTER)

        assert isinstance(await world.perform(GameAction.ORBIT), OutcomeUnknown)
        assert (await world.ship()).nav_status is NavStatus.IN_ORBIT

    async def test_a_lost_request_leaves_the_outcome_unknown_too(self, world: GameWorld) -> None:
        await world.fail("ORBIT", Fault.LOST_BEFORE)

        assert isinstance(await world.perform(GameAction.ORBIT), OutcomeUnknown)
        assert (await world.ship()).nav_status is NavStatus.DOCKED

    async def test_a_rate_limit_is_told_and_makes_everybody_pause(self, world: GameWorld) -> None:
        await world.fail("ORBIT", Fault.RATE_LIMITED)

        assert await world.perform(GameAction.ORBIT) == RateLimited(1.0)
        assert world.budget.pauses == [1.0]
        assert (await world.ship()).nav_status is NavStatus.DOCKED

    async def test_a_read_gets_over_passing_trouble_with_a_permit_for_each_attempt(self, world: GameWorld) -> None:
        await world.fail("READ", Fault.LOST_BEFORE, times=2)

        assert (await world.ship()).waypoint_symbol == world.home
        assert [permit.state for permit in world.budget.permits] == ["SPENT"] * 3

    async def test_a_read_gets_over_a_rate_limit(self, world: GameWorld) -> None:
        await world.fail("READ", Fault.RATE_LIMITED)

        assert (await world.ship()).waypoint_symbol == world.home
        assert world.budget.pauses == [1.0]

    async def test_a_read_gives_up_on_lasting_trouble(self, world: GameWorld) -> None:
        await world.fail("READ", Fault.LOST_BEFORE, times=3)

        with pytest.raises(GameUnavailableError):
            await world.ship()
        assert world.budget.open_permits == 0
        assert (await world.ship()).waypoint_symbol == world.home
