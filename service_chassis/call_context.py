"""What is known of the call in hand, carried beside the code and not through it: its ids, and its deadline."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import NamedTuple

from service_chassis.tracing import NO_TRACE, Trace, Tracing


class CallContext(NamedTuple):
    """`deadline` is on the monotonic clock, in seconds; None if the caller set none.

    `trace` names the span that this call is, or its caller's. Work that nobody called for has no `request_id`.
    """

    request_id: str
    deadline: float | None
    trace: Trace = NO_TRACE
    tracing: Tracing | None = None


_current: ContextVar[CallContext | None] = ContextVar("current_call", default=None)


def current_call() -> CallContext | None:
    """None outside a call."""
    return _current.get()


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


def enter(call: CallContext) -> Token[CallContext | None]:
    """From now on this task works for `call`, until `leave`."""
    return _current.set(call)


def leave(token: Token[CallContext | None]) -> None:
    _current.reset(token)


@contextmanager
def entered(request_id: str, seconds: float | None) -> Iterator[None]:
    """Run a block as part of the call `request_id`, which has `seconds` left."""
    deadline = None if seconds is None else time.monotonic() + seconds
    token = enter(CallContext(request_id, deadline))
    try:
        yield
    finally:
        leave(token)


@contextmanager
def on_behalf_of(call: CallContext | None) -> Iterator[None]:
    """Run a block that does not end with `call`: under its ids, without its deadline."""
    token = _current.set(call._replace(deadline=None) if call else None)
    try:
        yield
    finally:
        leave(token)
