"""How a worker flies a voyage: which calls it makes, what it stores, and what it does about trouble."""

import asyncio
from dataclasses import replace

import pytest

from navigation_service.application.commands.advance_voyage import AdvanceVoyageCommand
from navigation_service.application.commands.cancel_voyage import CancelVoyageCommand
from navigation_service.application.commands.claim_voyage import ClaimVoyageCommand, Idle
from navigation_service.application.flight_crew import FlightSettings
from navigation_service.application.ports import PlayerKey, Urgency
from navigation_service.domain.events import Departed, Ended, Refuelled, Replanned, VoyageState, Waiting
from navigation_service.domain.outcome import Refused
from navigation_service.domain.route import Refuel
from navigation_service.domain.ship import NavStatus
from navigation_service.domain.voyage import GameAction, Voyage
from shared_kernel.physics import FlightMode
from tests.fakes.navigation_budget import FakeBudget, FakePermit
from tests.fakes.navigation_game import Fault, Place
from tests.fakes.navigation_players import FakePlayers
from tests.fakes.navigation_world import DRY, FAR, HOME, LOST, PUMP, SHIP, UNIVERSE, CachingPlayers, NavigationWorld

FLY_TO_FAR = ["READ", "ORBIT", "NAVIGATE", "READ", "DOCK", "REFUEL", "ORBIT", "NAVIGATE", "READ"]


@pytest.fixture
async def world() -> NavigationWorld:
    world = NavigationWorld()
    await world.know_the_map()
    return world


async def flown(world: NavigationWorld, destination: str = FAR) -> Voyage:
    ended = await world.fly((await world.navigate(destination)).voyage_id)
    assert world.budget.open_permits == 0
    return ended


def reason(voyage: Voyage) -> str:
    assert voyage.failure is not None, f"{voyage.state}: {voyage.last_error}"
    return voyage.failure.reason


# How many calls it takes


async def test_a_leg_of_a_docked_ship_takes_four_calls(world: NavigationWorld) -> None:
    voyage = await flown(world, PUMP)

    assert voyage.state is VoyageState.COMPLETED
    assert world.actions == ["READ", "ORBIT", "NAVIGATE", "READ"]
    assert (world.ship.waypoint_symbol, world.ship.nav_status) == (PUMP, NavStatus.IN_ORBIT)


async def test_a_refuel_stop_takes_one_look_and_no_call_too_many(world: NavigationWorld) -> None:
    assert (await flown(world)).state is VoyageState.COMPLETED
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

    await flown(world, PUMP)

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
    await flown(world, PUMP)

    assert world.log.messages == [
        "planned 1 leg, 0 refuels", f"left {HOME} for {PUMP}", f"arrived at {PUMP}", "completed",
    ]  # fmt: skip


# Lost answers


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.LOST_BEFORE])
@pytest.mark.parametrize("action", [GameAction.ORBIT, GameAction.NAVIGATE, GameAction.DOCK, GameAction.REFUEL])
async def test_a_lost_answer_is_resolved_by_a_later_look(
    world: NavigationWorld, action: GameAction, fault: Fault
) -> None:
    world.game.fail(action, fault)

    voyage = await flown(world)

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

    voyage = await flown(world)

    refuels = [told for told in await world.events(voyage.voyage_id) if isinstance(told, Refuelled)]
    assert refuels == [Refuelled(PUMP, 300, None)]


# Restarts


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


# Foreign hands


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


# Refusals


async def test_a_market_without_fuel_is_remembered_and_planned_around(world: NavigationWorld) -> None:
    await world.know_the_map(Place("X1-AB-N9", 300, 1, marketplace=True))
    world.game.chart(Place(PUMP, 300, 0))
    async with world.database.transaction():
        await world.graphs.mark_fuel(UNIVERSE, PUMP, False)

    voyage = await flown(world)

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

    assert reason(await flown(world)) == "INSUFFICIENT_CREDITS"


async def test_a_market_that_adds_nothing_fails_the_voyage(world: NavigationWorld) -> None:
    world.game.refuse_refuel_silently = True

    assert reason(await flown(world)) == "REFUEL_REFUSED"


async def test_other_physics_than_ours_fail_the_voyage_after_a_second_look(world: NavigationWorld) -> None:
    world.game.fail(GameAction.NAVIGATE, Refused(4203, "no"), Refused(4203, "no"))

    assert reason(await flown(world, PUMP)) == "PHYSICS_MISMATCH"
    assert world.actions.count("NAVIGATE") == 1


async def test_a_ship_that_is_gone_fails_its_voyage_after_a_second_read(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    await world.turn()
    del world.game.ships[SHIP]
    calls = len(world.game.calls)

    assert reason(await world.fly(voyage.voyage_id)) == "SHIP_NOT_FOUND"
    assert len(world.game.calls) == calls + 2


async def test_five_refusals_without_a_reason_fail_the_voyage(world: NavigationWorld) -> None:
    world.game.fail(GameAction.NAVIGATE, *[Refused(4000, "cooling")] * 5)

    voyage = await flown(world, PUMP)

    assert reason(voyage) == "INVALID_SHIP_STATE"
    assert voyage.attempt == 5


async def test_no_route_from_a_foreign_place_fails_the_voyage(world: NavigationWorld) -> None:
    voyage = await world.navigate()
    world.clock.step(6)
    world.game.move(SHIP, LOST, fuel=0)

    assert reason(await world.fly(voyage.voyage_id)) == "NO_ROUTE"


# Waiting never fails a voyage


@pytest.mark.parametrize("fault", [Fault.NOT_SENT, Fault.RATE_LIMITED])
async def test_a_call_that_did_not_happen_is_waited_out(world: NavigationWorld, fault: Fault) -> None:
    world.game.fail(GameAction.NAVIGATE, fault, fault)

    voyage = await flown(world, PUMP)

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


# Tokens


async def test_a_token_that_is_refused_once_is_tried_again(world: NavigationWorld) -> None:
    world.game.fail(GameAction.ORBIT, Refused(4104, "no", 401))

    assert (await flown(world, PUMP)).state is VoyageState.COMPLETED
    assert world.players.reports == []


async def test_a_newer_token_takes_over(world: NavigationWorld) -> None:
    world.players = CachingPlayers(world.credential)
    world.restart()
    voyage = await world.navigate(PUMP)
    world.game.refuse_token(world.credential)
    world.players.replace_token(1, world.game.enlist("ACE").token.reveal())

    assert (await world.fly(voyage.voyage_id)).state is VoyageState.COMPLETED
    assert world.players.reports == []


async def test_a_voyage_of_a_newer_universe_than_the_kept_token_goes_on(world: NavigationWorld) -> None:
    """Another process accepted it, with a token that this one has not heard of."""
    world.players = CachingPlayers(world.credential)
    world.restart()
    await world.players.credential(PlayerKey(1))
    world.game.universe = "fake.game/2026-11-08"
    newer = world.game.enlist("ACE", token_version=2)
    world.players.add(newer)
    stale, world.players = world.players, FakePlayers(newer)
    world.restart()
    voyage = await world.navigate(PUMP)
    world.players = stale
    world.restart()

    assert (await world.fly(voyage.voyage_id)).state is VoyageState.COMPLETED


async def test_a_token_that_is_refused_for_good_fails_all_voyages_of_its_player(world: NavigationWorld) -> None:
    world.game.launch("ACE-2", HOME)
    world.players.add(world.game.enlist("BEE", player_id=2))
    world.game.launch("BEE-1", HOME)
    first = await world.navigate(PUMP)
    second = await world.navigate(PUMP, "ACE-2")
    others = await world.navigate(PUMP, "BEE-1")
    world.game.refuse_token(world.credential)

    assert reason(await world.fly(first.voyage_id)) == "TOKEN_REJECTED"
    assert reason(await world.voyage(second.voyage_id)) == "TOKEN_REJECTED"
    assert (await world.voyage(others.voyage_id)).state.is_active
    assert world.players.reports == [(1, 1, 4104)]


async def test_a_refusal_that_somebody_else_reported_first_ends_the_voyage_too(world: NavigationWorld) -> None:
    world.players = CachingPlayers(world.credential)
    world.restart()
    voyage = await world.navigate(PUMP)
    world.game.refuse_token(world.credential)
    await world.players.report_rejected(world.credential, 4104)

    assert reason(await world.fly(voyage.voyage_id)) == "TOKEN_REJECTED"


async def test_a_player_that_is_deleted_while_its_token_is_judged_fails_its_voyage(world: NavigationWorld) -> None:
    world.players = CachingPlayers(world.credential)
    world.restart()
    voyage = await world.navigate(PUMP)
    world.game.refuse_token(world.credential)
    world.players.remove(1)

    assert reason(await world.fly(voyage.voyage_id)) == "PLAYER_NOT_FOUND"


async def test_a_reset_universe_fails_its_own_voyages_alone(world: NavigationWorld) -> None:
    old = await world.navigate(PUMP)
    world.game.refuse_token(world.credential, 4113)
    world.game.universe = "fake.game/2026-11-08"
    world.players.add(world.game.enlist("ACE", token_version=2))
    new = await world.navigate(PUMP)

    ended = await world.fly(old.voyage_id)

    assert reason(ended) == "UNIVERSE_RESET"
    assert (await world.fly(new.voyage_id)).state is VoyageState.COMPLETED
    assert world.players.reports == []


async def test_a_deleted_player_fails_its_voyages(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    world.players.remove(1)

    assert reason(await world.fly(voyage.voyage_id)) == "PLAYER_NOT_FOUND"


# Cancels, leases, drains


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
    await asyncio.wait_for(empty.asked.wait(), 5)
    return turn


async def test_a_drain_does_not_wait_for_leave_to_call_the_game(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    turn = await waiting_for_leave(world)
    world.signals.stop()
    await asyncio.wait_for(turn, 5)

    assert (await world.voyage(voyage.voyage_id)).lease is None


async def test_a_cancel_does_not_wait_for_leave_to_call_the_game() -> None:
    world = NavigationWorld(settings=FlightSettings(lease_seconds=0.03))
    await world.know_the_map()
    voyage = await world.navigate(PUMP)
    turn = await waiting_for_leave(world)
    asked = await world.mediator.send(CancelVoyageCommand(voyage.voyage_id))
    await asyncio.wait_for(turn, 5)

    assert (asked.state.is_active, asked.cancel_requested) == (True, True)
    assert (await world.voyage(voyage.voyage_id)).state is VoyageState.CANCELLED


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


async def test_accepted_in_flight_it_waits_for_the_arrival_first(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, nav_status=NavStatus.IN_ORBIT)
    first = await world.navigate(PUMP)
    await world.turn()
    await world.mediator.send(CancelVoyageCommand(first.voyage_id))
    second = await world.navigate(FAR)

    assert second.route.origin == PUMP
    assert second.next_action_time > world.clock.now()
    assert (await world.fly(second.voyage_id)).state is VoyageState.COMPLETED


async def test_every_departure_is_told_with_its_arrival(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    await world.turn()

    departed = [told for told in await world.events(voyage.voyage_id) if isinstance(told, Departed)]
    assert departed == [Departed(HOME, PUMP, FlightMode.CRUISE, world.ship.arrival_time, 100)]  # type: ignore[arg-type]
    assert not any(isinstance(told, Ended) for told in await world.events(voyage.voyage_id))
