"""How long a solve may take, by the caller's wish and by the deadline of the call."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from routing_service.domain.problem import NANOS_PER_SECOND
from routing_service.domain.tour import SolveBudget

DEFAULT_SECONDS = 10.0
MOST_SECONDS = 60.0
# What is kept for the way back of the answer: so many seconds, or this part of the time left if that is more.
MARGIN_SECONDS, MARGIN_PART = 0.05, 0.05
# And this is kept even where a solve overran its time.
LAST_MARGIN_SECONDS, LAST_MARGIN_PART = 0.02, 0.02
# Callers give unsigned 64 bits; searches count in signed ones, and double seeds.
_COUNTABLE = 1 << 62

RemainingSeconds = Callable[[], float | None]


@dataclass(frozen=True)
class SolveLimit:
    """`time_limit` in nanoseconds, 0 for the default; `remaining` tells the seconds to the call's deadline, if any.

    The deadline counts on while a solve waits for its turn, so the budget is made when its turn comes.
    """

    time_limit: int
    seed: int
    work_limit: int
    remaining: RemainingSeconds

    def budget(self, at_most: float = MOST_SECONDS) -> SolveBudget:
        """What may be spent from now on; its seconds are 0 or less where the deadline is too near."""
        wanted = self.time_limit / NANOS_PER_SECOND or DEFAULT_SECONDS
        seconds = min(wanted, at_most, MOST_SECONDS)
        remaining = self.remaining()
        if remaining is not None:
            seconds = min(seconds, remaining - max(MARGIN_SECONDS, MARGIN_PART * remaining))
        return SolveBudget(seconds, self.seed % _COUNTABLE, min(self.work_limit, _COUNTABLE))

    def seconds(self) -> float:
        """The seconds of the budget."""
        return self.budget().seconds

    def latest(self) -> float:
        """The seconds within which there has to be an answer, be it that there is no plan."""
        remaining = self.remaining()
        return inf if remaining is None else remaining - max(LAST_MARGIN_SECONDS, LAST_MARGIN_PART * remaining)

    @property
    def shares(self) -> bool:
        """Whether others may get a part of the time: not of a solve that is to do so much work and no less."""
        return self.work_limit == 0
