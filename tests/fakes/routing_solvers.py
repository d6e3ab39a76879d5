"""Solvers for the pool to run in its processes: they do what their task says, not more."""

import os
import signal
import threading
import time
from typing import Any

from routing_service.adapters.solve_control import SolveControl
from routing_service.adapters.solver_worker import Solve
from shared_kernel.errors import PreconditionFailed


class RefusedError(PreconditionFailed):
    reason = "REFUSED"


def obedient() -> Solve:
    """Tasks: ("echo", value), ("work", file) until told to stop, ("hang", file), ("die", file) but once, ("crash",
    file) always, ("refuse",), ("break",). A file gets the process's id when its task begins."""
    return _do


def broken() -> Solve:
    """A solver that does not even start."""
    raise SystemExit(3)


def _do(task: tuple[Any, ...], control: SolveControl) -> Any:
    kind, *rest = task
    if kind == "echo":
        return rest[0]
    if kind == "refuse":
        raise RefusedError("no", {"because": "of this"})
    if kind == "break":
        raise ZeroDivisionError("a defect")
    with open(rest[0], "a") as note:
        note.write(f"{os.getpid()}\n")
    if kind == "work":
        stopped = threading.Event()
        with control.interrupting(stopped.set):
            stopped.wait(control.remaining)
        return "stopped"
    if kind == "hang":
        time.sleep(60)
    with open(rest[0]) as note:
        first = len(note.readlines()) == 1
    if kind == "crash" or first:
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"
