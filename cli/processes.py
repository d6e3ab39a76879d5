"""Child processes that live and die together: started in any order, watched, and stopped as one."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from cli.errors import CliError
from cli.exit_codes import ExitCode

T = TypeVar("T")

# The routing service may compile for minutes where it was never started before.
READY_SECONDS = 300.0
_POLL_SECONDS = 0.1
_TAIL_LINES = 15
_TAIL_BYTES = 8_192
# A child that hears (SIGTERM) when we are killed without a chance to stop it, by PR_SET_PDEATHSIG, which it keeps as it
# becomes the program. Asked for by a program of its own: a fork of ours, as preexec_fn makes one, may hang or die of
# gRPC's threads.
_DYING_WITH = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True)
class Program:
    """What to start with this Python: `arguments` follow the interpreter. `is_ready` is asked until it says so.

    `if_slow` says why it may take long to be ready.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log_file: Path
    is_ready: Callable[[], Awaitable[bool]]
    if_slow: str = ""


@dataclass
class _Child:
    program: Program
    process: asyncio.subprocess.Process
    log_start: int


class Processes:
    """Starts all programs on entering, stops all on leaving. `stop_seconds` is what they get to drain."""

    def __init__(self, programs: Sequence[Program], *, stop_seconds: float) -> None:
        self._programs = programs
        self._stop_seconds = stop_seconds
        self._children: list[_Child] = []

    async def __aenter__(self) -> Self:
        try:
            for program in self._programs:
                self._children.append(await _start(program))
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def wait_until_ready(
        self,
        seconds: float,
        *,
        on_ready: Callable[[Program], None],
        on_slow: Callable[[Program], None],
        slow_after: float = 10.0,
    ) -> None:
        """Until every program is ready; `on_slow` hears of those that are not after `slow_after` seconds.

        Raises CliError that names one that died, or was not ready in time.
        """

        async def watch(child: _Child) -> None:
            told = asyncio.get_running_loop().call_later(slow_after, on_slow, child.program)
            try:
                await become_ready(child)
            finally:
                told.cancel()

        async def become_ready(child: _Child) -> None:
            while not await child.program.is_ready():  # noqa: ASYNC110 - a process does not tell, it is asked
                await asyncio.sleep(_POLL_SECONDS)
            on_ready(child.program)
            waiting.remove(child)

        waiting = list(self._children)
        try:
            async with asyncio.timeout(seconds):
                await self.unless_one_dies(_all(watch(child) for child in self._children))
        except TimeoutError:
            if not waiting:
                return
            raise _failure(waiting[0], f"is not ready after {seconds:g} s") from None

    async def unless_one_dies(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`; raises CliError with the tail of its log as soon as a program has died."""
        task = asyncio.create_task(work)
        deaths = {asyncio.create_task(child.process.wait()): child for child in self._children}
        try:
            await asyncio.wait({task, *deaths}, return_when=asyncio.FIRST_COMPLETED)
            for death, child in deaths.items():
                if death.done():
                    raise _failure(child, _how_it_died(death.result()))
            return task.result()
        finally:
            for pending in (task, *deaths):
                pending.cancel()
            await asyncio.gather(task, *deaths, return_exceptions=True)

    async def stop(self) -> None:
        """SIGTERM to all, and SIGKILL to those that have not ended in time."""
        for child in self._children:
            _signal(child, signal.SIGTERM)
        ends = [asyncio.create_task(child.process.wait()) for child in self._children]
        try:
            if ends:
                await asyncio.wait(ends, timeout=self._stop_seconds)
        finally:
            for child in self._children:
                _signal(child, signal.SIGKILL)
            await asyncio.gather(*ends)


def cancel_on_signals() -> None:
    """Ctrl-C, SIGTERM and a closed terminal cancel the current task; a second time, they cut its clean-up short."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("must be called from a task")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*work)


async def _start(program: Program) -> _Child:
    with program.log_file.open("ab") as log:
        start = log.tell()
        process = await asyncio.create_subprocess_exec(
            *_dying_with_us(),
            sys.executable,
            *program.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(program.environment),
            # Ctrl-C in the terminal is for us alone: we stop the children, each in its own time.
            start_new_session=True,
        )
        return _Child(program, process, start)


def _dying_with_us() -> list[str]:
    """What a command begins with, to be run so; other kernels know nothing like it."""
    return [sys.executable, "-I", "-S", "-c", _DYING_WITH, str(os.getpid())] if sys.platform == "linux" else []


def _signal(child: _Child, number: signal.Signals) -> None:
    if child.process.returncode is None:
        try:
            child.process.send_signal(number)
        except ProcessLookupError:
            return


def _how_it_died(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def _failure(child: _Child, what: str) -> CliError:
    log_file = child.program.log_file
    tail = _tail(log_file, child.log_start)
    ending = "\n".join(f"  | {line}" for line in tail) if tail else "  | (it wrote nothing)"
    return CliError(
        ExitCode.PROCESS_DIED,
        f"the {child.program.name} {what}. The end of its log:\n{ending}",
        f"see the whole log: {log_file}",
        code="PROCESS_DIED",
        metadata={"program": child.program.name, "log_file": str(log_file)},
    )


def _tail(log_file: Path, start: int) -> list[str]:
    """The last lines written since `start`."""
    with log_file.open("rb") as log:
        size = log.seek(0, os.SEEK_END)
        log.seek(max(start, size - _TAIL_BYTES))
        return log.read().decode(errors="replace").splitlines()[-_TAIL_LINES:]
