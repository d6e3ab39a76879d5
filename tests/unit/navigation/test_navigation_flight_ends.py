"""Who may act for a voyage: not a worker without its lease, nor once a cancel or a drain has come between."""

import asyncio

from navigation_service.application.commands.advance_voyage import AdvanceVoyageCommand
from navigation_service.application.commands.cancel_voyage import CancelVoyageCommand
from navigation_service.application.flight_crew import FlightSettings
from navigation_service.application.ports import Urgency
from navigation_service.domain.events import VoyageState
from navigation_service.domain.voyage import GameAction
from tests.fakes.navigation_budget import FakeBudget, FakePermit
from tests.fakes.navigation_world import PUMP, NavigationWorld


async def test_a_cancel_between_two_calls_ends_the_voyage_before_the_next(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    claim = await world.claim()
    await world.mediator.send(CancelVoyageCommand(voyage.voyage_id))
    await world.mediator.send(AdvanceVoyageCommand(claim))

    ended = await world.voyage(voyage.voyage_id)
    assert (ended.state, ended.lease) == (VoyageState.CANCELLED, None)
    assert world.actions == ["READ"]


async def test_a_cancel_needs_neither_game_nor_players(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    claim = await world.claim()
    await world.mediator.send(CancelVoyageCommand(voyage.voyage_id))
    world.game.down = world.players.down = True
    await world.mediator.send(AdvanceVoyageCommand(claim))
    await world.turn()

    assert (await world.voyage(voyage.voyage_id)).state is VoyageState.CANCELLED


async def test_nothing_is_sent_without_the_lease(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    late = await world.claim()
    world.clock.step(10.0)
    winner = await world.claim()
    await world.mediator.send(AdvanceVoyageCommand(late))

    assert set(world.actions) == {"READ"}
    await world.mediator.send(AdvanceVoyageCommand(winner))
    assert (await world.voyage(voyage.voyage_id)).last_event_number == 2
    assert world.budget.open_permits == 0


async def test_nothing_is_sent_that_could_outlast_the_lease(world: NavigationWorld) -> None:
    await world.navigate(PUMP)
    claim = await world.claim()
    world.clock.step(4.5)
    await world.mediator.send(AdvanceVoyageCommand(claim))

    assert world.game.applied(GameAction.ORBIT) == []


async def test_a_draining_process_begins_nothing_and_hands_its_voyages_back(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    claim = await world.claim()
    world.signals.stop()
    await world.mediator.send(AdvanceVoyageCommand(claim))

    handed = await world.voyage(voyage.voyage_id)
    assert (handed.lease, handed.state.is_active) == (None, True)
    assert handed.next_action_time <= world.clock.now()
    assert world.actions == ["READ"]
    world.restart()
    assert (await world.fly(voyage.voyage_id)).state is VoyageState.COMPLETED


class EmptyBudget(FakeBudget):
    """Lets everybody wait. `asked` is set when somebody does."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def acquire(self, urgency: Urgency, agent_symbol: str = "") -> FakePermit:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody rings")


async def waiting_for_leave(world: NavigationWorld) -> asyncio.Task[bool]:
    """A turn that has orbited, and waits for leave to navigate."""
    claim = await world.claim()
    world.budget = empty = EmptyBudget()
    world.restart()
    turn = asyncio.create_task(world.mediator.send(AdvanceVoyageCommand(claim)))
    await asyncio.wait_for(empty.asked.wait(), 30)
    return turn


async def test_a_drain_does_not_wait_for_leave_to_call_the_game(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    turn = await waiting_for_leave(world)
    world.signals.stop()
    await asyncio.wait_for(turn, 30)

    assert (await world.voyage(voyage.voyage_id)).lease is None


async def test_a_cancel_does_not_wait_for_leave_to_call_the_game() -> None:
    world = NavigationWorld(settings=FlightSettings(lease_seconds=0.03))
    await world.know_the_map()
    voyage = await world.navigate(PUMP)
    turn = await waiting_for_leave(world)
    asked = await world.mediator.send(CancelVoyageCommand(voyage.voyage_id))
    await asyncio.wait_for(turn, 30)

    assert (asked.state.is_active, asked.cancel_requested) == (True, True)
    assert (await world.voyage(voyage.voyage_id)).state is VoyageState.CANCELLED
