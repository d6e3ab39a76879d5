"""What the use cases need from outside, in their own words."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from player_service.domain.player import Player, Registration
from player_service.domain.secret import AccountToken, AgentToken
from shared_kernel.symbols import AgentSymbol


class UnitOfWork(Protocol):
    """Short transactions, opened by the use cases that must not hold one while they wait for the game."""

    def transaction(self) -> AbstractAsyncContextManager[None]:
        """Everything inside happens, or nothing does."""
        ...

    def reading(self) -> AbstractAsyncContextManager[None]:
        """Reads of one moment."""
        ...


@dataclass(frozen=True)
class PlayerKey:
    """Names a player by id, or by agent symbol if `player_id` is 0."""

    player_id: int = 0
    agent_symbol: str = ""


@dataclass(frozen=True)
class Resealing:
    """What became of some players' tokens: which players' they were, whose were sealed anew, and whose no key opens."""

    player_ids: Sequence[int]
    resealed: Sequence[str]
    unreadable: Sequence[str]


class PlayerRepository(Protocol):
    """Players and their tokens. Every call happens inside a scope of the UnitOfWork."""

    async def add(self, registration: Registration, token: AgentToken) -> Player:
        """Keep a new player under an id that was never used before. Raises DuplicateAgentSymbolError."""
        ...

    async def get(self, key: PlayerKey) -> Player:
        """Raises PlayerNotFoundError."""
        ...

    async def get_with_token(self, key: PlayerKey) -> tuple[Player, AgentToken]:
        """Raises PlayerNotFoundError, or TokenUnreadableError if the token was sealed under a lost key."""
        ...

    async def list_after(self, player_id: int, limit: int) -> Sequence[Player]:
        """The next players by ascending id, beginning after `player_id`."""
        ...

    async def change(
        self, player_id: int, transition: Callable[[Player], Player], token: AgentToken | None = None
    ) -> Player:
        """Apply a pure `transition` to the present player and keep the result, with `token` if one is given.

        Concurrent changes of one player are applied one after the other, each to the result of the one before.
        Raises PlayerNotFoundError, and whatever `transition` raises.
        """
        ...

    async def reseal_after(self, player_id: int, limit: int) -> Resealing:
        """Seal the tokens of the next players by ascending id, beginning after `player_id`, under the newest key.

        Tokens that are sealed under it already stay as they are, and so do those that no key opens.
        """
        ...

    async def remove(self, player_id: int) -> None:
        """Forget the player and its token. Raises PlayerNotFoundError."""
        ...


class GameGateway(Protocol):
    """The game's server. All of it raises GameUnavailableError while the game does not answer."""

    async def current_universe(self) -> str:
        """`<host>/<reset date>`; servers that tell no reset date have one universe, `<host>/unknown`."""
        ...

    async def agent_of(self, token: AgentToken) -> str:
        """The symbol of the agent that the token belongs to, upper case.

        Raises TokenRejectedError or UniverseResetError, or InvalidInput on field `token`, if the game refuses it.
        """
        ...

    async def enlist(self, agent_symbol: AgentSymbol, faction: str, account_token: AccountToken) -> AgentToken:
        """Make a new agent, and answer its token, which the game shows this once.

        Raises EnlistOutcomeUnknownError if the answer is lost, DuplicateAgentSymbolError if the symbol is taken,
        TokenRejectedError if the account token is refused, InvalidInput for what else the game objects to.
        """
        ...


class SecretDigest(Protocol):
    """Digests from which nobody without the service's key can guess what went in."""

    def digest(self, *parts: str) -> str:
        """64 hexadecimal digits."""
        ...
