"""How a worker flies a voyage: which calls it makes, what it stores and tells, and how a restart goes on."""

import pytest

from navigation_service.application.commands.cancel_voyage import CancelVoyageCommand
from navigation_service.application.commands.claim_voyage import ClaimVoyageCommand, Idle
from navigation_service.domain.events import Departed, Ended, VoyageState
from navigation_service.domain.ship import NavStatus
from navigation_service.domain.voyage import GameAction
from shared_kernel.physics import FlightMode
from tests.fakes.navigation_world import FAR, HOME, PUMP, SHIP, UNIVERSE, NavigationWorld

FLY_TO_FAR = ["READ", "ORBIT", "NAVIGATE", "READ", "DOCK", "REFUEL", "ORBIT", "NAVIGATE", "READ"]


async def test_a_leg_of_a_docked_ship_takes_four_calls(world: NavigationWorld) -> None:
    voyage = await world.flown(PUMP)

    assert voyage.state is VoyageState.COMPLETED
    assert world.actions == ["READ", "ORBIT", "NAVIGATE", "READ"]
    assert (world.ship.waypoint_symbol, world.ship.nav_status) == (PUMP, NavStatus.IN_ORBIT)


async def test_a_refuel_stop_takes_one_look_and_no_call_too_many(world: NavigationWorld) -> None:
    assert (await world.flown()).state is VoyageState.COMPLETED
    assert world.actions == FLY_TO_FAR


async def test_a_voyage_that_was_accepted_long_ago_looks_first(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    world.clock.step(5.1)

    await world.fly(voyage.voyage_id)

    assert world.actions == ["READ", "READ", "ORBIT", "NAVIGATE", "READ"]


async def test_a_look_at_acceptance_serves_no_process_but_this_one(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    world.restart()

    await world.fly(voyage.voyage_id)

    assert world.actions == ["READ", "READ", "ORBIT", "NAVIGATE", "READ"]


async def test_sets_the_mode_that_the_plan_asks_for(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, flight_mode=FlightMode.DRIFT)

    await world.flown(PUMP)

    assert world.actions == ["READ", "SET_FLIGHT_MODE", "ORBIT", "NAVIGATE", "READ"]


async def test_the_eta_follows_what_was_seen(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    expected = voyage.eta
    world.clock.step(60)
    await world.turn()

    assert expected is not None
    assert (await world.voyage(voyage.voyage_id)).eta == expected + (world.clock.now() - voyage.create_time)


async def test_the_ship_is_kept_as_it_was_seen(world: NavigationWorld) -> None:
    await world.navigate(PUMP)
    await world.turn()

    kept = world.database.committed.ships[UNIVERSE, SHIP]

    assert kept.ship.nav_status is NavStatus.IN_TRANSIT
    assert kept.observe_time == world.clock.now()


async def test_what_happens_is_told_to_operators(world: NavigationWorld) -> None:
    await world.flown(PUMP)

    assert world.log.messages == [
        "planned 1 leg, 0 refuels", f"left {HOME} for {PUMP}", f"arrived at {PUMP}", "completed",
    ]  # fmt: skip


async def test_every_departure_is_told_with_its_arrival(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    await world.turn()

    departed = [told for told in await world.events(voyage.voyage_id) if isinstance(told, Departed)]
    assert departed == [Departed(HOME, PUMP, FlightMode.CRUISE, world.ship.arrival_time, 100)]  # type: ignore[arg-type]
    assert not any(isinstance(told, Ended) for told in await world.events(voyage.voyage_id))


@pytest.mark.parametrize("turns", [0, 1, 2])
async def test_a_restarted_process_takes_up_where_the_last_one_ended(world: NavigationWorld, turns: int) -> None:
    voyage = await world.navigate()
    for _ in range(turns):
        await world.turn()
        await world.wait_until_due()
    world.restart()

    assert (await world.fly(voyage.voyage_id)).state is VoyageState.COMPLETED
    assert len(world.game.applied(GameAction.REFUEL)) == 1


async def test_a_process_that_dies_with_a_lease_delays_its_voyage_by_that_lease(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    await world.claim()
    world.restart()

    assert await world.mediator.send(ClaimVoyageCommand("w")) == Idle(10.0)
    world.clock.step(10.0)
    assert (await world.fly(voyage.voyage_id)).state is VoyageState.COMPLETED


async def test_accepted_in_flight_it_waits_for_the_arrival_first(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, nav_status=NavStatus.IN_ORBIT)
    first = await world.navigate(PUMP)
    await world.turn()
    await world.mediator.send(CancelVoyageCommand(first.voyage_id))
    second = await world.navigate(FAR)

    assert second.route.origin == PUMP
    assert second.next_action_time > world.clock.now()
    assert (await world.fly(second.voyage_id)).state is VoyageState.COMPLETED
