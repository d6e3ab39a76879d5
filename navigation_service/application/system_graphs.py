"""Maps of systems, read once per universe and kept; many callers that want the same map share one read."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from datetime import timedelta

from navigation_service.application.ports import (
    Credential,
    GameGateway,
    SystemGraphRepository,
    UnitOfWork,
)
from navigation_service.domain.errors import GameUnavailableError
from navigation_service.domain.graph import SystemGraph, Waypoint
from shared_kernel.clock import Clock
from shared_kernel.errors import DomainError

# What an answer needs to leave before its caller's deadline.
_MARGIN_SECONDS = 0.1
# Markets are asked slowly: the game's burst is for those who wait.
_SURVEY_PAUSE_SECONDS = 2.0
# Whoever read a map has asked all of its markets by then, or has ended.
_SURVEY_LASTS = timedelta(minutes=10)


class SystemGraphs:
    """`time_left` tells the seconds until the present caller's deadline, None without one."""

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        repository: SystemGraphRepository,
        game: GameGateway,
        clock: Clock,
        time_left: Callable[[], float | None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._repository = repository
        self._game = game
        self._clock = clock
        self._time_left = time_left
        self._sleep = sleep
        self._reads: dict[tuple[str, str], asyncio.Task[SystemGraph]] = {}
        self._surveys: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._surveyed: set[tuple[str, str]] = set()

    async def graph(self, credential: Credential, system_symbol: str, *, refresh: bool = False) -> SystemGraph:
        """The kept map, or a new read of it.

        A read goes on when its caller's deadline ends: the caller gets GameUnavailableError, and finds the map
        the next time. Raises SystemNotFoundError and what GameGateway's reads raise.
        """
        if not refresh:
            async with self._unit_of_work.reading():
                kept = await self._repository.get(credential.universe, system_symbol)
            if kept is not None:
                self._take_up_survey(credential, kept)
                return kept
        read, left = self._reading(credential, system_symbol), self._time_left()
        await asyncio.wait({read}, timeout=None if left is None else max(left - _MARGIN_SECONDS, 0.0))
        if not read.done():
            raise GameUnavailableError(f"the map of {system_symbol} is still being read", retry_after=2.0)
        return read.result()

    async def close(self) -> None:
        """Stop reading in the background."""
        tasks = [*self._reads.values(), *self._surveys.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _reading(self, credential: Credential, system_symbol: str) -> asyncio.Task[SystemGraph]:
        """The read of this map that goes on now, begun if need be."""
        key = (credential.universe, system_symbol)

        def forget(read: asyncio.Task[SystemGraph]) -> None:
            del self._reads[key]
            # Its callers may all have left; then nobody else asks what became of it.
            if not read.cancelled():
                read.exception()

        if key not in self._reads:
            # In a context of its own: the deadline of the call that happens to begin it is not the read's.
            self._reads[key] = asyncio.create_task(self._read(credential, system_symbol), context=Context())
            self._reads[key].add_done_callback(forget)
        return self._reads[key]

    async def _read(self, credential: Credential, system_symbol: str) -> SystemGraph:
        charted = await self._game.read_waypoints(credential, system_symbol)
        graph = SystemGraph(
            universe=credential.universe,
            system_symbol=system_symbol,
            waypoints=tuple(Waypoint(w.symbol, w.x, w.y, sells_fuel=w.marketplace) for w in charted),
            fetch_time=self._clock.now(),
            unknown_fuel_waypoints=tuple(w.symbol for w in charted if w.marketplace or not w.charted),
        )
        async with self._unit_of_work.transaction():
            await self._repository.save(graph)
            kept = await self._repository.get(credential.universe, system_symbol)
        self._begin_survey(credential, system_symbol, [w.symbol for w in charted if w.marketplace])
        return kept or graph

    def _take_up_survey(self, credential: Credential, graph: SystemGraph) -> None:
        """Ask, once, the markets that are left because a process ended in the middle of its survey."""
        is_over = self._clock.now() - graph.fetch_time > _SURVEY_LASTS
        if is_over and graph.unknown_fuel_waypoints and (graph.universe, graph.system_symbol) not in self._surveyed:
            unasked = {w.symbol for w in graph.waypoints if w.sells_fuel} & {*graph.unknown_fuel_waypoints}
            self._begin_survey(credential, graph.system_symbol, sorted(unasked))

    def _begin_survey(self, credential: Credential, system_symbol: str, marketplaces: Sequence[str]) -> None:
        """Unless one goes on: a map that is read again and again is no reason to ask its markets several times over."""
        key = (credential.universe, system_symbol)
        self._surveyed.add(key)
        if key not in self._surveys:
            self._surveys[key] = asyncio.create_task(self._survey(credential, marketplaces), context=Context())
            self._surveys[key].add_done_callback(lambda _: self._surveys.pop(key))

    async def _survey(self, credential: Credential, marketplaces: Sequence[str]) -> None:
        """Ask the markets themselves, when nothing more urgent wants the game's request limit."""
        for symbol in marketplaces:
            await self._sleep(_SURVEY_PAUSE_SECONDS)
            try:
                sells_fuel = await self._game.market_sells_fuel(credential, symbol)
                if sells_fuel is not None:
                    async with self._unit_of_work.transaction():
                        await self._repository.mark_fuel(credential.universe, symbol, sells_fuel)
            except DomainError:
                return
