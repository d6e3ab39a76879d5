"""A process from start to drain: what must succeed first, what runs beside the calls, signals."""

import asyncio
import gc
import resource
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

import structlog

from service_chassis.call_context import CallContext, enter
from service_chassis.server import GrpcServer
from service_chassis.startup import StartupError
from shared_kernel.errors import Unavailable

_OPEN_FILES = 16_384
_FIRST_RESTART_SECONDS = 0.2
_SOUND_RUN_SECONDS = 60.0


class BackgroundTask(Protocol):
    """Work beside the calls. `run` returns soon after `stop` is set; an exception restarts it with back-off."""

    async def run(self, stop: asyncio.Event) -> None: ...


class App:
    """A server, what must succeed before it serves, what runs beside it, and what is closed after it.

    A `startup` step that raises Unavailable is tried again until it succeeds, so that processes may start in
    any order.
    """

    def __init__(
        self,
        server: GrpcServer,
        *,
        startup: Sequence[Callable[[], Awaitable[None]]] = (),
        background: Sequence[BackgroundTask] = (),
        shutdown: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self.server = server
        self._startup = startup
        self._background = background
        self._shutdown = shutdown
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._log = structlog.get_logger()

    @property
    def port(self) -> int:
        return self.server.port

    async def start(self, *, settle: bool = False) -> None:
        """With `settle`, the garbage collector leaves out what is there by then: it will be there to the end."""
        await self.server.start()
        for step in self._startup:
            await self._until_available(step)
        self._tasks = [
            asyncio.create_task(self._supervise(task), name=type(task).__name__) for task in self._background
        ]
        if settle:
            _settle()
        self.server.set_serving()
        metrics = {"metrics_port": self.server.metrics_port} if self.server.metrics_port else {}
        self._log.info("serving", address=self.server.options.listen_address, port=self.port, **metrics)

    async def stop(self) -> None:
        """Drain: calls in flight and background work in hand finish, then everything is closed."""
        self._stopping.set()
        await self.server.drain()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self.server.options.drain_seconds)
            for task in late:
                self._log.warning("background task does not stop; it is cut off", task=task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for close in self._shutdown:
            try:
                await close()
            except Exception:
                self._log.exception("closing failed")
        self._log.info("stopped")

    async def _until_available(self, step: Callable[[], Awaitable[None]]) -> None:
        delay = 0.2
        while True:
            try:
                return await step()
            except Unavailable as error:
                self._log.warning("waiting to start", cause=error.message)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)

    async def _supervise(self, task: BackgroundTask) -> None:
        if self.server.tracing is not None:
            # What it calls is a trace of its own each time.
            enter(CallContext("", None, tracing=self.server.tracing))
        delay = _FIRST_RESTART_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                await task.run(self._stopping)
                if not self._stopping.is_set():
                    raise RuntimeError("run() returned though nobody had asked it to stop")
            except Exception:
                self._log.exception("background task failed; it starts again", task=type(task).__name__)
                if time.monotonic() - started > _SOUND_RUN_SECONDS:
                    delay = _FIRST_RESTART_SECONDS
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), delay)
                delay = min(delay * 2, 10.0)


def run(build: Callable[[], App]) -> int:
    """Build and serve until SIGTERM or SIGINT; the exit code of the process."""
    _raise_file_limit()
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(build))
    except StartupError as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return 1
    return 0


def _raise_file_limit() -> None:
    """Systems allow a process few open files until it asks for more; a connection with TLS is three."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if resource.RLIM_INFINITY != soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed (extra `uvloop`), else None for the standard library's."""
    if find_spec("uvloop") is None:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    return factory


def _settle() -> None:
    """Python looks through all objects for garbage now and then, which stops every call: over routing's 190,000 for a
    tenth of a second. What is there by now is left out of that."""
    gc.collect()
    gc.freeze()


async def _serve(build: Callable[[], App]) -> None:
    terminated = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, terminated.set)
    app = build()
    starting = asyncio.create_task(app.start(settle=True))
    ended = asyncio.create_task(terminated.wait())
    try:
        await asyncio.wait({starting, ended}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await ended
    finally:
        starting.cancel()
        ended.cancel()
        await asyncio.gather(starting, ended, return_exceptions=True)
        await app.stop()
