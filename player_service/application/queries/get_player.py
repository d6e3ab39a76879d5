"""Find one player, by id or by agent symbol."""

from collections.abc import Sequence
from dataclasses import dataclass

from player_service.application.fields import canonical_symbol, check_key
from player_service.application.ports import PlayerKey, PlayerRepository
from player_service.domain.player import Player
from pymediatr import Query, RequestHandler
from shared_kernel.errors import FieldViolation
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class GetPlayerQuery(Query[Player]):
    player_id: int = 0
    agent_symbol: str = ""

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        check_key(violations, self.player_id, self.agent_symbol)
        return violations.found


class GetPlayerHandler(RequestHandler[GetPlayerQuery, Player]):
    def __init__(self, players: PlayerRepository) -> None:
        self._players = players

    async def handle(self, request: GetPlayerQuery) -> Player:
        return await self._players.get(PlayerKey(request.player_id, canonical_symbol(request.agent_symbol)))
