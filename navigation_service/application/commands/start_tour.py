"""Accept a tour: one ship, many waypoints, in the order given or in the best one, once or round after round."""

from dataclasses import dataclass, field
from functools import partial

from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.fields import RequestedOptions, ShipRequest, check_tour
from navigation_service.application.free_ships import FreeShips
from navigation_service.application.lookout import Lookout
from navigation_service.application.ports import Credential, TourWish
from navigation_service.application.started_voyages import StartedVoyages
from navigation_service.application.voyage_acceptance import Departure, VoyageAcceptance
from navigation_service.application.voyage_planning import VoyagePlanning
from pymediatr import Command, RequestHandler
from shared_kernel.idempotency import RequestKey
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class StartTourCommand(ShipRequest, Command[StartedVoyages]):
    """`validate_only`: plan it, and keep nothing."""

    waypoints: tuple[str, ...] = ()
    optimize_order: bool = False
    return_to_origin: bool = False
    repeat: bool = False
    options: RequestedOptions = field(default_factory=RequestedOptions)
    validate_only: bool = False
    request_id: str = ""

    def check(self, violations: Violations) -> None:
        super().check(violations)
        check_tour(violations, self.waypoints, repeat=self.repeat)
        self.options.check(violations)
        violations.request_id(self.request_id)


class StartTourHandler(RequestHandler[StartTourCommand, StartedVoyages]):
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

    async def handle(self, request: StartTourCommand) -> StartedVoyages:
        key = None if request.validate_only else RequestKey.of(request.whose, request)
        start = partial(self._start, request, key)
        return await self._acceptance.once(key, partial(self._acting.act, request.player, start))

    async def _start(self, request: StartTourCommand, key: RequestKey | None, credential: Credential) -> StartedVoyages:
        await self._free_ships.require(credential.universe, request.ship_symbol)
        look = await self._lookout.look(credential, request.ship_symbol)
        ship, options = look.ship, request.options.to_options()
        graph = await self._planning.map_for_caller(credential, ship, request.waypoints)
        origin, keep_order = ship.waypoint_symbol, not request.optimize_order
        home = origin if request.return_to_origin else ""
        wish = TourWish(origin, request.waypoints, keep_order, home)
        plan = await self._planning.tour(graph, ship, wish, options, again=request.repeat)
        departure = Departure(look, plan.visit_order, plan.route, options, request.repeat, keep_order, home)
        answer = StartedVoyages((), plan.solution)
        if request.validate_only:
            return self._acceptance.plan(credential, [departure], answer)
        return await self._acceptance.accept(credential, [departure], key, answer)
