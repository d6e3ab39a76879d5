"""The pool of solver processes: real processes, real pipes, real kills."""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from routing_service.adapters.solver_pool import SolverFailedError, SolverPool
from routing_service.domain.errors import QueueFullError, RoutingUnavailableError, SolveTimedOutError
from routing_service.domain.solve_limit import SolveLimit
from service_chassis.startup import StartupError
from tests.fakes.routing_solvers import RefusedError, broken, obedient


@pytest.fixture
async def pool() -> AsyncIterator[SolverPool]:
    pool = SolverPool(obedient, workers=1, waiting=2)
    await pool.start()
    yield pool
    await pool.close()


async def _solve(pool: SolverPool, *task: Any, seconds: float = 30.0) -> Any:
    deadline = time.monotonic() + seconds
    limit = SolveLimit(round(seconds * 1e9), 0, 0, remaining=lambda: deadline - time.monotonic())
    return await pool.run(lambda _: task, limit)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  # it comes to hold in another process, which sends no event
            await asyncio.sleep(0.01)


def _began(note: Path, times: int = 1) -> Callable[[], bool]:
    return lambda: note.exists() and len(note.read_text().splitlines()) >= times


async def test_answers_with_what_the_solver_says(pool: SolverPool) -> None:
    assert [await _solve(pool, "echo", number) for number in range(3)] == [0, 1, 2]


async def test_carries_what_is_larger_than_a_pipe(pool: SolverPool) -> None:
    large = "x" * 3_000_000

    assert await _solve(pool, "echo", large) == large


async def test_errors_of_the_domain_come_home(pool: SolverPool) -> None:
    with pytest.raises(RefusedError, match="no"):
        await _solve(pool, "refuse")


async def test_a_defect_comes_home_as_its_traceback_and_the_worker_lives(pool: SolverPool) -> None:
    with pytest.raises(SolverFailedError, match="ZeroDivisionError: a defect"):
        await _solve(pool, "break")

    assert await _solve(pool, "echo", 1) == 1


async def test_a_worker_that_dies_costs_its_job_one_more_try(pool: SolverPool, tmp_path: Path) -> None:
    note = tmp_path / "note"

    assert await _solve(pool, "die", note) == "survived"
    assert len(set(note.read_text().splitlines())) == 2


async def test_a_job_that_kills_every_worker_is_given_up(pool: SolverPool, tmp_path: Path) -> None:
    with pytest.raises(RoutingUnavailableError):
        await _solve(pool, "crash", tmp_path / "note")

    assert await _solve(pool, "echo", 1) == 1


async def test_workers_killed_while_idle_are_replaced(pool: SolverPool) -> None:
    await _until(lambda: len(pool.process_ids) == 2)
    for process_id in pool.process_ids:
        os.kill(process_id, signal.SIGKILL)

    assert await _solve(pool, "echo", 1) == 1


async def test_workers_are_replaced_also_when_what_they_are_copies_of_was_killed(pool: SolverPool) -> None:
    await _until(lambda: len(pool.process_ids) == 2)
    for nursery in multiprocessing.active_children():
        nursery.kill()
    assert await _solve(pool, "echo", 1) == 1

    for process_id in pool.process_ids:
        os.kill(process_id, signal.SIGKILL)

    assert await _solve(pool, "echo", 2) == 2


async def test_what_is_in_hand_is_finished_when_all_processes_are_told_to_stop(
    pool: SolverPool, tmp_path: Path
) -> None:
    note = tmp_path / "note"
    working = asyncio.ensure_future(_solve(pool, "work", note, seconds=2))
    await _until(_began(note))
    for nursery in multiprocessing.active_children():
        nursery.terminate()
    for process_id in pool.process_ids:
        os.kill(process_id, signal.SIGTERM)

    assert await working == "stopped"
    assert not _began(note, times=2)()


async def test_a_caller_that_leaves_frees_the_worker_at_once(pool: SolverPool, tmp_path: Path) -> None:
    note = tmp_path / "note"
    leaving = asyncio.ensure_future(_solve(pool, "work", note))
    await _until(_began(note))
    leaving.cancel()

    assert await _solve(pool, "echo", 1, seconds=20) == 1


async def test_a_solver_that_does_not_stop_is_killed(pool: SolverPool, tmp_path: Path) -> None:
    note = tmp_path / "note"
    with pytest.raises(QueueFullError, match="too busy"):
        await _solve(pool, "hang", note, seconds=0.5)
    hung = int(note.read_text())

    await _until(lambda: hung not in pool.process_ids)
    assert await _solve(pool, "echo", 1) == 1


async def test_a_solver_that_overruns_while_its_caller_has_time_is_told_as_that(
    pool: SolverPool, tmp_path: Path
) -> None:
    patient = SolveLimit(100_000_000, 0, 0, remaining=lambda: 60.0)

    with pytest.raises(RoutingUnavailableError, match="2 s late"):
        await pool.run(lambda _: ("hang", tmp_path / "note"), patient)

    assert await _solve(pool, "echo", 1) == 1


async def test_a_full_queue_refuses_with_a_time_to_come_back(pool: SolverPool, tmp_path: Path) -> None:
    note = tmp_path / "note"
    running = asyncio.ensure_future(_solve(pool, "work", note))
    await _until(_began(note))
    waiting = [asyncio.ensure_future(_solve(pool, "echo", number)) for number in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(QueueFullError) as caught:
        await _solve(pool, "echo", 3)

    assert caught.value.retry_after > 0
    running.cancel()
    assert await asyncio.gather(*waiting) == [0, 1]


async def test_a_deadline_that_comes_in_the_queue_is_told_as_a_full_queue(pool: SolverPool, tmp_path: Path) -> None:
    note = tmp_path / "note"
    running = asyncio.ensure_future(_solve(pool, "work", note))
    await _until(_began(note))

    with pytest.raises(QueueFullError):
        await _solve(pool, "echo", 1, seconds=0.1)

    running.cancel()
    assert await _solve(pool, "echo", 2) == 2


async def test_a_caller_that_leaves_the_queue_takes_no_turn(pool: SolverPool, tmp_path: Path) -> None:
    note = tmp_path / "note"
    running = asyncio.ensure_future(_solve(pool, "work", note))
    await _until(_began(note))
    leaving, staying = (asyncio.ensure_future(_solve(pool, "echo", number)) for number in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    running.cancel()

    assert await staying == 1


async def test_of_many_with_a_deadline_each_ends_with_an_answer_or_a_time_to_come_back(
    pool: SolverPool, tmp_path: Path
) -> None:
    solves = [asyncio.ensure_future(_solve(pool, "work", tmp_path / "note", seconds=2.0)) for _ in range(8)]

    ends = await asyncio.gather(*solves, return_exceptions=True)

    refusals = [end for end in ends if isinstance(end, QueueFullError)]
    assert all(refusal.retry_after > 0 for refusal in refusals)
    assert len(refusals) + ends.count("stopped") == len(ends)


async def test_a_deadline_without_time_to_solve_is_refused_outright(pool: SolverPool) -> None:
    with pytest.raises(SolveTimedOutError):
        await _solve(pool, "echo", 1, seconds=0.0)


async def test_solvers_that_cannot_start_are_told_at_once() -> None:
    with pytest.raises(StartupError, match="died while it started"):
        await SolverPool(broken, workers=2, waiting=1).start()


async def test_closing_leaves_no_process_behind() -> None:
    pool = SolverPool(obedient, workers=1, waiting=1)
    await pool.start()
    process_ids = pool.process_ids

    await pool.close()

    await _until(lambda: not any(_is_running(process_id) for process_id in process_ids))


def _is_running(process_id: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return False
