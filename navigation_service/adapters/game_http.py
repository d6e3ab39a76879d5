"""One HTTP call to the game: in a thread, bounded in time and size, with a clear word on what may have happened."""

import asyncio
import json
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.auth import AuthBase

from navigation_service.adapters.game_attempt import Attempt, GuardedTransport, NotSentError
from shared_kernel.clock import Clock

_CONNECT_SECONDS = 3.0
_MAX_BODY_BYTES = 4 * 1024 * 1024
_MAX_RETRY_AFTER = 60.0
_THREADS = 32


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is None unless it was JSON; `retry_after` is in seconds, None if not told.

    `date` is the server's `Date` header, to the second; `receive_time` is our own clock's.
    """

    status: int
    body: Any
    receive_time: datetime
    date: datetime | None = None
    retry_after: float | None = None


class GameHttp:
    """Calls below `base_url`, each in a thread with a session of its own, each sent at most once.

    `timeout_seconds` bounds a whole call, from the moment it is asked for until its answer has been read.
    """

    def __init__(self, base_url: str, timeout_seconds: float, clock: Clock) -> None:
        self._base_url = base_url.rstrip("/")
        self._seconds = timeout_seconds
        self._timeout = (min(_CONNECT_SECONDS, 0.6 * timeout_seconds), timeout_seconds)
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="game")
        self._local = threading.local()

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str,
        body: Mapping[str, Any] | None = None,
        send_by: float | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Whatever the game answers, errors included. Raises NotSentError or AnswerLostError.

        `send_by` is a monotonic time after which nothing is sent; `seconds` may shorten the call.
        """
        attempt, loop = Attempt(self._clock, send_by), asyncio.get_running_loop()
        limit = self._seconds if seconds is None else min(seconds, self._seconds)
        try:
            async with asyncio.timeout(limit):
                return await loop.run_in_executor(self._threads, self._send, attempt, method, path, token, body)
        except TimeoutError:
            attempt.give_up()
            raise attempt.failure("no answer in time") from None
        finally:
            attempt.give_up()

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, attempt: Attempt, method: str, path: str, token: str, body: Mapping[str, Any] | None) -> Answer:
        give_up_at = time.monotonic() + self._seconds
        try:
            with (
                attempt.in_hand(),
                self._session().request(
                    method,
                    self._base_url + path,
                    json=body,
                    auth=_Bearer(token),
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                receive_time = self._clock.now()
                content = _read(response, give_up_at)
        except NotSentError:
            raise
        except Exception as error:
            # Only the error's type is passed on: its text may quote what was sent. Whatever it is, what counts is
            # whether anything was sent before.
            raise attempt.failure(type(error).__name__) from None
        headers = response.headers
        date, pause = _date(headers.get("date")), _seconds(headers.get("retry-after"))
        return Answer(response.status_code, _parsed(content), receive_time, date, pause)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.headers["User-Agent"] = "spacetraders-fleet"
            for scheme in ("http://", "https://"):
                session.mount(scheme, GuardedTransport(pool_connections=2, pool_maxsize=2))
            # Calls of several agents share the session; a cookie would tie them together.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session


class _Bearer(AuthBase):
    """Sets the header itself, since requests would otherwise put a password from ~/.netrc in its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _read(response: requests.Response, give_up_at: float) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(64 * 1024):
        content += chunk
        if len(content) > _MAX_BODY_BYTES or time.monotonic() > give_up_at:
            raise requests.exceptions.ReadTimeout("the answer is too long or too slow")
    return bytes(content)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text or "").astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _seconds(text: str | None) -> float | None:
    """A Retry-After in seconds, possibly fractional; the other form, a date, is not something the game sends."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return min(max(0.0, seconds), _MAX_RETRY_AFTER) if seconds == seconds else None
