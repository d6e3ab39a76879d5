"""Fresh looks at ships, for a caller who waits for them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from navigation_service.application.ports import Credential, GameGateway, ShipRepository, UnitOfWork, Urgency
from navigation_service.domain.ship import Ship, ShipRecord
from shared_kernel.clock import Clock

# A list takes a request for every 20 of a player's ships. So few ships are looked at one by one, and more where a list
# would take more requests than that.
_SINGLE_LOOKS = 5
_SHIPS_ON_A_PAGE = 20


@dataclass(frozen=True)
class Look:
    """A report of the game; `asked` and `received` are monotonic seconds."""

    ship: Ship
    asked: float
    received: float

    def age(self, monotonic: float) -> timedelta:
        """How long before `monotonic` it was received."""
        return timedelta(seconds=monotonic - self.received)

    def arrival_after(self, monotonic: float) -> timedelta:
        """How long after `monotonic` the ship arrives; zero if it is there."""
        return max(self.ship.arrival_in - self.age(monotonic), timedelta(0))


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

    async def look_at_all(self, credential: Credential, ship_symbols: Sequence[str]) -> list[Look]:
        """In their order. Raises as `look` does."""
        if len(ship_symbols) <= max(_SINGLE_LOOKS, await self._pages(credential)):
            return await self._look_at_once(credential, ship_symbols)
        looks = await self._list(credential)
        for symbol in ship_symbols:
            if symbol not in looks:
                # Most likely there is no such ship, and with that it ends.
                looks[symbol] = await self.look(credential, symbol)
        return [looks[symbol] for symbol in ship_symbols]

    async def _pages(self, credential: Credential) -> int:
        """How many requests a list takes, as far as the player's ships are known."""
        async with self._unit_of_work.reading():
            known = await self._ships.count(credential.universe, credential.player_id)
        return -(-known // _SHIPS_ON_A_PAGE)

    async def _look_at_once(self, credential: Credential, ship_symbols: Sequence[str]) -> list[Look]:
        looks = [asyncio.create_task(self.look(credential, symbol)) for symbol in ship_symbols]
        try:
            return await asyncio.gather(*looks)
        finally:
            # The first that fails is the end of all: requests are scarce.
            for look in looks:
                look.cancel()

    async def _list(self, credential: Credential) -> dict[str, Look]:
        asked = self._clock.monotonic()
        listed = (await self._game.list_ships(credential)).ships
        received = self._clock.monotonic()
        return {ship.ship_symbol: Look(ship, asked, received) for ship in listed}

    async def keep(self, credential: Credential, look: Look) -> ShipRecord:
        """Store what was seen; answers with the newest that is known."""
        ship, universe = look.ship, credential.universe
        async with self._unit_of_work.transaction():
            await self._ships.save(universe, credential.player_id, [ship], look.age(self._clock.monotonic()))
            record = await self._ships.get(universe, ship.ship_symbol)
        return record or ShipRecord(universe, credential.player_id, ship, self._clock.now())
