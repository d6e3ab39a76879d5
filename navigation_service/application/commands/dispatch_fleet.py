"""Accept a fleet's tours: waypoints spread over ships that may differ, all of them started or none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.fields import (
    RequestedOptions,
    agent_of_ship,
    canonical_agent,
    check_fleet,
    check_tour,
    fleet_objective,
    player_key,
)
from navigation_service.application.fleet_planning import FleetPlanning
from navigation_service.application.free_ships import FreeShips
from navigation_service.application.lookout import Lookout
from navigation_service.application.ports import Credential, PlayerKey
from navigation_service.application.started_voyages import StartedVoyages
from navigation_service.application.voyage_acceptance import VoyageAcceptance
from pymediatr import Command, RequestHandler
from shared_kernel.errors import FieldViolation
from shared_kernel.idempotency import RequestKey
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class DispatchFleetCommand(Command[StartedVoyages]):
    """`objective` by number. `validate_only`: plan it, and keep nothing."""

    ship_symbols: tuple[str, ...]
    waypoints: tuple[str, ...]
    player_id: int = 0
    agent_symbol: str = ""
    return_to_origin: bool = False
    objective: int = 0
    repeat: bool = False
    options: RequestedOptions = field(default_factory=RequestedOptions)
    validate_only: bool = False
    request_id: str = ""

    @property
    def agent(self) -> str:
        """Of all ships; empty if their symbols do not tell."""
        return canonical_agent(self.agent_symbol) or agent_of_ship(self.ship_symbols[0])

    @property
    def player(self) -> PlayerKey:
        return player_key(self.player_id, self.agent)

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        check_fleet(violations, self.player_id, self.agent_symbol, self.ship_symbols, self.objective)
        check_tour(violations, self.waypoints, repeat=self.repeat)
        self.options.check(violations)
        violations.request_id(self.request_id)
        return violations.found


class DispatchFleetHandler(RequestHandler[DispatchFleetCommand, StartedVoyages]):
    def __init__(
        self,
        acting: ActingForPlayers,
        free_ships: FreeShips,
        lookout: Lookout,
        planning: FleetPlanning,
        acceptance: VoyageAcceptance,
    ) -> None:
        self._acting = acting
        self._free_ships = free_ships
        self._lookout = lookout
        self._planning = planning
        self._acceptance = acceptance

    async def handle(self, request: DispatchFleetCommand) -> StartedVoyages:
        key = None if request.validate_only else RequestKey.of(request.agent or str(request.player_id), request)
        start = partial(self._start, request, key)
        return await self._acceptance.once(key, partial(self._acting.act, request.player, start))

    async def _start(
        self, request: DispatchFleetCommand, key: RequestKey | None, credential: Credential
    ) -> StartedVoyages:
        await self._free_ships.require(credential.universe, *request.ship_symbols)
        looks = await self._lookout.look_at_all(credential, request.ship_symbols)
        departures, answer = await self._planning.share_out(
            credential,
            looks,
            request.waypoints,
            request.options.to_options(),
            return_to_origin=request.return_to_origin,
            objective=fleet_objective(request.objective),
            repeat=request.repeat,
        )
        if request.validate_only:
            return self._acceptance.plan(credential, departures, answer)
        return await self._acceptance.accept(credential, departures, key, answer)
