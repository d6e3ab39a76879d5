"""An app starts in any order, keeps its background work alive, and closes everything whatever fails."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from service_chassis.app import App
from service_chassis.server import ServerOptions
from shared_kernel.errors import Unavailable
from tests.fakes.chassis_service import eventually, scripted_server


def app_of(**parts: Any) -> App:
    server, _, _ = scripted_server(ServerOptions("127.0.0.1:0", drain_seconds=0.2))
    return App(server, **parts)


async def test_what_is_not_there_yet_is_waited_for() -> None:
    attempts: list[int] = []

    async def database() -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise Unavailable("the database does not answer")

    app = app_of(startup=[database])
    with capture_logs() as logs:
        await app.start()
    await app.stop()

    assert len(attempts) == 2
    assert [line["cause"] for line in logs if line["event"] == "waiting to start"] == ["the database does not answer"]


async def test_any_other_fault_ends_the_start() -> None:
    async def broken() -> None:
        raise ValueError("broken")

    app = app_of(startup=[broken])
    with pytest.raises(ValueError, match="broken"):
        await app.start()
    await app.stop()


class _Faltering:
    """Fails at first, and then runs until it is told to stop."""

    def __init__(self) -> None:
        self.runs = 0
        self.stopped = False

    async def run(self, stop: asyncio.Event) -> None:
        self.runs += 1
        if self.runs == 1:
            raise KeyError("first")
        await stop.wait()
        self.stopped = True


async def test_background_work_that_fails_is_logged_and_starts_again() -> None:
    task = _Faltering()
    app = app_of(background=[task])
    with capture_logs() as logs:
        await app.start()
        await eventually(lambda: task.runs == 2)
        await app.stop()

    assert task.stopped
    assert [line["task"] for line in logs if line["log_level"] == "error"] == ["_Faltering"]


class _Ending:
    def __init__(self) -> None:
        self.runs = 0

    async def run(self, stop: asyncio.Event) -> None:
        self.runs += 1


async def test_background_work_that_ends_by_itself_starts_again_too() -> None:
    task = _Ending()
    app = app_of(background=[task])
    with capture_logs():
        await app.start()
        await eventually(lambda: task.runs == 2)
        await asyncio.wait_for(app.stop(), 30)


class _Deaf:
    def __init__(self) -> None:
        self.cancelled = False

    async def run(self, stop: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled = True


async def test_background_work_that_does_not_stop_is_cut_off() -> None:
    task = _Deaf()
    app = app_of(background=[task])
    with capture_logs() as logs:
        await app.start()
        await asyncio.sleep(0)
        await asyncio.wait_for(app.stop(), 30)

    assert task.cancelled
    assert [line["task"] for line in logs if line["log_level"] == "warning"] == ["_Deaf"]


async def test_one_thing_that_does_not_close_keeps_no_other_open() -> None:
    closed: list[str] = []

    async def stuck() -> None:
        raise OSError("stuck")

    async def pool() -> None:
        closed.append("pool")

    app = app_of(shutdown=[stuck, pool])
    with capture_logs() as logs:
        await app.start()
        await app.stop()

    assert closed == ["pool"]
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["closing failed"]


async def test_an_app_that_never_started_can_be_stopped() -> None:
    closed: list[str] = []

    async def pool() -> None:
        closed.append("pool")

    await asyncio.wait_for(app_of(shutdown=[pool]).stop(), 30)

    assert closed == ["pool"]
