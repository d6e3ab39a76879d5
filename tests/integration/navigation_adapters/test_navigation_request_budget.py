"""The request budget: never more than the game takes, the urgent first, players in turn."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random

import pytest

from navigation_service.adapters.request_budget import LocalPermit, LocalRequestBudget
from navigation_service.adapters.request_pools import RequestPools, Slot
from navigation_service.application.ports import BudgetUse, Urgency
from navigation_service.domain.errors import GameBudgetExhaustedError
from service_chassis.call_context import entered
from shared_kernel.errors import DeadlineExceeded
from tests.fakes.navigation_timers import SteppedTimers, settled
from tests.fakes.player_clock import SteppedClock
from tests.fakes.rate_limited_game import RateLimitedGame

STEADY_AND_BURST = 2 + 27


@dataclass
class Desk:
    """A budget on a clock that stands still. `granted` lists who got a permit, in order."""

    per_second: float = 2
    burst: int = 30
    clock: SteppedClock = field(default_factory=SteppedClock)
    granted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.timers = SteppedTimers(self.clock)
        self.budget = LocalRequestBudget(
            self.clock, per_second=self.per_second, burst=self.burst, call_later=self.timers.call_later
        )
        self._tasks: list[asyncio.Task[LocalPermit]] = []

    def want(self, name: str, urgency: Urgency = Urgency.VOYAGE, agent: str = "") -> asyncio.Task[LocalPermit]:
        async def wait() -> LocalPermit:
            permit = await self.budget.acquire(urgency, agent)
            self.granted.append(name)
            return permit

        self._tasks.append(asyncio.create_task(wait()))
        return self._tasks[-1]

    async def use_up(self, *, agent: str = "") -> None:
        """Take all permits there are, and make their requests at once."""
        for permit in [await self.budget.acquire(Urgency.VOYAGE, agent) for _ in range(STEADY_AND_BURST)]:
            permit.spend(agent)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.close()


async def test_gives_out_the_steady_pool_and_nine_tenths_of_the_burst_at_once(desk: Desk) -> None:
    for number in range(40):
        desk.want(str(number))
    await settled()

    assert len(desk.granted) == STEADY_AND_BURST


async def test_goes_on_at_nine_tenths_of_the_games_pace(desk: Desk) -> None:
    count = 0

    async def call_again_and_again() -> None:
        nonlocal count
        while True:
            (await desk.budget.acquire(Urgency.VOYAGE)).spend("")
            count += 1

    calling = [asyncio.create_task(call_again_and_again()) for _ in range(5)]
    await desk.timers.pass_seconds(0)
    at_once = count
    await desk.timers.pass_seconds(625)

    assert at_once == STEADY_AND_BURST
    assert 0.88 * 2.5 < (count - at_once) / 625 <= 0.9 * 2.5
    for task in calling:
        task.cancel()


async def test_counts_a_request_from_its_permit_until_a_window_after_its_answer() -> None:
    desk = Desk(burst=0)
    slow, quick = await desk.budget.acquire(Urgency.VOYAGE), await desk.budget.acquire(Urgency.VOYAGE)
    quick.spend("")
    for name in ("first", "second"):
        desk.want(name)
    await desk.timers.pass_seconds(1.2)
    assert desk.granted == ["first"]

    slow.spend("")
    await desk.timers.pass_seconds(1.0)
    assert desk.granted == ["first"]
    await desk.timers.pass_seconds(0.2)
    assert desk.granted == ["first", "second"]


async def test_a_permit_that_is_given_back_serves_the_next_at_once() -> None:
    desk = Desk(burst=0)
    unused, _ = await desk.budget.acquire(Urgency.VOYAGE), await desk.budget.acquire(Urgency.VOYAGE)
    desk.want("next")
    await settled()
    assert desk.granted == []

    unused.give_back()
    unused.give_back()
    unused.spend("")
    await settled()
    assert desk.granted == ["next"]
    assert (await desk.budget.use()).requests_last_minute == 0


async def test_a_permit_that_its_holder_lost_comes_back_some_time() -> None:
    desk = Desk(burst=0)
    for _ in range(2):
        await desk.budget.acquire(Urgency.VOYAGE)
    desk.want("next")

    await desk.timers.pass_seconds(55)
    assert desk.granted == []
    await desk.timers.pass_seconds(10)
    assert desk.granted == ["next"]


async def test_the_urgent_go_first_and_equals_in_their_order(desk: Desk) -> None:
    await desk.use_up()
    for name, urgency in (
        ("survey", Urgency.SURVEY),
        ("caller", Urgency.CALLER),
        ("voyage 1", Urgency.VOYAGE),
        ("voyage 2", Urgency.VOYAGE),
        ("arrival", Urgency.ARRIVAL),
    ):
        desk.want(name, urgency)
        await settled()

    await desk.timers.pass_seconds(600)
    assert desk.granted == ["arrival", "voyage 1", "voyage 2", "caller", "survey"]


async def test_players_take_turns_however_much_one_of_them_wants(desk: Desk) -> None:
    await desk.use_up(agent="BUSY")
    for number in range(3):
        desk.want(f"busy {number}", agent="BUSY")
    await settled()
    desk.want("quiet", agent="QUIET")

    await desk.timers.pass_seconds(600)
    assert desk.granted == ["quiet", "busy 0", "busy 1", "busy 2"]


async def test_a_pause_holds_everybody(desk: Desk) -> None:
    await desk.budget.pause(3.0)
    await desk.budget.pause(1.0)
    desk.want("arrival", Urgency.ARRIVAL)
    await desk.timers.pass_seconds(2.9)
    assert desk.granted == []
    assert (await desk.budget.use()).paused_for == pytest.approx(0.1)

    await desk.timers.pass_seconds(0.2)
    assert desk.granted == ["arrival"]


async def test_a_caller_whose_deadline_comes_first_is_told_when_to_come_back(desk: Desk) -> None:
    await desk.use_up()
    for number in range(5):
        desk.want(str(number))
    await settled()

    with entered("", 1.0), pytest.raises(GameBudgetExhaustedError) as exhausted:
        await desk.budget.acquire(Urgency.CALLER)
    # Five are ahead: the steady pool serves two of them each 1.1 s.
    assert 2.0 < exhausted.value.retry_after < 5.0

    with entered("", 1.5):
        urgent = desk.want("urgent", Urgency.ARRIVAL)
        await settled()
        assert not urgent.done(), "there is time enough for a place at the head of the queue"


async def test_a_deadline_too_near_for_any_request_is_not_blamed_on_the_limit(desk: Desk) -> None:
    with entered("", 0.04), pytest.raises(DeadlineExceeded):
        await desk.budget.acquire(Urgency.CALLER)


async def test_a_pause_beyond_the_deadline_is_told_at_once(desk: Desk) -> None:
    await desk.budget.pause(30.0)

    with entered("", 5.0), pytest.raises(GameBudgetExhaustedError) as exhausted:
        await desk.budget.acquire(Urgency.CALLER)
    assert exhausted.value.retry_after == pytest.approx(30.0)


async def test_nobody_waits_beyond_the_deadline_when_more_urgent_ones_come(desk: Desk) -> None:
    await desk.use_up()
    with entered("", 1.3):
        waiting = desk.want("caller", Urgency.CALLER)
        await settled()
    for number in range(20):
        desk.want(str(number), Urgency.ARRIVAL)

    with pytest.raises(GameBudgetExhaustedError):
        await waiting
    await desk.timers.pass_seconds(600)
    assert "caller" not in desk.granted


async def test_whoever_leaves_the_queue_leaves_no_permit_behind() -> None:
    desk = Desk(burst=0)
    for _ in range(2):
        (await desk.budget.acquire(Urgency.VOYAGE)).spend("")
    gone, late, stays = desk.want("gone"), desk.want("late"), desk.want("stays")
    await settled()

    gone.cancel()
    await settled()
    desk.clock.step(1.2)
    desk.budget.hand_out()
    # Its permit is there, but it is cancelled before it can take it.
    late.cancel()
    await settled()

    assert desk.granted == ["stays"]
    assert (await stays) is not None
    await asyncio.wait_for(desk.budget.acquire(Urgency.VOYAGE), 30)


async def test_no_limit_is_no_limit() -> None:
    desk = Desk(per_second=0, burst=0)

    for _ in range(500):
        (await desk.budget.acquire(Urgency.VOYAGE)).spend("")

    assert (await desk.budget.use()).requests_last_minute == 500
    await desk.budget.pause(1.0)
    waiting = desk.want("after the pause")
    await settled()
    assert not waiting.done()
    await desk.timers.pass_seconds(1.1)
    assert desk.granted == ["after the pause"]


async def test_tells_who_used_it_in_the_last_minute(desk: Desk) -> None:
    for agent in ("ACE", "ACE", "FOX", ""):
        (await desk.budget.acquire(Urgency.VOYAGE, agent)).spend(agent)
    assert await desk.budget.use() == BudgetUse(4, 134, 0.0, {"ACE": 2, "FOX": 1})

    (await desk.budget.acquire(Urgency.ARRIVAL)).spend("FOX")
    assert (await desk.budget.use()).by_agent == {"ACE": 2, "FOX": 2}, "it counts for whom it was spent"

    await desk.timers.pass_seconds(61)
    assert await desk.budget.use() == BudgetUse(0, 134, 0.0, {})


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("slowest", [0.0, 0.3, 3.0])
@pytest.mark.parametrize("idle_chance", [0.0, 0.02, 0.2])
def test_a_game_with_fixed_windows_never_refuses(seed: int, slowest: float, idle_chance: float) -> None:
    """Requests reach the game at any time between permit and answer; two strangers a minute call it as well."""
    chance, pools, game = Random(seed), RequestPools(2, 30), RateLimitedGame()
    now, granted = 0.0, 0
    answers: list[tuple[float, int, Slot]] = []
    arrivals = [30.0 * number + chance.random() for number in range(40)]
    while now < 1_200:
        while answers and answers[0][0] <= now:
            ended, _, slot = heapq.heappop(answers)
            pools.spend(slot, ended)
        while (taken := pools.take(now)) is not None:
            granted += 1
            took = chance.uniform(0, slowest)
            arrivals.append(now + chance.uniform(0, took))
            heapq.heappush(answers, (now + took, granted, taken))
        now += chance.uniform(5, 90) if chance.random() < idle_chance else 0.05

    for arrival in sorted(arrivals):
        game.request(arrival)
    assert game.refused == 0
