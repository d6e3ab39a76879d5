"""What is known of the call in hand: its request id and its deadline, carried beside the code and not through it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class CallContext:
    request_id: str
    deadline: float | None
    """On the monotonic clock, in seconds; None if the caller set none."""


_current: ContextVar[CallContext | None] = ContextVar("current_call", default=None)


def current_request_id() -> str:
    """The id that ties together all log lines of one call, over all services; empty outside a call."""
    call = _current.get()
    return call.request_id if call else ""


def remaining_seconds() -> float | None:
    """Seconds until the present call's deadline, at least 0; None without a deadline."""
    call = _current.get()
    if call is None or call.deadline is None:
        return None
    return max(0.0, call.deadline - time.monotonic())


@contextmanager
def entered(request_id: str, seconds: float | None) -> Iterator[None]:
    """Run a block as part of the call `request_id`, which has `seconds` left."""
    deadline = None if seconds is None else time.monotonic() + seconds
    token = _current.set(CallContext(request_id, deadline))
    try:
        yield
    finally:
        _current.reset(token)
