"""All of the product as real processes on free ports, to be killed and started again at will."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from protos.navigation.v1 import navigation_service_pb2_grpc
from protos.player.v1 import player_service_pb2_grpc
from protos.routing.v1 import routing_service_pb2_grpc
from service_chassis.tls import channel_credentials
from tests.fakes.certificates import Identities, environment_of
from tests.fakes.free_ports import free_port

SERVICES = ("player_service", "navigation_service", "routing_service")
START_SECONDS = 180.0


class Stack:
    """The sandbox and the three services. `environment` is added to what every service gets.

    With `identities` the services speak TLS, each under its own name, and this is their operator.
    """

    def __init__(
        self,
        directory: Path,
        sandbox_options: tuple[str, ...],
        environment: dict[str, str],
        identities: Identities | None = None,
    ) -> None:
        self.directory = directory
        self.ports = {name: free_port() for name in ("sandbox", *SERVICES)}
        self._sandbox_options = sandbox_options
        self._environment = environment
        self._identities = identities
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._channels: list[grpc.Channel] = []

    def start(self, *names: str) -> None:
        """Start processes, all at once, without waiting for them."""
        for name in names or ("sandbox", *SERVICES):
            with (self.directory / f"{name}.log").open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    [sys.executable, "-m", name, *self._arguments(name)],
                    env=self._environ(name),
                    stdout=log,
                    stderr=log,
                )

    def wait_until_serving(self, *names: str) -> None:
        for name in names or ("sandbox", *SERVICES):
            eventually(partial(self._serves, name), START_SECONDS, f"{name} serves", self.logs)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal and wait for the end; the exit code."""
        process = self._processes[name]
        process.send_signal(number)
        return process.wait(timeout=90)

    def running(self, name: str) -> bool:
        return self._processes[name].poll() is None

    def resident_mebibytes(self, name: str) -> float:
        """The memory that a process has to itself now; Linux alone tells."""
        pages = int(Path(f"/proc/{self._processes[name].pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def stop(self) -> None:
        for channel in self._channels:
            channel.close()
        for process in self._processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()

    @property
    def players(self) -> player_service_pb2_grpc.PlayerServiceStub:
        return player_service_pb2_grpc.PlayerServiceStub(self.channel("player_service"))

    @property
    def navigation(self) -> navigation_service_pb2_grpc.NavigationServiceStub:
        return navigation_service_pb2_grpc.NavigationServiceStub(self.channel("navigation_service"))

    @property
    def routing(self) -> routing_service_pb2_grpc.RoutingServiceStub:
        return routing_service_pb2_grpc.RoutingServiceStub(self.channel("routing_service"))

    def address(self, name: str) -> str:
        return f"127.0.0.1:{self.ports[name]}"

    def channel(self, name: str) -> grpc.Channel:
        if self._identities is None:
            channel = grpc.insecure_channel(self.address(name))
        else:
            channel = grpc.secure_channel(self.address(name), channel_credentials(self._identities.of("operator")))
        self._channels.append(channel)
        return channel

    @property
    def game_url(self) -> str:
        return f"http://{self.address('sandbox')}/v2"

    def game(self, method: str, path: str, token: str, body: dict[str, Any] | None = None) -> Any:
        """Call the game as a foreign hand would."""
        return self._http(method, f"{self.game_url}{path}", body, token)["data"]

    def admin(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._http(method, f"http://{self.address('sandbox')}/_sandbox{path}", body, None)

    def game_log(self, ship: str) -> list[dict[str, Any]]:
        """What the sandbox saw of one ship, in order."""
        entries = self.admin("GET", "/log?after=0")["data"]
        return [entry for entry in entries if entry["ship"] == ship]

    def logs(self) -> str:
        texts = (f"--- {path.name}\n{path.read_text()[-3000:]}" for path in sorted(self.directory.glob("*.log")))
        return "\n".join(texts)

    def _arguments(self, name: str) -> tuple[str, ...]:
        if name != "sandbox":
            return ()
        data = str(self.directory / "sandbox-data")
        return ("--port", str(self.ports["sandbox"]), "--data-dir", data, *self._sandbox_options)

    def _environ(self, name: str) -> dict[str, str]:
        addresses = {f"{service.upper()}_ADDRESS": self.address(service) for service in SERVICES}
        listen = {"LISTEN_ADDRESS": self.address(name)}
        common = {"DATA_DIR": str(self.directory / "data"), "GAME_API_URL": self.game_url, "LOG_FORMAT": "json"}
        ours = self._identities.of(name.removesuffix("_service")) if self._identities else None
        tls = environment_of(ours) if ours and name != "sandbox" else {}
        return {**os.environ, **addresses, **listen, **common, **tls, **self._environment}

    def _serves(self, name: str) -> bool:
        if not self.running(name):
            raise AssertionError(f"{name} ended\n{self.logs()}")
        if name == "sandbox":
            return bool(self._http("GET", f"{self.game_url}/", None, None))
        stub: Any = health_pb2_grpc.HealthStub(self.channel(name))
        answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=2)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def _http(self, method: str, url: str, body: dict[str, Any] | None, token: str | None) -> Any:
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@contextmanager
def running_stack(
    directory: Path,
    *,
    sandbox_options: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
    identities: Identities | None = None,
) -> Iterator[Stack]:
    """A stack in which everything serves already."""
    stack = Stack(directory, sandbox_options, environment or {}, identities)
    try:
        stack.start()
        stack.wait_until_serving()
        yield stack
    finally:
        stack.stop()


def eventually(holds: Callable[[], bool], seconds: float, what: str, explain: Callable[[], str] = lambda: "") -> None:
    """Wait until `holds()`; network trouble on the way counts as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
        except (OSError, grpc.RpcError):
            pass
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}\n{explain()}")
        time.sleep(0.05)
