"""A call that is sent at most once, and whose sender looks at the clock as the last thing before it writes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from shared_kernel.clock import Clock

# The call in hand, in the thread that makes it.
_present: ContextVar["Attempt"] = ContextVar("game_attempt")


class NotSentError(Exception):
    """Not a byte of the call left this machine: nothing happened."""


class AnswerLostError(Exception):
    """The call may have reached the game: it may have acted, or still act, or not."""


class Attempt:
    """One call on its way. Whether it may still be sent, and whether it was, is decided in one place under a lock."""

    def __init__(self, clock: Clock, send_by: float | None) -> None:
        self._clock = clock
        self._send_by = send_by
        self._lock = threading.Lock()
        self._sent = False
        self._given_up = False

    def commit(self) -> None:
        """The last act before the first byte is written. Raises NotSentError if it must not be."""
        with self._lock:
            if self._given_up or (self._send_by is not None and self._clock.monotonic() >= self._send_by):
                raise NotSentError("it was too late to send it")
            self._sent = True

    def give_up(self) -> None:
        """Whoever waited for the answer is gone: what was not sent by now never will be."""
        with self._lock:
            self._given_up = True

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """While this attempt is the one that the present thread makes."""
        token = _present.set(self)
        try:
            yield
        finally:
            _present.reset(token)

    def failure(self, cause: str) -> NotSentError | AnswerLostError:
        """What a call that ended without an answer comes to."""
        return AnswerLostError(f"no answer from the game ({cause})") if self._sent else NotSentError(cause)


class _Connection(HTTPConnection):
    """Connects first, and only then asks whether the request may still be sent."""

    def request(self, *args: Any, **options: Any) -> None:
        if self.sock is None:
            self.connect()
        _present.get().commit()
        super().request(*args, **options)


class _SecureConnection(HTTPSConnection):
    def request(self, *args: Any, **options: Any) -> None:
        if self.sock is None:
            self.connect()
        _present.get().commit()
        super().request(*args, **options)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class GuardedTransport(HTTPAdapter):
    """The transport of requests, with connections that look before they write. It repeats nothing."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _look_before_writing(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        _look_before_writing(manager)
        return manager


def _look_before_writing(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
