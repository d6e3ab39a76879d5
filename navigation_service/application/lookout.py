"""One fresh look at a ship, for a caller who waits for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from navigation_service.application.ports import Credential, GameGateway, ShipRepository, UnitOfWork, Urgency
from navigation_service.domain.ship import Ship, ShipRecord
from shared_kernel.clock import Clock


@dataclass(frozen=True)
class Look:
    """A report of the game; `asked` and `received` are monotonic seconds."""

    ship: Ship
    asked: float
    received: float

    def time(self, clock: Clock) -> datetime:
        """When it was received."""
        return clock.now() - timedelta(seconds=clock.monotonic() - self.received)

    def arrival_after(self, monotonic: float) -> timedelta:
        """How long after `monotonic` the ship arrives; zero if it is there."""
        return max(self.ship.arrival_in - timedelta(seconds=monotonic - self.received), timedelta(0))


class Lookout:
    def __init__(self, unit_of_work: UnitOfWork, ships: ShipRepository, game: GameGateway, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._ships = ships
        self._game = game
        self._clock = clock

    async def look(self, credential: Credential, ship_symbol: str) -> Look:
        """Ask the game. Raises as GameGateway.get_ship does."""
        asked = self._clock.monotonic()
        ship = await self._game.get_ship(credential, ship_symbol, Urgency.CALLER)
        return Look(ship, asked, self._clock.monotonic())

    async def keep(self, credential: Credential, look: Look) -> ShipRecord:
        """Store what was seen; answers with the newest that is known."""
        ship, universe = look.ship, credential.universe
        async with self._unit_of_work.transaction():
            await self._ships.save(universe, credential.player_id, [ship], look.time(self._clock))
            record = await self._ships.get(universe, ship.ship_symbol)
        return record or ShipRecord(universe, credential.player_id, ship, look.time(self._clock))
