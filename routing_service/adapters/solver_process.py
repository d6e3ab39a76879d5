"""One solver process, as the server sees it."""

import asyncio
import multiprocessing
import queue
import threading
import time
from multiprocessing.connection import Connection
from typing import TypeAlias

from routing_service.adapters.solver_worker import Cancel, Done, Job, Ready, SolverFactory, run_worker

_Outgoing: TypeAlias = "Job | Cancel | None"


class WorkerDiedError(Exception):
    """The process that had the job is gone."""


class SolverProcess:
    """Reads and writes its pipe in two threads, so that neither a full pipe nor half a message holds up the loop."""

    def __init__(self, factory: SolverFactory) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=run_worker, args=(theirs, factory), daemon=True)
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._answer: asyncio.Future[Done] = self._loop.create_future()
        self._outbox: queue.SimpleQueue[_Outgoing] = queue.SimpleQueue()
        self.alive = True
        self._process.start()
        theirs.close()
        threading.Thread(target=_read, args=(self._connection, self), daemon=True).start()
        threading.Thread(target=_write, args=(self._connection, self._outbox), daemon=True).start()

    @property
    def process_id(self) -> int:
        return self._process.pid or 0

    def cpu_seconds(self) -> float:
        """What it has computed so far; where systems do not tell of other processes, the time that passed."""
        try:
            # The number that Linux gives to the CPU clock of a process.
            return time.clock_gettime((~self.process_id << 3) | 2)
        except (AttributeError, OSError, OverflowError):
            return time.monotonic()

    async def ready(self) -> None:
        """Returns when the solver is warm. Raises WorkerDiedError."""
        await self._ready

    def assign(self, job: Job) -> "asyncio.Future[Done]":
        """Done with the answer; raises WorkerDiedError. One job at a time."""
        self._answer = self._loop.create_future()
        if self.alive:
            self._outbox.put(job)
        else:
            self._answer.set_exception(WorkerDiedError)
        return self._answer

    def cancel(self, number: int) -> None:
        """Ask it to end this job now."""
        self._outbox.put(Cancel(number))

    def kill(self) -> None:
        self._process.kill()
        self._outbox.put(None)

    def receive(self, message: Ready | Done | None) -> None:
        """Called from the reading thread; None is the end of the process."""
        self._loop.call_soon_threadsafe(self._note, message)

    def _note(self, message: Ready | Done | None) -> None:
        if isinstance(message, Ready):
            self._ready.set_result(None)
        elif message is not None:
            self._answer.set_result(message)
        else:
            self.alive = False
            self._outbox.put(None)
            for awaited in (self._ready, self._answer):
                if not awaited.done():
                    awaited.set_exception(WorkerDiedError)
                    # Mark it as seen, as nobody may be waiting.
                    awaited.exception()


def _read(connection: Connection, process: SolverProcess) -> None:
    while True:
        try:
            message = connection.recv()
        except (EOFError, OSError):
            message = None
        try:
            process.receive(message)
        except RuntimeError:
            # The loop is closed: the server has ended before its workers.
            return
        if message is None:
            return


def _write(connection: Connection, outbox: "queue.SimpleQueue[_Outgoing]") -> None:
    while (message := outbox.get()) is not None:
        try:
            connection.send(message)
        except OSError:
            # The reader learns of the end.
            return
