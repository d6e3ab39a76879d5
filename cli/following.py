"""Follows a voyage to its end: what is shown on the way, and what its end means for the exit code."""

from collections.abc import Callable
from datetime import UTC, datetime

from cli.errors import CliError, cancelled_voyage, failed_voyage, interrupted_watch
from cli.journey import Journey
from cli.navigation import ENDED_STATES, Navigation, RouteWishes
from cli.render.progress import EventLines, JsonLines, LiveLine, ProgressDisplay
from cli.render.voyages import accepted_view, completed_text, voyage_view
from cli.terminal import Terminal
from cli.watching import watch
from protos.navigation.v1.navigation_pb2 import Voyage, VoyageEvent


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Follower:
    """One followed voyage. It remembers which, so that an interruption can name it."""

    def __init__(self, terminal: Terminal, clock: Callable[[], datetime] = _utc_now) -> None:
        self._terminal = terminal
        self._clock = clock
        self._voyage: Voyage | None = None

    async def start(
        self, navigation: Navigation, ship: str, destination: str, wishes: RouteWishes, *, detach: bool = False
    ) -> Journey:
        """Start a voyage, show its route and ETA, and follow it. Raises CliError unless it completes."""
        response = await navigation.navigate(ship, destination, wishes)
        voyage = self._voyage = response.voyage
        if self._terminal.is_json:
            self._terminal.line(response)
        else:
            self._terminal.draw(accepted_view(voyage, self._clock()))
        if detach:
            self._terminal.notice(f"Follow it: spacetraders voyage watch {voyage.voyage_id}")
            return Journey()
        return await self._follow(navigation, voyage, after=0)

    async def resume(self, navigation: Navigation, key: str, after: int) -> Journey:
        """Follow the voyage of `key` (its id, or its ship) from the event after number `after`."""
        voyage_id = await navigation.voyage_id_of(key)
        voyage = self._voyage = (await navigation.get_voyage(voyage_id)).voyage
        if not self._terminal.is_json:
            self._terminal.draw(voyage_view(voyage, self._clock()))
        return await self._follow(navigation, voyage, after)

    def interrupted(self) -> CliError | None:
        """What to say after Ctrl-C; None as long as no voyage is known."""
        return interrupted_watch(self._voyage.voyage_id) if self._voyage else None

    async def _follow(self, navigation: Navigation, voyage: Voyage, after: int) -> Journey:
        journey = Journey()
        with self._display() as display:
            display.voyage(voyage)
            async for event in watch(navigation, voyage.voyage_id, after=after):
                journey.record(event)
                display.event(event)
                if display.moves and _changes_eta(event):
                    now = await navigation.peek_voyage(voyage.voyage_id)
                    if now is not None:
                        display.voyage(now)
        if journey.state not in ENDED_STATES:
            journey.conclude((await navigation.get_voyage(voyage.voyage_id)).voyage)
        self._report_end(voyage, journey)
        return journey

    def _display(self) -> ProgressDisplay:
        if self._terminal.is_json:
            return JsonLines(self._terminal)
        return (LiveLine if self._terminal.is_live else EventLines)(self._terminal.console, self._clock)

    def _report_end(self, voyage: Voyage, journey: Journey) -> None:
        if journey.state == Voyage.STATE_FAILED:
            raise failed_voyage(voyage.voyage_id, journey.failure)
        if journey.state == Voyage.STATE_CANCELLED:
            raise cancelled_voyage(voyage.voyage_id, voyage.ship_symbol)
        if not self._terminal.is_json:
            self._terminal.draw([completed_text(voyage, journey)])


def _changes_eta(event: VoyageEvent) -> bool:
    return event.WhichOneof("detail") in ("departed", "replanned")
