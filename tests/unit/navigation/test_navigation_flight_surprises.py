"""What a flight does when the ship is not as it was left: answers that were lost, and foreign hands."""

from dataclasses import replace

import pytest

from navigation_service.application.commands.claim_voyage import ClaimVoyageCommand, Idle
from navigation_service.domain.events import Refuelled, Replanned, VoyageState
from navigation_service.domain.outcome import Refused
from navigation_service.domain.ship import NavStatus
from navigation_service.domain.voyage import GameAction
from tests.fakes.navigation_game import Fault
from tests.fakes.navigation_world import DRY, HOME, PUMP, SHIP, NavigationWorld


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.LOST_BEFORE])
@pytest.mark.parametrize("action", [GameAction.ORBIT, GameAction.NAVIGATE, GameAction.DOCK, GameAction.REFUEL])
async def test_a_lost_answer_is_resolved_by_a_later_look(
    world: NavigationWorld, action: GameAction, fault: Fault
) -> None:
    world.game.fail(action, fault)

    voyage = await world.flown()

    assert voyage.state is VoyageState.COMPLETED
    assert len(world.game.applied(GameAction.REFUEL)) == 1
    assert len(world.game.applied(GameAction.NAVIGATE)) == 2


async def test_nothing_is_sent_until_a_lost_answer_must_have_settled(world: NavigationWorld) -> None:
    world.game.fail(GameAction.ORBIT, Fault.LOST_BEFORE)
    voyage = await world.navigate(PUMP)
    sent = world.clock.now()
    await world.turn()
    waiting = await world.voyage(voyage.voyage_id)
    calls = len(world.game.calls)

    assert (waiting.next_action_time - sent).total_seconds() >= world.settings.call_seconds
    assert waiting.intent is not None
    assert await world.mediator.send(ClaimVoyageCommand("w")) == Idle(6.0)
    assert len(world.game.calls) == calls


async def test_a_refuel_whose_answer_was_lost_is_told_without_its_price(world: NavigationWorld) -> None:
    world.game.fail(GameAction.REFUEL, Fault.LOST_AFTER)

    voyage = await world.flown()

    refuels = [told for told in await world.events(voyage.voyage_id) if isinstance(told, Refuelled)]
    assert refuels == [Refuelled(PUMP, 300, None)]


async def test_a_ship_that_was_brought_to_its_target_goes_on_from_there(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    world.clock.step(6)
    world.game.move(SHIP, PUMP)

    assert (await world.fly(voyage.voyage_id)).state is VoyageState.COMPLETED
    assert not any(isinstance(told, Replanned) for told in await world.events(voyage.voyage_id))


async def test_a_ship_that_was_brought_elsewhere_is_planned_for_anew(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    world.clock.step(6)
    world.game.move(SHIP, DRY)

    ended = await world.fly(voyage.voyage_id)

    assert ended.state is VoyageState.COMPLETED
    assert [told.route.origin for told in await world.events(voyage.voyage_id) if isinstance(told, Replanned)] == [DRY]


async def test_a_ship_that_was_docked_against_the_plan_is_orbited(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    world.game.launch(SHIP, HOME, nav_status=NavStatus.DOCKED)
    world.game.fail(GameAction.ORBIT, Refused(4244, "no"))

    assert (await world.fly(voyage.voyage_id)).state is VoyageState.COMPLETED


async def test_a_refusal_of_the_believed_status_does_it_live(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, nav_status=NavStatus.IN_ORBIT)
    voyage = await world.navigate(PUMP)
    world.game.ships[SHIP] = replace(world.ship, nav_status=NavStatus.DOCKED)

    await world.fly(voyage.voyage_id)

    assert world.actions == ["READ", "NAVIGATE", "ORBIT", "NAVIGATE", "READ"]


async def test_a_flight_that_somebody_else_began_is_adopted(world: NavigationWorld) -> None:
    world.game.fail(GameAction.NAVIGATE, Refused(4214, "in transit"))
    voyage = await world.navigate(PUMP)
    world.game.launch(SHIP, HOME, nav_status=NavStatus.IN_ORBIT)

    assert (await world.fly(voyage.voyage_id)).state is VoyageState.COMPLETED
