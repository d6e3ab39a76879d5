"""How many requests the game takes in how much time, as sliding windows. No loop and no clock of its own.

The game has two pools with fixed windows: so many requests a second and, when those are used up, so many more in a
minute. A request counts there from some moment between its permit and its answer. Here a slot is taken from the
permit until one window after the answer, so that no window of the game, wherever it begins, sees more requests than
its pool holds. Nine tenths of the limit are used: others call from the same address.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from math import floor, inf
from typing import Protocol

SHARE = 0.9
# The game's burst window of 60 s, and the second by which the game may attribute a request to the other pool.
BURST_WINDOW_SECONDS = 62.0
# A permit that never ends is one that its holder has lost.
LONGEST_CALL_SECONDS = 60.0
# For a longer queue an average is good enough.
_LONGEST_QUEUE = 500


@dataclass(eq=False)
class Slot:
    """A place in a pool. `free_at` is when others may have it; unknown (infinite) while its request is under way."""

    taken_at: float
    free_at: float = inf


@dataclass
class Pool:
    size: int
    window: float
    slots: list[Slot] = field(default_factory=list)

    def take(self, now: float) -> Slot | None:
        self.slots = [slot for slot in self.slots if self._free_at(slot) > now]
        if len(self.slots) >= self.size:
            return None
        self.slots.append(Slot(now))
        return self.slots[-1]

    def free_times(self, now: float) -> Iterator[float]:
        """When each slot is free, as far as that is known: requests under way are taken to end now."""
        times = (self._free_at(slot) if slot.free_at < inf else now + self.window for slot in self.slots)
        occupied = sorted(max(time, now) for time in times)
        yield from [now] * (self.size - len(occupied))
        yield from occupied

    def all_free_in(self, now: float) -> float | None:
        """Seconds until no slot is taken; None while a request is under way."""
        taken = [slot for slot in self.slots if self._free_at(slot) > now]
        if any(slot.free_at == inf for slot in taken):
            return None
        return max((slot.free_at - now for slot in taken), default=0.0)

    def _free_at(self, slot: Slot) -> float:
        return min(slot.free_at, slot.taken_at + LONGEST_CALL_SECONDS + self.window)


def pools_of(per_second: float, burst: int) -> list[Pool]:
    """The steady pool and the burst, as far as the game has them."""
    pools = []
    if per_second > 0:
        size = max(1, floor(per_second))
        pools.append(Pool(size, size / (SHARE * per_second)))
    if burst > 0:
        pools.append(Pool(max(1, floor(SHARE * burst)), BURST_WINDOW_SECONDS))
    return pools


class Pools(Protocol):
    """Where slots are taken from. Times are monotonic seconds."""

    @property
    def unlimited(self) -> bool: ...

    @property
    def per_second(self) -> float: ...

    def take(self, now: float) -> Slot | None: ...

    def spend(self, slot: Slot, now: float) -> None: ...

    def give_back(self, slot: Slot, now: float) -> None: ...

    def ready_in(self, now: float, before: int = 0) -> float: ...


class RequestPools:
    """The steady pool first, then the burst. `per_second` and `burst` are the game's own figures, 0 for none."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._pools = pools_of(per_second, burst)

    @property
    def unlimited(self) -> bool:
        return not self._pools

    @property
    def per_second(self) -> float:
        """Requests that a second has room for, lasting."""
        return sum(pool.size / pool.window for pool in self._pools)

    def take(self, now: float) -> Slot | None:
        """A slot, if there is a free one."""
        for pool in self._pools:
            if (slot := pool.take(now)) is not None:
                return slot
        return None

    def spend(self, slot: Slot, now: float) -> None:
        """Its request was answered, or given up, by now."""
        for pool in self._pools:
            if slot in pool.slots:
                slot.free_at = now + pool.window

    def give_back(self, slot: Slot, now: float) -> None:
        """There was no request; the slot is free now."""
        for pool in self._pools:
            if slot in pool.slots:
                pool.slots.remove(slot)

    def ready_in(self, now: float, before: int = 0) -> float:
        """Seconds until a slot is free for somebody with `before` others ahead, if all requests end at once."""
        if self.unlimited:
            return 0.0
        free = [(time, pool.window) for pool in self._pools for time in pool.free_times(now)]
        heapify(free)
        for _ in range(min(before, _LONGEST_QUEUE)):
            time, window = free[0]
            heapreplace(free, (time + window, window))
        return free[0][0] - now + max(0, before - _LONGEST_QUEUE) / self.per_second
