"""The request budget of this process: permits for the game, to the urgent first and to players in turn."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import floor
from typing import Protocol

from navigation_service.adapters.request_pools import Pools, RequestPools, Slot
from navigation_service.application.ports import BudgetUse, Urgency
from navigation_service.domain.errors import GameBudgetExhaustedError
from service_chassis.call_context import remaining_seconds
from shared_kernel.clock import Clock
from shared_kernel.errors import DeadlineExceeded

# What an answer needs to get to its caller before the deadline, from a busy machine to another.
_MARGIN_SECONDS = 0.2
_MINUTE = 60.0
_SHORTEST_DELAY = 0.001


class Timer(Protocol):
    """What `loop.call_later` returns."""

    def cancel(self) -> None: ...


CallLater = Callable[[float, Callable[[], None]], Timer]


@dataclass(eq=False)
class _Waiter:
    urgency: Urgency
    agent_symbol: str
    permit: asyncio.Future["LocalPermit"] = field(default_factory=asyncio.Future)


class LocalPermit:
    """Satisfies Permit."""

    def __init__(self, budget: "LocalRequestBudget", slot: Slot | None, agent_symbol: str) -> None:
        self._budget = budget
        self._slot = slot
        self._granted_to = agent_symbol
        self._open = True

    def spend(self, agent_symbol: str) -> None:
        if self._open:
            self._open = False
            self._budget.settle(self._slot, self._granted_to, spent_for=agent_symbol)

    def give_back(self) -> None:
        if self._open:
            self._open = False
            self._budget.settle(self._slot, self._granted_to)


class LocalRequestBudget:
    """Satisfies RequestBudget for one process. `per_second` and `burst` are the game's limits; 0 in both: none.

    `pools` stand in for what follows from them, where this process has but a part of it. `call_later` is the running
    loop's unless a test brings its own.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        per_second: float,
        burst: int,
        pools: Pools | None = None,
        call_later: CallLater | None = None,
    ) -> None:
        self._clock = clock
        self._pools = pools or RequestPools(per_second, burst)
        self._call_later = call_later
        self._waiters: list[_Waiter] = []
        self._paused_until = 0.0
        self._timer: Timer | None = None
        self._recent: deque[tuple[float, str]] = deque()
        self._by_agent: Counter[str] = Counter()

    async def acquire(self, urgency: Urgency, agent_symbol: str = "") -> LocalPermit:
        left = remaining_seconds()
        if left is not None and left <= _MARGIN_SECONDS:
            raise DeadlineExceeded("the deadline of this call leaves no time to ask the game; allow a second or more")
        if left is not None and (wait := self._expected_wait(urgency)) > left - _MARGIN_SECONDS:
            raise _exhausted(wait)
        waiter = _Waiter(urgency, agent_symbol)
        self._waiters.append(waiter)
        self.hand_out()
        try:
            async with asyncio.timeout(None if left is None else left - _MARGIN_SECONDS):
                return await waiter.permit
        except TimeoutError:
            self._leave(waiter)
            raise _exhausted(self._expected_wait(urgency)) from None
        except BaseException:
            self._leave(waiter)
            raise

    async def pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)
        self.hand_out()

    @property
    def waiting(self) -> int:
        """How many wait for a permit."""
        return sum(not waiter.permit.done() for waiter in self._waiters)

    def recent(self) -> list[tuple[float, str]]:
        """The requests of the last minute: how many seconds ago, and for which agent."""
        now = self._clock.monotonic()
        self._forget_old(now)
        return [(now - time, agent) for time, agent in self._recent]

    async def use(self) -> BudgetUse:
        now = self._clock.monotonic()
        self._forget_old(now)
        by_agent = {agent: count for agent, count in self._by_agent.items() if agent}
        paused_for = max(0.0, self._paused_until - now)
        return BudgetUse(len(self._recent), floor(60 * self._pools.per_second), paused_for, by_agent)

    def settle(self, slot: Slot | None, granted_to: str, *, spent_for: str | None = None) -> None:
        """A permit has ended: given back, unless it was spent for an agent (not always known when it was granted)."""
        now = self._clock.monotonic()
        self._discount(granted_to)
        if spent_for is not None:
            self._by_agent[spent_for] += 1
            self._recent.append((now, spent_for))
        if slot is not None:
            end = self._pools.give_back if spent_for is None else self._pools.spend
            end(slot, now)
        self.hand_out()

    def _expected_wait(self, urgency: Urgency) -> float:
        now = self._clock.monotonic()
        ahead = sum(waiter.urgency <= urgency for waiter in self._waiters)
        return max(self._pools.ready_in(now, ahead), self._paused_until - now)

    def hand_out(self) -> None:
        """Give what is free to those whose turn it is, and come back when the next slot is."""
        now = self._clock.monotonic()
        self._forget_old(now)
        self._waiters = [waiter for waiter in self._waiters if not waiter.permit.done()]
        while self._waiters and now >= self._paused_until:
            slot = self._pools.take(now)
            if slot is None and not self._pools.unlimited:
                break
            waiter = min(self._waiters, key=self._turn)
            self._waiters.remove(waiter)
            self._by_agent[waiter.agent_symbol] += 1
            waiter.permit.set_result(LocalPermit(self, slot, waiter.agent_symbol))
        self._set_timer(now)

    def _set_timer(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiters:
            delay = max(self._pools.ready_in(now), self._paused_until - now, _SHORTEST_DELAY)
            call_later = self._call_later or asyncio.get_running_loop().call_later
            self._timer = call_later(delay, self.hand_out)

    def _turn(self, waiter: _Waiter) -> tuple[int, int]:
        """The urgent first; among equals the player with the fewest requests of late, and of those who came first."""
        return waiter.urgency, self._by_agent[waiter.agent_symbol]

    def _leave(self, waiter: _Waiter) -> None:
        """Whoever goes without its permit leaves none behind."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        if waiter.permit.done() and not waiter.permit.cancelled():
            waiter.permit.result().give_back()

    def _forget_old(self, now: float) -> None:
        while self._recent and self._recent[0][0] <= now - _MINUTE:
            self._discount(self._recent.popleft()[1])

    def _discount(self, agent_symbol: str) -> None:
        self._by_agent[agent_symbol] -= 1
        if not self._by_agent[agent_symbol]:
            del self._by_agent[agent_symbol]


def _exhausted(wait: float) -> GameBudgetExhaustedError:
    return GameBudgetExhaustedError(
        "the game's request limit has no room for this call before its deadline", retry_after=max(wait, 0.1)
    )
