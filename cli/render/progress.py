"""The live display of a followed voyage: events scroll by above one line that moves with the clock."""

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cli.render.events import event_line
from cli.render.routes import step_text
from cli.render.text import duration_text, seconds_until
from cli.terminal import Terminal
from protos.navigation.v1.navigation_pb2 import Voyage, VoyageEvent
from protos.navigation.v1.navigation_service_pb2 import WatchVoyageResponse
from service_chassis.wire import timestamp_to_datetime

_BAR_WIDTH = 24
_REDRAWS_PER_SECOND = 4


class ProgressDisplay(Protocol):
    """Shows what a watch brings. Used as a context manager around the watch."""

    moves: bool
    """Whether it shows the time left, and so wants the voyage again whenever its ETA changes."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def voyage(self, voyage: Voyage) -> None:
        """The voyage as it is now: its route and its ETA."""

    def event(self, event: VoyageEvent) -> None: ...


class _StillDisplay:
    """What needs neither a start nor an end, nor the voyage."""

    moves = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def voyage(self, voyage: Voyage) -> None:
        return None


class JsonLines(_StillDisplay):
    """For scripts: one WatchVoyageResponse as JSON on each line."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def event(self, event: VoyageEvent) -> None:
        self._terminal.line(WatchVoyageResponse(event=event))


class EventLines(_StillDisplay):
    """For pipes and log files: one line for each event, nothing that moves."""

    def __init__(self, console: Console, clock: Callable[[], datetime]) -> None:
        self._console = console
        self._clock = clock

    def event(self, event: VoyageEvent) -> None:
        self._console.print(event_line(event, self._clock()))
        self._console.file.flush()


class LiveLine(EventLines):
    """For terminals: the lines, and below them a bar with the step in hand and the time left."""

    moves = True

    def __init__(self, console: Console, clock: Callable[[], datetime]) -> None:
        super().__init__(console, clock)
        self._voyage: Voyage | None = None
        self._live = Live(
            console=console, get_renderable=self._draw, refresh_per_second=_REDRAWS_PER_SECOND, transient=True
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def voyage(self, voyage: Voyage) -> None:
        self._voyage = voyage

    def event(self, event: VoyageEvent) -> None:
        super().event(event)
        if self._voyage is not None:
            self._voyage.step_index = event.step_index

    def _draw(self) -> Text:
        return Text("" if self._voyage is None else progress_text(self._voyage, self._clock()), no_wrap=True)


def progress_text(voyage: Voyage, now: datetime) -> str:
    """`[######------] step 2 of 5: X1-A1 -> X1-B2 (CRUISE), 2 min 05 s left`."""
    share = flown_share(voyage, now)
    filled = round(share * _BAR_WIDTH)
    bar = "━" * filled + "─" * (_BAR_WIDTH - filled)
    steps = len(voyage.route.steps)
    doing = step_text(voyage.route, voyage.step_index)
    step = f"step {voyage.step_index + 1} of {steps}: {doing}" if doing else "arriving"
    left = seconds_until(voyage.eta, now)
    rest = f"{duration_text(left)} left" if left > 0 else "due now"
    return f"{bar} {share:4.0%}  {step}, {rest}"


def flown_share(voyage: Voyage, now: datetime) -> float:
    """The part of the time between acceptance and ETA that has passed, 0 to 1."""
    start = timestamp_to_datetime(voyage.create_time)
    total = (timestamp_to_datetime(voyage.eta) - start).total_seconds()
    if total <= 0:
        return 1.0
    return min(max((now - start).total_seconds() / total, 0.0), 1.0)
