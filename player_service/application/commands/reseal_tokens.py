"""Seal kept tokens under the newest key, a few at a time, so that older keys can be retired."""

from dataclasses import dataclass

from player_service.application.ports import PlayerRepository, Resealing
from pymediatr import Command, RequestHandler


@dataclass(frozen=True)
class ResealTokensCommand(Command[Resealing]):
    """The next `limit` players by id, beginning after `player_id`. May be broken off and repeated at any time."""

    player_id: int = 0
    limit: int = 100


class ResealTokensHandler(RequestHandler[ResealTokensCommand, Resealing]):
    def __init__(self, players: PlayerRepository) -> None:
        self._players = players

    async def handle(self, request: ResealTokensCommand) -> Resealing:
        return await self._players.reseal_after(request.player_id, request.limit)
