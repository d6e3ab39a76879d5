"""Timers on a clock that stands still until a test lets time pass."""

import asyncio
import heapq
import itertools
from collections.abc import Callable

from tests.fakes.player_clock import SteppedClock


class SteppedTimer:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class SteppedTimers:
    """`call_later` stands in for the loop's; `pass_seconds` steps the clock from one due timer to the next."""

    def __init__(self, clock: SteppedClock) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, SteppedTimer, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def call_later(self, delay: float, callback: Callable[[], None]) -> SteppedTimer:
        timer = SteppedTimer()
        heapq.heappush(self._due, (self._clock.monotonic() + delay, next(self._numbers), timer, callback))
        return timer

    async def pass_seconds(self, seconds: float) -> None:
        await settled()
        end = self._clock.monotonic() + seconds
        while self._due and self._due[0][0] <= end:
            due, _, timer, callback = heapq.heappop(self._due)
            if not timer.cancelled:
                self._clock.step(max(0.0, due - self._clock.monotonic()))
                callback()
                await settled()
        self._clock.step(end - self._clock.monotonic())
        await settled()


async def settled() -> None:
    """Let every task run until it waits for something."""
    for _ in range(10):
        await asyncio.sleep(0)
