"""The server's clock: wall-clock UTC that can be frozen, stepped, sped up and skewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TypedDict

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockState(TypedDict):
    """What a durable server keeps of its clock; milliseconds since 1970 UTC."""

    wall: int
    game: int
    window: int
    rate: float
    frozen: bool
    skew: int


@dataclass
class ServerClock:
    """Milliseconds since 1970 UTC, read from `wall` and bent by whoever tests with it.

    Two hands: `now` carries the game and follows the rate; `window_now` carries the rate-limit windows and never runs
    at any speed but the wall's. Freezing stops both, a step moves both.
    """

    wall: Callable[[], int]
    rate: float = 1.0
    frozen: bool = False
    skew: int = 0

    def __post_init__(self) -> None:
        self._wall_anchor = self._game_anchor = self._window_anchor = self.wall()

    def now(self) -> int:
        """The game's time."""
        return self._game_anchor + int(self._elapsed() * self.rate)

    def window_now(self) -> int:
        """The time by which rate-limit windows open and close."""
        return self._window_anchor + self._elapsed()

    def _elapsed(self) -> int:
        return 0 if self.frozen else self.wall() - self._wall_anchor

    def _rebase(self, step: int = 0) -> None:
        game, window = self.now() + step, self.window_now() + step
        self._wall_anchor, self._game_anchor, self._window_anchor = self.wall(), game, window

    def freeze(self, frozen: bool) -> None:
        """Stop the clock, or let it run on from where it stands."""
        self._rebase()
        self.frozen = frozen

    def step(self, milliseconds: int) -> None:
        """Move forward at once."""
        self._rebase(milliseconds)

    def set_rate(self, rate: float) -> None:
        """Let the game's time run `rate` times as fast as the wall's."""
        self._rebase()
        self.rate = rate

    def stamp(self, milliseconds: int) -> str:
        """ISO 8601 with milliseconds and Z, off by the skew, as every answer shows it."""
        moment = EPOCH + timedelta(milliseconds=milliseconds + self.skew)
        return moment.isoformat(timespec="milliseconds")[:-6] + "Z"

    def http_date(self) -> str:
        """The `Date` header of an answer sent now."""
        return format_datetime(EPOCH + timedelta(milliseconds=self.now() + self.skew), usegmt=True)

    def dump(self) -> ClockState:
        """The clock as a durable server keeps it."""
        return ClockState(
            wall=self._wall_anchor,
            game=self._game_anchor,
            window=self._window_anchor,
            rate=self.rate,
            frozen=self.frozen,
            skew=self.skew,
        )

    def restore(self, state: ClockState) -> None:
        """Go on as if the process had never stopped."""
        self._wall_anchor, self._game_anchor, self._window_anchor = state["wall"], state["game"], state["window"]
        self.rate, self.frozen, self.skew = state["rate"], state["frozen"], state["skew"]
