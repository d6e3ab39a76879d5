"""The product as many real processes over one PostgreSQL, to be killed, paused and started again."""

import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.e2e.stack import eventually
from tests.fakes.free_ports import free_port
from tests.fakes.postgres_server import start_again, started_postgres

PLAYERS, ROUTING, SANDBOX = "player_service", "routing_service", "sandbox"
START_SECONDS = 180.0


class Postgres:
    """A server of its own that keeps what it committed through its own death, if not through the machine's."""

    def __init__(self, directory: Path) -> None:
        self._server = started_postgres(directory)
        self._server.psql("ALTER SYSTEM SET fsync = off;\nSELECT pg_reload_conf();\n")

    def create(self, name: str) -> str:
        """The URL of a new database."""
        self._server.psql(f"CREATE DATABASE {name};\n")
        folder = self._server.get_postmaster_info().socket_dir
        return f"postgresql://postgres@/{name}?host={quote(str(folder), safe='')}"

    def die_and_return(self) -> None:
        self.die()
        self.come_back()

    def die(self) -> None:
        """Without a word to its clients."""
        pid = self._server.get_postmaster_info().pid
        os.kill(pid, signal.SIGQUIT)
        eventually(lambda: not _runs(pid), START_SECONDS, "PostgreSQL is gone")

    def come_back(self) -> None:
        """With a recovery from its log."""
        start_again(self._server)

    def stop(self) -> None:
        self._server.cleanup()


class Cluster:
    """The sandbox, a player and a routing service, and `replicas` of the navigation service, on ports of their own.

    `environment` is added to what every navigation replica gets.
    """

    def __init__(self, directory: Path, postgres: Postgres, replicas: int, environment: dict[str, str]) -> None:
        self.replicas = [f"navigation_service-{number}" for number in range(1, replicas + 1)]
        self.services = [PLAYERS, ROUTING, *self.replicas]
        self._directory = directory
        self._ports = {name: free_port() for name in (SANDBOX, *self.services)}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = environment
        self._databases = {PLAYERS: postgres.create("players"), "navigation_service": postgres.create("voyages")}
        self._key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()

    def start_all(self, sandbox_options: Sequence[str]) -> None:
        """Everything, on migrated databases; returns when all of it serves."""
        self._launch(SANDBOX, ("--port", str(self._ports[SANDBOX]), *sandbox_options))
        for name in self._databases:
            subprocess.run(
                [sys.executable, "-m", name, "migrate"], env=self._environ(name), check=True, capture_output=True
            )
        for name in self.services:
            self.start(name)
        for name in self.services:
            self.wait_until_serving(name)

    def start(self, name: str) -> None:
        self._launch(name, ())

    def kill(self, name: str) -> None:
        """SIGKILL: no time to say goodbye."""
        process = self._processes[name]
        process.kill()
        process.wait()

    def signal(self, name: str, number: signal.Signals) -> None:
        self._processes[name].send_signal(number)

    def replica_of(self, owner: str) -> str:
        """Which replica a lease's owner is."""
        return next(name for name in self.replicas if f"-{self._processes[name].pid}-" in owner)

    def ended_by_themselves(self) -> list[str]:
        """Processes that nobody killed, and that are gone all the same."""
        return [name for name, process in self._processes.items() if process.poll() is not None]

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()

    def address(self, name: str) -> str:
        return f"127.0.0.1:{self._ports[name]}"

    @property
    def navigation_target(self) -> str:
        """All replicas, for a channel that balances over them."""
        return "ipv4:" + ",".join(self.address(name) for name in self.replicas)

    @property
    def game_url(self) -> str:
        return f"http://{self.address(SANDBOX)}/v2"

    def game(self, path: str, token: str) -> Any:
        return _http("GET", f"{self.game_url}{path}", None, token)

    def admin(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return _http(method, f"http://{self.address(SANDBOX)}/_sandbox{path}", body, None)["data"]

    def wait_until_serving(self, name: str) -> None:
        eventually(partial(self._serves, name), START_SECONDS, f"{name} serves", self.logs)

    def _serves(self, name: str) -> bool:
        with grpc.insecure_channel(self.address(name)) as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=2)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def logs(self) -> str:
        texts = (f"--- {path.name}\n{path.read_text()[-3000:]}" for path in sorted(self._directory.glob("*.log")))
        return "\n".join(texts)

    def _launch(self, name: str, arguments: Sequence[str]) -> None:
        with (self._directory / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", _module(name), *arguments],
                env=self._environ(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _environ(self, name: str) -> dict[str, str]:
        module = _module(name)
        own = self._environment if module == "navigation_service" else {}
        database = {"DATABASE_URL": self._databases[module]} if module in self._databases else {}
        listen = {"LISTEN_ADDRESS": self.address(name)} if name in self._ports else {}
        addresses = {"PLAYER_SERVICE_ADDRESS": self.address(PLAYERS), "ROUTING_SERVICE_ADDRESS": self.address(ROUTING)}
        shared = {"GAME_API_URL": self.game_url, "TOKEN_ENCRYPTION_KEYS": self._key, "LOG_FORMAT": "json"}
        return {**os.environ, **shared, **addresses, **listen, **database, **own}


@contextmanager
def running_cluster(
    directory: Path, *, replicas: int, sandbox_options: Sequence[str], environment: dict[str, str]
) -> Iterator[tuple[Cluster, Postgres]]:
    """Everything serves inside it, and nothing is left after it."""
    directory.mkdir(parents=True, exist_ok=True)
    # Not below `directory`, where another test run may take the server's own user the right to pass.
    home = tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True)
    postgres = Postgres(Path(home.name))
    try:
        cluster = Cluster(directory, postgres, replicas, environment)
        try:
            cluster.start_all(sandbox_options)
            yield cluster, postgres
        finally:
            cluster.stop()
    finally:
        postgres.stop()
        home.cleanup()


def _module(name: str) -> str:
    return name.partition("-")[0]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _http(method: str, url: str, body: dict[str, Any] | None, token: str | None) -> Any:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    data = None if method == "GET" else json.dumps(body or {}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=60) as answer:
        return json.load(answer)
