"""Making voyages durable: what was planned, what was seen and what was asked go into one short transaction."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from navigation_service.application.lookout import Look
from navigation_service.application.ports import Credential, ShipRepository, UnitOfWork, VoyageLog, VoyageRepository
from navigation_service.application.runner_signals import RunnerSignals
from navigation_service.application.sightings import RecentSightings
from navigation_service.application.started_voyages import StartedVoyages, voyage_ids
from navigation_service.domain.errors import ShipBusyError, VoyageNotFoundError
from navigation_service.domain.next_action import ARRIVAL_BUFFER
from navigation_service.domain.route import Route, RouteOptions
from navigation_service.domain.voyage import Stop, Voyage
from shared_kernel.clock import Clock
from shared_kernel.idempotency import Outcomes, RequestAlreadyRememberedError, RequestKey
from shared_kernel.identifiers import uuid7


@dataclass(frozen=True)
class Departure:
    """A ship as it was seen, what it is to visit, and how it will fly. `home`: where a closed tour ends."""

    look: Look
    stops: tuple[str, ...]
    route: Route
    options: RouteOptions
    repeat: bool = False
    keep_order: bool = False
    home: str = ""


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

    async def once(self, key: RequestKey | None, start: Callable[[], Awaitable[StartedVoyages]]) -> StartedVoyages:
        """What `start` starts, or the present state of what the same request started before.

        Raises RequestIdReusedError, and as `start` does.
        """
        if (before := await self._recall(key)) is not None:
            return before
        try:
            return await start()
        except (ShipBusyError, RequestAlreadyRememberedError):
            # A twin of this request may have been first, while we were at the game.
            if (before := await self._recall(key)) is not None:
                return before
            raise

    async def accept(
        self,
        credential: Credential,
        departures: Sequence[Departure],
        key: RequestKey | None,
        answer: StartedVoyages = StartedVoyages(()),
    ) -> StartedVoyages:
        """All of them or none: `answer` with their voyages.

        Raises ShipBusyError, and RequestAlreadyRememberedError where a twin was first: then nothing is kept.
        """
        async with self.unit_of_work.transaction():
            now = await self.voyages.now()
            planned = self._planned(credential, departures, key.request_id if key else "", now)
            # Everybody takes ships in the same order, here and below, so that no two requests wait for each other.
            in_turn = sorted(range(len(planned)), key=lambda index: planned[index].ship_symbol)
            stored = {index: await self.voyages.add(planned[index]) for index in in_turn}
            answer = replace(answer, voyages=tuple(stored[index] for index in range(len(planned))))
            if key is not None:
                await self.outcomes.remember(key, answer.to_text())
            for index in in_turn:
                look, voyage = departures[index].look, planned[index]
                age = look.age(self.clock.monotonic())
                await self.ships.save(voyage.universe, voyage.player_id, [look.ship], age)
                self.sightings.note(voyage.voyage_id, look.ship, look.asked, look.received)
        for voyage in planned:
            self.log.tell(voyage, voyage.pending_events)
        self.signals.ring()
        return answer

    def plan(self, credential: Credential, departures: Sequence[Departure], answer: StartedVoyages) -> StartedVoyages:
        """`answer` with the voyages as they would be accepted; nothing is kept, so they have no ids."""
        planned = self._planned(credential, departures, "", self.clock.now())
        drafts = (replace(voyage.drained(), voyage_id="", last_event_number=0) for voyage in planned)
        return replace(answer, voyages=tuple(drafts))

    async def _recall(self, key: RequestKey | None) -> StartedVoyages | None:
        if key is None:
            return None
        async with self.unit_of_work.reading():
            text = await self.outcomes.recall(key)
            if text is None:
                return None
            voyages = [await self._get(voyage_id) for voyage_id in voyage_ids(text)]
        return StartedVoyages.from_text(text, voyages)

    async def _get(self, voyage_id: str) -> Voyage:
        voyage = await self.voyages.get(voyage_id)
        if voyage is None:
            raise VoyageNotFoundError(f"voyage {voyage_id} of this request is gone", {"voyage_id": voyage_id})
        return voyage

    def _planned(
        self, credential: Credential, departures: Sequence[Departure], request_id: str, now: datetime
    ) -> list[Voyage]:
        return [self._voyage(credential, departure, request_id, now) for departure in departures]

    def _voyage(self, credential: Credential, departure: Departure, request_id: str, now: datetime) -> Voyage:
        ship, wait = departure.look.ship, departure.look.arrival_after(self.clock.monotonic())
        voyage = Voyage(
            voyage_id=uuid7(now),
            player_id=credential.player_id,
            agent_symbol=credential.agent_symbol,
            ship_symbol=ship.ship_symbol,
            universe=credential.universe,
            system_symbol=ship.system_symbol,
            stops=tuple(Stop(symbol) for symbol in departure.stops),
            options=departure.options,
            route=departure.route,
            create_time=now,
            update_time=now,
            next_action_time=now + wait + ARRIVAL_BUFFER if ship.in_transit else now,
            repeat=departure.repeat,
            keep_order=departure.keep_order,
            home=departure.home,
            request_id=request_id,
        )
        accepted = voyage.accepted(ship, now)
        return accepted.with_eta(now + wait, self.time_scale) if accepted.state.is_active else accepted
