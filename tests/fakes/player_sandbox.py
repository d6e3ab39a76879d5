"""The sandbox as a process of its own, for tests that need the game as an outside party."""

import subprocess
import sys
from types import TracebackType
from typing import Any, Self

import requests

ACCOUNT_TOKEN = "sandbox-account"


class SandboxProcess:
    """Runs from `with` to its end, on `port` or a free one; `url` is what GAME_API_URL would be."""

    def __init__(self, *options: str, port: int = 0) -> None:
        self._options = options
        self.port = port
        self.url = ""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "sandbox", "--port", str(self.port), *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("sandbox ready at "):
                self.url = line.split()[3]
                self.port = int(self.host.rpartition(":")[2])
                return self
        raise RuntimeError("the sandbox ended before it was ready")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def kill(self) -> None:
        """SIGKILL: no time to say goodbye."""
        self._process.kill()
        self._process.wait()

    @property
    def host(self) -> str:
        return self.url.split("/")[2]

    def admin(self, path: str, **body: Any) -> Any:
        """POST to the sandbox's own endpoints, such as /faults and /reset."""
        answer = requests.post(f"http://{self.host}/_sandbox{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()["data"]

    def register(self, agent_symbol: str) -> str:
        """The token of a new agent that was made behind the product's back."""
        answer = requests.post(
            f"{self.url}/register",
            json={"symbol": agent_symbol, "faction": "COSMIC"},
            headers={"Authorization": f"Bearer {ACCOUNT_TOKEN}"},
            timeout=60,
        )
        answer.raise_for_status()
        return str(answer.json()["data"]["token"])
