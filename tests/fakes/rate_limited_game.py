"""How the game counts requests: a steady pool first, then a burst, each in windows that begin with a request."""

from dataclasses import dataclass, field


@dataclass
class FixedWindow:
    """A pool as the game has it: full again one window after the first request that it served."""

    size: int
    seconds: float
    opened: float = float("-inf")
    used: int = 0

    def serves(self, now: float) -> bool:
        if now >= self.opened + self.seconds:
            self.opened, self.used = now, 0
        self.used += 1
        return self.used <= self.size


@dataclass
class RateLimitedGame:
    """The steady pool first, then the burst; `refused` counts what would be answered with 429."""

    steady: FixedWindow = field(default_factory=lambda: FixedWindow(2, 1.0))
    burst: FixedWindow = field(default_factory=lambda: FixedWindow(30, 60.0))
    refused: int = 0

    def request(self, now: float) -> None:
        if not self.steady.serves(now) and not self.burst.serves(now):
            self.refused += 1
