"""One HTTP call to the game: in a thread, bounded in time and size, with a clear word on what may have happened."""

import asyncio
import json
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

CONNECT_SECONDS = 3.0
_MAX_BODY_BYTES = 1024 * 1024
_MAX_RETRY_AFTER = 60.0
_THREADS = 8


class NotSentError(Exception):
    """The call never reached the game: nothing happened."""


class AnswerLostError(Exception):
    """The call may have reached the game: it may have acted, or not."""


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is None unless it was JSON; `retry_after` is in seconds, None if not told."""

    status: int
    body: Any
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def data(self) -> Mapping[str, Any]:
        """The payload of a success, empty if there is none."""
        return _mapping(_mapping(self.body).get("data"))

    @property
    def error(self) -> Mapping[str, Any]:
        """The game's error, empty if there is none."""
        return _mapping(_mapping(self.body).get("error"))

    @property
    def code(self) -> int:
        """The game's error code, 0 if it gave none."""
        code = self.error.get("code")
        return code if isinstance(code, int) else 0


class GameHttp:
    """Calls below `base_url`, each in a thread with a session of its own, each sent once."""

    def __init__(self, base_url: str, timeout_seconds: float) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout = (min(CONNECT_SECONDS, timeout_seconds), timeout_seconds)
        self._total_seconds = sum(self._timeout)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="game")
        self._local = threading.local()

    async def call(self, method: str, path: str, *, token: str = "", body: Mapping[str, Any] | None = None) -> Answer:
        """Raises NotSentError or AnswerLostError; whatever the game answers, errors included, is an Answer."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._total_seconds + 0.5):
                return await loop.run_in_executor(self._threads, self._send, method, path, token, body)
        except TimeoutError:
            raise AnswerLostError("time-out") from None

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, method: str, path: str, token: str, body: Mapping[str, Any] | None) -> Answer:
        give_up_at = time.monotonic() + self._total_seconds
        try:
            with self._session().request(
                method,
                self._base_url + path,
                json=body,
                auth=_Bearer(token),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _read(response, give_up_at)
        except OSError as error:  # all of requests' own errors, and a bundle of certificates that is not there
            # Only the error's type is passed on: its text may quote what was sent.
            failure = NotSentError if _never_connected(error) else AnswerLostError
            raise failure(type(error).__name__) from None
        return Answer(response.status_code, _parsed(content), _retry_after(response))

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            # Calls of several agents share the session; a cookie would tie them together.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session


class _Bearer(AuthBase):
    """Sets the header itself, since requests would otherwise put a password from ~/.netrc in its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _read(response: requests.Response, give_up_at: float) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(64 * 1024):
        content += chunk
        if len(content) > _MAX_BODY_BYTES or time.monotonic() > give_up_at:
            raise requests.exceptions.ReadTimeout("the answer is too long or too slow")
    return bytes(content)


def _never_connected(error: OSError) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError | ConnectTimeoutError)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _retry_after(response: requests.Response) -> float | None:
    try:
        return min(max(0.0, float(response.headers["retry-after"])), _MAX_RETRY_AFTER)
    except (KeyError, ValueError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
