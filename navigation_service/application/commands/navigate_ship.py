"""Accept a voyage: one ship, one destination. The runner flies it; accepting only promises it."""

from dataclasses import dataclass, field
from functools import partial

from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.fields import RequestedOptions, ShipRequest, agent_of_ship
from navigation_service.application.free_ships import FreeShips
from navigation_service.application.lookout import Lookout
from navigation_service.application.ports import Credential
from navigation_service.application.voyage_acceptance import Itinerary, VoyageAcceptance
from navigation_service.application.voyage_planning import VoyagePlanning
from navigation_service.domain.errors import ShipBusyError
from navigation_service.domain.voyage import Stop, Voyage
from pymediatr import Command, RequestHandler
from shared_kernel.idempotency import RequestAlreadyRememberedError, RequestKey
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
        key = RequestKey.of(_scope(request), request)
        if (voyage := await self._acceptance.recall(key)) is not None:
            return voyage
        try:
            return await self._acting.act(request.player, partial(self._accept, request, key))
        except (ShipBusyError, RequestAlreadyRememberedError):
            # A twin of this request may have been first, while we were at the game.
            if (voyage := await self._acceptance.recall(key)) is not None:
                return voyage
            raise

    async def _accept(self, request: NavigateShipCommand, key: RequestKey | None, credential: Credential) -> Voyage:
        await self._free_ships.require(credential.universe, request.ship_symbol)
        look = await self._lookout.look(credential, request.ship_symbol)
        options = request.options.to_options()
        route = await self._planning.route_for_caller(credential, look.ship, request.destination, options)
        itinerary = Itinerary((Stop(request.destination),), route, options)
        return await self._acceptance.accept(credential, look, itinerary, key)


def _scope(request: NavigateShipCommand) -> str:
    """The player, as far as the request alone tells: a repeat is answered without asking anybody else."""
    return agent_of_ship(request.ship_symbol) or str(request.player_id)
