"""The player: our record of one agent of the game."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any

from player_service.domain.errors import AgentSymbolMismatchError, refused_token
from player_service.domain.metadata import Metadata
from shared_kernel.symbols import AgentSymbol


class PlayerState(Enum):
    ACTIVE = "ACTIVE"
    TOKEN_REJECTED = "TOKEN_REJECTED"  # noqa: S105 - a state's name


@dataclass(frozen=True)
class Registration:
    """A player that has no id yet. `universe` is where its token was proved, `time` when."""

    agent_symbol: AgentSymbol
    universe: str
    time: datetime
    metadata: Metadata = field(default_factory=Metadata)


@dataclass(frozen=True)
class Player:
    """One agent. Immutable: each change answers with the changed player. The token itself is never part of it.

    `token_version` counts the tokens that were kept, from 1; `rejection_code` is the game's error code for the
    present one, 0 unless `state` is TOKEN_REJECTED.
    """

    player_id: int
    agent_symbol: AgentSymbol
    metadata: Metadata
    state: PlayerState
    universe: str
    token_version: int
    create_time: datetime
    update_time: datetime
    rejection_code: int = 0

    @classmethod
    def registered(cls, player_id: int, registration: Registration) -> "Player":
        return cls(
            player_id=player_id,
            agent_symbol=registration.agent_symbol,
            metadata=registration.metadata,
            state=PlayerState.ACTIVE,
            universe=registration.universe,
            token_version=1,
            create_time=registration.time,
            update_time=registration.time,
        )

    def with_metadata(self, entries: Mapping[str, Any], *, replacing: bool, now: datetime) -> "Player":
        """`entries` merged into the present ones, or in their place. Raises InvalidInput if that gets too big."""
        metadata = Metadata(entries) if replacing else self.metadata.merged(entries)
        return self if metadata == self.metadata else replace(self, metadata=metadata, update_time=now)

    def with_new_token(self, universe: str, now: datetime) -> "Player":
        """Active again, under a token that was proved in `universe`."""
        return replace(
            self,
            state=PlayerState.ACTIVE,
            rejection_code=0,
            universe=universe,
            token_version=self.token_version + 1,
            update_time=now,
        )

    def with_token_rejected(self, token_version: int, game_error_code: int, now: datetime) -> "Player":
        """Out of action until its token is replaced; unchanged if the report is not about the present token."""
        if token_version != self.token_version or self.state is PlayerState.TOKEN_REJECTED:
            return self
        return replace(self, state=PlayerState.TOKEN_REJECTED, rejection_code=game_error_code, update_time=now)

    def require_accepted_token(self) -> None:
        """Raises TokenRejectedError or UniverseResetError if the game was seen to refuse the present token."""
        if self.state is PlayerState.TOKEN_REJECTED:
            raise refused_token(self.rejection_code, self.agent_symbol)


def require_owner(agent_symbol: AgentSymbol, token_agent_symbol: str) -> None:
    """Raises AgentSymbolMismatchError unless the token that the game knows under one name is the agent's own."""
    if token_agent_symbol != agent_symbol:
        raise AgentSymbolMismatchError(agent_symbol, token_agent_symbol)
