"""Our own pool of solver processes: warm, cancellable, and sound after the death of any of them.

The standard library's process pool breaks as a whole when one worker is killed, and cannot cancel.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from routing_service.adapters.solver_nursery import SolverNursery
from routing_service.adapters.solver_process import SolverProcess, WorkerDiedError
from routing_service.adapters.solver_turns import LEAST_SECONDS, JobTime, Turns
from routing_service.adapters.solver_worker import Done, Job, SolverFactory
from routing_service.domain.errors import RoutingUnavailableError, SolveTimedOutError
from service_chassis.startup import StartupError
from shared_kernel.errors import DomainError

# Seconds that a worker may be late with its job, as machines may be busy, and go on after it was told to stop.
_LATE_SECONDS = 2.0
_GRACE_SECONDS = 0.2
_LONGEST_HIRE = 60.0
_RETRY_AFTER = 1.0
_SPARES = 1
# The second is for the worker that dies, the third for a spare that was killed with it.
_TRIES = 3


class SolverFailedError(Exception):
    """A solver raised what it should not; the text is its traceback."""


class SolverPool:
    """`workers` jobs at once, `waiting` more in the queue, in the order in which they came."""

    def __init__(self, factory: SolverFactory, *, workers: int, waiting: int) -> None:
        self._nursery = SolverNursery(factory)
        self._size = workers
        self._staff: set[SolverProcess] = set()
        self._idle: asyncio.Queue[SolverProcess] = asyncio.Queue()
        self._turns = Turns(workers, waiting)
        self._numbers = itertools.count()
        self._background: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger()

    async def start(self) -> None:
        """Returns when all workers are warm. Raises StartupError if the solver dies over it."""
        try:
            for _ in range(self._size):
                await self._hire()
        except WorkerDiedError:
            await self.close()
            raise StartupError("a solver process died while it started; what it wrote above tells why") from None
        for _ in range(_SPARES):
            self._in_background(self._replace())

    async def close(self) -> None:
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        for worker in self._staff:
            worker.kill()
        self._nursery.close()

    @property
    def process_ids(self) -> list[int]:
        """Of all workers: busy ones, idle ones and spares."""
        return [worker.process_id for worker in self._staff if worker.alive]

    @property
    def queue_length(self) -> int:
        """Solves that wait for their turn."""
        return self._turns.waiting

    @property
    def busy(self) -> int:
        """Solves whose turn it is."""
        return self._turns.busy

    async def run(self, make_task: Callable[[float], Any], limit: JobTime) -> Any:
        """Solve `make_task(seconds)` once it is its turn, with what it may take then.

        A worker that dies costs its job another try. Raises what the solver raises of the domain's errors,
        QueueFullError, SolveTimedOutError, RoutingUnavailableError.
        """
        if limit.seconds() < LEAST_SECONDS:
            raise SolveTimedOutError("the deadline of this call leaves no time to solve; allow at least 0.1 s")
        async with self._turns.turn(limit) as turn:
            for _ in range(_TRIES):
                worker = await self._an_idle_worker(limit)
                try:
                    return await self._run_once(worker, make_task, self._turns.share(turn, limit), limit)
                except WorkerDiedError:
                    self._log.warning("a solver process died; its job is tried again")
            raise RoutingUnavailableError("the solvers that had this call died; try again", retry_after=_RETRY_AFTER)

    async def _run_once(
        self, worker: SolverProcess, make_task: Callable[[float], Any], seconds: float, limit: JobTime
    ) -> Any:
        begun, number = time.monotonic(), next(self._numbers)
        answer = worker.assign(Job(number, make_task(seconds), begun + seconds))
        latest, patience = limit.latest(), seconds + _LATE_SECONDS
        try:
            async with asyncio.timeout(min(latest, patience)):
                done = await asyncio.shield(answer)
        except TimeoutError:
            self._turns.ran(time.monotonic() - begun, seconds)
            self._in_background(self._reclaim(worker, answer, number))
            if latest > patience:
                raise self._overdue(seconds) from None
            raise self._turns.full("the solvers are too busy to plan this in time") from None
        except asyncio.CancelledError:
            self._in_background(self._reclaim(worker, answer, number))
            raise
        except WorkerDiedError:
            self._dismiss(worker)
            raise
        self._turns.ran(time.monotonic() - begun, seconds)
        self._idle.put_nowait(worker)
        return _result_of(done)

    def _overdue(self, seconds: float) -> RoutingUnavailableError:
        self._log.warning("a solver does not end; its job is given up", given=round(seconds, 2), late=_LATE_SECONDS)
        return RoutingUnavailableError(
            f"the solver that had this call was {_LATE_SECONDS:g} s late with it and was given up; try again",
            retry_after=_RETRY_AFTER,
        )

    async def _an_idle_worker(self, limit: JobTime) -> SolverProcess:
        """There is one at once, unless several died or are being reclaimed."""
        while True:
            try:
                async with asyncio.timeout(min(limit.latest(), _LONGEST_HIRE) - LEAST_SECONDS):
                    worker = await self._idle.get()
            except TimeoutError:
                raise self._turns.full("no solver became free before the deadline") from None
            if worker.alive:
                return worker
            self._dismiss(worker)

    async def _reclaim(self, worker: SolverProcess, answer: "asyncio.Future[Done]", number: int) -> None:
        """Have a worker back whose caller is gone."""
        worker.cancel(number)
        await asyncio.wait([answer], timeout=_GRACE_SECONDS)
        if answer.done() and answer.exception() is None:
            self._idle.put_nowait(worker)
        else:
            self._dismiss(worker)

    def _dismiss(self, worker: SolverProcess) -> None:
        worker.kill()
        self._staff.discard(worker)
        self._in_background(self._replace())

    async def _replace(self) -> None:
        delay = 0.1
        while True:
            try:
                return await self._hire()
            except WorkerDiedError:
                self._log.error("a solver process died while it started; another one is started", after=delay)
                await asyncio.sleep(delay)
                delay = min(2 * delay, 10.0)

    async def _hire(self) -> None:
        worker = await self._nursery.worker()
        self._staff.add(worker)
        self._idle.put_nowait(worker)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _result_of(done: Done) -> Any:
    if isinstance(done.error, DomainError):
        raise done.error
    if done.error is not None:
        raise SolverFailedError(done.error)
    return done.result
