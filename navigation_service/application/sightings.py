"""What this process saw of ships as it accepted their voyages, so that accepting and flying need one look, not two."""

from datetime import datetime, timedelta

from navigation_service.domain.ship import Ship, Sighting
from shared_kernel.clock import Clock

FRESH_SECONDS = 5.0
_MOST = 10_000


class RecentSightings:
    """Ships by the voyage that was accepted for them, with the monotonic seconds of asking and receiving."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[Ship, float, float]] = {}

    def note(self, voyage_id: str, ship: Ship, asked: float, received: float) -> None:
        while len(self._seen) >= _MOST:
            del self._seen[next(iter(self._seen))]
        self._seen[voyage_id] = (ship, asked, received)

    def take(self, voyage_id: str, now: datetime) -> Sighting | None:
        """A sighting of the last seconds, dated relative to `now`; it is handed out once.

        It says nothing about a voyage that has done anything since.
        """
        ship, asked, received = self._seen.pop(voyage_id, (None, 0.0, 0.0))
        elapsed = self._clock.monotonic()
        if ship is None or elapsed - asked > FRESH_SECONDS:
            return None
        return Sighting(ship, now - timedelta(seconds=elapsed - asked), now - timedelta(seconds=elapsed - received))
