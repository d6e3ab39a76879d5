"""An HTTP server that answers what it is told to, well-formed or not."""

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Scripted:
    """One answer. `hang_up` closes the connection in place of it; `held` waits before it, until released."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    held: threading.Event | None = None

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def refused(status: int, code: int, message: str = "no", **data: Any) -> Scripted:
    """The game's way to say no."""
    return Scripted(status, {"error": {"code": code, "message": message, "data": data}})


class ScriptedServer:
    """Answers in the order of `answers`, then with the last of them for ever. `seen` holds (method, path, headers)."""

    def __init__(self, *answers: Scripted) -> None:
        self.answers = deque(answers)
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner._answer(self)

            def do_POST(self) -> None:
                owner._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v2"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        handler.rfile.read(int(handler.headers.get("content-length") or 0))
        self.seen.append((handler.command, handler.path, {k.lower(): v for k, v in handler.headers.items()}))
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if answer.held is not None:
            answer.held.wait(60)
        if answer.hang_up:
            handler.close_connection = True
            return
        handler.send_response(answer.status)
        for name, value in ({"content-length": str(len(answer.content))} | answer.headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer.content)
