"""Note something down about a player."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from player_service.application.fields import check_player_id
from player_service.application.ports import PlayerRepository
from player_service.domain.metadata import metadata_faults
from player_service.domain.player import Player
from pymediatr import Command, RequestHandler
from shared_kernel.clock import Clock
from shared_kernel.errors import FieldViolation
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class UpdatePlayerMetadataCommand(Command[Player]):
    """Merges `metadata` key by key (null removes a key, other values are set whole), or replaces all of it."""

    player_id: int
    metadata: Mapping[str, Any] = field(default_factory=dict)
    replace: bool = False

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        check_player_id(violations, self.player_id)
        for fault in metadata_faults(self.metadata):
            violations.add("metadata", fault)
        return violations.found


class UpdatePlayerMetadataHandler(RequestHandler[UpdatePlayerMetadataCommand, Player]):
    def __init__(self, players: PlayerRepository, clock: Clock) -> None:
        self._players = players
        self._clock = clock

    async def handle(self, request: UpdatePlayerMetadataCommand) -> Player:
        now = self._clock.now()
        return await self._players.change(
            request.player_id,
            lambda player: player.with_metadata(request.metadata, replacing=request.replace, now=now),
        )
