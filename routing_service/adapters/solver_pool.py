"""Our own pool of solver processes: warm, cancellable, and sound after the death of any of them.

The standard library's process pool breaks as a whole when one worker is killed, and cannot cancel.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from routing_service.adapters.solver_process import SolverProcess, WorkerDiedError
from routing_service.adapters.solver_worker import Done, Job, SolverFactory
from routing_service.domain.errors import QueueFullError, RoutingUnavailableError, SolveTimedOutError
from service_chassis.server import StartupError
from shared_kernel.errors import DomainError

# How long after its time, or after it was told to stop, a worker may still answer before it is killed.
_GRACE_SECONDS = 0.2
_LEAST_SECONDS = 0.01
_RETRY_AFTER = 1.0
_SPARES = 1
_TRIES = 2


class SolverFailedError(Exception):
    """A solver raised what it should not; the text is its traceback."""


class SolverPool:
    """`workers` jobs at once, `waiting` more in the queue, in the order in which they came."""

    def __init__(self, factory: SolverFactory, *, workers: int, waiting: int) -> None:
        self._factory = factory
        self._size = workers
        self._waiting_limit = waiting
        self._staff: set[SolverProcess] = set()
        self._idle: asyncio.Queue[SolverProcess] = asyncio.Queue()
        self._turns = workers
        self._queue: deque[asyncio.Future[None]] = deque()
        self._numbers = itertools.count()
        self._background: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger()

    async def start(self) -> None:
        """Returns when all workers are warm. The first one alone compiles what was never compiled here.

        Raises StartupError if one of them dies over it.
        """
        try:
            await self._hire()
            await asyncio.gather(*(self._hire() for _ in range(self._size - 1)))
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

    @property
    def process_ids(self) -> list[int]:
        """Of all workers: busy ones, idle ones and spares."""
        return [worker.process_id for worker in self._staff if worker.alive]

    @property
    def queue_length(self) -> int:
        """Solves that wait for their turn."""
        return len(self._queue)

    @property
    def busy(self) -> int:
        """Solves whose turn it is."""
        return self._size - self._turns

    async def run(self, make_task: Callable[[], Any], seconds: Callable[[], float]) -> Any:
        """Solve `make_task()` once it is its turn; `seconds()` tells then how long that may take.

        A worker that dies costs its job one more try. Raises what the solver raises of the domain's errors,
        QueueFullError, SolveTimedOutError, RoutingUnavailableError.
        """
        if seconds() < _LEAST_SECONDS:
            raise SolveTimedOutError("the deadline of this call leaves no time to solve; allow at least 0.1 s")
        await self._take_turn(seconds)
        try:
            for _ in range(_TRIES):
                try:
                    return await self._run_once(make_task, seconds)
                except WorkerDiedError:
                    self._log.warning("a solver process died; its job is tried again")
            raise RoutingUnavailableError("the solvers that had this call died; try again", retry_after=_RETRY_AFTER)
        finally:
            self._give_turn()

    async def _take_turn(self, seconds: Callable[[], float]) -> None:
        if self._turns > 0:
            self._turns -= 1
            return
        if len(self._queue) >= self._waiting_limit:
            raise _full(f"{len(self._queue)} solves are waiting already")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(seconds() - _LEAST_SECONDS):
                await turn
        except (TimeoutError, asyncio.CancelledError) as end:
            # It may have been given a turn in the same moment.
            if turn.done() and not turn.cancelled():
                self._give_turn()
            if isinstance(end, TimeoutError):
                raise _full("the deadline came before its turn in the queue") from None
            raise
        finally:
            if turn in self._queue:
                self._queue.remove(turn)

    def _give_turn(self) -> None:
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._turns += 1

    async def _run_once(self, make_task: Callable[[], Any], seconds: Callable[[], float]) -> Any:
        worker = await self._an_idle_worker(seconds)
        left = seconds()
        number = next(self._numbers)
        answer = worker.assign(Job(number, make_task(), time.monotonic() + left))
        try:
            async with asyncio.timeout(left + _GRACE_SECONDS):
                done = await asyncio.shield(answer)
        except TimeoutError:
            self._dismiss(worker)
            raise SolveTimedOutError("the solver did not come to an end in time") from None
        except asyncio.CancelledError:
            self._in_background(self._reclaim(worker, answer, number))
            raise
        except WorkerDiedError:
            self._dismiss(worker)
            raise
        self._idle.put_nowait(worker)
        return _result_of(done)

    async def _an_idle_worker(self, seconds: Callable[[], float]) -> SolverProcess:
        """There is one at once, unless several died or are being reclaimed."""
        while True:
            try:
                async with asyncio.timeout(seconds() - _LEAST_SECONDS):
                    worker = await self._idle.get()
            except TimeoutError:
                raise _full("no solver became free before the deadline") from None
            if worker.alive:
                return worker
            self._dismiss(worker)

    async def _reclaim(self, worker: SolverProcess, answer: "asyncio.Future[Done]", number: int) -> None:
        """Have a worker back whose caller is gone."""
        worker.cancel(number)
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await answer
            self._idle.put_nowait(worker)
        except (TimeoutError, WorkerDiedError):
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
        worker = SolverProcess(self._factory)
        self._staff.add(worker)
        try:
            await worker.ready()
        except WorkerDiedError:
            self._staff.discard(worker)
            raise
        self._idle.put_nowait(worker)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _full(cause: str) -> QueueFullError:
    return QueueFullError(f"{cause}; try again in {_RETRY_AFTER:g} s", retry_after=_RETRY_AFTER)


def _result_of(done: Done) -> Any:
    if isinstance(done.error, DomainError):
        raise done.error
    if done.error is not None:
        raise SolverFailedError(done.error)
    return done.result
