"""Registering, enlisting and replacing tokens, over memory and a game in memory."""

import asyncio
from dataclasses import replace

import pytest

from player_service.application.commands.register_player import RegisterPlayerCommand, RegisterPlayerHandler
from player_service.application.commands.replace_agent_token import ReplaceAgentTokenCommand, ReplaceAgentTokenHandler
from player_service.application.credential import Credential, CredentialProver, NewAgent
from player_service.application.once import FirstAnswers
from player_service.application.ports import PlayerKey
from player_service.domain.errors import (
    AgentSymbolMismatchError,
    DuplicateAgentSymbolError,
    EnlistOutcomeUnknownError,
    GameUnavailableError,
    PlayerNotFoundError,
    TokenRejectedError,
    UniverseResetError,
)
from player_service.domain.player import Player, PlayerState
from player_service.domain.secret import AccountToken, AgentToken
from shared_kernel.errors import Unavailable
from shared_kernel.idempotency import RequestIdReusedError
from shared_kernel.symbols import AgentSymbol
from tests.fakes.player_clock import SteppedClock
from tests.fakes.player_game import ACCOUNT_TOKEN, FakeGame
from tests.fakes.player_memory import MemoryDatabase, MemoryOutcomes, MemoryPlayers

ENLIST = Credential(new_agent=NewAgent("COSMIC", ACCOUNT_TOKEN))


class PlainDigest:
    """Satisfies SecretDigest for tests that do not look at what is stored."""

    def digest(self, *parts: str) -> str:
        return "|".join(parts)


class World:
    """The use cases that need the game, wired to memory."""

    def __init__(self, game: FakeGame | None = None, database: MemoryDatabase | None = None) -> None:
        self.clock = SteppedClock()
        self.game = game or FakeGame()
        self.database = database or MemoryDatabase()
        self.players = MemoryPlayers(self.database)
        outcomes = MemoryOutcomes(self.database, self.clock)
        answers = FirstAnswers(self.database, self.players, outcomes, PlainDigest(), pauses=(0.0, 0.0))
        parts = (self.database, self.players, CredentialProver(self.game), answers, self.clock)
        self.register = RegisterPlayerHandler(*parts).handle
        self.replace_token = ReplaceAgentTokenHandler(*parts).handle

    async def token_of(self, agent_symbol: str) -> str:
        async with self.database.reading():
            return (await self.players.get_with_token(PlayerKey(agent_symbol=agent_symbol)))[1].reveal()

    async def registered(self, agent_symbol: str = "ACE") -> Player:
        return await self.register(RegisterPlayerCommand(agent_symbol, Credential(self.game.make_agent(agent_symbol))))


@pytest.fixture
def world() -> World:
    return World()


async def test_keeps_an_agent_whose_token_the_game_confirms(world: World) -> None:
    token = world.game.make_agent("ACE")

    player = await world.register(RegisterPlayerCommand("ACE", Credential(token), {"fleet": "one"}))

    assert (player.agent_symbol, player.state, player.token_version) == ("ACE", PlayerState.ACTIVE, 1)
    assert player.universe == "fake.game/2026-11-01"
    assert player.metadata.entries == {"fleet": "one"}
    assert await world.token_of("ACE") == token


async def test_takes_a_symbol_in_any_case_as_the_game_does(world: World) -> None:
    player = await world.register(RegisterPlayerCommand("ace", Credential(world.game.make_agent("ACE"))))

    assert player.agent_symbol == "ACE"


async def test_a_game_that_tells_no_reset_date_has_one_universe(world: World) -> None:
    world.game.tells_reset_date = False

    assert (await world.registered()).universe == "fake.game/unknown"


@pytest.mark.parametrize(
    ("code", "error"), [(4104, TokenRejectedError), (4113, UniverseResetError), (4107, TokenRejectedError)]
)
async def test_keeps_nothing_under_a_token_that_the_game_refuses(
    world: World, code: int, error: type[Exception]
) -> None:
    token = world.game.make_agent("ACE")
    world.game.refuse(token, code)

    with pytest.raises(error):
        await world.register(RegisterPlayerCommand("ACE", Credential(token)))
    assert world.database.players == {}


async def test_keeps_nothing_under_the_token_of_another_agent(world: World) -> None:
    with pytest.raises(AgentSymbolMismatchError, match="OTHER"):
        await world.register(RegisterPlayerCommand("ACE", Credential(world.game.make_agent("OTHER"))))
    assert world.database.players == {}


async def test_keeps_nothing_while_the_game_is_down(world: World) -> None:
    token = world.game.make_agent("ACE")
    world.game.down = True

    with pytest.raises(GameUnavailableError):
        await world.register(RegisterPlayerCommand("ACE", Credential(token)))
    assert world.database.players == {}


async def test_refuses_an_agent_that_is_registered_already(world: World) -> None:
    await world.registered()

    with pytest.raises(DuplicateAgentSymbolError):
        await world.registered()
    assert len(world.database.players) == 1


async def test_enlists_a_new_agent_and_keeps_its_token(world: World) -> None:
    player = await world.register(RegisterPlayerCommand("ACE", ENLIST))

    assert player.agent_symbol == "ACE"
    assert await world.game.agent_of(AgentToken(await world.token_of("ACE"))) == "ACE"


async def test_makes_no_agent_for_a_symbol_that_is_registered(world: World) -> None:
    await world.registered()
    world.game.reset()

    with pytest.raises(DuplicateAgentSymbolError):
        await world.register(RegisterPlayerCommand("ACE", ENLIST))
    assert "enlist" not in world.game.calls


async def test_says_so_when_a_symbol_is_taken_at_the_game(world: World) -> None:
    world.game.make_agent("ACE")

    with pytest.raises(DuplicateAgentSymbolError, match="taken at the game") as caught:
        await world.register(RegisterPlayerCommand("ACE", ENLIST))
    assert caught.value.metadata["game_error_code"] == "4111"


async def test_says_what_to_do_when_the_answer_to_an_enlistment_is_lost(world: World) -> None:
    world.game.lose_next_enlistment = True

    with pytest.raises(EnlistOutcomeUnknownError, match="fetch its token from the game's site"):
        await world.register(RegisterPlayerCommand("ACE", ENLIST))
    assert world.database.players == {}


class DatabaseFailsAfterEnlistment(FakeGame):
    """Takes the database down just when it has made an agent."""

    def __init__(self, database: MemoryDatabase, outages: int) -> None:
        super().__init__()
        self._database = database
        self._outages = outages

    async def enlist(self, agent_symbol: AgentSymbol, faction: str, account_token: AccountToken) -> AgentToken:
        token = await super().enlist(agent_symbol, faction, account_token)
        self._database.outages = self._outages
        return token


async def test_an_enlisted_agent_outlasts_a_short_outage_of_the_database() -> None:
    database = MemoryDatabase()
    world = World(DatabaseFailsAfterEnlistment(database, outages=2), database)

    await world.register(RegisterPlayerCommand("ACE", ENLIST))

    assert await world.token_of("ACE")


async def test_says_what_to_do_when_an_enlisted_agent_cannot_be_kept() -> None:
    database = MemoryDatabase()
    world = World(DatabaseFailsAfterEnlistment(database, outages=3), database)

    with pytest.raises(EnlistOutcomeUnknownError, match="could not be kept"):
        await world.register(RegisterPlayerCommand("ACE", ENLIST))


class SlowGame(FakeGame):
    """Answers an enlistment when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.enlisting = asyncio.Event()
        self.go_on = asyncio.Event()

    async def enlist(self, agent_symbol: AgentSymbol, faction: str, account_token: AccountToken) -> AgentToken:
        self.enlisting.set()
        await self.go_on.wait()
        return await super().enlist(agent_symbol, faction, account_token)


async def test_keeps_an_enlisted_agent_although_its_caller_gave_up() -> None:
    game = SlowGame()
    world = World(game)
    call = asyncio.create_task(world.register(RegisterPlayerCommand("ACE", ENLIST)))
    await game.enlisting.wait()

    call.cancel()
    await asyncio.sleep(0)
    game.go_on.set()

    with pytest.raises(asyncio.CancelledError):
        await call
    assert await world.token_of("ACE")


async def test_a_repeated_registration_answers_with_the_present_state(world: World) -> None:
    command = RegisterPlayerCommand("ACE", Credential(world.game.make_agent("ACE")), {"a": 1.0}, "request-1")
    first = await world.register(command)
    async with world.database.transaction():
        changed = await world.players.change(
            first.player_id, lambda player: player.with_metadata({"b": 2.0}, replacing=False, now=world.clock.now())
        )
    world.game.down = True

    assert await world.register(command) == changed


async def test_the_same_request_never_enlists_twice(world: World) -> None:
    command = RegisterPlayerCommand("ACE", ENLIST, request_id="request-1")
    first = await world.register(command)

    assert await world.register(command) == first
    assert world.game.calls.count("enlist") == 1


async def test_the_same_request_enlists_once_even_at_the_same_time() -> None:
    game = SlowGame()
    world = World(game)
    command = RegisterPlayerCommand("ACE", ENLIST, request_id="request-1")
    twins = [asyncio.create_task(world.register(command)) for _ in range(2)]
    await game.enlisting.wait()
    game.go_on.set()

    first, second = await asyncio.gather(*twins, return_exceptions=True)

    made = [answer for answer in (first, second) if isinstance(answer, Player)]
    assert made
    assert all(answer == made[0] or isinstance(answer, DuplicateAgentSymbolError) for answer in (first, second))
    assert await world.register(command) == made[0]


async def test_a_twin_that_comes_second_gets_the_first_one_s_player(world: World) -> None:
    command = RegisterPlayerCommand("ACE", Credential(world.game.make_agent("ACE")), request_id="request-1")

    first, second = await asyncio.gather(world.register(command), world.register(command))

    assert first == second
    assert len(world.database.players) == 1


@pytest.mark.parametrize("change", ["token", "metadata", "agent_symbol", "account_token", "faction"])
async def test_refuses_another_body_under_a_used_request_id(world: World, change: str) -> None:
    command = RegisterPlayerCommand("ACE", ENLIST, {"a": 1.0}, "request-1")
    await world.register(command)
    changed = {
        "token": replace(command, credential=Credential("another-token")),
        "metadata": replace(command, metadata={"a": 2.0}),
        "agent_symbol": replace(command, agent_symbol="OTHER"),
        "account_token": replace(command, credential=Credential(new_agent=NewAgent("COSMIC", "another"))),
        "faction": replace(command, credential=Credential(new_agent=NewAgent("VOID", ACCOUNT_TOKEN))),
    }

    with pytest.raises(RequestIdReusedError):
        await world.register(changed[change])


async def test_a_failed_request_may_be_sent_again_under_its_request_id(world: World) -> None:
    command = RegisterPlayerCommand("ACE", Credential(world.game.make_agent("ACE")), request_id="request-1")
    world.game.down = True
    with pytest.raises(GameUnavailableError):
        await world.register(command)
    world.game.down = False

    assert (await world.register(command)).agent_symbol == "ACE"


async def test_a_repeat_for_a_player_that_is_gone_says_so(world: World) -> None:
    command = RegisterPlayerCommand("ACE", Credential(world.game.make_agent("ACE")), request_id="request-1")
    player = await world.register(command)
    async with world.database.transaction():
        await world.players.remove(player.player_id)

    with pytest.raises(PlayerNotFoundError):
        await world.register(command)


async def test_a_database_that_is_down_is_told_as_such(world: World) -> None:
    token = world.game.make_agent("ACE")
    world.database.outages = 1

    with pytest.raises(Unavailable, match="database"):
        await world.register(RegisterPlayerCommand("ACE", Credential(token)))


async def test_a_replaced_token_brings_a_player_back_after_a_reset(world: World) -> None:
    player = await world.registered()
    world.game.reset()
    token = world.game.make_agent("ACE")
    world.clock.step(60)

    back = await world.replace_token(ReplaceAgentTokenCommand(player.player_id, Credential(token)))

    assert back == player.with_new_token("fake.game/2026-11-02", world.clock.now())
    assert await world.token_of("ACE") == token


async def test_a_player_is_enlisted_again_after_a_reset(world: World) -> None:
    player = await world.registered()
    world.game.reset()

    back = await world.replace_token(ReplaceAgentTokenCommand(player.player_id, ENLIST))

    assert (back.token_version, back.universe) == (2, "fake.game/2026-11-02")
    assert await world.game.agent_of(AgentToken(await world.token_of("ACE"))) == "ACE"


async def test_a_replacement_is_proved_like_a_registration(world: World) -> None:
    player = await world.registered()
    kept = await world.token_of("ACE")

    with pytest.raises(AgentSymbolMismatchError):
        await world.replace_token(
            ReplaceAgentTokenCommand(player.player_id, Credential(world.game.make_agent("OTHER")))
        )
    with pytest.raises(TokenRejectedError):
        await world.replace_token(ReplaceAgentTokenCommand(player.player_id, Credential("no-such-token")))
    assert await world.token_of("ACE") == kept


async def test_no_token_is_tried_for_a_player_that_does_not_exist(world: World) -> None:
    with pytest.raises(PlayerNotFoundError):
        await world.replace_token(ReplaceAgentTokenCommand(99, ENLIST))
    assert world.game.calls == []


async def test_a_repeated_replacement_replaces_once(world: World) -> None:
    player = await world.registered()
    command = ReplaceAgentTokenCommand(player.player_id, Credential(await world.token_of("ACE")), "request-1")

    answers = [await world.replace_token(command) for _ in range(2)]

    assert [answer.token_version for answer in answers] == [2, 2]


async def test_concurrent_replacements_each_count(world: World) -> None:
    player = await world.registered()
    command = ReplaceAgentTokenCommand(player.player_id, Credential(await world.token_of("ACE")))

    answers = await asyncio.gather(*(world.replace_token(command) for _ in range(3)))

    assert sorted(answer.token_version for answer in answers) == [2, 3, 4]
