"""Waiting for voyages' next events: one look at the table for all that are watched here."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context

from navigation_service.application.ports import UnitOfWork, VoyageRepository

# The table is looked at, so that a process that does not fly a voyage can tell of it too.
_LOOK_SECONDS = 0.2


class VoyageNews:
    """One for each process. It looks only while somebody waits."""

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        voyages: VoyageRepository,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._voyages = voyages
        self._sleep = sleep
        self._awaited: dict[asyncio.Future[None], tuple[str, int]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def later_than(self, voyage_id: str, number: int) -> None:
        """Return once the voyage has an event after that number. Raises what a look at the table raises."""
        news = asyncio.get_running_loop().create_future()
        self._awaited[news] = (voyage_id, number)
        if self._looking is None or self._looking.done():
            # In a context of its own: the look is no part of the call that happened to be the first to wait.
            self._looking = asyncio.create_task(self._look_while_awaited(), context=Context())
        try:
            await news
        finally:
            del self._awaited[news]

    async def _look_while_awaited(self) -> None:
        while True:
            await self._sleep(_LOOK_SECONDS)
            if not self._awaited:
                return
            await self._look()

    async def _look(self) -> None:
        awaited = dict(self._awaited)
        try:
            async with self._unit_of_work.reading():
                latest = await self._voyages.last_event_numbers({voyage_id for voyage_id, _ in awaited.values()})
        except Exception as error:
            for news in awaited:
                if not news.done():
                    news.set_exception(error)
            return
        for news, (voyage_id, number) in awaited.items():
            if latest.get(voyage_id, 0) > number and not news.done():
                news.set_result(None)
