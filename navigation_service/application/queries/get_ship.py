"""A ship as it was last seen, or as it is now."""

from dataclasses import dataclass
from functools import partial

from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.fields import ShipRequest
from navigation_service.application.lookout import Lookout
from navigation_service.application.ports import Credential, ShipRepository, UnitOfWork
from navigation_service.domain.ship import ShipRecord
from pymediatr import Query, RequestHandler


@dataclass(frozen=True)
class GetShipQuery(ShipRequest, Query[ShipRecord]):
    refresh: bool = False


class GetShipHandler(RequestHandler[GetShipQuery, ShipRecord]):
    """Asks the game only for a refresh, or for a ship that was never seen."""

    def __init__(
        self, unit_of_work: UnitOfWork, acting: ActingForPlayers, ships: ShipRepository, lookout: Lookout
    ) -> None:
        self._unit_of_work = unit_of_work
        self._acting = acting
        self._ships = ships
        self._lookout = lookout

    async def handle(self, request: GetShipQuery) -> ShipRecord:
        return await self._acting.act(request.player, partial(self._get, request))

    async def _get(self, request: GetShipQuery, credential: Credential) -> ShipRecord:
        if not request.refresh:
            async with self._unit_of_work.reading():
                kept = await self._ships.get(credential.universe, request.ship_symbol)
            if kept is not None and kept.player_id == credential.player_id:
                return kept
        look = await self._lookout.look(credential, request.ship_symbol)
        return await self._lookout.keep(credential, look)
