"""Follows voyages to their ends: what is shown on the way, and what the ends mean for the exit code."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli.errors import (
    CliError,
    cancelled_voyage,
    failed_voyage,
    interrupted_watch,
    nothing_dispatched,
    worst_of,
)
from cli.journey import Journey
from cli.navigation import ENDED_STATES, Navigation
from cli.render.progress import EventLines, JsonLines, LiveLines, ProgressDisplay
from cli.render.tours import fleet_view, tour_view
from cli.render.voyages import accepted_view, completed_text, voyage_view
from cli.terminal import Terminal
from cli.watching import watch
from cli.wishes import FleetWishes, RouteWishes, TourWishes
from protos.navigation.v1.navigation_pb2 import Voyage, VoyageEvent

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from rich.console import RenderableType

_QUIET_SECONDS = 10.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Follower:
    """The voyages that one command follows. It remembers which, so that an interruption can name them."""

    def __init__(self, terminal: Terminal, clock: Callable[[], datetime] = _utc_now) -> None:
        self._terminal = terminal
        self._clock = clock
        self._voyages: Sequence[Voyage] = ()
        self._break_told: datetime | None = None

    async def navigate(
        self, navigation: Navigation, ship: str, destination: str, wishes: RouteWishes, *, detach: bool = False
    ) -> Journey:
        """Start a voyage, show its route and ETA, and follow it. Raises CliError unless it completes."""
        response = await navigation.navigate(ship, destination, wishes)
        self._accepted([response.voyage], response, accepted_view(response.voyage, self._clock()))
        return (await self._follow_unless(detach, navigation))[0]

    async def tour(self, navigation: Navigation, wishes: TourWishes, *, detach: bool = False) -> None:
        """As `navigate`, for a tour. One that repeats ends with its cancellation or its failure."""
        response = await navigation.start_tour(wishes)
        self._accepted([response.voyage], response, tour_view(response, wishes, self._clock()))
        await self._follow_unless(detach, navigation)

    async def dispatch(self, navigation: Navigation, wishes: FleetWishes, *, detach: bool = False) -> None:
        """As `navigate`, for all voyages of a fleet at once. Raises CliError unless all complete."""
        response = await navigation.dispatch_fleet(wishes)
        self._accepted(response.voyages, response, fleet_view(response, wishes, self._clock()))
        if response.unreachable_stops and not response.voyages:
            raise nothing_dispatched(response.unreachable_stops)
        await self._follow_unless(detach, navigation)

    async def resume(self, navigation: Navigation, key: str, after: int) -> None:
        """Follow the voyage of `key` (its id, or its ship) from the event after number `after`."""
        voyage_id = await navigation.voyage_id_of(key)
        voyage = (await navigation.get_voyage(voyage_id)).voyage
        self._voyages = [voyage]
        if not self._terminal.is_json:
            self._terminal.draw(voyage_view(voyage, self._clock()))
        await self._follow(navigation, after)

    def interrupted(self) -> CliError | None:
        """What to say after Ctrl-C; None as long as no voyage is known."""
        return interrupted_watch([voyage.voyage_id for voyage in self._voyages]) if self._voyages else None

    def _accepted(self, voyages: Iterable[Voyage], response: "Message", view: "Iterator[RenderableType]") -> None:
        self._voyages = list(voyages)
        if self._terminal.is_json:
            self._terminal.line(response)
        else:
            self._terminal.draw(view)

    async def _follow_unless(self, detach: bool, navigation: Navigation) -> Sequence[Journey]:
        if not detach:
            return await self._follow(navigation, after=0)
        for voyage in self._voyages:
            self._terminal.notice(f"Follow {voyage.ship_symbol}: spacetraders voyage watch {voyage.voyage_id}")
        if len(self._voyages) > 1:
            ships = ",".join(voyage.ship_symbol for voyage in self._voyages)
            self._terminal.notice(f"End them: spacetraders voyage cancel {ships}")
        return [Journey()] * len(self._voyages)

    async def _follow(self, navigation: Navigation, after: int) -> Sequence[Journey]:
        """All voyages to their ends. Raises the worst of their CliErrors."""
        with self._display() as display:
            for voyage in self._voyages:
                display.voyage(voyage)
            watches = (self._watch(navigation, voyage, after, display) for voyage in self._voyages)
            journeys = await asyncio.gather(*watches)
        endings = [self._ending(*pair) for pair in zip(self._voyages, journeys, strict=True)]
        failures = [ending for ending in endings if isinstance(ending, CliError)]
        if failures:
            raise worst_of(failures, len(endings))
        return [ending for ending in endings if isinstance(ending, Journey)]

    async def _watch(
        self, navigation: Navigation, voyage: Voyage, after: int, display: ProgressDisplay
    ) -> Journey | CliError:
        """An error ends the watch of this voyage alone; whatever else is raised ends all."""
        try:
            return await self._see_through(navigation, voyage, after, display)
        except CliError as error:
            return error

    async def _see_through(
        self, navigation: Navigation, voyage: Voyage, after: int, display: ProgressDisplay
    ) -> Journey:
        journey = Journey()
        async for event in watch(navigation, voyage.voyage_id, after=after, notice=self._notice_break):
            journey.record(event)
            display.event(event)
            if display.moves and _changes_eta(event):
                now = await navigation.peek_voyage(voyage.voyage_id)
                if now is not None:
                    display.voyage(now)
        if journey.state not in ENDED_STATES:
            journey.conclude((await navigation.get_voyage(voyage.voyage_id)).voyage)
        return journey

    def _notice_break(self, text: str) -> None:
        """A server that restarts breaks the watches of all ships; that is one thing to say, not one for each."""
        now = self._clock()
        if self._break_told is None or (now - self._break_told).total_seconds() > _QUIET_SECONDS:
            self._break_told = now
            self._terminal.notice(text)

    def _display(self) -> ProgressDisplay:
        if self._terminal.is_json:
            return JsonLines(self._terminal)
        return (LiveLines if self._terminal.is_live else EventLines)(self._terminal.console, self._clock)

    def _ending(self, voyage: Voyage, journey: Journey | CliError) -> Journey | CliError:
        """What a voyage came to: told if it completed, an error if not."""
        if isinstance(journey, CliError):
            return journey
        if journey.state == Voyage.STATE_FAILED:
            return failed_voyage(voyage.voyage_id, voyage.ship_symbol, journey.failure)
        if journey.state == Voyage.STATE_CANCELLED:
            return cancelled_voyage(voyage.voyage_id, voyage.ship_symbol)
        if not self._terminal.is_json:
            self._terminal.draw([completed_text(voyage, journey)])
        return journey


def _changes_eta(event: VoyageEvent) -> bool:
    return event.WhichOneof("detail") in ("departed", "replanned", "round_completed")
