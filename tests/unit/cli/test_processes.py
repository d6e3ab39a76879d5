"""Programs that take their time to be ready are named, and those that never are end the wait."""

from pathlib import Path

import pytest

from cli.errors import CliError
from cli.exit_codes import ExitCode
from cli.processes import Processes, Program


class Slow:
    """A program that is ready as soon as it was called slow."""

    def __init__(self, folder: Path, *, ever: bool = True) -> None:
        self.told: list[str] = []
        self.ever = ever
        arguments = ("-c", "import signal; signal.pause()")
        self.program = Program("planner", arguments, {}, folder / "log", self.is_ready, "compiles")

    async def is_ready(self) -> bool:
        return self.ever and bool(self.told)

    def on_slow(self, program: Program) -> None:
        self.told.append(f"{program.name} {program.if_slow}")


async def test_says_why_a_program_takes_its_time(tmp_path: Path) -> None:
    slow, ready = Slow(tmp_path), list[str]()

    async with Processes([slow.program], stop_seconds=5) as processes:
        await processes.wait_until_ready(
            60, on_ready=lambda program: ready.append(program.name), on_slow=slow.on_slow, slow_after=0.01
        )

    assert slow.told == ["planner compiles"]
    assert ready == ["planner"]


async def test_a_program_that_never_is_ready_ends_the_wait(tmp_path: Path) -> None:
    slow = Slow(tmp_path, ever=False)

    async with Processes([slow.program], stop_seconds=5) as processes:
        with pytest.raises(CliError, match=f"planner.* is not ready after {0.05:g} s") as caught:
            await processes.wait_until_ready(0.05, on_ready=print, on_slow=slow.on_slow, slow_after=0.01)

    assert caught.value.exit_code is ExitCode.PROCESS_DIED
