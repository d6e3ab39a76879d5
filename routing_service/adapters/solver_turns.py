"""Whose turn it is to solve, and for how long: so many at once, the rest in the order in which they came."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import inf
from typing import Protocol

from routing_service.domain.errors import QueueFullError

# A solve with less time than this is not begun, and after a wait not with less than that.
LEAST_SECONDS = 0.02
_LEAST_AFTER_WAIT = 0.1
# While others wait each gets a share of the time, but no less than this.
_LEAST_SHARE = 0.25
_LONGEST_WAIT = 60.0
# How much the last solve counts in the mean of what solves take.
_WEIGHT = 0.2
# By how much solvers overran lately is forgotten by so much with each solve.
_FORGETTING = 0.9
_FIRST_OVERRUN = 0.05
# Seconds that a refused caller is told to stay away, and up to twice as long, by parts that never bunch.
_SOONEST_RETRY, _LATEST_RETRY = 0.5, 10.0
_GOLDEN = 0.6180339887498949


class JobTime(Protocol):
    """How long a job may take, told anew whenever it is asked, as a deadline draws nearer."""

    def seconds(self) -> float:
        """What may be spent on solving from now on."""
        ...

    def latest(self) -> float:
        """Within how many seconds there has to be an answer; infinite where nobody waits for a deadline."""
        ...

    @property
    def shares(self) -> bool:
        """Whether it may get less so that others get their turn."""
        ...


@dataclass(eq=False)
class _Turn:
    begun: float
    ends: float = inf


class Turns:
    """`size` at once, `waiting` more. Refuses at once whoever would wait for longer than there is time."""

    def __init__(self, size: int, waiting: int) -> None:
        self._size = size
        self._waiting = waiting
        self._free = size
        self._queue: deque[asyncio.Future[None]] = deque()
        self._in_hand: set[_Turn] = set()
        # The mean of what solves took lately.
        self._pace = 0.0
        self._overrun = _FIRST_OVERRUN
        self._spread = 0.0

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def busy(self) -> int:
        return self._size - self._free

    @asynccontextmanager
    async def turn(self, limit: JobTime) -> AsyncIterator["_Turn"]:
        """Holds a turn for the length of the block. Raises QueueFullError."""
        await self._take(limit)
        turn = _Turn(time.monotonic())
        self._in_hand.add(turn)
        try:
            yield turn
        finally:
            self._in_hand.remove(turn)
            self._pace += _WEIGHT * (time.monotonic() - turn.begun - self._pace)
            self._give()

    def share(self, turn: _Turn, limit: JobTime) -> float:
        """The seconds that this turn may be spent on solving, such that the answer comes in time even if the solver
        overruns as others did lately: it has to wind up, and the machine may be busy."""
        latest = limit.latest()
        seconds = min(limit.seconds(), max(latest - self._overrun, latest / 2))
        if limit.shares:
            seconds = min(seconds, max(_LEAST_SHARE, seconds * self._size / (self._size + len(self._queue))))
        turn.ends = time.monotonic() + seconds
        return seconds

    def ran(self, seconds: float, given: float) -> None:
        """Note how long a solver took that was given so long."""
        self._overrun = max(seconds - given, _FORGETTING * self._overrun)

    def full(self, cause: str) -> QueueFullError:
        """The refusal that tells when it is likely to be worth another try; not all at the same moment, as many that
        come back at once keep everybody else waiting."""
        self._spread = (self._spread + _GOLDEN) % 1.0
        after = round(min(max(self._wait(), _SOONEST_RETRY), _LATEST_RETRY) * (1 + self._spread), 2)
        return QueueFullError(f"{cause}; try again in {after:g} s", retry_after=after)

    async def _take(self, limit: JobTime) -> None:
        if self._free > 0:
            self._free -= 1
            return
        if len(self._queue) >= self._waiting:
            raise self.full(f"{len(self._queue)} solves are waiting already")
        if self._wait() > limit.latest() - _LEAST_AFTER_WAIT:
            raise self.full(f"{len(self._queue)} solves are waiting already, too many for the deadline of this call")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(min(limit.latest() - _LEAST_AFTER_WAIT, _LONGEST_WAIT)):
                await turn
        except (TimeoutError, asyncio.CancelledError) as end:
            # It may have been given a turn in the same moment.
            if turn.done() and not turn.cancelled():
                self._give()
            if isinstance(end, TimeoutError):
                raise self.full("the deadline came before its turn in the queue") from None
            raise
        finally:
            if turn in self._queue:
                self._queue.remove(turn)

    def _give(self) -> None:
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _wait(self) -> float:
        """How long the next in the queue would wait, about: by what solves took lately, or by when those in hand end
        at the latest if that is sooner."""
        ahead, now = len(self._queue), time.monotonic()
        ends = sorted(turn.ends for turn in self._in_hand)
        latest = ends[ahead] - now if ahead < len(ends) else inf
        return max(0.0, min(latest, self._pace * (ahead + 1) / self._size))
