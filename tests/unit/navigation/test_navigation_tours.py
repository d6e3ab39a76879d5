"""Tours of one ship: accepted, flown, repeated, planned anew."""

from datetime import timedelta
from typing import Any

import pytest

from navigation_service.application.commands.cancel_voyage import CancelVoyageCommand
from navigation_service.application.fields import RequestedOptions
from navigation_service.application.started_voyages import StartedVoyages
from navigation_service.domain.errors import (
    NoRouteFoundError,
    OutsideSystemError,
    RoutingUnavailableError,
    ShipBusyError,
    WaypointNotFoundError,
)
from navigation_service.domain.events import Arrived, Replanned, RoundCompleted, VoyageState
from navigation_service.domain.route import Route
from navigation_service.domain.ship import NavStatus
from navigation_service.domain.tour import Solution, TourPlan
from navigation_service.domain.voyage import Voyage
from shared_kernel.errors import InvalidInput
from shared_kernel.idempotency import RequestIdReusedError
from tests.fakes.navigation_game import Place
from tests.fakes.navigation_world import DRY, FAR, HOME, LOST, PUMP, SHIP, NavigationWorld

CRUISE_ALONE = 1


def only(started: StartedVoyages) -> Voyage:
    (voyage,) = started.voyages
    return voyage


def stops(voyage: Voyage) -> list[str]:
    return [stop.waypoint_symbol for stop in voyage.stops]


async def arrivals(world: NavigationWorld, voyage: Voyage) -> list[str]:
    return [told.waypoint for told in await world.events(voyage.voyage_id) if isinstance(told, Arrived)]


async def test_visits_all_in_the_best_order(world: NavigationWorld) -> None:
    started = await world.tour(FAR, DRY, PUMP, optimize_order=True)

    voyage = only(started)
    assert stops(voyage) == [DRY, PUMP, FAR]
    assert started.solution == Solution(True, voyage.route.duration, voyage.route.duration)
    ended = await world.fly(voyage.voyage_id)
    assert ended.state is VoyageState.COMPLETED
    assert await arrivals(world, voyage) == [DRY, PUMP, FAR]
    assert all(stop.visit_time for stop in ended.stops)


async def test_keeps_the_order_given_also_where_it_passes_a_stop_before_its_turn(world: NavigationWorld) -> None:
    voyage = only(await world.tour(FAR, PUMP))

    assert voyage.keep_order
    ended = await world.fly(voyage.voyage_id)
    # PUMP is on the way to FAR, and is flown to again in its turn.
    assert await arrivals(world, voyage) == [PUMP, FAR, PUMP]
    assert stops(ended) == [FAR, PUMP]
    assert ended.state is VoyageState.COMPLETED


async def test_an_origin_among_the_stops_is_visited_at_once_unless_it_comes_later(world: NavigationWorld) -> None:
    at_once = only(await world.tour(HOME, DRY))
    assert [stop.visit_time for stop in at_once.stops] == [world.clock.now(), None]
    await world.fly(at_once.voyage_id)

    later = only(await world.tour(HOME, DRY))
    assert [stop.visit_time for stop in later.stops] == [None, None]
    await world.fly(later.voyage_id)
    assert await arrivals(world, later) == [HOME, DRY]


async def test_a_closed_tour_ends_where_it_began(world: NavigationWorld) -> None:
    voyage = only(await world.tour(DRY, PUMP, optimize_order=True, return_to_origin=True))

    assert (voyage.home, voyage.route.destination) == (HOME, HOME)
    ended = await world.fly(voyage.voyage_id)
    assert ended.state is VoyageState.COMPLETED
    assert world.ship.waypoint_symbol == HOME


async def test_already_everywhere_is_a_completed_voyage_with_nothing_to_fly(world: NavigationWorld) -> None:
    started = await world.tour(HOME, optimize_order=True, return_to_origin=True)

    voyage = only(started)
    assert (voyage.state, voyage.route.steps) == (VoyageState.COMPLETED, ())
    assert started.solution == Solution(True, 0, 0)
    assert world.planner.calls == 0


async def test_a_tour_of_one_stop_is_an_exact_route(world: NavigationWorld) -> None:
    voyage = only(await world.tour(FAR, return_to_origin=False))

    assert world.planner.wishes == []
    assert (await world.fly(voyage.voyage_id)).state is VoyageState.COMPLETED


async def test_a_ship_in_transit_is_planned_for_from_where_it_arrives(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, nav_status=NavStatus.IN_ORBIT)
    first = await world.navigate(PUMP)
    await world.turn()
    await world.mediator.send(CancelVoyageCommand(first.voyage_id))
    world.clock.step(100)

    voyage = only(await world.tour(PUMP, DRY, optimize_order=True, return_to_origin=True))

    assert (voyage.route.origin, voyage.home) == (PUMP, PUMP)
    assert [stop.visit_time for stop in voyage.stops] == [None, None]
    assert timedelta(0) < voyage.next_action_time - world.clock.now() < timedelta(seconds=125)
    ended = await world.fly(voyage.voyage_id)
    assert ended.state is VoyageState.COMPLETED
    assert await arrivals(world, voyage) == [DRY, HOME, PUMP]


async def test_every_stop_out_of_reach_is_named(world: NavigationWorld) -> None:
    world.game.launch(SHIP, HOME, fuel_capacity=100, fuel=100)

    with pytest.raises(NoRouteFoundError) as refusal:
        await world.tour(FAR, DRY, LOST, optimize_order=True, options=RequestedOptions((CRUISE_ALONE,)))

    assert refusal.value.metadata["unreachable"] == f"{FAR},{LOST}"
    assert world.database.committed.voyages == {}


async def test_waypoints_are_looked_up_before_anything_is_planned(world: NavigationWorld) -> None:
    with pytest.raises(OutsideSystemError, match="X1-ZZ-A1"):
        await world.tour(PUMP, "X1-ZZ-A1")
    with pytest.raises(WaypointNotFoundError) as refusal:
        await world.tour(PUMP, "X1-AB-X9", "X1-AB-X8")

    assert refusal.value.metadata["waypoint_symbol"] == "X1-AB-X9,X1-AB-X8"
    assert world.planner.calls == 0


async def test_a_plan_alone_keeps_nothing_and_moves_nothing(world: NavigationWorld) -> None:
    started = await world.tour(PUMP, DRY, optimize_order=True, validate_only=True, request_id="r-1")

    voyage = only(started)
    assert (voyage.voyage_id, voyage.state, stops(voyage)) == ("", VoyageState.PLANNED, [DRY, PUMP])
    assert voyage.eta is not None
    assert started.solution is not None
    assert not world.database.committed.voyages
    assert not world.database.committed.outcomes


async def test_a_busy_ship_is_refused_for_a_plan_too(world: NavigationWorld) -> None:
    holder = await world.navigate(FAR)

    with pytest.raises(ShipBusyError) as refusal:
        await world.tour(PUMP, DRY, validate_only=True)
    assert refusal.value.metadata["voyage_id"] == holder.voyage_id


async def test_a_repeat_of_the_request_answers_with_the_same_tour_and_solution(world: NavigationWorld) -> None:
    first = await world.tour(PUMP, DRY, request_id="r-1")
    await world.turn()
    second = await world.tour(PUMP, DRY, request_id="r-1")

    assert second.solution == first.solution is not None
    assert only(second).voyage_id == only(first).voyage_id
    assert only(second).state is VoyageState.UNDER_WAY
    with pytest.raises(RequestIdReusedError):
        await world.tour(PUMP, DRY, request_id="r-1", optimize_order=True)


@pytest.mark.parametrize(
    ("waypoints", "fields", "field"),
    [
        ((), {}, "waypoints"),
        ((PUMP, DRY, PUMP), {}, "waypoints[2]"),
        ((PUMP, "x"), {}, "waypoints[1]"),
        (tuple(f"X1-AB-{n}" for n in range(201)), {}, "waypoints"),
        ((PUMP,), {"repeat": True}, "waypoints"),
        ((PUMP,), {"repeat": True, "return_to_origin": True}, "waypoints"),
        ((PUMP,), {"request_id": "x" * 129}, "request_id"),
    ],
)
async def test_refuses_what_is_no_tour(
    world: NavigationWorld, waypoints: tuple[str, ...], fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await world.tour(*waypoints, **fields)
    assert [violation.field for violation in refusal.value.violations] == [field]


@pytest.mark.parametrize(
    ("order", "steps_of"),
    [
        ((DRY,), (DRY, PUMP)),
        ((PUMP, DRY), (PUMP, DRY)),
        ((DRY, PUMP), (PUMP,)),
    ],
    ids=["a stop is missing", "another order", "the route misses one"],
)
async def test_a_tour_that_does_not_keep_its_word_is_not_flown(
    world: NavigationWorld, order: tuple[str, ...], steps_of: tuple[str, ...]
) -> None:
    good = only(await world.tour(*steps_of, validate_only=True)).route
    world.planner.tour_answer = TourPlan(order, good, Solution.of_exact(good))

    with pytest.raises(RoutingUnavailableError, match="cannot be flown"):
        await world.tour(DRY, PUMP)


async def test_a_closed_tour_that_ends_elsewhere_is_not_flown(world: NavigationWorld) -> None:
    open_tour: Route = only(await world.tour(DRY, PUMP, validate_only=True)).route
    world.planner.tour_answer = TourPlan((DRY, PUMP), open_tour, Solution.of_exact(open_tour))

    with pytest.raises(RoutingUnavailableError, match=f"leads from {HOME} to {PUMP}"):
        await world.tour(DRY, PUMP, return_to_origin=True)


# Plans made on the way


async def test_a_foreign_hand_makes_a_plan_over_what_is_left_and_home(world: NavigationWorld) -> None:
    voyage = only(await world.tour(DRY, PUMP, FAR, return_to_origin=True, optimize_order=True))
    await world.turn()
    world.clock.step(1)
    world.game.move(SHIP, FAR)

    ended = await world.fly(voyage.voyage_id)

    (replanned,) = [told for told in await world.events(voyage.voyage_id) if isinstance(told, Replanned)]
    assert (replanned.route.origin, replanned.route.destination) == (FAR, HOME)
    assert world.planner.wishes[-1].stops == (DRY, PUMP)
    assert ended.state is VoyageState.COMPLETED
    assert world.ship.waypoint_symbol == HOME
    assert stops(ended)[0] == FAR, "where the foreign hand brought the ship is visited"


async def test_only_the_way_home_is_planned_anew_when_all_is_visited(world: NavigationWorld) -> None:
    voyage = only(await world.tour(DRY, return_to_origin=True))
    while not (await world.voyage(voyage.voyage_id)).stops[0].visit_time:
        if (await world.voyage(voyage.voyage_id)).next_action_time > world.clock.now():
            await world.wait_until_due()
        await world.turn()
    world.game.move(SHIP, FAR)

    ended = await world.fly(voyage.voyage_id)

    assert ended.state is VoyageState.COMPLETED
    assert world.ship.waypoint_symbol == HOME


# Rounds


async def test_a_repeating_tour_flies_round_after_round_and_plans_each_anew(world: NavigationWorld) -> None:
    voyage = only(await world.tour(DRY, PUMP, optimize_order=True, return_to_origin=True, repeat=True))

    third = await world.fly(voyage.voyage_id, until_round=3)

    events = await world.events(voyage.voyage_id)
    assert [told.round for told in events if isinstance(told, RoundCompleted)] == [1, 2]
    assert [told.cause for told in events if isinstance(told, Replanned)] == ["round 2 begins", "round 3 begins"]
    assert third.state is VoyageState.UNDER_WAY
    assert third.home == HOME
    assert third.eta is not None
    assert third.eta - world.clock.now() <= timedelta(seconds=third.route.duration / 1e9 + 1)


async def test_an_open_tour_begins_each_round_where_it_is(world: NavigationWorld) -> None:
    voyage = only(await world.tour(DRY, PUMP, optimize_order=True, repeat=True))

    await world.fly(voyage.voyage_id, until_round=3)

    assert await arrivals(world, voyage) == [DRY, PUMP, DRY]


async def test_the_home_of_all_rounds_is_where_the_first_began(world: NavigationWorld) -> None:
    voyage = only(await world.tour(DRY, PUMP, optimize_order=True, return_to_origin=True, repeat=True))
    await world.fly(voyage.voyage_id, until_round=2)
    world.game.move(SHIP, FAR)

    third = await world.fly(voyage.voyage_id, until_round=3)

    assert (third.home, (await arrivals(world, voyage))[-1]) == (HOME, HOME)


async def test_rounds_begin_a_minute_apart_at_least(world: NavigationWorld) -> None:
    # DRY is 30 s away; there and back takes less than a minute at this scale.
    world.settings = world.settings.__class__(time_scale=10.0)
    world.game.time_scale = 10.0
    world.restart()
    voyage = only(await world.tour(DRY, HOME, repeat=True))
    started = world.clock.now()

    while (between := await world.voyage(voyage.voyage_id)).round == 1:
        if between.next_action_time > world.clock.now():
            await world.wait_until_due()
        await world.turn()
    assert between.begins_round
    assert between.eta is None
    assert between.next_action_time == started + timedelta(seconds=60)

    await world.fly(voyage.voyage_id, until_round=2)
    assert world.clock.now() == started + timedelta(seconds=60)


async def test_a_restart_in_mid_round_changes_nothing(world: NavigationWorld) -> None:
    voyage = only(await world.tour(DRY, PUMP, optimize_order=True, return_to_origin=True, repeat=True))
    turns = 0
    while (await world.voyage(voyage.voyage_id)).round < 3:
        world.restart()
        if (await world.voyage(voyage.voyage_id)).next_action_time > world.clock.now():
            await world.wait_until_due()
        await world.turn()
        turns += 1
        assert turns < 100

    assert await arrivals(world, voyage) == [DRY, PUMP, HOME] * 2


async def test_a_repeating_tour_ends_when_it_is_cancelled(world: NavigationWorld) -> None:
    voyage = only(await world.tour(DRY, PUMP, repeat=True))
    await world.fly(voyage.voyage_id, until_round=2)

    cancelled = await world.mediator.send(CancelVoyageCommand(voyage.voyage_id))

    assert cancelled.state is VoyageState.CANCELLED


@pytest.mark.parametrize("fields", [{"optimize_order": True}, {}, {"return_to_origin": True}])
async def test_a_standing_tour_never_strands_its_ship(world: NavigationWorld, fields: dict[str, Any]) -> None:
    """The quickest rounds burn all that is in the tank, where no fuel is sold."""
    await world.know_the_map(Place("X1-AB-R1", 0, 100), Place("X1-AB-R2", 0, 200))
    world.game.move(SHIP, "X1-AB-R1", fuel=400)

    voyage = only(await world.tour("X1-AB-R1", "X1-AB-R2", repeat=True, **fields))
    flown = await world.fly(voyage.voyage_id, until_round=4)

    assert flown.state is VoyageState.UNDER_WAY, flown.failure
    assert flown.round == 4


async def test_a_tour_that_ends_after_one_round_may_use_up_its_fuel(world: NavigationWorld) -> None:
    await world.know_the_map(Place("X1-AB-R1", 0, 200))

    once, again = [
        only(await world.tour(HOME, "X1-AB-R1", repeat=repeat, validate_only=True)) for repeat in (False, True)
    ]

    assert once.route.fuel_at_arrival == 0
    assert again.route.fuel_at_arrival >= 200
    assert again.route.duration > once.route.duration
