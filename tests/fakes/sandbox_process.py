"""The sandbox as a process of its own, spoken to over plain sockets, so that a cut connection shows as one."""

import http.client
import json
import signal
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

READY = "sandbox ready at "


class SandboxServer:
    """Runs `python -m sandbox` from `with` to its end, on a free port."""

    def __init__(self, *options: str) -> None:
        self._command = [sys.executable, "-m", "sandbox", "--port", "0", *options]

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        assert self.line.startswith(READY), self.line
        self.url = self.line.removeprefix(READY).split()[0]
        self.port = int(self.url.rpartition(":")[2].removesuffix("/v2"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end(signal.SIGKILL)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def end(self, number: signal.Signals) -> int:
        """Send a signal; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=90)

    def call(self, method: str, path: str, body: object = None, token: str = "sandbox-account") -> Any:
        """One request on a connection of its own; the JSON of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            content = None if body is None else json.dumps(body)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            connection.request(method, path, content, headers)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()
