"""The game as players know it, in memory: agents, tokens that die at a reset, and answers that get lost."""

from player_service.domain.errors import (
    TOKEN_OF_EARLIER_RESET,
    DuplicateAgentSymbolError,
    EnlistOutcomeUnknownError,
    GameUnavailableError,
    TokenRejectedError,
    refused_token,
)
from player_service.domain.secret import AccountToken, AgentToken
from shared_kernel.errors import InvalidInput
from shared_kernel.symbols import AgentSymbol

ACCOUNT_TOKEN = "account-token-of-the-fake-game"
FACTIONS = frozenset({"COSMIC", "VOID"})


class FakeGame:
    """Satisfies GameGateway. Strict: symbols, factions and tokens are checked as the real game does.

    `down` makes every call fail; `lose_next_enlistment` lets one take effect and loses its answer. `calls` tells
    what was asked, in order.
    """

    def __init__(self) -> None:
        self.down = False
        self.lose_next_enlistment = False
        self.tells_reset_date = True
        self.calls: list[str] = []
        self._resets = 1
        self._agents: dict[str, str] = {}
        self._refused: dict[str, int] = {}

    def make_agent(self, agent_symbol: str) -> str:
        """The token of a new agent that was made elsewhere."""
        token = f"token-of-{agent_symbol}-in-universe-{self._resets}-{len(self._agents)}"
        self._agents[token] = agent_symbol
        return token

    def adopt(self, agent_symbol: str, token: str) -> None:
        """Let `token` be that of an agent."""
        self._agents[token] = agent_symbol

    def reset(self) -> None:
        """A new universe: agents are gone, and their tokens with them."""
        self._resets += 1
        self._refused |= dict.fromkeys(self._agents, TOKEN_OF_EARLIER_RESET)
        self._agents.clear()

    def refuse(self, token: str, game_error_code: int) -> None:
        self._agents.pop(token, None)
        self._refused[token] = game_error_code

    async def current_universe(self) -> str:
        self._note("universe")
        return f"fake.game/{f'2026-11-{self._resets:02}' if self.tells_reset_date else 'unknown'}"

    async def agent_of(self, token: AgentToken) -> str:
        self._note("agent")
        if token.reveal() not in self._agents:
            raise refused_token(self._refused.get(token.reveal(), 4104))
        return self._agents[token.reveal()]

    async def enlist(self, agent_symbol: AgentSymbol, faction: str, account_token: AccountToken) -> AgentToken:
        self._note("enlist")
        if account_token.reveal() != ACCOUNT_TOKEN:
            raise TokenRejectedError("the game refuses new_agent.account_token", {"game_error_code": "4104"})
        if faction not in FACTIONS:
            raise InvalidInput.of("new_agent.faction", f"must be one of {', '.join(sorted(FACTIONS))}")
        if agent_symbol in self._agents.values():
            raise DuplicateAgentSymbolError.taken_at_the_game(agent_symbol)
        token = self.make_agent(str(agent_symbol))
        if self.lose_next_enlistment:
            self.lose_next_enlistment = False
            raise EnlistOutcomeUnknownError(agent_symbol, "the game's answer was lost")
        return AgentToken(token)

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if self.down:
            raise GameUnavailableError("the game does not answer; try again")
