"""All kept events of a voyage after a number, then new ones as they come, until the voyage ends."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from navigation_service.application.fields import VoyageRequest
from navigation_service.application.ports import UnitOfWork, VoyageRepository
from navigation_service.application.voyage_news import VoyageNews
from navigation_service.domain.errors import VoyageNotFoundError
from navigation_service.domain.events import VoyageEvent
from pymediatr import StreamRequest, StreamRequestHandler
from shared_kernel.validation import Violations

_AT_ONCE = 500


@dataclass(frozen=True)
class WatchVoyageQuery(VoyageRequest, StreamRequest[VoyageEvent]):
    after_event_number: int = 0

    def check(self, violations: Violations) -> None:
        super().check(violations)
        if self.after_event_number < 0:
            violations.add("after_event_number", "must be 0 for all events, or the number of the last one you have")


class WatchVoyageHandler(StreamRequestHandler[WatchVoyageQuery, VoyageEvent]):
    def __init__(self, unit_of_work: UnitOfWork, voyages: VoyageRepository, news: VoyageNews) -> None:
        self._unit_of_work = unit_of_work
        self._voyages = voyages
        self._news = news

    async def handle(self, request: WatchVoyageQuery) -> AsyncIterator[VoyageEvent]:
        async with self._unit_of_work.reading():
            voyage = await self._voyages.get(request.key)
        if voyage is None:
            raise VoyageNotFoundError.of(request.key)
        ended = not voyage.state.is_active
        # Those who ask only for events that are still to come must notice the end, too.
        number = min(request.after_event_number, voyage.last_event_number)
        while True:
            async with self._unit_of_work.reading():
                events = await self._voyages.events_after(request.key, number, _AT_ONCE)
            for event in events:
                if event.number > request.after_event_number:
                    yield event
                number, ended = event.number, ended or not event.state.is_active
            if not events:
                if ended:
                    return
                await self._news.later_than(request.key, number)
