"""How a caller shows that an agent is theirs: by its token, or by enlisting it here and now."""

from dataclasses import dataclass, field

from player_service.application.fields import canonical_symbol
from player_service.application.ports import GameGateway
from player_service.domain.player import require_owner
from player_service.domain.secret import SECRET_RULE, AccountToken, AgentToken, is_secret
from shared_kernel.symbols import AgentSymbol
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class NewAgent:
    """An agent to be enlisted at the game, for the account that the token stands for."""

    faction: str
    account_token: str = field(repr=False)


@dataclass(frozen=True)
class Credential:
    """Exactly one of the two; a token that was not given is empty."""

    token: str = field(repr=False, default="")
    new_agent: NewAgent | None = None

    def check(self, violations: Violations) -> None:
        if self.new_agent is None:
            self._check_token(violations)
            return
        if self.token:
            violations.add("token", "give either token or new_agent")
        violations.symbol("new_agent.faction", canonical_symbol(self.new_agent.faction))
        if not is_secret(self.new_agent.account_token):
            violations.add("new_agent.account_token", f"must be {SECRET_RULE}")

    def secrets(self) -> tuple[str, ...]:
        """All of it in a fixed order, for a digest."""
        if self.new_agent is None:
            return ("token", self.token)
        return ("new_agent", self.new_agent.faction, self.new_agent.account_token)

    def _check_token(self, violations: Violations) -> None:
        if not self.token:
            violations.add("token", "give the agent's token, or new_agent to enlist the agent at the game")
            violations.add("new_agent", "give new_agent to enlist the agent at the game, or its token if it exists")
        elif not is_secret(self.token):
            violations.add("token", f"must be {SECRET_RULE}")


@dataclass(frozen=True)
class ProvenToken:
    """An agent token that the game knows as the agent's own, and the universe where it does.

    `shown_once`: it is of an agent that was just made, and there is no second way to it through the API.
    """

    agent_symbol: AgentSymbol
    token: AgentToken
    universe: str
    shown_once: bool


class CredentialProver:
    """Turns a credential into a proven token, at the game."""

    def __init__(self, game: GameGateway) -> None:
        self._game = game

    async def prove(self, agent_symbol: AgentSymbol, credential: Credential) -> ProvenToken:
        """Raises what GameGateway raises, and AgentSymbolMismatchError for another agent's token."""
        # The universe first: should a reset fall between the two calls, the token is refused.
        universe = await self._game.current_universe()
        if (new_agent := credential.new_agent) is not None:
            faction, account_token = canonical_symbol(new_agent.faction), AccountToken(new_agent.account_token)
            token = await self._game.enlist(agent_symbol, faction, account_token)
            return ProvenToken(agent_symbol, token, universe, shown_once=True)
        token = AgentToken(credential.token)
        require_owner(agent_symbol, await self._game.agent_of(token))
        return ProvenToken(agent_symbol, token, universe, shown_once=False)
