"""The runner: claims what is due, keeps many voyages going, and survives whatever its turns raise."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from navigation_service.application.commands.advance_voyage import AdvanceVoyageCommand
from navigation_service.application.commands.claim_voyage import ClaimVoyageCommand, Idle
from navigation_service.application.commands.forget_events import ForgetEventsCommand
from navigation_service.application.flight_crew import Claim
from navigation_service.application.runner_signals import RunnerSignals
from navigation_service.domain.events import VoyageState
from navigation_service.voyage_runner import EventRetention, VoyageRunner
from pymediatr import Mediator, RequestHandler
from shared_kernel.errors import Unavailable
from tests.fakes.navigation_samples import NOW, voyage
from tests.fakes.navigation_world import FAR, HOME, PUMP, NavigationWorld


class NoPermit:
    def spend(self, agent_symbol: str) -> None: ...

    def give_back(self) -> None: ...


CLAIM = Claim(voyage(), NoPermit(), 0.0)


class Claims(RequestHandler[ClaimVoyageCommand, Claim | Idle]):
    """Answers with one of `answers` after the other, then with nothing due."""

    def __init__(self, *answers: Claim | Idle | Exception) -> None:
        self.answers = list(answers)
        self.owners: list[str] = []

    async def handle(self, request: ClaimVoyageCommand) -> Claim | Idle:
        self.owners.append(request.owner)
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if self.answers else Idle(None)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Turns(RequestHandler[AdvanceVoyageCommand, bool]):
    """Does `work` in every turn, and knows how many are under way, and were at most."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self.goes_on = True
        self.done = 0
        self.now = 0
        self.most = 0

    async def handle(self, request: AdvanceVoyageCommand) -> bool:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self._work()
            return self.goes_on
        finally:
            self.now -= 1
            self.done += 1


@asynccontextmanager
async def running(
    claims: Claims, turns: Turns, signals: RunnerSignals | None = None, concurrency: int = 16
) -> AsyncIterator[asyncio.Event]:
    mediator, stop = Mediator(), asyncio.Event()
    mediator.register_handler(ClaimVoyageCommand, claims)
    mediator.register_handler(AdvanceVoyageCommand, turns)
    runner = VoyageRunner(mediator, "me", signals or RunnerSignals(), lambda low, _: low, concurrency=concurrency)
    task = asyncio.create_task(runner.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(5_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never comes true")


async def nothing() -> None:
    await asyncio.sleep(0)


async def test_advances_every_claim_in_its_own_name() -> None:
    claims, turns = Claims(CLAIM, CLAIM, Idle(0.0), CLAIM), Turns(nothing)

    async with running(claims, turns):
        await until(lambda: turns.done == 3)

    assert set(claims.owners) == {"me"}


async def test_advances_several_voyages_at_once_but_not_too_many() -> None:
    go = asyncio.Event()

    async def wait() -> None:
        await go.wait()

    claims, turns = Claims(*[CLAIM] * 10), Turns(wait)
    async with running(claims, turns, concurrency=4):
        await until(lambda: turns.now == 4)
        go.set()
        await until(lambda: turns.done == 10)

    assert turns.most == 4


async def test_is_woken_by_an_accepted_voyage() -> None:
    claims, turns, signals = Claims(), Turns(nothing), RunnerSignals()

    async with running(claims, turns, signals):
        await until(lambda: len(claims.owners) == 1)
        claims.answers.append(CLAIM)
        signals.ring()
        await until(lambda: turns.done == 1)


async def test_waits_out_an_outage_of_the_database() -> None:
    outage = Unavailable("the database does not answer", retry_after=0.0)
    claims, turns = Claims(outage, outage, CLAIM), Turns(nothing)

    async with running(claims, turns):
        await until(lambda: turns.done == 1)


async def test_while_nobody_gets_anywhere_few_try_until_one_does() -> None:
    claims, turns = Claims(*[CLAIM] * 500), Turns(nothing)
    turns.goes_on = False

    async with running(claims, turns, concurrency=4):
        await until(lambda: turns.done >= 4)
        tried, began = turns.done, asyncio.get_running_loop().time()
        await asyncio.sleep(0.25)
        # Ten a second, however long that took.
        assert turns.done <= tried + 4 + 10 * (asyncio.get_running_loop().time() - began)

        turns.goes_on = True
        await until(lambda: turns.done == 500)


@pytest.mark.parametrize("trouble", [Unavailable("down"), ValueError("a fault of ours")])
async def test_one_turns_trouble_is_not_the_others(trouble: Exception, caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise trouble

    claims, turns = Claims(CLAIM, CLAIM), Turns(fail)
    with caplog.at_level(logging.WARNING):
        async with running(claims, turns):
            await until(lambda: turns.done == 2)

    assert [CLAIM.voyage.voyage_id in record.message for record in caplog.records] == [True, True]


async def test_an_unexpected_fault_of_claiming_reaches_the_supervisor() -> None:
    mediator = Mediator()
    mediator.register_handler(ClaimVoyageCommand, Claims(ValueError("a fault of ours")))

    with pytest.raises(ValueError, match="a fault of ours"):
        await VoyageRunner(mediator, "me", RunnerSignals(), lambda low, _: low).run(asyncio.Event())


async def test_a_drain_waits_for_turns_in_hand_and_claims_nothing_more() -> None:
    go = asyncio.Event()
    signals = RunnerSignals()

    async def wait() -> None:
        await signals.stopping.wait()
        await go.wait()

    claims, turns = Claims(CLAIM), Turns(wait)
    async with running(claims, turns, signals) as stop:
        await until(lambda: turns.now == 1)
        stop.set()
        await until(signals.stopping.is_set)
        claimed = len(claims.owners)
        await asyncio.sleep(0.01)
        assert (turns.now, len(claims.owners)) == (1, claimed)
        go.set()

    assert turns.done == 1


async def test_a_drain_does_not_wait_for_a_claim_that_waits_for_leave() -> None:
    class Waiting(Claims):
        async def handle(self, request: ClaimVoyageCommand) -> Claim | Idle:
            self.owners.append(request.owner)
            await asyncio.Event().wait()
            raise AssertionError("nobody rings")

    claims = Waiting()
    async with running(claims, Turns(nothing)):
        await until(lambda: len(claims.owners) == 1)


async def test_flies_voyages_to_their_end() -> None:
    world = NavigationWorld()
    await world.know_the_map()
    for number in range(2, 6):
        world.game.launch(f"ACE-{number}", HOME)
    made = [await world.navigate(FAR if n % 2 else PUMP, f"ACE-{n}") for n in range(1, 6)]
    stop = asyncio.Event()
    runner = VoyageRunner(world.mediator, "me", world.signals, lambda low, _: low)
    task = asyncio.create_task(runner.run(stop))

    for _ in range(5_000):
        if not any([(await world.voyage(each.voyage_id)).state.is_active for each in made]):
            break
        world.clock.step(5)
        world.signals.ring()
        await asyncio.sleep(0.001)
    stop.set()
    await asyncio.wait_for(task, 30)

    states = {(await world.voyage(each.voyage_id)).state for each in made}
    assert states == {VoyageState.COMPLETED}
    assert made[0].create_time != NOW
    assert world.budget.open_permits == 0


class Forgetting(RequestHandler[ForgetEventsCommand, int]):
    """Answers with one of `answers` after the other, and stops the task with the last one."""

    def __init__(self, stop: asyncio.Event, *answers: int | Exception) -> None:
        self._stop = stop
        self.answers = list(answers)
        self.times: list[float] = []

    async def handle(self, request: ForgetEventsCommand) -> int:
        self.times.append(asyncio.get_running_loop().time())
        answer = self.answers.pop(0)
        if not self.answers:
            self._stop.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_old_events_are_forgotten_bit_by_bit_and_outages_waited_out_at_leisure() -> None:
    mediator, stop = Mediator(), asyncio.Event()
    forgetting = Forgetting(stop, 20, 20, Unavailable("no database"), 0)
    mediator.register_handler(ForgetEventsCommand, forgetting)

    await asyncio.wait_for(EventRetention(mediator, lambda _low, _high: 0.001).run(stop), 30)

    assert forgetting.answers == []
    # A thousandth of a minute, where there was no reason to hurry.
    _, _, failed, last = forgetting.times
    assert last - failed > 0.05
