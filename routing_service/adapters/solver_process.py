"""One solver process, as the server sees it."""

import asyncio
import os
import queue
import signal
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TypeAlias

from routing_service.adapters.solver_worker import Cancel, Done, Job

_Outgoing: TypeAlias = "Job | Cancel | None"


class WorkerDiedError(Exception):
    """The process that had the job is gone."""


class SolverProcess:
    """Reads and writes its pipe in two threads, so that neither a full pipe nor half a message holds up the loop."""

    def __init__(self, connection: Connection, process_id: int) -> None:
        self.process_id = process_id
        self.alive = True
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Done] = self._loop.create_future()
        self._outbox: queue.SimpleQueue[_Outgoing] = queue.SimpleQueue()
        threading.Thread(target=_read, args=(connection, self), daemon=True).start()
        threading.Thread(target=_write, args=(connection, self._outbox), daemon=True).start()

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
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.process_id, signal.SIGKILL)
        self._outbox.put(None)

    def receive(self, message: Done | None) -> None:
        """Called from the reading thread; None is the end of the process."""
        self._loop.call_soon_threadsafe(self._note, message)

    def _note(self, message: Done | None) -> None:
        if message is not None:
            self._answer.set_result(message)
            return
        self.alive = False
        self._outbox.put(None)
        if not self._answer.done():
            self._answer.set_exception(WorkerDiedError)
            # Mark it as seen, as nobody may be waiting.
            self._answer.exception()


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
