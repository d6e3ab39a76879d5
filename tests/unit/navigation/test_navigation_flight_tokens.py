"""Whose voyages end when the game refuses a token, and whose go on."""

from navigation_service.application.ports import PlayerKey
from navigation_service.domain.events import VoyageState
from navigation_service.domain.outcome import Refused
from navigation_service.domain.voyage import GameAction
from tests.fakes.navigation_players import FakePlayers
from tests.fakes.navigation_world import HOME, PUMP, CachingPlayers, NavigationWorld, failure_reason


async def test_a_token_that_is_refused_once_is_tried_again(world: NavigationWorld) -> None:
    world.game.fail(GameAction.ORBIT, Refused(4104, "no", 401))

    assert (await world.flown(PUMP)).state is VoyageState.COMPLETED
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

    assert failure_reason(await world.fly(first.voyage_id)) == "TOKEN_REJECTED"
    assert failure_reason(await world.voyage(second.voyage_id)) == "TOKEN_REJECTED"
    assert (await world.voyage(others.voyage_id)).state.is_active
    assert world.players.reports == [(1, 1, 4104)]


async def test_a_refusal_that_somebody_else_reported_first_ends_the_voyage_too(world: NavigationWorld) -> None:
    world.players = CachingPlayers(world.credential)
    world.restart()
    voyage = await world.navigate(PUMP)
    world.game.refuse_token(world.credential)
    await world.players.report_rejected(world.credential, 4104)

    assert failure_reason(await world.fly(voyage.voyage_id)) == "TOKEN_REJECTED"


async def test_a_player_that_is_deleted_while_its_token_is_judged_fails_its_voyage(world: NavigationWorld) -> None:
    world.players = CachingPlayers(world.credential)
    world.restart()
    voyage = await world.navigate(PUMP)
    world.game.refuse_token(world.credential)
    world.players.remove(1)

    assert failure_reason(await world.fly(voyage.voyage_id)) == "PLAYER_NOT_FOUND"


async def test_a_reset_universe_fails_its_own_voyages_alone(world: NavigationWorld) -> None:
    old = await world.navigate(PUMP)
    world.game.refuse_token(world.credential, 4113)
    world.game.universe = "fake.game/2026-11-08"
    world.players.add(world.game.enlist("ACE", token_version=2))
    new = await world.navigate(PUMP)

    ended = await world.fly(old.voyage_id)

    assert failure_reason(ended) == "UNIVERSE_RESET"
    assert (await world.fly(new.voyage_id)).state is VoyageState.COMPLETED
    assert world.players.reports == []


async def test_a_deleted_player_fails_its_voyages(world: NavigationWorld) -> None:
    voyage = await world.navigate(PUMP)
    world.players.remove(1)

    assert failure_reason(await world.fly(voyage.voyage_id)) == "PLAYER_NOT_FOUND"
