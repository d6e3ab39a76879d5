"""Forget a player and its token. The agent lives on at the game."""

from collections.abc import Sequence
from dataclasses import dataclass

from player_service.application.fields import check_player_id
from player_service.application.ports import PlayerRepository
from pymediatr import Command, RequestHandler
from shared_kernel.errors import FieldViolation
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class DeletePlayerCommand(Command[None]):
    player_id: int

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        check_player_id(violations, self.player_id)
        return violations.found


class DeletePlayerHandler(RequestHandler[DeletePlayerCommand, None]):
    def __init__(self, players: PlayerRepository) -> None:
        self._players = players

    async def handle(self, request: DeletePlayerCommand) -> None:
        await self._players.remove(request.player_id)
