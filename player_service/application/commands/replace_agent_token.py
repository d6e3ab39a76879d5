"""Give a player a new token: the way back after a universe reset, or after the game refused the old one."""

from collections.abc import Sequence
from dataclasses import dataclass

from player_service.application.credential import Credential, CredentialProver
from player_service.application.fields import check_player_id
from player_service.application.once import FirstAnswers
from player_service.application.ports import PlayerKey, PlayerRepository, UnitOfWork
from player_service.domain.player import Player
from pymediatr import Command, RequestHandler
from shared_kernel.clock import Clock
from shared_kernel.errors import FieldViolation
from shared_kernel.idempotency import RequestKey
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class ReplaceAgentTokenCommand(Command[Player]):
    player_id: int
    credential: Credential
    request_id: str = ""

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        check_player_id(violations, self.player_id)
        violations.request_id(self.request_id)
        self.credential.check(violations)
        return violations.found


class ReplaceAgentTokenHandler(RequestHandler[ReplaceAgentTokenCommand, Player]):
    def __init__(
        self,
        unit_of_work: UnitOfWork,
        players: PlayerRepository,
        prover: CredentialProver,
        first_answers: FirstAnswers,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._players = players
        self._prover = prover
        self._first_answers = first_answers
        self._clock = clock

    async def handle(self, request: ReplaceAgentTokenCommand) -> Player:
        key = self._first_answers.key(str(request.player_id), request, request.credential)
        return await self._first_answers.once(key, lambda: self._replace(request, key))

    async def _replace(self, request: ReplaceAgentTokenCommand, key: RequestKey | None) -> Player:
        async with self._unit_of_work.reading():
            agent_symbol = (await self._players.get(PlayerKey(request.player_id))).agent_symbol
        proven = await self._prover.prove(agent_symbol, request.credential)

        def transition(player: Player) -> Player:
            return player.with_new_token(proven.universe, self._clock.now())

        return await self._first_answers.keep(
            key, proven, lambda: self._players.change(request.player_id, transition, proven.token)
        )
