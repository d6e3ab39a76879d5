"""The shares of the game's request limit that this replica holds: pools that are drawn and handed back as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from navigation_service.adapters.request_pools import Pool, RequestPools, Slot, pools_of

# At most so many shares for each pool; of a larger pool each holds several requests.
_MOST_SHARES = 32
# What to tell those who ask how long they wait while nothing is held.
_UNKNOWN_WAIT = 0.2


@dataclass(frozen=True, order=True)
class ShareKey:
    """`pool` 0 is the steady one, 1 the burst."""

    pool: int
    number: int


@dataclass(frozen=True)
class Share:
    """`size` requests in each `window` seconds."""

    key: ShareKey
    size: int
    window: float


def shares_of(per_second: float, burst: int) -> dict[ShareKey, Share]:
    """The whole limit; empty where there is none."""
    shares: dict[ShareKey, Share] = {}
    for index, pool in enumerate(pools_of(per_second, burst)):
        count = min(pool.size, _MOST_SHARES)
        for number in range(count):
            size = pool.size // count + (number < pool.size % count)
            key = ShareKey(index, number)
            shares[key] = Share(key, size, pool.window)
    return shares


@dataclass(eq=False)
class _Held:
    share: Share
    pool: Pool
    since: float
    until: float


class HeldShares:
    """Slots of the shares held now; satisfies Pools. `per_second` and `burst` are the game's figures, for estimates.

    Times are monotonic seconds. A share may be used until its lease ends, and must be renewed by then.
    """

    def __init__(self, per_second: float, burst: int) -> None:
        self._whole = RequestPools(per_second, burst)
        self._held: dict[ShareKey, _Held] = {}
        self._retired: set[ShareKey] = set()

    @property
    def unlimited(self) -> bool:
        return self._whole.unlimited

    @property
    def per_second(self) -> float:
        return self._whole.per_second

    @property
    def keys(self) -> set[ShareKey]:
        return set(self._held)

    def hold(self, share: Share, now: float, until: float) -> None:
        """From now on, or longer."""
        if share.key in self._held:
            self._held[share.key].until = until
        else:
            self._held[share.key] = _Held(share, Pool(share.size, share.window), now, until)

    def retire(self, key: ShareKey) -> None:
        """Make no more requests of it; those under way are still minded."""
        self._retired.add(key)

    def held_for(self, key: ShareKey, now: float) -> float:
        return now - self._held[key].since

    def is_retired(self, key: ShareKey) -> bool:
        return key in self._retired

    def drop(self, key: ShareKey) -> None:
        self._held.pop(key, None)
        self._retired.discard(key)

    def take(self, now: float) -> Slot | None:
        for held in self._usable(now):
            if (slot := held.pool.take(now)) is not None:
                return slot
        return None

    def spend(self, slot: Slot, now: float) -> None:
        for held in self._held.values():
            if slot in held.pool.slots:
                slot.free_at = now + held.pool.window

    def give_back(self, slot: Slot, now: float) -> None:
        for held in self._held.values():
            if slot in held.pool.slots:
                held.pool.slots.remove(slot)

    def ready_in(self, now: float, before: int = 0) -> float:
        """An estimate, as if this replica were alone; a short while at most where nobody is ahead."""
        if self.unlimited:
            return 0.0
        if before:
            return self._whole.ready_in(now, before)
        free = min((time for held in self._usable(now) for time in held.pool.free_times(now)), default=inf)
        return min(max(free - now, 0.0), _UNKNOWN_WAIT)

    def free_slots(self, now: float) -> int:
        """How many requests could be made at once."""
        return sum(sum(time <= now for time in held.pool.free_times(now)) for held in self._usable(now))

    def free_in(self, key: ShareKey, now: float) -> float | None:
        """Seconds until all of a share is free; None while a request of it is under way."""
        return self._held[key].pool.all_free_in(now)

    def is_used_up(self, key: ShareKey, now: float, horizon: float) -> bool:
        """Whether nothing of a share is free before the horizon."""
        return all(time > now + horizon for time in self._held[key].pool.free_times(now))

    def _usable(self, now: float) -> Iterator[_Held]:
        """The steady ones first."""
        return (self._held[key] for key in sorted(self._held.keys() - self._retired) if now < self._held[key].until)
