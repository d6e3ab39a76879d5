"""Keep an agent as a player: under its token, once proved, or enlisted at the game first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from player_service.application.credential import Credential, CredentialProver
from player_service.application.fields import canonical_symbol
from player_service.application.once import FirstAnswers
from player_service.application.ports import PlayerKey, PlayerRepository, UnitOfWork
from player_service.domain.errors import DuplicateAgentSymbolError, PlayerNotFoundError
from player_service.domain.metadata import Metadata, metadata_faults
from player_service.domain.player import Player, Registration
from pymediatr import Command, RequestHandler
from shared_kernel.clock import Clock
from shared_kernel.errors import FieldViolation
from shared_kernel.idempotency import RequestKey
from shared_kernel.symbols import AgentSymbol
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class RegisterPlayerCommand(Command[Player]):
    agent_symbol: str
    credential: Credential
    metadata: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = ""

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        violations.agent_symbol("agent_symbol", canonical_symbol(self.agent_symbol))
        for fault in metadata_faults(self.metadata):
            violations.add("metadata", fault)
        violations.request_id(self.request_id)
        self.credential.check(violations)
        return violations.found


class RegisterPlayerHandler(RequestHandler[RegisterPlayerCommand, Player]):
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

    async def handle(self, request: RegisterPlayerCommand) -> Player:
        # There is no player yet that could be the scope of the request_id.
        key = self._first_answers.key("", request, request.credential)
        return await self._first_answers.once(key, lambda: self._register(request, key))

    async def _register(self, request: RegisterPlayerCommand, key: RequestKey | None) -> Player:
        agent_symbol = AgentSymbol(canonical_symbol(request.agent_symbol))
        if request.credential.new_agent is not None:
            await self._refuse_registered(agent_symbol)
        proven = await self._prover.prove(agent_symbol, request.credential)
        registration = Registration(agent_symbol, proven.universe, self._clock.now(), Metadata(request.metadata))
        return await self._first_answers.keep(key, proven, lambda: self._players.add(registration, proven.token))

    async def _refuse_registered(self, agent_symbol: AgentSymbol) -> None:
        """Spares the game an agent that could not be kept; the unique index has the last word all the same."""
        async with self._unit_of_work.reading():
            try:
                await self._players.get(PlayerKey(agent_symbol=agent_symbol))
            except PlayerNotFoundError:
                return
        raise DuplicateAgentSymbolError.registered(agent_symbol)
