"""Take a claimed voyage as far as it goes now."""

from contextlib import suppress
from dataclasses import dataclass

from navigation_service.application.flight import Flight
from navigation_service.application.flight_crew import Claim, FlightCrew
from navigation_service.domain.errors import LeaseLostError
from pymediatr import Command, RequestHandler


@dataclass(frozen=True)
class AdvanceVoyageCommand(Command[None]):
    claim: Claim

    @property
    def voyage_id(self) -> str:
        return self.claim.voyage.voyage_id


class AdvanceVoyageHandler(RequestHandler[AdvanceVoyageCommand, None]):
    def __init__(self, crew: FlightCrew) -> None:
        self._crew = crew

    async def handle(self, request: AdvanceVoyageCommand) -> None:
        try:
            # Without the lease it is somebody else's turn.
            with suppress(LeaseLostError):
                await Flight(self._crew, request.claim).fly()
        finally:
            request.claim.permit.give_back()
