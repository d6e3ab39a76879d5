"""A game server that is lax, odd or broken, as its test wants it."""

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.free_ports import free_port


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Odd:
    """One answer. No header is sent but those given and the length, not even Date.

    `hang_up`: the connection is cut in place of an answer. `held`: the answer waits until released.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    held: threading.Event | None = None

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def refusal(code: int, message: str = "no", status: int = 400, **data: Any) -> Odd:
    """The game's way to say no."""
    return Odd({"error": {"code": code, "message": message, "data": data}}, status)


Respond = Callable[[Seen], Odd]


class _PatientServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has gone is what many tests are about."""


class OddServer:
    """Answers by `respond`, on a free port, from `with` to its end. `seen` lists the requests."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond
        self.seen: list[Seen] = []
        self.connections = 0
        self._arrival = threading.Condition()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                with owner._arrival:
                    owner.connections += 1
                    owner._arrival.notify_all()
                super().setup()

            def do_GET(self) -> None:
                owner._serve(self)

            def do_POST(self) -> None:
                owner._serve(self)

            def do_PATCH(self) -> None:
                owner._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = _PatientServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v2"

    async def arrivals(self, requests: int = 0, connections: int = 0) -> None:
        """Return once so many have come."""

        def wait() -> None:
            with self._arrival:
                came = self._arrival.wait_for(
                    lambda: len(self.seen) >= requests and self.connections >= connections, timeout=60
                )
                assert came, f"only {len(self.seen)} requests on {self.connections} connections"

        await asyncio.to_thread(wait)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        url, content = urlsplit(handler.path), handler.rfile.read(int(handler.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        path = url.path.removeprefix("/v2")
        seen = Seen(handler.command, path, dict(parse_qsl(url.query)), headers, content)
        with self._arrival:
            self.seen.append(seen)
            self._arrival.notify_all()
        answer = self.respond(seen)
        if answer.held is not None:
            answer.held.wait(60)
        if answer.hang_up:
            handler.close_connection = True
            return
        handler.send_response_only(answer.status)
        for name, value in ({"content-length": str(len(answer.content))} | answer.headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer.content)


def in_turn(*answers: Odd) -> Respond:
    """These answers one after the other, the last one for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def closed_port_url() -> str:
    """Where nobody listens."""
    return f"http://127.0.0.1:{free_port()}/v2"
