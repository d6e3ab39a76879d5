"""A clock that stands still until it is told otherwise."""

from datetime import UTC, datetime, timedelta


class SteppedClock:
    """Satisfies Clock."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)) -> None:
        self._now = start
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def step(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
