"""Hand out a player's token, to the one service that flies its ships."""

from collections.abc import Sequence
from dataclasses import dataclass

from player_service.application.fields import canonical_symbol, check_key
from player_service.application.ports import PlayerKey, PlayerRepository
from player_service.domain.player import Player
from player_service.domain.secret import AgentToken
from pymediatr import Query, RequestHandler
from shared_kernel.errors import FieldViolation
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class KeptToken:
    player: Player
    token: AgentToken


@dataclass(frozen=True)
class GetAgentTokenQuery(Query[KeptToken]):
    player_id: int = 0
    agent_symbol: str = ""

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        check_key(violations, self.player_id, self.agent_symbol)
        return violations.found


class GetAgentTokenHandler(RequestHandler[GetAgentTokenQuery, KeptToken]):
    """A token that the game was seen to refuse is not handed out: it would only cost the game budget."""

    def __init__(self, players: PlayerRepository) -> None:
        self._players = players

    async def handle(self, request: GetAgentTokenQuery) -> KeptToken:
        key = PlayerKey(request.player_id, canonical_symbol(request.agent_symbol))
        player, token = await self._players.get_with_token(key)
        player.require_accepted_token()
        return KeptToken(player, token)
