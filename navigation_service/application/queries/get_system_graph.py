"""The map of a system, as routes are planned on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.fields import check_player, player_key
from navigation_service.application.ports import Credential
from navigation_service.application.system_graphs import SystemGraphs
from navigation_service.domain.graph import SystemGraph
from pymediatr import Query, RequestHandler
from shared_kernel.errors import FieldViolation
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class GetSystemGraphQuery(Query[SystemGraph]):
    system_symbol: str
    player_id: int = 0
    agent_symbol: str = ""
    refresh: bool = False

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        check_player(violations, self.player_id, self.agent_symbol)
        violations.symbol("system_symbol", self.system_symbol)
        return violations.found


class GetSystemGraphHandler(RequestHandler[GetSystemGraphQuery, SystemGraph]):
    def __init__(self, acting: ActingForPlayers, graphs: SystemGraphs) -> None:
        self._acting = acting
        self._graphs = graphs

    async def handle(self, request: GetSystemGraphQuery) -> SystemGraph:
        player = player_key(request.player_id, request.agent_symbol)
        return await self._acting.act(player, partial(self._graph, request))

    async def _graph(self, request: GetSystemGraphQuery, credential: Credential) -> SystemGraph:
        return await self._graphs.graph(credential, request.system_symbol, refresh=request.refresh)
