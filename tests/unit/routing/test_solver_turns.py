"""Whose turn it is to solve, and for how long."""

import asyncio
import itertools

import pytest

from routing_service.adapters.solver_turns import Turns
from routing_service.domain.errors import QueueFullError
from routing_service.domain.solve_limit import SolveLimit


def _limit(remaining: float | None = None, *, work_limit: int = 0) -> SolveLimit:
    return SolveLimit(0, 0, work_limit, remaining=lambda: remaining)


async def _hold(turns: Turns, limit: SolveLimit, until: asyncio.Event) -> float:
    async with turns.turn(limit) as turn:
        share = turns.share(turn, limit)
        await until.wait()
        return share


async def test_a_solve_has_all_its_time_while_nobody_waits() -> None:
    turns, done = Turns(1, 4), asyncio.Event()
    done.set()

    assert await _hold(turns, _limit(), done) == 10.0


async def test_solves_share_the_time_with_those_that_wait() -> None:
    turns, done = Turns(1, 4), asyncio.Event()
    solves = [asyncio.ensure_future(_hold(turns, _limit(), done)) for _ in range(4)]
    await asyncio.sleep(0)
    done.set()

    assert await asyncio.gather(*solves) == pytest.approx([10.0, 10 / 3, 10 / 2, 10.0])


async def test_a_solve_that_counts_its_work_shares_nothing() -> None:
    turns, first, rest = Turns(1, 4), asyncio.Event(), asyncio.Event()
    limits = [_limit(), _limit(work_limit=100), _limit()]
    solves = [
        asyncio.ensure_future(_hold(turns, limit, until))
        for limit, until in zip(limits, [first, rest, rest], strict=True)
    ]
    await asyncio.sleep(0)
    first.set()
    rest.set()

    assert (await asyncio.gather(*solves))[1] == 10.0


async def test_refuses_at_once_who_would_wait_for_longer_than_there_is_time() -> None:
    turns, done = Turns(1, 64), asyncio.Event()
    done.set()
    slow = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2, slow.set)
    await _hold(turns, _limit(), slow)
    held = asyncio.Event()
    solves = [asyncio.ensure_future(_hold(turns, _limit(), held)) for _ in range(20)]
    await asyncio.sleep(0)

    with pytest.raises(QueueFullError, match="too many for the deadline") as caught:
        await _hold(turns, _limit(remaining=0.3), done)

    assert caught.value.retry_after >= 0.5
    assert turns.waiting == 19
    held.set()
    await asyncio.gather(*solves)


async def test_refused_callers_are_not_all_told_to_come_back_at_one_moment() -> None:
    turns = Turns(1, 0)

    told = sorted(turns.full("all solvers are busy").retry_after for _ in range(64))

    assert told[0] >= 0.5
    assert told[-1] <= 1.0
    assert max(later - sooner for sooner, later in itertools.pairwise(told)) <= 0.03


async def test_whoever_leaves_the_queue_takes_no_turn() -> None:
    turns, done = Turns(1, 4), asyncio.Event()
    holding, leaving, staying = (asyncio.ensure_future(_hold(turns, _limit(), done)) for _ in range(3))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.sleep(0)
    done.set()

    await asyncio.gather(holding, staying)
    assert (turns.waiting, turns.busy) == (0, 0)


async def test_a_solver_is_told_to_end_earlier_where_solvers_overran() -> None:
    turns = Turns(1, 4)
    async with turns.turn(_limit(2.0)) as turn:
        before = turns.share(turn, _limit(2.0))
        turns.ran(1.2, given=1.0)
        after = turns.share(turn, _limit(2.0))
        unhurried = turns.share(turn, _limit())

    assert before == pytest.approx(1.9)
    assert after == pytest.approx(1.96 - 0.2)
    assert unhurried == 10.0
