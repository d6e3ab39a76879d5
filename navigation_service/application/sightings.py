"""What this process has just seen of ships, so that accepting a voyage and flying it need one look, not two."""

from datetime import datetime, timedelta

from navigation_service.domain.ship import Ship, Sighting
from shared_kernel.clock import Clock

FRESH_SECONDS = 5.0
_MOST = 10_000


class RecentSightings:
    """Ships by universe and symbol, with the monotonic seconds at which they were asked for and received."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[Ship, float, float]] = {}

    def note(self, universe: str, ship: Ship, asked: float, received: float) -> None:
        while len(self._seen) >= _MOST:
            del self._seen[next(iter(self._seen))]
        self._seen[universe, ship.ship_symbol] = (ship, asked, received)

    def take(self, universe: str, ship_symbol: str, now: datetime) -> Sighting | None:
        """A sighting of the last seconds, dated relative to `now`; it is handed out once."""
        ship, asked, received = self._seen.pop((universe, ship_symbol), (None, 0.0, 0.0))
        elapsed = self._clock.monotonic()
        if ship is None or elapsed - asked > FRESH_SECONDS:
            return None
        return Sighting(ship, now - timedelta(seconds=elapsed - asked), now - timedelta(seconds=elapsed - received))
