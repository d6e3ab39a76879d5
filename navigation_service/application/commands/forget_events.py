"""Forget events of long ago, a few voyages at a time."""

from dataclasses import dataclass

from navigation_service.application.ports import VoyageRepository
from pymediatr import Command, RequestHandler


@dataclass(frozen=True)
class ForgetEventsCommand(Command[int]):
    """Of so many `voyages` at most; answers of how many there was something to forget."""

    voyages: int


class ForgetEventsHandler(RequestHandler[ForgetEventsCommand, int]):
    def __init__(self, voyages: VoyageRepository) -> None:
        self._voyages = voyages

    async def handle(self, request: ForgetEventsCommand) -> int:
        return await self._voyages.forget_events(request.voyages)
