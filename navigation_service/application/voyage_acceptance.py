"""Making a voyage durable: what was planned, what was seen and what was asked go into one short transaction."""

from dataclasses import dataclass
from datetime import datetime

from navigation_service.application.lookout import Look
from navigation_service.application.ports import Credential, ShipRepository, UnitOfWork, VoyageLog, VoyageRepository
from navigation_service.application.runner_signals import RunnerSignals
from navigation_service.application.sightings import RecentSightings
from navigation_service.domain.errors import VoyageNotFoundError
from navigation_service.domain.next_action import ARRIVAL_BUFFER
from navigation_service.domain.route import Route, RouteOptions
from navigation_service.domain.voyage import Stop, Voyage
from shared_kernel.clock import Clock
from shared_kernel.idempotency import Outcomes, RequestKey
from shared_kernel.identifiers import uuid7


@dataclass(frozen=True)
class Itinerary:
    """What a voyage is to visit, and how it will fly."""

    stops: tuple[Stop, ...]
    route: Route
    options: RouteOptions


@dataclass(frozen=True)
class VoyageAcceptance:
    """`time_scale` is the game's, for ETAs alone."""

    unit_of_work: UnitOfWork
    voyages: VoyageRepository
    ships: ShipRepository
    outcomes: Outcomes
    sightings: RecentSightings
    signals: RunnerSignals
    log: VoyageLog
    clock: Clock
    time_scale: float = 1.0

    async def recall(self, key: RequestKey | None) -> Voyage | None:
        """The present state of the voyage that this request made before. Raises RequestIdReusedError."""
        if key is None:
            return None
        async with self.unit_of_work.reading():
            voyage_id = await self.outcomes.recall(key)
            if voyage_id is None:
                return None
            voyage = await self.voyages.get(voyage_id)
        if voyage is None:
            raise VoyageNotFoundError(f"voyage {voyage_id} of this request is gone", {"voyage_id": voyage_id})
        return voyage

    async def accept(self, credential: Credential, look: Look, itinerary: Itinerary, key: RequestKey | None) -> Voyage:
        """Raises ShipBusyError, and RequestAlreadyRememberedError where a twin was first: then nothing is kept."""
        async with self.unit_of_work.transaction():
            now = await self.voyages.now()
            voyage = self._planned(credential, look, itinerary, key, now)
            accepted = await self.voyages.add(voyage)
            if key is not None:
                await self.outcomes.remember(key, voyage.voyage_id)
            await self.ships.save(voyage.universe, voyage.player_id, [look.ship], look.time(self.clock))
            self.sightings.note(voyage.voyage_id, look.ship, look.asked, look.received)
        self.log.tell(voyage, voyage.pending_events)
        self.signals.ring()
        return accepted

    def _planned(
        self, credential: Credential, look: Look, itinerary: Itinerary, key: RequestKey | None, now: datetime
    ) -> Voyage:
        ship, wait = look.ship, look.arrival_after(self.clock.monotonic())
        voyage = Voyage(
            voyage_id=uuid7(now),
            player_id=credential.player_id,
            agent_symbol=credential.agent_symbol,
            ship_symbol=ship.ship_symbol,
            universe=credential.universe,
            system_symbol=ship.system_symbol,
            stops=itinerary.stops,
            options=itinerary.options,
            route=itinerary.route,
            create_time=now,
            update_time=now,
            next_action_time=now + wait + ARRIVAL_BUFFER if ship.in_transit else now,
            request_id=key.request_id if key else "",
        )
        accepted = voyage.accepted(ship, now)
        return accepted.with_eta(now + wait, self.time_scale) if accepted.state.is_active else accepted
