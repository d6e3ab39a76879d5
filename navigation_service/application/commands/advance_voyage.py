"""Claim the most urgent due voyage and take it as far as it goes now."""

from contextlib import suppress
from dataclasses import dataclass

from navigation_service.application.flight import Flight, FlightCrew
from navigation_service.application.ports import Urgency
from navigation_service.domain.errors import LeaseLostError
from pymediatr import Command, RequestHandler


@dataclass(frozen=True)
class Advance:
    """`voyage_id` is empty if nothing was due; then `idle_seconds` is how long nothing will be, if that is known."""

    voyage_id: str = ""
    idle_seconds: float | None = None


@dataclass(frozen=True)
class AdvanceVoyageCommand(Command[Advance]):
    owner: str


class AdvanceVoyageHandler(RequestHandler[AdvanceVoyageCommand, Advance]):
    """Permit first, claim second: a claimed voyage never waits for the request limit under its lease."""

    def __init__(self, crew: FlightCrew) -> None:
        self._crew = crew

    async def handle(self, request: AdvanceVoyageCommand) -> Advance:
        crew = self._crew
        async with crew.unit_of_work.reading():
            due, now = await crew.voyages.next_due_time(), await crew.voyages.now()
        if due is None or due > now:
            return Advance(idle_seconds=None if due is None else (due - now).total_seconds())
        permit = await crew.budget.acquire(Urgency.ARRIVAL)
        try:
            async with crew.unit_of_work.transaction():
                voyage = await crew.voyages.claim_due(request.owner)
            if voyage is None:
                return Advance(idle_seconds=0.0)
            with suppress(LeaseLostError):
                await Flight(crew, voyage, permit).fly()
            return Advance(voyage.voyage_id)
        finally:
            permit.give_back()
