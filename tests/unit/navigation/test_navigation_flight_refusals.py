"""What ends a voyage, and what only makes its plan another: the game says no."""

from navigation_service.domain.events import Replanned, VoyageState
from navigation_service.domain.outcome import Refused
from navigation_service.domain.voyage import GameAction
from tests.fakes.navigation_game import Place
from tests.fakes.navigation_world import LOST, PUMP, SHIP, UNIVERSE, NavigationWorld, failure_reason


async def test_a_market_without_fuel_is_remembered_and_planned_around(world: NavigationWorld) -> None:
    await world.know_the_map(Place("X1-AB-N9", 300, 1, marketplace=True))
    world.game.chart(Place(PUMP, 300, 0))
    async with world.database.transaction():
        await world.graphs.mark_fuel(UNIVERSE, PUMP, False)

    voyage = await world.flown()

    assert world.database.committed.fuel_facts[UNIVERSE, "X1-AB-N9"] is False
    assert any(isinstance(told, Replanned) for told in await world.events(voyage.voyage_id))
    assert voyage.state is VoyageState.COMPLETED


async def test_a_market_without_fuel_after_a_plan_made_here_is_no_loop(world: NavigationWorld) -> None:
    await world.know_the_map(Place("X1-AB-N9", 300, 1, marketplace=True))
    voyage = await world.navigate()
    world.clock.step(6)
    world.game.move(SHIP, "X1-AB-N9", fuel=10)

    ended = await world.fly(voyage.voyage_id)

    causes = [told.cause for told in await world.events(voyage.voyage_id) if isinstance(told, Replanned)]
    assert len(causes) == 2
    assert causes[1] == "X1-AB-N9 sells no fuel"
    assert ended.state is VoyageState.COMPLETED


async def test_an_agent_without_credits_fails_its_voyage(world: NavigationWorld) -> None:
    world.game.credits["ACE"] = 0

    assert failure_reason(await world.flown()) == "INSUFFICIENT_CREDITS"


async def test_a_market_that_adds_nothing_fails_the_voyage(world: NavigationWorld) -> None:
    world.game.refuse_refuel_silently = True

    assert failure_reason(await world.flown()) == "REFUEL_REFUSED"


async def test_other_physics_than_ours_fail_the_voyage_after_a_second_look(world: NavigationWorld) -> None:
    world.game.fail(GameAction.NAVIGATE, Refused(4203, "no"), Refused(4203, "no"))

    assert failure_reason(await world.flown(PUMP)) == "PHYSICS_MISMATCH"
    assert world.actions.count("NAVIGATE") == 1


async def test_a_ship_that_is_gone_fails_its_voyage_after_a_second_read(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    await world.turn()
    del world.game.ships[SHIP]
    calls = len(world.game.calls)

    assert failure_reason(await world.fly(voyage.voyage_id)) == "SHIP_NOT_FOUND"
    assert len(world.game.calls) == calls + 2


async def test_five_refusals_without_a_reason_fail_the_voyage(world: NavigationWorld) -> None:
    world.game.fail(GameAction.NAVIGATE, *[Refused(4000, "cooling")] * 5)

    voyage = await world.flown(PUMP)

    assert failure_reason(voyage) == "INVALID_SHIP_STATE"
    assert voyage.attempt == 5


async def test_no_route_from_a_foreign_place_fails_the_voyage(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    world.clock.step(6)
    world.game.move(SHIP, LOST, fuel=0)

    assert failure_reason(await world.fly(voyage.voyage_id)) == "NO_ROUTE"
