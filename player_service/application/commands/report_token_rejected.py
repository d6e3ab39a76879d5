"""Take note that the game refuses a player's token."""

from collections.abc import Sequence
from dataclasses import dataclass

from player_service.application.fields import check_player_id
from player_service.application.ports import PlayerRepository
from player_service.domain.player import Player
from pymediatr import Command, RequestHandler
from shared_kernel.clock import Clock
from shared_kernel.errors import FieldViolation
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class ReportTokenRejectedCommand(Command[Player]):
    """`game_error_code` is the game's, or 0 if it gave none."""

    player_id: int
    token_version: int
    game_error_code: int = 0

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        check_player_id(violations, self.player_id)
        if self.token_version < 1:
            violations.add("token_version", "is required: the version that GetAgentToken gave with the token, from 1")
        if self.game_error_code < 0:
            violations.add("game_error_code", "must be the game's error code, such as 4113, or 0 if it gave none")
        return violations.found


class ReportTokenRejectedHandler(RequestHandler[ReportTokenRejectedCommand, Player]):
    def __init__(self, players: PlayerRepository, clock: Clock) -> None:
        self._players = players
        self._clock = clock

    async def handle(self, request: ReportTokenRejectedCommand) -> Player:
        now = self._clock.now()
        return await self._players.change(
            request.player_id,
            lambda player: player.with_token_rejected(request.token_version, request.game_error_code, now),
        )
