"""What operators of a fleet watch, counted for Prometheus. Made only where metrics are served."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import case, func, select

from navigation_service.adapters.database_time import later, present
from navigation_service.adapters.tables import ACTIVE, voyages
from navigation_service.adapters.voyages_sql import SqlVoyages
from navigation_service.application.ports import BudgetUse, VoyageLog
from navigation_service.domain.errors import LeaseLostError
from navigation_service.domain.events import Ended, VoyageEvent, VoyageState
from navigation_service.domain.voyage import Voyage
from service_chassis.database import Database
from shared_kernel.clock import Clock
from shared_kernel.errors import RetryableError

CENSUS_SECONDS = 15.0
# A due action begins within about a second; one that has waited for so long finds no worker, or no permit.
OVERDUE_SECONDS = 30.0
# Labels are kept for good, so that there must be an end to them.
_MOST_PLAYERS = 200
_OTHERS = "others"


class FleetMetrics:
    """The collectors of the navigation service, in `registry`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.active = Gauge(
            "spacetraders_voyages", "Voyages that have not ended, by state.", ["state"], registry=registry
        )
        self.overdue = Gauge(
            "spacetraders_voyages_overdue",
            f"Voyages whose next action should have begun more than {OVERDUE_SECONDS:g} s ago.",
            registry=registry,
        )
        self.ended = Counter(
            "spacetraders_voyages_ended",
            "Voyages that ended through this process, by state, and by reason if they failed.",
            ["state", "reason"],
            registry=registry,
        )
        self.leases_lost = Counter(
            "spacetraders_voyage_leases_lost", "Voyages that another worker took from this one.", registry=registry
        )
        self.budget_left = Gauge(
            "spacetraders_game_budget_left",
            "Requests that the game's limit still had room for in the last minute, all replicas together.",
            registry=registry,
        )
        self.paused = Gauge(
            "spacetraders_game_paused_seconds", "For how long the game wants to hear nothing.", registry=registry
        )
        self._requests = Counter(
            "spacetraders_game_requests",
            "Requests of this process to the game, by agent, and by the game's error code or the HTTP status.",
            ["agent_symbol", "code"],
            registry=registry,
        )
        self._players: set[str] = set()

    def count_request(self, agent_symbol: str, code: str) -> None:
        if agent_symbol not in self._players:
            if len(self._players) >= _MOST_PLAYERS:
                agent_symbol = _OTHERS
            self._players.add(agent_symbol)
        self._requests.labels(agent_symbol, code).inc()


class MeteredVoyages(SqlVoyages):
    """Counts the leases that it finds lost."""

    def __init__(self, database: Database, clock: Clock, *, lease_seconds: float, metrics: FleetMetrics) -> None:
        super().__init__(database, clock, lease_seconds=lease_seconds)
        self._lost = metrics.leases_lost

    async def begin(self, voyage: Voyage, call_seconds: float) -> Voyage | None:
        begun = await super().begin(voyage, call_seconds)
        if begun is None:
            current = await self.get(voyage.voyage_id)
            if current is None or not current.cancel_requested:
                self._lost.inc()
        return begun

    async def save(self, voyage: Voyage, *, release: bool = False) -> Voyage:
        try:
            return await super().save(voyage, release=release)
        except LeaseLostError:
            self._lost.inc()
            raise


class MeteredVoyageLog:
    """Satisfies VoyageLog: passes everything on to `log`, and counts the ends."""

    def __init__(self, log: VoyageLog, metrics: FleetMetrics) -> None:
        self._log = log
        self._ended = metrics.ended

    def tell(self, voyage: Voyage, events: Sequence[VoyageEvent]) -> None:
        self._log.tell(voyage, events)
        for event in events:
            if isinstance(event.detail, Ended):
                reason = event.detail.failure.reason if event.detail.failure else ""
                self._ended.labels(event.state.value, reason).inc()


class _Budget(Protocol):
    async def use(self) -> BudgetUse: ...


class VoyageCensus:
    """Counts what the database holds, now and then, whoever scrapes and however often. `run` is a background task."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        budget: _Budget,
        metrics: FleetMetrics,
        *,
        pause: Callable[[], float] = lambda: CENSUS_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._budget = budget
        self._metrics = metrics
        self._pause = pause

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            # During an outage the figures stay as they were; the log tells of it.
            with suppress(RetryableError):
                await self.count()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._pause())

    async def count(self) -> None:
        late = later(present(self._database.dialect, self._clock), -OVERDUE_SECONDS)
        is_late = func.sum(case((voyages.c.due_time <= late, 1), else_=0))
        query = select(voyages.c.state, func.count(), is_late).where(ACTIVE).group_by(voyages.c.state)
        async with self._database.reading():
            rows = (await self._database.session.execute(query)).all()
        found = {state: (number, overdue) for state, number, overdue in rows}
        for state in VoyageState:
            if state.is_active:
                self._metrics.active.labels(state.value).set(found.get(state.value, (0, 0))[0])
        self._metrics.overdue.set(sum(int(overdue) for _, overdue in found.values()))
        use = await self._budget.use()
        left = use.limit_per_minute - use.requests_last_minute if use.limit_per_minute else float("inf")
        self._metrics.budget_left.set(max(left, 0))
        self._metrics.paused.set(use.paused_for)
