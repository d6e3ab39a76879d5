"""Rate limits: a static pool and a burst pool per caller, each a fixed window opened by its first request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sandbox.clock import ServerClock
from sandbox.render import Json

STATIC_LIMIT: Final = 2
STATIC_WINDOW: Final = 1_000
BURST_LIMIT: Final = 30
BURST_WINDOW: Final = 60_000


@dataclass(slots=True)
class _Pool:
    limit: int
    window: int
    used: int = 0
    closes: int = -1

    def take(self, now: int) -> bool:
        if now >= self.closes:
            self.used, self.closes = 0, now + self.window
        if self.used >= self.limit:
            return False
        self.used += 1
        return True


@dataclass(frozen=True, slots=True)
class Permit:
    """What the limiter says to one request. `wait` is in milliseconds, 0 for a request that may pass."""

    kind: str
    remaining: int
    reset: str
    wait: int

    def headers(self) -> list[tuple[str, str]]:
        """The rate headers of every answer, with Retry-After on a refusal."""
        headers = [
            ("x-ratelimit-type", self.kind),
            ("x-ratelimit-limit-burst", str(BURST_LIMIT)),
            ("x-ratelimit-limit-per-second", str(STATIC_LIMIT)),
            ("x-ratelimit-remaining", str(self.remaining)),
            ("x-ratelimit-reset", self.reset),
        ]
        return [*headers, ("retry-after", f"{self.wait / 1000:.3f}")] if self.wait else headers

    def error_data(self) -> Json:
        """The `data` of error 429."""
        return {
            "type": self.kind,
            "retryAfter": self.wait / 1000,
            "limitBurst": BURST_LIMIT,
            "limitPerSecond": STATIC_LIMIT,
            "remaining": self.remaining,
            "reset": self.reset,
        }


@dataclass
class RateLimiter:
    """Counts requests per key, a caller's agent or account or the peer's address."""

    clock: ServerClock
    _pools: dict[str, tuple[_Pool, _Pool]] = field(default_factory=dict)

    def admit(self, key: str, kind: str) -> Permit:
        """Take one request from the static pool, else from the burst pool."""
        now = self.clock.window_now()
        static, burst = self._pools.setdefault(
            key, (_Pool(STATIC_LIMIT, STATIC_WINDOW), _Pool(BURST_LIMIT, BURST_WINDOW))
        )
        if static.take(now):
            return self._permit(kind, static, now)
        if burst.take(now):
            return self._permit(kind, burst, now)
        first = min(static, burst, key=lambda pool: pool.closes)
        return self._permit(kind, first, now, wait=first.closes - now)

    def _permit(self, kind: str, pool: _Pool, now: int, wait: int = 0) -> Permit:
        reset = self.clock.stamp(self.clock.now() + pool.closes - now)
        return Permit(kind, max(0, pool.limit - pool.used), reset, wait)
