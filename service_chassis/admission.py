"""Admission: at most so many unary calls of a lane at once; the rest are told when to come back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from shared_kernel.errors import Exhausted


class QueueFullError(Exhausted):
    reason = "QUEUE_FULL"


@dataclass(frozen=True)
class Lane:
    """Calls that share one limit. `retry_after` is what refused callers are told to wait, in seconds."""

    name: str
    limit: int
    retry_after: float = 1.0


class Admission:
    """Counts the calls in flight per lane. Methods without a lane are always admitted."""

    def __init__(self, lanes: Mapping[str, Lane]) -> None:
        self._lanes = dict(lanes)
        self._in_flight = {lane.name: 0 for lane in lanes.values()}

    @contextmanager
    def admitted(self, method: str) -> Iterator[None]:
        """Raises QueueFullError if the method's lane is full."""
        lane = self._lanes.get(method)
        if lane is None:
            yield
            return
        if self._in_flight[lane.name] >= lane.limit:
            raise QueueFullError(
                f"{lane.limit} calls are in hand already; try again in {lane.retry_after:g} s",
                {"lane": lane.name, "limit": str(lane.limit)},
                retry_after=lane.retry_after,
            )
        self._in_flight[lane.name] += 1
        try:
            yield
        finally:
            self._in_flight[lane.name] -= 1
