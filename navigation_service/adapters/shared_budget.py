"""One request budget for all replicas of a game server: shares of the limit go from hand to hand, permits do not.

A replica that has requests to make draws shares in one short transaction, makes as many requests as they allow
without asking anybody, and renews or hands them back about once a second. So the limit holds exactly, and its price
does not grow with the requests.
"""

import asyncio
from collections import Counter
from contextlib import suppress

from navigation_service.adapters.budget_ledger import BudgetLedger, Grant, Request
from navigation_service.adapters.request_budget import CallLater, LocalPermit, LocalRequestBudget
from navigation_service.adapters.request_shares import HeldShares, ShareKey, shares_of
from navigation_service.application.ports import BudgetUse, Urgency
from service_chassis.database import Database
from shared_kernel.clock import Clock
from shared_kernel.errors import RetryableError

LEASE_SECONDS = 4.0
TURN_SECONDS = 1.0
# A share that nobody needed for so long is handed back.
_IDLE_SECONDS = 2.0
# The first who asks does not get all there is.
_MOST_AT_ONCE = 6
# A share stays in one hand for so long at least: each change of hands costs a window and the pause before it.
_TERM_SECONDS = 8.0
# Permits wait for their use in the claim of a voyage; what a call may take comes on top.
_USE_SECONDS = 2.0


class SharedRequestBudget:
    """Satisfies RequestBudget for one replica of several. `run` is its background task: without it nothing is drawn.

    `game_server` and `replica` name the two; `call_seconds` is the longest that a call to the game takes. `call_later`
    is the running loop's unless a test brings its own.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        game_server: str,
        replica: str,
        per_second: float,
        burst: int,
        call_seconds: float,
        call_later: CallLater | None = None,
    ) -> None:
        self._clock = clock
        self._shares = shares_of(per_second, burst)
        self._held = HeldShares(per_second, burst)
        self._queue = LocalRequestBudget(
            clock, per_second=per_second, burst=burst, pools=self._held, call_later=call_later
        )
        self._ledger = BudgetLedger(
            database,
            clock,
            game_server,
            replica,
            self._shares,
            lease_seconds=LEASE_SECONDS,
            call_seconds=call_seconds + _USE_SECONDS,
        )
        self._wake = asyncio.Event()
        self._pause_seconds = 0.0
        self._needed_at = clock.monotonic()
        self._is_short = False
        self._is_resting = True

    async def acquire(self, urgency: Urgency, agent_symbol: str = "") -> LocalPermit:
        self._needed_at = self._clock.monotonic()
        if self._is_resting or not (self._held.unlimited or self._has_enough(self._needed_at)):
            self._wake.set()
        return await self._queue.acquire(urgency, agent_symbol)

    async def pause(self, seconds: float) -> None:
        self._pause_seconds = max(self._pause_seconds, seconds)
        await self._queue.pause(seconds)
        self._wake.set()

    async def use(self) -> BudgetUse:
        """Others' requests as they last reported them, about a second ago."""
        own, (others, paused_for) = await self._queue.use(), await self._ledger.others()
        by_agent = Counter(own.by_agent)
        by_agent.update({agent: count for agent, count in others.items() if agent})
        total = own.requests_last_minute + others.total()
        return BudgetUse(total, own.limit_per_minute, max(own.paused_for, paused_for), dict(by_agent))

    async def run(self, stop: asyncio.Event) -> None:
        """Keep what is needed in hand until `stop` is set; then hand all back."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await self._next_turn(stopping)
                # Without the database nothing is drawn; what is held serves until its lease ends.
                with suppress(RetryableError):
                    await self.turn()
        finally:
            stopping.cancel()
            with suppress(RetryableError):
                await self._hand_all_back()

    async def turn(self) -> None:
        """One exchange with the ledger, and permits for those who wait. Raises DatabaseUnavailableError."""
        self._wake.clear()
        asked = self._clock.monotonic()
        request = self._request(asked)
        self._pause_seconds = 0.0
        try:
            grant = await self._ledger.exchange(request)
        except RetryableError:
            self._pause_seconds = max(self._pause_seconds, request.pause_seconds)
            raise
        self._take_up(request, grant, asked)
        if grant.paused_for > 0:
            await self._queue.pause(grant.paused_for)
        self._queue.hand_out()

    def _request(self, now: float) -> Request:
        give_back = {}
        for key in self._held.keys:
            free_in = self._held.free_in(key, now)
            if free_in is not None and self._is_needless(key, now):
                give_back[key] = free_in
                # From here on it is not ours to use, whether or not the database hears of it at once.
                self._held.drop(key)
        missing = self._queue.waiting - self._held.free_slots(now)
        wanted = 0 if self._held.unlimited else max(0, min(missing, _MOST_AT_ONCE))
        return Request(give_back, self._held.keys, wanted, self._pause_seconds, self._queue.recent())

    def _is_needless(self, key: ShareKey, now: float) -> bool:
        idle = not self._queue.waiting and now - self._needed_at > _IDLE_SECONDS
        unused = idle and self._held.free_in(key, now) == 0.0
        return unused or self._held.is_retired(key) or self._held.is_used_up(key, now, LEASE_SECONDS)

    def _take_up(self, request: Request, grant: Grant, asked: float) -> None:
        for key in self._held.keys - grant.held:
            self._held.drop(key)
        for key in grant.held:
            self._held.hold(self._shares[key], asked, asked + LEASE_SECONDS)
        steady = [key for key in grant.held if key.pool == 0 and not self._held.is_retired(key)]
        # Whoever has more shares than one that goes short lets go of one after a while, so that they go round.
        longest = max(steady, key=lambda key: self._held.held_for(key, asked), default=None)
        generous = grant.another_holds is not None and len(steady) > grant.another_holds
        if longest and generous and self._held.held_for(longest, asked) >= _TERM_SECONDS:
            self._held.retire(longest)
        self._is_short = len(grant.held - set(request.keep)) < request.wanted

    def _has_enough(self, now: float) -> bool:
        return self._held.free_slots(now) > self._queue.waiting

    async def _next_turn(self, stopping: asyncio.Task[bool]) -> None:
        """Wait for a need, or while there is something to look after, for the next second.

        Where the last turn went short, a need is known already.
        """
        self._is_resting = not (self._held.keys or self._queue.waiting or self._queue.recent())
        waking = asyncio.create_task(asyncio.sleep(TURN_SECONDS) if self._is_short else self._woken())
        timeout = None if self._is_resting else TURN_SECONDS
        await asyncio.wait({stopping, waking}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        waking.cancel()

    async def _woken(self) -> None:
        await self._wake.wait()

    async def _hand_all_back(self) -> None:
        now = self._clock.monotonic()
        free = {key: self._held.free_in(key, now) for key in self._held.keys}
        done = {key: seconds for key, seconds in free.items() if seconds is not None}
        for key in done:
            self._held.drop(key)
        await self._ledger.exchange(Request(done, recent=self._queue.recent()))
