"""What runs in a solver process: it takes one job at a time from its pipe, and hears meanwhile that one is cancelled.

Messages to a worker are Job and Cancel; it answers a Done for each job.
"""

import gc
import os
import queue
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, NoReturn, TypeAlias

from routing_service.adapters.solve_control import SolveControl
from shared_kernel.errors import DomainError

_NICENESS = 5

# Called once per process; what it returns solves one task within a control's time.
Solve: TypeAlias = Callable[[Any, SolveControl], Any]
SolverFactory: TypeAlias = Callable[[], Solve]


@dataclass(frozen=True)
class Job:
    """`deadline` on the monotonic clock, which all processes of a machine share."""

    number: int
    task: Any
    deadline: float


@dataclass(frozen=True)
class Cancel:
    number: int


@dataclass(frozen=True)
class Done:
    """Either `result` or `error`; an error that is not the domain's is sent as text."""

    number: int
    result: Any = None
    error: DomainError | str | None = None


def run_nursery(line: socket.socket, factory: SolverFactory) -> None:
    """Makes a solver ready, and for each pipe that comes over the line a worker, whose process id it sends back; ends
    when the other side of the line is closed."""
    # Ctrl-C reaches the whole process group; the server decides when workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nobody here asks how workers end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Where cores are short, routes and health come first.
    os.nice(_NICENESS)
    solve = factory()
    # To look for garbage among what all share would make it each worker's own.
    gc.collect()
    gc.freeze()
    while pipes := socket.recv_fds(line, 1, 1)[1]:
        number = os.fork()
        if number == 0:
            line.close()
            _run_worker(Connection(pipes[0]), solve)
        os.close(pipes[0])
        line.send(str(number).encode())


def _run_worker(connection: Connection, solve: Solve) -> NoReturn:
    """The worker's whole life; it ends when the other side of the pipe is closed."""
    # Some that stop a service (systemd) tell all of its processes; the server still waits for what is in hand.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        inbox = _Inbox(connection)
        inbox.listen()
        while True:
            job, control = inbox.next_job()
            connection.send(_answer(solve, job, control))
    except Exception:
        traceback.print_exc()
    finally:
        # What the process that it is a copy of has to do at its end is not for it to do.
        os._exit(1)


def _answer(solve: Solve, job: Job, control: SolveControl) -> Done:
    try:
        return Done(job.number, result=solve(job.task, control))
    except DomainError as error:
        return Done(job.number, error=error)
    except Exception:
        return Done(job.number, error=traceback.format_exc())


class _Inbox:
    """Reads the pipe in a thread, so that a cancellation arrives while a job is worked on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._jobs: queue.SimpleQueue[tuple[Job, SolveControl]] = queue.SimpleQueue()
        self._control = SolveControl(time.monotonic())
        self._number = -1

    def listen(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def next_job(self) -> tuple[Job, SolveControl]:
        return self._jobs.get()

    def _read(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                # The server is gone, and with it whoever wanted an answer.
                os._exit(0)
            if isinstance(message, Job):
                self._number, self._control = message.number, SolveControl(message.deadline)
                self._jobs.put((message, self._control))
            elif message.number == self._number:
                self._control.cancel()
