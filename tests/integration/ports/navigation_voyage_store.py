"""What the contracts of VoyageRepository run on."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable
from datetime import datetime

from navigation_service.application.ports import UnitOfWork, VoyageFilter, VoyageRepository
from navigation_service.domain.events import VoyageEvent
from navigation_service.domain.voyage import Voyage
from tests.fakes.navigation_voyages import a_voyage

LEASE_SECONDS = 10.0
CALL_SECONDS = 5.0


class AbandonedError(Exception):
    """Ends a transaction that is not to be committed."""


class VoyageStore(ABC):
    """One adapter under test: its scopes, its repository with leases of 10 s, and its clock, which stands still."""

    unit_of_work: UnitOfWork
    voyages: VoyageRepository

    @abstractmethod
    async def step(self, seconds: float) -> None:
        """Let time pass."""

    async def now(self) -> datetime:
        async with self.unit_of_work.reading():
            return await self.voyages.now()

    async def add(self, voyage: Voyage) -> Voyage:
        async with self.unit_of_work.transaction():
            return await self.voyages.add(voyage)

    async def get(self, voyage_id: str) -> Voyage:
        async with self.unit_of_work.reading():
            found = await self.voyages.get(voyage_id)
        assert found is not None
        return found

    async def claim_due(self, owner: str = "worker") -> Voyage | None:
        async with self.unit_of_work.transaction():
            return await self.voyages.claim_due(owner)

    async def held(self, number: int = 1, **options: object) -> Voyage:
        """A new voyage, claimed."""
        await self.add(a_voyage(number, **options))  # type: ignore[arg-type]  # passed on as they are
        return await self.claimed()

    async def claimed(self, owner: str = "worker") -> Voyage:
        claimed = await self.claim_due(owner)
        assert claimed is not None
        return claimed

    async def claim(self, voyage_id: str, owner: str = "other") -> Voyage | None:
        async with self.unit_of_work.transaction():
            return await self.voyages.claim(voyage_id, owner)

    async def begin(self, voyage: Voyage) -> Voyage | None:
        async with self.unit_of_work.transaction():
            return await self.voyages.begin(voyage, CALL_SECONDS)

    async def save(self, voyage: Voyage, *, release: bool = False) -> Voyage:
        async with self.unit_of_work.transaction():
            return await self.voyages.save(voyage, release=release)

    async def renew(self, voyage: Voyage) -> None:
        async with self.unit_of_work.transaction():
            await self.voyages.renew(voyage)

    async def request_cancel(self, voyage_id: str) -> None:
        async with self.unit_of_work.transaction():
            await self.voyages.request_cancel(voyage_id)

    async def abandon(self, work: Awaitable[object]) -> None:
        """Do it in a transaction that fails."""
        async with self.unit_of_work.transaction():
            await work
            raise AbandonedError

    async def next_due_in(self) -> float | None:
        """Seconds until the next voyage is due."""
        async with self.unit_of_work.reading():
            due, now = await self.voyages.next_due_time(), await self.voyages.now()
        return None if due is None else (due - now).total_seconds()

    async def events(self, voyage_id: str, after: int = 0, limit: int = 100) -> list[VoyageEvent]:
        async with self.unit_of_work.reading():
            return list(await self.voyages.events_after(voyage_id, after, limit))

    async def forget_events(self, voyages: int = 10) -> int:
        async with self.unit_of_work.transaction():
            return await self.voyages.forget_events(voyages)

    async def listed(
        self, wanted: VoyageFilter = VoyageFilter(), *, after: str | None = None, limit: int = 100
    ) -> list[Voyage]:
        async with self.unit_of_work.reading():
            return list(await self.voyages.page(wanted, after, limit))
