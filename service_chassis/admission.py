"""Admission: at most so many calls of a lane at once; the rest are told when to come back."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
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


# A stream costs little and stays for long; it must not take the place of calls (GrpcServer's limit is for all).
STREAMS = Lane("streams", 500, retry_after=5.0)


_UNLIMITED = nullcontext()


class Admission:
    """Counts the calls in flight per lane. Unary methods without a lane are always admitted; streams share one."""

    def __init__(self, lanes: Mapping[str, Lane], streams: Lane = STREAMS) -> None:
        self._lanes = dict(lanes)
        self._streams = streams
        self._in_flight = {lane.name: 0 for lane in (*lanes.values(), streams)}

    def admitted(self, method: str, *, is_stream: bool = False) -> AbstractContextManager[None]:
        """Raises QueueFullError, when entered, if the method's lane is full."""
        lane = self._lanes.get(method, self._streams if is_stream else None)
        return _UNLIMITED if lane is None else self._place(lane)

    @contextmanager
    def _place(self, lane: Lane) -> Iterator[None]:
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
