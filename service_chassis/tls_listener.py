"""Ends TLS in front of a gRPC server of this process.

gRPC for Python can demand a client certificate or not ask for one; it cannot ask and go on without. So a caller without
one would get a broken connection for an answer, where UNAUTHENTICATED is the word (docs/adr/0006). Here every
connection of the network has one of its own on the loopback interface, by whose port the caller is known.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import cast

import structlog

from service_chassis.identity import Caller, caller_of
from service_chassis.tls import Rotating

_HANDSHAKE_SECONDS = 10.0
_MAX_CONNECTIONS = 2_000
# A caller on a slow line may still be reading its last answer.
_GOODBYE_SECONDS = 30.0
_FLUSH_STEPS = 100
_FLUSH_STEP_SECONDS = 0.01
_INNER_HOST = "127.0.0.1"


class TlsListener:
    """`callers` has, for every open connection, who is at its far end; keys are the peers that gRPC sees."""

    def __init__(self, contexts: Rotating[ssl.SSLContext]) -> None:
        self.callers: dict[str, Caller] = {}
        self._contexts = contexts
        self._inner_port = 0
        self._server: asyncio.Server | None = None
        self._welcomes: set[asyncio.Task[None]] = set()
        self._open: dict[asyncio.Transport, asyncio.Transport] = {}
        self._log = structlog.get_logger()

    async def start(self, address: str, inner_port: int) -> int:
        """Listen on `host:port` for the gRPC server at `inner_port` of this machine; the port. Raises OSError."""
        self._inner_port = inner_port
        host, _, port = address.rpartition(":")
        host = host.strip("[]")
        loop = asyncio.get_running_loop()
        if host == "::" and socket.has_dualstack_ipv6():
            bound = socket.create_server((host, int(port)), family=socket.AF_INET6, dualstack_ipv6=True)
            self._server = await loop.create_server(lambda: _Accepted(self.welcome), sock=bound)
        else:
            self._server = await loop.create_server(lambda: _Accepted(self.welcome), host, int(port))
        return int(self._server.sockets[0].getsockname()[1])

    def stop_accepting(self) -> None:
        if self._server is not None:
            self._server.close()

    async def close(self) -> None:
        """For when the gRPC server has closed its connections: what it said last still goes out."""
        self.stop_accepting()
        for task in self._welcomes:
            task.cancel()
        for _ in range(_FLUSH_STEPS):
            if not self.callers and not any(map(_unsent, (*self._open.keys(), *self._open.values()))):
                break
            await asyncio.sleep(_FLUSH_STEP_SECONDS)
        for transport in tuple(self._open):
            transport.abort()

    def welcome(self, transport: asyncio.Transport) -> None:
        if len(self._open) + len(self._welcomes) >= _MAX_CONNECTIONS:
            self._log.warning("a connection is closed, as there are too many", limit=_MAX_CONNECTIONS)
            transport.abort()
            return
        # Nothing is to be read before TLS is there to read it.
        transport.pause_reading()
        task = asyncio.create_task(self._connect(transport))
        self._welcomes.add(task)
        task.add_done_callback(self._welcomes.discard)

    async def _connect(self, transport: asyncio.Transport) -> None:
        peer = transport.get_extra_info("peername")
        outer = _End()
        try:
            secured = await self._secured(transport, outer)
            opened, inner = await asyncio.get_running_loop().create_connection(_End, _INNER_HOST, self._inner_port)
        except ssl.SSLError as error:
            self._log.warning("TLS handshake failed", peer=peer[0] if peer else "", cause=_cause(error))
        except (OSError, asyncio.CancelledError):
            # The caller left, was too slow, or came while this process goes down.
            transport.abort()
        else:
            self._open[secured] = transport
            self._join(outer, secured, inner, opened)

    async def _secured(self, transport: asyncio.Transport, outer: "_End") -> asyncio.Transport:
        secured = await asyncio.get_running_loop().start_tls(
            transport,
            outer,
            self._contexts.current(),
            server_side=True,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=_GOODBYE_SECONDS,
        )
        if secured is None:
            raise ConnectionAbortedError("the caller left")
        return secured

    def _join(self, outer: "_End", secured: asyncio.Transport, inner: "_End", opened: asyncio.Transport) -> None:
        # The name that gRPC has for the far end of the inner connection.
        name = f"ipv4:{_INNER_HOST}:{opened.get_extra_info('sockname')[1]}"
        self.callers[name] = caller_of(secured.get_extra_info("peercert"))
        outer.other, inner.other = opened, secured
        outer.begin(lambda: self._open.pop(secured, None))
        # Before its port is free for another connection of this machine.
        inner.begin(lambda: self.callers.pop(name, None))


class _Accepted(asyncio.Protocol):
    def __init__(self, welcome: Callable[[asyncio.Transport], None]) -> None:
        self._welcome = welcome

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._welcome(cast("asyncio.Transport", transport))


class _End(asyncio.Protocol):
    """One end of a relayed connection: what comes in here goes out at the other end, no faster than that can send."""

    def __init__(self) -> None:
        self.other: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._lost = False
        self._forget: Callable[[], object] = lambda: None

    def begin(self, forget: Callable[[], object]) -> None:
        """`other` is there now: pass on what came before it. `forget` is called at the end of this end."""
        self._forget = forget
        early, self._early = self._early, []
        for data in early:
            self.data_received(data)
        if self._lost:
            self.connection_lost(None)

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self._early.append(data)
        else:
            self.other.write(data)

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if self.other is not None:
            self.other.close()
            self._forget()


def _unsent(transport: asyncio.Transport) -> bool:
    return transport.get_write_buffer_size() > 0


def _cause(error: ssl.SSLError) -> str:
    return getattr(error, "verify_message", "") or (error.reason or "no TLS").lower().replace("_", " ")
