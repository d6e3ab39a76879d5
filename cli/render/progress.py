"""The live display of followed voyages: events scroll by above one line for each voyage that moves with the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from cli.render.events import event_line
from cli.render.routes import needs_no_fuel, step_text
from cli.render.text import duration_text, plain, seconds_until
from cli.render.voyages import is_active, visited_count
from cli.terminal import Terminal, has_every_character
from protos.navigation.v1.navigation_pb2 import Voyage, VoyageEvent
from protos.navigation.v1.navigation_service_pb2 import WatchVoyageResponse
from service_chassis.wire import timestamp_to_datetime

_BAR_WIDTH = 24
_PLAIN_BAR = str.maketrans("━─", "#-")
_REDRAWS_PER_SECOND = 4


class ProgressDisplay(Protocol):
    """Shows what the watches bring. Used as a context manager around them."""

    moves: bool
    """Whether it shows the time left, and so wants a voyage again whenever its ETA changes."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def voyage(self, voyage: Voyage) -> None:
        """The voyage as it is now: its route and its ETA. Before the first of its events."""

    def event(self, event: VoyageEvent) -> None: ...


class _StillDisplay:
    """What needs neither a start nor an end, nor the voyages."""

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
    """For pipes and log files: one line for each event, nothing that moves. Of several ships, with the ship's name."""

    def __init__(self, console: Console, clock: Callable[[], datetime]) -> None:
        self._console = console
        self._clock = clock
        self._ships: dict[str, str] = {}
        self._without_tank: set[str] = set()

    def voyage(self, voyage: Voyage) -> None:
        self._ships[voyage.voyage_id] = plain(voyage.ship_symbol)
        if needs_no_fuel(voyage.route):
            self._without_tank.add(voyage.voyage_id)

    def event(self, event: VoyageEvent) -> None:
        line = event_line(event, self._clock(), has_tank=event.voyage_id not in self._without_tank)
        if len(self._ships) > 1:
            width = max(map(len, self._ships.values()))
            line = Text.assemble(f"{self._ships.get(event.voyage_id, ''):{width}}  ", line)
        self._console.print(line)
        self._console.file.flush()


@dataclass
class _Flight:
    """A voyage, and when its present round began: it is measured from there. Rounds begin with a new plan."""

    voyage: Voyage
    since: Timestamp
    between_rounds: bool = False

    def record(self, event: VoyageEvent) -> None:
        self.voyage.step_index, self.voyage.state = event.step_index, event.state
        detail = event.WhichOneof("detail")
        if detail == "round_completed" or (detail == "replanned" and self.between_rounds):
            self.since, self.between_rounds = event.time, detail == "round_completed"


class LiveLines(EventLines):
    """For terminals: the events, and below them a bar for each voyage with the step in hand and the time left."""

    moves = True

    def __init__(self, console: Console, clock: Callable[[], datetime]) -> None:
        super().__init__(console, clock)
        self._flights: dict[str, _Flight] = {}
        self._plain = not has_every_character(console.encoding)
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
        super().voyage(voyage)
        if known := self._flights.get(voyage.voyage_id):
            known.voyage = voyage
        else:
            self._flights[voyage.voyage_id] = _Flight(voyage, voyage.create_time)

    def event(self, event: VoyageEvent) -> None:
        super().event(event)
        flight = self._flights.get(event.voyage_id)
        if flight is not None:
            flight.record(event)

    def _draw(self) -> Group:
        now = self._clock()
        flying = [flight for flight in self._flights.values() if is_active(flight.voyage)]
        width = max(map(len, self._ships.values()), default=0) if len(self._flights) > 1 else 0
        return Group(*(Text(self._line(flight, width, now), no_wrap=True, overflow="ellipsis") for flight in flying))

    def _line(self, flight: _Flight, width: int, now: datetime) -> str:
        name = f"{self._ships[flight.voyage.voyage_id]:{width}}  " if width else ""
        line = name + progress_text(flight.voyage, now, since=flight.since)
        return line.translate(_PLAIN_BAR) if self._plain else line


def progress_text(voyage: Voyage, now: datetime, *, since: Timestamp | None = None) -> str:
    """`━━━━──────  40%  2 min 05 s left, step 2 of 5: X1-A1 -> X1-B2 (CRUISE)`, for tours with round and stop.

    What matters most comes first: terminals of 80 columns cut the end off.
    """
    if not voyage.eta.ByteSize() and voyage.repeat:
        begins = duration_text(seconds_until(voyage.next_action_time, now))
        return f"{'─' * _BAR_WIDTH}   0%  round {voyage.round} begins in {begins}"
    share = flown_share(since or voyage.create_time, voyage.eta, now)
    filled = round(share * _BAR_WIDTH)
    bar = "━" * filled + "─" * (_BAR_WIDTH - filled)
    doing = step_text(voyage.route, voyage.step_index)
    step = f"step {voyage.step_index + 1} of {len(voyage.route.steps)}: {doing}" if doing else "arriving"
    left = seconds_until(voyage.eta, now)
    rest = f"{duration_text(left)} left" if left > 0 else "due now"
    return f"{bar} {share:4.0%}  {rest}, {_tour_text(voyage)}{step}"


def _tour_text(voyage: Voyage) -> str:
    """`round 2, stop 3 of 8, `; empty for a voyage to one place."""
    stops = len(voyage.stops)
    if stops <= 1:
        return ""
    round_text = f"round {voyage.round}, " if voyage.repeat else ""
    return f"{round_text}stop {min(visited_count(voyage) + 1, stops)} of {stops}, "


def flown_share(since: Timestamp, eta: Timestamp, now: datetime) -> float:
    """The part of the time between the start and the ETA that has passed, 0 to 1."""
    start = timestamp_to_datetime(since)
    total = (timestamp_to_datetime(eta) - start).total_seconds()
    if total <= 0:
        return 1.0
    return min(max((now - start).total_seconds() / total, 0.0), 1.0)
