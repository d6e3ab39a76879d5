"""Take a claimed voyage as far as it goes now."""

from dataclasses import dataclass

from navigation_service.application.flight import Flight
from navigation_service.application.flight_crew import Claim, FlightCrew
from navigation_service.domain.errors import LeaseLostError
from pymediatr import Command, RequestHandler


@dataclass(frozen=True)
class AdvanceVoyageCommand(Command[bool]):
    """True unless an outage set the voyage back."""

    claim: Claim

    @property
    def voyage_id(self) -> str:
        return self.claim.voyage.voyage_id


class AdvanceVoyageHandler(RequestHandler[AdvanceVoyageCommand, bool]):
    def __init__(self, crew: FlightCrew) -> None:
        self._crew = crew

    async def handle(self, request: AdvanceVoyageCommand) -> bool:
        try:
            return await Flight(self._crew, request.claim).fly()
        except LeaseLostError:
            # It is somebody else's turn.
            return True
        finally:
            request.claim.permit.give_back()
