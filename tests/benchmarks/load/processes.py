"""Servers as processes of their own, and the CPU time that Linux has counted for them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from service_chassis.tls import TlsFiles, channel_credentials
from tests.fakes.certificates import Identities, environment_of
from tests.fakes.free_ports import free_port

_ROOT = Path(__file__).parents[3]
# Routing compiles before it serves, if it was never run on this machine.
_PATIENCE = 180.0


@dataclass
class Server:
    """A process that listens on a port of this machine; `tls` is what its callers show, if it wants that."""

    process: subprocess.Popen[bytes]
    port: int
    tls: TlsFiles | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def channel(self) -> grpc.aio.Channel:
        """One that adds nothing of ours."""
        if self.tls is None:
            return grpc.aio.insecure_channel(self.address)
        return grpc.aio.secure_channel(self.address, channel_credentials(self.tls))

    def cpu_seconds(self) -> float:
        """Of the process and what it started that lives, threads included."""
        return sum(map(_cpu_seconds, _family(self.process.pid)))

    def resident_bytes(self) -> int:
        """Of the process alone."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal, and wait for the end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(timeout=30)


@contextmanager
def serving(module: str, *arguments: str, identities: Identities | None = None, **environment: str) -> Iterator[Server]:
    """`python -m module`, of which `environment` makes a server on a free port, until the end of the block.

    With `identities` it speaks TLS, and is called by an operator.
    """
    if identities is not None:
        environment |= environment_of(identities.of("player")) | {"IDENTITIES": str(identities.directory)}
    server = start(module, *arguments, environment=environment)
    server.tls = identities.of("operator") if identities else None
    try:
        wait_until_serving(server)
        yield server
    finally:
        server.end(signal.SIGKILL)


def start(module: str, *arguments: str, environment: Mapping[str, str], port: int = 0) -> Server:
    """Returns before it serves."""
    port = port or free_port()
    settings = os.environ | {"LISTEN_ADDRESS": f"127.0.0.1:{port}", "LOG_FORMAT": "json"} | {**environment}
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], cwd=_ROOT, env=settings, stderr=subprocess.DEVNULL
    )
    return Server(process, port)


def wait_until_serving(server: Server) -> None:
    """By its health service; a server without one serves as soon as it listens."""
    give_up = time.monotonic() + _PATIENCE
    with _blocking_channel(server) as channel:
        while time.monotonic() < give_up and server.process.poll() is None:
            try:
                stub: Any = health_pb2_grpc.HealthStub(channel)
                answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=2, wait_for_ready=True)
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
            except grpc.RpcError:
                pass
            time.sleep(0.05)
    raise RuntimeError(f"{server.process.args!r} does not serve")


def _blocking_channel(server: Server) -> grpc.Channel:
    if server.tls is None:
        return grpc.insecure_channel(server.address)
    return grpc.secure_channel(server.address, channel_credentials(server.tls))


def _cpu_seconds(pid: int) -> float:
    total = 0.0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0]) / 1e9
        except OSError:
            continue
    return total


def _family(pid: int) -> list[int]:
    """The process, its children, theirs, and so on."""
    listed = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [pid, *(each for children in listed for child in children for each in _family(int(child)))]
