"""Claim the most urgent due voyage."""

from contextlib import ExitStack
from dataclasses import dataclass

from navigation_service.application.flight_crew import Claim, FlightCrew
from navigation_service.application.ports import Urgency
from pymediatr import Command, RequestHandler


@dataclass(frozen=True)
class Idle:
    """Nothing is due. `seconds`: for how long nothing will be, if that is known."""

    seconds: float | None


@dataclass(frozen=True)
class ClaimVoyageCommand(Command[Claim | Idle]):
    owner: str


class ClaimVoyageHandler(RequestHandler[ClaimVoyageCommand, Claim | Idle]):
    """Permit first, claim second: a claimed voyage does not wait under its lease for leave to look at its ship."""

    def __init__(self, crew: FlightCrew) -> None:
        self._crew = crew

    async def handle(self, request: ClaimVoyageCommand) -> Claim | Idle:
        crew = self._crew
        async with crew.unit_of_work.reading():
            due, now = await crew.voyages.next_due_time(), await crew.voyages.now()
        if due is None or due > now:
            return Idle(None if due is None else (due - now).total_seconds())
        with ExitStack() as unused:
            permit = await crew.budget.acquire(Urgency.ARRIVAL)
            unused.callback(permit.give_back)
            asked = crew.clock.monotonic()
            async with crew.unit_of_work.transaction():
                voyage = await crew.voyages.claim_due(request.owner)
            if voyage is None:
                return Idle(0.0)
            unused.pop_all()
        return Claim(voyage, permit, asked)
