"""Whether a ship may be ordered about: not while a voyage holds it."""

from navigation_service.application.ports import UnitOfWork, VoyageRepository
from navigation_service.domain.errors import ShipBusyError


class FreeShips:
    def __init__(self, unit_of_work: UnitOfWork, voyages: VoyageRepository) -> None:
        self._unit_of_work = unit_of_work
        self._voyages = voyages

    async def require(self, universe: str, ship_symbol: str) -> None:
        """Raises ShipBusyError, with the voyage that holds the ship."""
        async with self._unit_of_work.reading():
            holder = await self._voyages.active_of_ship(universe, ship_symbol)
        if holder is not None:
            owner = holder.lease.owner if holder.lease else ""
            raise ShipBusyError.held(ship_symbol, voyage_id=holder.voyage_id, owner=owner, since=holder.create_time)
