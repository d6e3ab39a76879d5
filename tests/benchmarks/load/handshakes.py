"""What a new connection with mutual TLS costs a server, and one that stays and says nothing."""

import asyncio
import socket
import ssl
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from service_chassis.tls import TlsFiles
from tests.benchmarks.load.processes import Server, serving
from tests.fakes.certificates import Identities

_SERVED = "tests.benchmarks.load.served"
_TURNS = 20
_IDLE = 400
_IDLE_SECONDS = 3.0

HEAD = ["", "handshake, ms", "CPU, ms", "connections/s of a core", "KiB for one that idles", "CPU of 400, ms/s"]


@dataclass
class Doors:
    """What opening connections to one server came to. `seconds` for each, `cpu` of the server for all."""

    name: str
    server: Server
    seconds: list[float] = field(default_factory=list)
    cpu: float = 0.0
    idle_bytes: float = 0.0
    idle_cpu: float = 0.0

    def row(self) -> list[str]:
        each = self.cpu / len(self.seconds)
        return [
            self.name,
            f"{1e3 * statistics.median(self.seconds):.1f}",
            f"{1e3 * each:.1f}",
            f"{1 / each:,.0f}",
            f"{self.idle_bytes / 1024:.0f}",
            f"{1e3 * self.idle_cpu:.1f}",
        ]


async def compare(connections: int) -> list[Doors]:
    """Ours and gRPC's own, in turn."""
    with ExitStack() as stack:
        identities = Identities(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        doors = [
            Doors(
                "the services' listener", stack.enter_context(serving(_SERVED, "player-memory", identities=identities))
            ),
            Doors("gRPC's own TLS", stack.enter_context(serving(_SERVED, "echo", "", identities=identities))),
        ]
        for _ in range(_TURNS):
            for each in doors:
                await asyncio.to_thread(_knock, each, connections // _TURNS)
        for each in doors:
            await asyncio.to_thread(_stay, each)
    return doors


def _knock(doors: Doors, times: int) -> None:
    context = _context(doors.server.tls)
    before = doors.server.cpu_seconds()
    for _ in range(times):
        begun = time.monotonic()
        _connected(doors.server, context).close()
        doors.seconds.append(time.monotonic() - begun)
    doors.cpu += doors.server.cpu_seconds() - before


def _stay(doors: Doors) -> None:
    context = _context(doors.server.tls)
    memory = doors.server.resident_bytes()
    idle = [_connected(doors.server, context) for _ in range(_IDLE)]
    doors.idle_bytes = (doors.server.resident_bytes() - memory) / _IDLE
    before = doors.server.cpu_seconds()
    time.sleep(_IDLE_SECONDS)
    doors.idle_cpu = (doors.server.cpu_seconds() - before) / _IDLE_SECONDS
    for connection in idle:
        connection.close()


def _context(caller: TlsFiles | None) -> ssl.SSLContext:
    assert caller is not None
    assert caller.certificate is not None
    context = ssl.create_default_context(cafile=str(caller.authorities))
    context.load_cert_chain(caller.certificate, caller.key)
    context.set_alpn_protocols(["h2"])
    return context


def _connected(server: Server, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Once the server's first frame is there, it has accepted the caller's certificate."""
    plain = socket.create_connection(("127.0.0.1", server.port))
    secured = context.wrap_socket(plain, server_hostname="localhost")
    secured.recv(1)
    return secured
