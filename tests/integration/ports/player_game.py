"""What every GameGateway of the player context promises, whatever game is behind it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from player_service.application.ports import GameGateway
from player_service.domain.errors import (
    DuplicateAgentSymbolError,
    EnlistOutcomeUnknownError,
    GameUnavailableError,
    TokenRejectedError,
    UniverseResetError,
)
from player_service.domain.secret import AccountToken, AgentToken
from shared_kernel.errors import InvalidInput
from shared_kernel.symbols import AgentSymbol

FACTION = "COSMIC"


@dataclass(frozen=True)
class Game:
    """One game under test, with the hands of somebody who runs it. `down` leads to such a game that is down."""

    gateway: GameGateway
    down: GameGateway
    host: str
    account_token: AccountToken
    register_elsewhere: Callable[[str], str]
    reset: Callable[[], object]
    lose_next_enlistment: Callable[[], object]

    def new_symbol(self) -> AgentSymbol:
        return AgentSymbol(f"A-{secrets.token_hex(4).upper()}")

    async def enlist(self, agent_symbol: AgentSymbol) -> AgentToken:
        return await self.gateway.enlist(agent_symbol, FACTION, self.account_token)


class GameContract:
    async def test_knows_the_owner_of_a_token(self, game: Game) -> None:
        symbol = game.new_symbol()

        assert await game.gateway.agent_of(AgentToken(game.register_elsewhere(symbol))) == symbol

    async def test_enlists_an_agent_and_answers_its_token(self, game: Game) -> None:
        symbol = game.new_symbol()

        assert await game.gateway.agent_of(await game.enlist(symbol)) == symbol

    async def test_names_its_universe_by_host_and_reset_date(self, game: Game) -> None:
        universe = await game.gateway.current_universe()

        host, _, reset_date = universe.partition("/")
        assert host == game.host
        assert len(reset_date) == len("2026-11-22")

    async def test_a_reset_begins_another_universe_and_ends_the_tokens_of_the_last(self, game: Game) -> None:
        before, token = await game.gateway.current_universe(), await game.enlist(game.new_symbol())

        game.reset()

        assert await game.gateway.current_universe() != before
        with pytest.raises(UniverseResetError) as caught:
            await game.gateway.agent_of(token)
        assert caught.value.metadata["game_error_code"] == "4113"

    async def test_refuses_a_token_of_nobody(self, game: Game) -> None:
        with pytest.raises(TokenRejectedError) as caught:
            await game.gateway.agent_of(AgentToken("no.such.token"))
        assert 4100 <= int(caught.value.metadata["game_error_code"]) <= 4115

    async def test_refuses_to_enlist_under_a_token_of_no_account(self, game: Game) -> None:
        with pytest.raises(TokenRejectedError, match="account_token"):
            await game.gateway.enlist(game.new_symbol(), FACTION, AccountToken("no.such.account"))

    async def test_refuses_to_enlist_a_symbol_that_is_taken(self, game: Game) -> None:
        symbol = game.new_symbol()
        game.register_elsewhere(symbol)

        with pytest.raises(DuplicateAgentSymbolError, match="taken") as caught:
            await game.enlist(symbol)
        assert caught.value.metadata == {"agent_symbol": symbol, "game_error_code": "4111"}

    async def test_names_the_faction_that_it_does_not_know(self, game: Game) -> None:
        with pytest.raises(InvalidInput) as caught:
            await game.gateway.enlist(game.new_symbol(), "NO-SUCH-FACTION", game.account_token)
        assert [violation.field for violation in caught.value.violations] == ["new_agent.faction"]

    async def test_does_not_know_the_outcome_of_an_enlistment_whose_answer_is_lost(self, game: Game) -> None:
        symbol = game.new_symbol()
        game.lose_next_enlistment()

        with pytest.raises(EnlistOutcomeUnknownError, match="fetch its token"):
            await game.enlist(symbol)
        with pytest.raises(DuplicateAgentSymbolError):
            await game.enlist(symbol)

    async def test_is_unavailable_when_it_is_down(self, game: Game) -> None:
        with pytest.raises(GameUnavailableError):
            await game.down.current_universe()
        with pytest.raises(GameUnavailableError):
            await game.down.agent_of(AgentToken("a.token"))
        # Nothing was sent, so the outcome is known.
        with pytest.raises(GameUnavailableError):
            await game.down.enlist(game.new_symbol(), FACTION, game.account_token)
