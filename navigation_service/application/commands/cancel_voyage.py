"""End a voyage before its destination; a ship in transit flies on to its next waypoint."""

from dataclasses import dataclass

from navigation_service.application.fields import VoyageRequest
from navigation_service.application.ports import VoyageLog, VoyageRepository
from navigation_service.domain.errors import VoyageEndedError, VoyageNotFoundError
from navigation_service.domain.events import VoyageState
from navigation_service.domain.voyage import Voyage
from pymediatr import Command, RequestHandler

_OWNER = "cancel"


@dataclass(frozen=True)
class CancelVoyageCommand(VoyageRequest, Command[Voyage]):
    pass


class CancelVoyageHandler(RequestHandler[CancelVoyageCommand, Voyage]):
    """Ends a voyage at once that nobody holds, and asks its holder to end it otherwise.

    The request comes before the claim, so that a holder that lets go in between leaves no gap.
    """

    def __init__(self, voyages: VoyageRepository, log: VoyageLog) -> None:
        self._voyages = voyages
        self._log = log

    async def handle(self, request: CancelVoyageCommand) -> Voyage:
        voyage_id = request.key
        await self._voyages.request_cancel(voyage_id)
        claimed = await self._voyages.claim(voyage_id, _OWNER)
        if claimed is None or claimed.lease is None:
            return await self._as_it_stands(voyage_id)
        cancelled = claimed.cancelled(claimed.lease.since)
        voyage = await self._voyages.save(cancelled, release=True)
        self._log.tell(cancelled, cancelled.pending_events)
        return voyage

    async def _as_it_stands(self, voyage_id: str) -> Voyage:
        voyage = await self._voyages.get(voyage_id)
        if voyage is None:
            raise VoyageNotFoundError.of(voyage_id)
        if voyage.state in (VoyageState.COMPLETED, VoyageState.FAILED):
            metadata = {"voyage_id": voyage_id, "state": voyage.state.value}
            raise VoyageEndedError(f"voyage {voyage_id} has ended already: {voyage.state.value}", metadata)
        return voyage
