"""Doing something at the game in a player's name, for a caller who waits for it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from navigation_service.application.ports import Credential, GameGateway, PlayerDirectory, PlayerKey
from navigation_service.application.token_refusal import confirm_refusal
from navigation_service.domain.errors import TokenRejectedError, UniverseResetError

T = TypeVar("T")


class ActingForPlayers:
    """Finds a player's token, and the newer one if the game refuses it."""

    def __init__(self, players: PlayerDirectory, game: GameGateway) -> None:
        self._players = players
        self._game = game

    async def act(self, player: PlayerKey, deed: Callable[[Credential], Awaitable[T]]) -> T:
        """What `deed` answers; it is done again if the token was refused but another one, or a second look, is good.

        A refusal that is true is reported to the player service. Raises as PlayerDirectory and `deed` do.
        """
        credential = await self._players.credential(player)
        try:
            return await deed(credential)
        except (TokenRejectedError, UniverseResetError) as refusal:
            confirmed = await confirm_refusal(self._players, self._game, credential, refusal)
            if confirmed is not None:
                raise confirmed from refusal
        return await deed(await self._players.credential(player))
