"""Orders to single ships: when the game is called, and what callers hear of its answers."""

from dataclasses import replace
from typing import Any

import pytest

from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.commands.dock_ship import DockShipCommand
from navigation_service.application.commands.orbit_ship import OrbitShipCommand
from navigation_service.application.commands.refuel_ship import RefuelShipCommand
from navigation_service.application.commands.set_flight_mode import SetFlightModeCommand
from navigation_service.application.free_ships import FreeShips
from navigation_service.application.lookout import Lookout
from navigation_service.application.ports import PlayerKey
from navigation_service.application.ship_orders import ShipOrders
from navigation_service.domain.errors import (
    GameBudgetExhaustedError,
    GameUnavailableError,
    InsufficientCreditsError,
    InvalidShipStateError,
    ShipBusyError,
    ShipNotFoundError,
    TokenRejectedError,
)
from navigation_service.domain.order import Order
from navigation_service.domain.outcome import Refused
from navigation_service.domain.ship import NavStatus
from navigation_service.domain.voyage import GameAction
from shared_kernel.physics import FlightMode
from tests.fakes.navigation_game import Fault
from tests.fakes.navigation_world import DRY, HOME, PUMP, SHIP, UNIVERSE, NavigationWorld

BURN = 2
CRUISE = 1


def orders_of(world: NavigationWorld) -> ShipOrders:
    """Orders whose waiting moves the clock."""

    async def sleep(seconds: float) -> None:
        world.clock.step(seconds)

    return ShipOrders(
        unit_of_work=world.database,
        acting=ActingForPlayers(world.players, world.game),
        free_ships=FreeShips(world.database, world.voyages),
        lookout=Lookout(world.database, world.ships, world.game, world.clock),
        game=world.game,
        budget=world.budget,
        graphs=world.graphs,
        clock=world.clock,
        call_seconds=5.0,
        time_left=lambda: world.seconds_left,
        sleep=sleep,
    )


@pytest.mark.parametrize(
    ("command", "action", "changed"),
    [
        (OrbitShipCommand(SHIP), "ORBIT", {"nav_status": NavStatus.IN_ORBIT}),
        (RefuelShipCommand(SHIP), "REFUEL", {"fuel": 400}),
        (SetFlightModeCommand(SHIP, flight_mode=BURN), "SET_FLIGHT_MODE", {"flight_mode": FlightMode.BURN}),
    ],
)
async def test_an_order_is_one_look_and_one_call(
    world: NavigationWorld, command: Any, action: str, changed: dict[str, Any]
) -> None:
    before = world.game.launch(SHIP, HOME, fuel=100)

    record = await world.mediator.send(command)

    assert world.actions == ["READ", action]
    assert record.ship == replace(before, **changed)
    assert world.database.committed.ships[UNIVERSE, SHIP] == record
    assert world.budget.open_permits == 0


async def test_docks_a_ship_in_orbit(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, nav_status=NavStatus.IN_ORBIT)

    assert (await world.mediator.send(DockShipCommand(SHIP))).ship.nav_status is NavStatus.DOCKED


@pytest.mark.parametrize(
    ("command", "nav_status"),
    [
        (OrbitShipCommand(SHIP), NavStatus.IN_ORBIT),
        (DockShipCommand(SHIP), NavStatus.DOCKED),
        (RefuelShipCommand(SHIP), NavStatus.DOCKED),
        (RefuelShipCommand(SHIP), NavStatus.IN_ORBIT),
        (SetFlightModeCommand(SHIP, flight_mode=CRUISE), NavStatus.DOCKED),
    ],
)
async def test_nothing_to_do_is_no_call(world: NavigationWorld, command: Any, nav_status: NavStatus) -> None:
    world.game.launch(SHIP, HOME, nav_status=nav_status)

    record = await world.mediator.send(command)

    assert world.actions == ["READ"]
    assert record.ship == world.ship


@pytest.mark.parametrize(
    "command",
    [
        OrbitShipCommand(SHIP),
        DockShipCommand(SHIP),
        RefuelShipCommand(SHIP),
        SetFlightModeCommand(SHIP, flight_mode=BURN),
    ],
)
async def test_a_ship_in_transit_is_waited_for(world: NavigationWorld, command: Any) -> None:
    world.game.launch(SHIP, HOME, nav_status=NavStatus.IN_ORBIT)
    world.game.ships[SHIP] = replace(
        world.ship,
        nav_status=NavStatus.IN_TRANSIT,
        waypoint_symbol=PUMP,
        arrival_time=world.clock.now().replace(year=2027),
    )

    with pytest.raises(InvalidShipStateError) as refused:
        await world.mediator.send(command)

    assert world.ship.arrival_time is not None
    assert refused.value.metadata["arrival"] == world.ship.arrival_time.isoformat()
    assert world.actions == ["READ"]


async def test_a_mode_that_is_set_already_is_set_in_transit_too(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, nav_status=NavStatus.IN_TRANSIT)

    record = await world.mediator.send(SetFlightModeCommand(SHIP, flight_mode=CRUISE))

    assert record.ship.flight_mode is FlightMode.CRUISE


async def test_refuelling_in_orbit_says_to_dock_first(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, fuel=1, nav_status=NavStatus.IN_ORBIT)

    with pytest.raises(InvalidShipStateError, match="dock it"):
        await world.mediator.send(RefuelShipCommand(SHIP))


async def test_a_place_without_fuel_is_named_and_remembered(world: NavigationWorld) -> None:
    world.game.launch(SHIP, DRY, fuel=1)

    with pytest.raises(InvalidShipStateError, match=f"{DRY} sells no fuel"):
        await world.mediator.send(RefuelShipCommand(SHIP))

    assert world.database.committed.fuel_facts == {(UNIVERSE, DRY): False}


async def test_too_few_credits_are_named(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, fuel=1)
    world.game.credits["ACE"] = 0

    with pytest.raises(InsufficientCreditsError) as refused:
        await world.mediator.send(RefuelShipCommand(SHIP))

    assert refused.value.metadata["game_error_code"] == "4600"


async def test_a_busy_ship_is_refused_before_the_game_is_called(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    world.game.calls.clear()

    with pytest.raises(ShipBusyError) as refused:
        await world.mediator.send(OrbitShipCommand(SHIP))

    assert refused.value.metadata["voyage_id"] == voyage.voyage_id
    assert world.game.calls == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Refused(4244, "no"), InvalidShipStateError),
        (Refused(9999, "no"), InvalidShipStateError),
        (Refused(404, "no", 404), ShipNotFoundError),
        (Fault.RATE_LIMITED, GameBudgetExhaustedError),
        (Fault.NOT_SENT, GameUnavailableError),
    ],
)
async def test_every_answer_has_a_name(world: NavigationWorld, answer: Any, error: type[Exception]) -> None:
    world.game.fail(GameAction.ORBIT, answer)

    with pytest.raises(error):
        await world.mediator.send(OrbitShipCommand(SHIP))

    assert world.budget.open_permits == 0


async def test_a_token_that_is_refused_is_confirmed_and_reported(world: NavigationWorld) -> None:
    world.game.fail(GameAction.ORBIT, Refused(4104, "no", 401))
    assert (await world.mediator.send(OrbitShipCommand(SHIP))).ship.nav_status is NavStatus.IN_ORBIT

    world.game.refuse_token(world.credential)
    with pytest.raises(TokenRejectedError):
        await world.mediator.send(DockShipCommand(SHIP))
    assert world.players.reports == [(1, 1, 4104)]


async def test_a_lost_answer_is_resolved_by_a_look_when_it_must_have_settled(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, fuel=1)
    world.game.fail(GameAction.REFUEL, Fault.LOST_AFTER)
    begun = world.clock.monotonic()

    record = await orders_of(world).carry_out(PlayerKey(1), SHIP, Order(GameAction.REFUEL))

    assert record.ship.fuel == 400
    assert world.clock.monotonic() - begun >= 5.0
    assert world.actions == ["READ", "REFUEL", "READ"]


async def test_a_call_without_a_trace_is_told_to_have_done_nothing(world: NavigationWorld) -> None:
    world.game.fail(GameAction.ORBIT, Fault.LOST_BEFORE)

    with pytest.raises(GameUnavailableError) as told:
        await orders_of(world).carry_out(PlayerKey(1), SHIP, Order(GameAction.ORBIT))

    assert told.value.metadata == {"outcome": "none"}


async def test_a_caller_without_the_time_hears_that_the_outcome_is_not_known(world: NavigationWorld) -> None:
    world.game.fail(GameAction.ORBIT, Fault.LOST_AFTER)
    world.seconds_left = 3.0

    with pytest.raises(GameUnavailableError, match="not known") as told:
        await orders_of(world).carry_out(PlayerKey(1), SHIP, Order(GameAction.ORBIT))

    assert told.value.metadata == {"outcome": "unknown"}
    assert told.value.retry_after >= 5.0
    assert world.clock.monotonic() == 0.0


async def test_a_look_that_fails_leaves_the_outcome_unknown(world: NavigationWorld) -> None:
    world.game.fail(GameAction.ORBIT, Fault.LOST_AFTER)
    orders = orders_of(world)

    async def sleep(_: float) -> None:
        world.game.down = True

    with pytest.raises(GameUnavailableError, match="not known") as told:
        await replace(orders, sleep=sleep).carry_out(PlayerKey(1), SHIP, Order(GameAction.ORBIT))

    assert told.value.metadata == {"outcome": "unknown"}
