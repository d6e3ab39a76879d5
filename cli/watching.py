"""A voyage's events without a gap, over breaks of the stream and restarts of the server."""

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import grpc

from cli.errors import CliError
from cli.exit_codes import ExitCode
from cli.navigation import ENDED_STATES, Navigation
from protos.navigation.v1.navigation_pb2 import VoyageEvent
from service_chassis.status import RemoteError, remote_error

# What a stream dies of when a server drains, restarts or sits behind a proxy that cuts long calls.
_BREAKS = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.ABORTED,
    }
)
# The transport uses these for a cut connection; with a reason, they are the service's own words.
_BREAKS_WITHOUT_REASON = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
# A stream that was open for longer had a server at its far end: keepalive ends the others. A long leg has no events,
# and servers end every connection after a while.
_ANSWERED_SECONDS = 60.0


@dataclass(frozen=True)
class BackOff:
    """Pauses between attempts: doubling from `first` to `longest`, halved by chance. In seconds.

    `give_up_after` seconds without a single answer end the watch.
    """

    first: float = 0.2
    longest: float = 5.0
    give_up_after: float = 300.0

    def pause(self, attempt: int) -> float:
        ceiling = min(self.longest, self.first * 2.0 ** min(attempt, 30))
        return random.uniform(ceiling / 2, ceiling)


async def watch(
    navigation: Navigation,
    voyage_id: str,
    *,
    after: int = 0,
    back_off: BackOff | None = None,
    notice: Callable[[str], None] | None = None,
) -> AsyncIterator[VoyageEvent]:
    """Every event after number `after`, each once and in order, until the voyage has ended.

    A broken stream is resumed after the last event seen, and `notice` is told of the break. Raises CliError when
    the service refuses, or stays unreachable for too long; the voyage flies on either way.
    """
    remote, back_off = navigation.remote, back_off or BackOff()
    notice = notice or remote.notice
    attempt, last_answer = 0, remote.patience.monotonic()
    while True:
        begun = remote.patience.monotonic()
        try:
            async for event in navigation.events(voyage_id, after):
                attempt, last_answer = 0, remote.patience.monotonic()
                if event.number > after:
                    after = event.number
                    yield event
                if event.state in ENDED_STATES:
                    return
            # The events of old voyages are not kept for ever, so a stream may end without the last one.
            if await navigation.is_ended(voyage_id):
                return
            last_answer = remote.patience.monotonic()
        except grpc.aio.AioRpcError as failure:
            error, now = remote_error(failure), remote.patience.monotonic()
            if now - begun > _ANSWERED_SECONDS:
                attempt, last_answer = 0, now
            if not _is_break(error) or now - last_answer > back_off.give_up_after:
                raise _lost_sight(await remote.explained(error), voyage_id) from failure
            if attempt == 1:
                notice(f"the watch broke ({error.message}); the voyage flies on, trying to see it again")
        await remote.patience.sleep(back_off.pause(attempt))
        attempt += 1


def _is_break(error: RemoteError) -> bool:
    return error.code in _BREAKS or (error.code in _BREAKS_WITHOUT_REASON and not error.reason)


def _lost_sight(error: CliError, voyage_id: str) -> CliError:
    if error.exit_code is ExitCode.UNREACHABLE:
        error.hint = f"the voyage flies on by itself; see it again with `spacetraders voyage watch {voyage_id}`"
    return error
