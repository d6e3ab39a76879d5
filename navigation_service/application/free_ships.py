"""Whether a ship may be ordered about: not while a voyage holds it."""

from navigation_service.application.ports import UnitOfWork, VoyageRepository
from navigation_service.domain.errors import ShipBusyError


class FreeShips:
    def __init__(self, unit_of_work: UnitOfWork, voyages: VoyageRepository) -> None:
        self._unit_of_work = unit_of_work
        self._voyages = voyages

    async def require(self, universe: str, *ship_symbols: str) -> None:
        """Raises ShipBusyError, with the voyage that holds the first busy ship and the names of all."""
        async with self._unit_of_work.reading():
            found = [await self._voyages.active_of_ship(universe, symbol) for symbol in ship_symbols]
        if holders := [holder for holder in found if holder is not None]:
            holder, owner = holders[0], holders[0].lease.owner if holders[0].lease else ""
            raise ShipBusyError.held(
                *(each.ship_symbol for each in holders),
                voyage_id=holder.voyage_id,
                owner=owner,
                since=holder.create_time,
            )
