"""Admission: at most so many calls of a lane at once; the rest are told when to come back."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
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


class _Places:
    """The places of one lane, to be entered by each call that takes one."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._taken = 0

    def __enter__(self) -> None:
        lane = self._lane
        if self._taken >= lane.limit:
            raise QueueFullError(
                f"{lane.limit} calls are in hand already; try again in {lane.retry_after:g} s",
                {"lane": lane.name, "limit": str(lane.limit)},
                retry_after=lane.retry_after,
            )
        self._taken += 1

    def __exit__(self, *_error: object) -> None:
        self._taken -= 1


_UNLIMITED = nullcontext()


class Admission:
    """Counts the calls in flight per lane. Unary methods without a lane are always admitted; streams share one."""

    def __init__(self, lanes: Mapping[str, Lane], streams: Lane = STREAMS) -> None:
        places = {lane.name: _Places(lane) for lane in (*lanes.values(), streams)}
        self._places = {method: places[lane.name] for method, lane in lanes.items()}
        self._streams = places[streams.name]

    def places(self, method: str, *, is_stream: bool = False) -> AbstractContextManager[None]:
        """Each call of this method enters it, which raises QueueFullError if the lane is full."""
        return self._places.get(method, self._streams if is_stream else _UNLIMITED)
