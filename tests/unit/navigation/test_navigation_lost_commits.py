"""The database goes away at a commit, again and again: nobody knows then whether what was written is stored."""

from contextlib import suppress
from itertools import count

import pytest

from navigation_service.application.commands.advance_voyage import AdvanceVoyageCommand
from navigation_service.application.commands.claim_voyage import ClaimVoyageCommand
from navigation_service.application.flight_crew import Claim
from navigation_service.domain.events import Waiting
from navigation_service.domain.voyage import GameAction, Voyage
from shared_kernel.errors import Unavailable
from tests.fakes.navigation_memory import Loss
from tests.fakes.navigation_world import FAR, PUMP, NavigationWorld

# Every third would be the same write of each attempt, for ever.
PERIODS = (4, 5, 7)


async def accepted(world: NavigationWorld) -> Voyage:
    """As callers do, again until there is an answer."""
    while True:
        with suppress(Unavailable):
            return await world.navigate(request_id="the same")


async def flown(world: NavigationWorld, voyage_id: str) -> Voyage:
    """Turns of a runner that is as deaf to trouble as the real one."""
    for _ in range(200):
        if not (voyage := await world.voyage(voyage_id)).state.is_active:
            return voyage
        with suppress(Unavailable):
            due = await world.mediator.send(ClaimVoyageCommand("worker"))
            if isinstance(due, Claim):
                await world.mediator.send(AdvanceVoyageCommand(due))
            else:
                world.clock.step(due.seconds or 0.1)
    raise AssertionError(f"never ends: {voyage}")


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize(("period", "first"), [(period, first) for period in PERIODS for first in range(period)])
async def test_a_voyage_outlives_commits_of_unknown_outcome(loss: Loss, period: int, first: int) -> None:
    world = NavigationWorld()
    await world.know_the_map()
    world.database.losses = (loss if number % period == first else None for number in count())

    voyage = await flown(world, (await accepted(world)).voyage_id)

    assert voyage.state.name == "COMPLETED"
    assert [call.target for call in world.game.applied(GameAction.NAVIGATE)] == [PUMP, FAR]
    assert len(world.game.applied(GameAction.REFUEL)) == 1
    told = [type(event).__name__ for event in await world.events(voyage.voyage_id) if not isinstance(event, Waiting)]
    assert told == ["Accepted", "Departed", "Arrived", "Refuelled", "Departed", "Arrived", "Ended"]
    assert voyage.last_event_number == len(await world.events(voyage.voyage_id))
