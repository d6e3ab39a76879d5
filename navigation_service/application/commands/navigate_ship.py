"""Accept a voyage: one ship, one destination. The runner flies it; accepting only promises it."""

from dataclasses import dataclass, field
from functools import partial

from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.fields import RequestedOptions, ShipRequest
from navigation_service.application.free_ships import FreeShips
from navigation_service.application.lookout import Lookout
from navigation_service.application.ports import Credential
from navigation_service.application.started_voyages import StartedVoyages
from navigation_service.application.voyage_acceptance import Departure, VoyageAcceptance
from navigation_service.application.voyage_planning import VoyagePlanning
from navigation_service.domain.voyage import Voyage
from pymediatr import Command, RequestHandler
from shared_kernel.idempotency import RequestKey
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class NavigateShipCommand(ShipRequest, Command[Voyage]):
    destination: str = ""
    options: RequestedOptions = field(default_factory=RequestedOptions)
    request_id: str = ""

    def check(self, violations: Violations) -> None:
        super().check(violations)
        violations.symbol("destination", self.destination)
        self.options.check(violations)
        violations.request_id(self.request_id)


class NavigateShipHandler(RequestHandler[NavigateShipCommand, Voyage]):
    def __init__(
        self,
        acting: ActingForPlayers,
        free_ships: FreeShips,
        lookout: Lookout,
        planning: VoyagePlanning,
        acceptance: VoyageAcceptance,
    ) -> None:
        self._acting = acting
        self._free_ships = free_ships
        self._lookout = lookout
        self._planning = planning
        self._acceptance = acceptance

    async def handle(self, request: NavigateShipCommand) -> Voyage:
        key = RequestKey.of(request.whose, request)
        accept = partial(self._accept, request, key)
        started = await self._acceptance.once(key, partial(self._acting.act, request.player, accept))
        return started.voyages[0]

    async def _accept(
        self, request: NavigateShipCommand, key: RequestKey | None, credential: Credential
    ) -> StartedVoyages:
        await self._free_ships.require(credential.universe, request.ship_symbol)
        look = await self._lookout.look(credential, request.ship_symbol)
        options = request.options.to_options()
        route = await self._planning.route_for_caller(credential, look.ship, request.destination, options)
        departure = Departure(look, (request.destination,), route, options)
        return await self._acceptance.accept(credential, [departure], key)
