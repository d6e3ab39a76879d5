"""A dry run: the route that a voyage would fly from the ship's present state."""

from dataclasses import dataclass, field
from functools import partial

from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.fields import RequestedOptions, ShipRequest
from navigation_service.application.lookout import Lookout
from navigation_service.application.ports import Credential
from navigation_service.application.voyage_planning import VoyagePlanning
from navigation_service.domain.route import Route
from pymediatr import Query, RequestHandler
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class PlanRouteQuery(ShipRequest, Query[Route]):
    destination: str = ""
    options: RequestedOptions = field(default_factory=RequestedOptions)

    def check(self, violations: Violations) -> None:
        super().check(violations)
        violations.symbol("destination", self.destination)
        self.options.check(violations)


class PlanRouteHandler(RequestHandler[PlanRouteQuery, Route]):
    def __init__(self, acting: ActingForPlayers, lookout: Lookout, planning: VoyagePlanning) -> None:
        self._acting = acting
        self._lookout = lookout
        self._planning = planning

    async def handle(self, request: PlanRouteQuery) -> Route:
        return await self._acting.act(request.player, partial(self._plan, request))

    async def _plan(self, request: PlanRouteQuery, credential: Credential) -> Route:
        look = await self._lookout.look(credential, request.ship_symbol)
        await self._lookout.keep(credential, look)
        options = request.options.to_options()
        return await self._planning.route_for_caller(credential, look.ship, request.destination, options)
