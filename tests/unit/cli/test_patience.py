"""When a call is repeated, when a watch is resumed, and when both give up: on a clock of our own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import grpc
import pytest

from cli.errors import CliError
from cli.exit_codes import ExitCode
from cli.navigation import Navigation
from cli.remote import Patience, Remote
from cli.watching import BackOff, watch
from protos.navigation.v1.navigation_pb2 import VoyageEvent
from protos.navigation.v1.navigation_service_pb2 import GetVoyageRequest
from tests.fakes.cli_world import VOYAGE_ID, completed, event

# A number is of seconds that pass without an event.
Stream = Sequence[VoyageEvent | grpc.aio.AioRpcError | float]
Script = Sequence[Stream]


@dataclass
class SteppedClock:
    """Sleeping moves it, and takes no time."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


def failure(code: grpc.StatusCode, details: str = "no answer") -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details)


class ScriptedNavigation(Navigation):
    """Streams what the script holds, one part for each attempt, and then nothing but its last failure."""

    def __init__(self, clock: SteppedClock, script: Script) -> None:
        self.notices: list[str] = []
        self.asked_after: list[int] = []
        self._clock = clock
        self._script = list(script)
        self._scripted = Remote(
            "navigation service", "host:1", Patience(60, 15, clock.sleep, clock.monotonic), self.notices.append
        )

    @property
    def remote(self) -> Remote:
        return self._scripted

    async def is_ended(self, voyage_id: str) -> bool:
        return False

    async def events(self, voyage_id: str, after_event_number: int) -> AsyncIterator[VoyageEvent]:
        self.asked_after.append(after_event_number)
        part = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        for item in part:
            if isinstance(item, grpc.aio.AioRpcError):
                raise item
            if isinstance(item, float):
                self._clock.now += item
                continue
            yield item


async def numbers(navigation: Navigation, back_off: BackOff | None = None) -> list[int]:
    return [event.number async for event in watch(navigation, VOYAGE_ID, back_off=back_off)]


async def test_a_watch_resumes_without_a_gap_and_without_doubles() -> None:
    gone = failure(grpc.StatusCode.UNAVAILABLE)
    script: Script = [[event(1), event(2), gone], [gone], [event(2), event(3)], [completed(4)]]
    navigation = ScriptedNavigation(SteppedClock(), script)

    assert await numbers(navigation) == [1, 2, 3, 4]
    assert navigation.asked_after == [0, 2, 2, 3]


async def test_pauses_grow_to_a_limit_and_an_answer_resets_them() -> None:
    clock, gone = SteppedClock(), failure(grpc.StatusCode.UNAVAILABLE)
    navigation = ScriptedNavigation(clock, [*[[gone]] * 8, [event(1), gone], [completed(2)]])

    await numbers(navigation, BackOff(first=0.2, longest=5.0))

    assert clock.slept[0] <= 0.2
    assert 2.5 <= clock.slept[7] <= 5.0
    assert clock.slept[8] <= 0.2
    assert len(navigation.notices) == 1


async def test_a_watch_gives_up_after_a_long_silence() -> None:
    navigation = ScriptedNavigation(SteppedClock(), [[failure(grpc.StatusCode.UNAVAILABLE)]])

    with pytest.raises(CliError) as caught:
        await numbers(navigation, BackOff(give_up_after=30))

    assert caught.value.exit_code == ExitCode.UNREACHABLE
    assert f"spacetraders voyage watch {VOYAGE_ID}" in caught.value.hint


async def test_a_long_leg_without_events_is_watched_over_the_ends_of_connections_and_nobody_is_told() -> None:
    ended = failure(grpc.StatusCode.UNAVAILABLE, "max connection age")
    silent: Stream = [105.0, ended]
    navigation = ScriptedNavigation(SteppedClock(), [[event(1), *silent], *[silent] * 30, [completed(2)]])

    assert await numbers(navigation) == [1, 2]
    assert navigation.notices == []


async def test_a_refusal_ends_a_watch_at_once() -> None:
    clock = SteppedClock()
    navigation = ScriptedNavigation(clock, [[failure(grpc.StatusCode.PERMISSION_DENIED)]])

    with pytest.raises(CliError):
        await numbers(navigation)

    assert clock.slept == []


async def test_a_wait_that_takes_long_is_told() -> None:
    told, notices = asyncio.Event(), list[str]()

    def notice(text: str) -> None:
        notices.append(text)
        told.set()

    async def slow(request: GetVoyageRequest, **_: float) -> str:
        await told.wait()
        return "answer"

    remote = Remote("navigation service", "host:1", Patience(per_call=60, silence=0), notice)

    assert await remote.call(slow, GetVoyageRequest()) == "answer"  # type: ignore[arg-type]
    assert notices == ["navigation service: no answer yet; waiting for up to 60 s"]


class LateMethod:
    """A unary call that fails in the same way every time."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code
        self.calls = 0

    async def __call__(self, request: GetVoyageRequest, **_: float) -> None:
        self.calls += 1
        raise failure(self._code)


@pytest.mark.parametrize(
    ("code", "repeat_when_late", "calls"),
    [
        (grpc.StatusCode.DEADLINE_EXCEEDED, True, 5),
        (grpc.StatusCode.DEADLINE_EXCEEDED, False, 1),
        (grpc.StatusCode.UNAVAILABLE, True, 1),
        (grpc.StatusCode.NOT_FOUND, True, 1),
    ],
)
async def test_a_late_answer_is_asked_for_again_within_patience(
    code: grpc.StatusCode, repeat_when_late: bool, calls: int
) -> None:
    clock, method, notices = SteppedClock(), LateMethod(code), list[str]()
    remote = Remote("navigation service", "host:1", Patience(2.0, 15, clock.sleep, clock.monotonic), notices.append)

    with pytest.raises(CliError):
        await remote.call(method, GetVoyageRequest(), repeat_when_late=repeat_when_late)  # type: ignore[arg-type]

    assert method.calls == calls
    told = ["navigation service: no answer within 15 s; trying again for up to 2 s"]
    assert notices == (told if calls > 1 else [])
