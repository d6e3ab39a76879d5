"""The navigation context's database in memory, with the rules of SQL: scopes, isolation, rollback, outcomes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import repeat

from navigation_service.domain.events import VoyageEvent
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.ship import ShipRecord
from navigation_service.domain.voyage import Voyage
from shared_kernel.clock import Clock
from shared_kernel.errors import Unavailable
from shared_kernel.idempotency import RequestAlreadyRememberedError, RequestIdReusedError, RequestKey

OUTCOMES_KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True)
class VoyageRow:
    """`voyage` is drained and carries the stored lease; `due_time` is None once it has ended."""

    voyage: Voyage
    fence: int
    due_time: datetime | None


@dataclass(frozen=True)
class Tables:
    voyages: dict[str, VoyageRow] = field(default_factory=dict)
    events: dict[tuple[str, int], VoyageEvent] = field(default_factory=dict)
    ships: dict[tuple[str, str], ShipRecord] = field(default_factory=dict)
    ship_lists: dict[tuple[str, int], datetime] = field(default_factory=dict)
    graphs: dict[tuple[str, str], SystemGraph] = field(default_factory=dict)
    fuel_facts: dict[tuple[str, str], bool] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str], tuple[str, str, datetime]] = field(default_factory=dict)

    def copy(self) -> "Tables":
        return Tables(**{name: dict(table) for name, table in vars(self).items()})


@dataclass(frozen=True)
class _Scope:
    tables: Tables
    writable: bool


class Loss(Enum):
    """What may befall a commit: the database goes away before it happens, or after it and before anybody learns."""

    BEFORE = auto()
    AFTER = auto()


class MemoryDatabase:
    """Satisfies UnitOfWork: one writer at a time, all or nothing, readers on a snapshot, no access outside a scope.

    `outages` is the number of scopes that will fail to open, as with a database that is down. `losses` gives, commit
    by commit, what befalls it.
    """

    def __init__(self) -> None:
        self.outages = 0
        self.losses: Iterator[Loss | None] = repeat(None)
        self._committed = Tables()
        self._writing = asyncio.Lock()
        self._scope: ContextVar[_Scope | None] = ContextVar("navigation_memory_scope", default=None)

    @property
    def committed(self) -> Tables:
        """What a test may look at without a scope."""
        return self._committed

    @property
    def in_scope(self) -> bool:
        """Whether the caller holds a scope; nobody may while calling the game or another service."""
        return self._scope.get() is not None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        scope = self._scope.get()
        if scope is not None:
            if not scope.writable:
                raise RuntimeError("a read-only session cannot become a transaction")
            yield
            return
        self._refuse_while_down()
        async with self._writing:
            tables = self._committed.copy()
            token = self._scope.set(_Scope(tables, writable=True))
            try:
                yield
            finally:
                self._scope.reset(token)
            loss = next(self.losses)
            if loss is not Loss.BEFORE:
                self._committed = tables
            if loss is not None:
                raise _down()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        if self._scope.get() is not None:
            yield
            return
        self._refuse_while_down()
        token = self._scope.set(_Scope(self._committed, writable=False))
        try:
            yield
        finally:
            self._scope.reset(token)

    async def tables(self, *, writable: bool = False) -> Tables:
        """The tables as the caller's scope sees them; yields to other tasks, as a real database does."""
        await asyncio.sleep(0)
        scope = self._scope.get()
        if scope is None:
            raise RuntimeError("no database scope is open")
        if writable and not scope.writable:
            raise RuntimeError("attempt to write in a read-only scope")
        return scope.tables

    def _refuse_while_down(self) -> None:
        if self.outages:
            self.outages -= 1
            raise _down()


def _down() -> Unavailable:
    return Unavailable("the database does not answer; try again")


class MemoryOutcomes:
    """Satisfies Outcomes."""

    def __init__(self, database: MemoryDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def recall(self, key: RequestKey) -> str | None:
        tables = await self._database.tables()
        kept = tables.outcomes.get((key.scope, key.method, key.request_id))
        if kept is None or kept[2] <= self._clock.now() - OUTCOMES_KEPT_FOR:
            return None
        body_hash, result, _ = kept
        if body_hash != key.body_hash:
            raise RequestIdReusedError(key.request_id)
        return result

    async def remember(self, key: RequestKey, result: str) -> None:
        tables = await self._database.tables(writable=True)
        name, now = (key.scope, key.method, key.request_id), self._clock.now()
        kept = tables.outcomes.get(name)
        if kept is not None and kept[2] > now - OUTCOMES_KEPT_FOR:
            raise RequestAlreadyRememberedError(key.request_id)
        tables.outcomes[name] = (key.body_hash, result, now)
