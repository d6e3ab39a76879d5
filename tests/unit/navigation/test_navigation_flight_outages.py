"""Waiting never fails a voyage, however long others are away."""

import asyncio
from dataclasses import replace

import pytest

from navigation_service.application.commands.advance_voyage import AdvanceVoyageCommand
from navigation_service.application.flight_crew import FlightSettings
from navigation_service.application.ports import Credential, Permit, Urgency
from navigation_service.domain.events import VoyageState, Waiting
from navigation_service.domain.route import Refuel
from navigation_service.domain.ship import Ship
from navigation_service.domain.voyage import GameAction, Voyage
from tests.fakes.navigation_game import FakeGame, Fault
from tests.fakes.navigation_repositories import MemoryVoyages
from tests.fakes.navigation_world import DRY, PUMP, SHIP, UNIVERSE, NavigationWorld


@pytest.mark.parametrize("fault", [Fault.NOT_SENT, Fault.RATE_LIMITED])
async def test_a_call_that_did_not_happen_is_waited_out(world: NavigationWorld, fault: Fault) -> None:
    world.game.fail(GameAction.NAVIGATE, fault, fault)

    voyage = await world.flown(PUMP)

    assert (voyage.state, voyage.attempt, voyage.setbacks) == (VoyageState.COMPLETED, 0, 0)


async def outlasts(world: NavigationWorld, voyage: Voyage, broken: object, at_most: float) -> Voyage:
    """20 failing turns, each waited for longer than the last, and then success."""
    broken.down = True  # type: ignore[attr-defined]  # every fake has it
    pauses = []
    for _ in range(20):
        assert await world.turn() is False
        present = await world.voyage(voyage.voyage_id)
        assert present.state.is_active
        pauses.append((present.next_action_time - world.clock.now()).total_seconds())
        await world.wait_until_due()
    assert pauses == sorted(pauses)
    assert pauses[-1] == at_most
    assert present.attempt == 0
    broken.down = False  # type: ignore[attr-defined]  # as above
    return await world.fly(voyage.voyage_id)


async def test_outlasts_an_outage_of_the_game(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    world.clock.step(6)

    ended = await outlasts(world, voyage, world.game, 60.0)

    assert ended.state is VoyageState.COMPLETED
    assert [type(told) for told in await world.events(voyage.voyage_id)].count(Waiting) == 1


async def test_outlasts_an_outage_of_the_player_service(world: NavigationWorld) -> None:
    assert (await outlasts(world, await world.navigate(), world.players, 60.0)).state is VoyageState.COMPLETED


async def test_outlasts_an_outage_of_the_planner(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    world.clock.step(6)
    world.game.move(SHIP, DRY)

    assert (await outlasts(world, voyage, world.planner, 60.0)).state is VoyageState.COMPLETED


async def test_a_plan_that_cannot_be_flown_counts_as_an_outage_of_the_planner(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    world.clock.step(6)
    world.game.move(SHIP, DRY)
    world.planner.answer = replace(voyage.route, origin=DRY, steps=(Refuel(DRY, 100),))
    await world.turn()

    assert (await world.voyage(voyage.voyage_id)).last_error.startswith("the routing service sent a plan")


async def test_a_full_request_limit_is_waited_out(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    claim = await world.claim()
    world.budget.exhausted_for = 20.0
    await world.mediator.send(AdvanceVoyageCommand(claim))
    waiting = await world.voyage(voyage.voyage_id)

    assert (waiting.next_action_time - world.clock.now()).total_seconds() >= 20.0
    world.budget.exhausted_for = None
    assert (await world.fly(voyage.voyage_id)).state is VoyageState.COMPLETED


async def test_a_fault_of_ours_backs_off_and_is_raised(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    world.clock.step(6)
    world.game.move(SHIP, DRY)
    world.planner.answer = "no route at all"  # type: ignore[assignment]  # a fault of ours

    with pytest.raises(AttributeError):
        await world.turn()

    present = await world.voyage(voyage.voyage_id)
    assert (present.state.is_active, present.lease, present.setbacks) == (True, None, 1)
    assert "unexpected fault" in present.last_error


async def test_a_fault_of_ours_in_keeping_the_lease_is_no_secret() -> None:
    world, tried = NavigationWorld(settings=FlightSettings(lease_seconds=0.003)), asyncio.Event()

    class FaultyVoyages(MemoryVoyages):
        async def renew(self, voyage: Voyage) -> None:
            tried.set()
            raise AssertionError("a fault of ours")

    class SlowGame(FakeGame):
        async def get_ship(
            self, credential: Credential, ship_symbol: str, urgency: Urgency, permit: Permit | None = None
        ) -> Ship:
            await tried.wait()
            return await super().get_ship(credential, ship_symbol, urgency, permit)

    await world.know_the_map()
    voyage = await world.navigate(PUMP)
    slow = SlowGame(world.clock, budget=world.budget, database=world.database, universe=UNIVERSE)
    vars(slow).update(vars(world.game))
    world.game, world.voyages = slow, FaultyVoyages(world.database, world.clock)
    world.restart()

    with pytest.raises(AssertionError, match="a fault of ours"):
        await world.turn()

    assert (await world.voyage(voyage.voyage_id)).state is VoyageState.UNDER_WAY
