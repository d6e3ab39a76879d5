"""Ends TLS in front of a gRPC server of this process.

gRPC for Python can demand a client certificate or not ask for one; it cannot ask and go on without. So a caller without
one would get a broken connection for an answer, where UNAUTHENTICATED is the word (docs/adr/0006). Here every
connection of the network has one of its own on the loopback interface, by whose port the caller is known.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from service_chassis.identity import Caller, caller_of
from service_chassis.tls import Rotating

_HANDSHAKE_SECONDS = 10.0
_MAX_CONNECTIONS = 2_000
_BACKLOG = 512
# A caller on a slow line may still be reading its last answer.
_GOODBYE_SECONDS = 30.0
_TELL_SECONDS = 1.0
_FLUSH_STEPS = 100
_FLUSH_STEP_SECONDS = 0.01
_INNER_HOST = "127.0.0.1"
# What is left to do when no file can be opened, for instance.
_RETRY_ACCEPT_SECONDS = 0.5


class TlsListener:
    """`callers` has, for every open connection, who is at its far end; keys are the peers that gRPC sees."""

    def __init__(self, contexts: Rotating[ssl.SSLContext]) -> None:
        self.callers: dict[str, Caller] = {}
        self._contexts = contexts
        self._inner_port = 0
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.Transport] = set()
        self._tell_again_at: dict[str, float] = {}
        self._log = structlog.get_logger()

    def start(self, address: str, inner_port: int) -> int:
        """Listen on `host:port` for the gRPC server at `inner_port` of this machine; the port. Raises OSError."""
        self._inner_port = inner_port
        host, _, port = address.rpartition(":")
        self._sockets = _bound(host.strip("[]"), int(port))
        for bound in self._sockets:
            self._keep(self._accept(bound))
        return int(self._sockets[0].getsockname()[1])

    async def stop_accepting(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for bound in self._sockets:
            bound.close()

    async def close(self) -> None:
        """For when the gRPC server has closed its connections: what it said last still goes out."""
        for _ in range(_FLUSH_STEPS):
            if not self.callers and not any(transport.get_write_buffer_size() for transport in self._open):
                break
            await asyncio.sleep(_FLUSH_STEP_SECONDS)
        for transport in tuple(self._open):
            transport.abort()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, bound: socket.socket) -> None:
        while True:
            try:
                accepted, address = await asyncio.get_running_loop().sock_accept(bound)
            except OSError as error:
                self._log.warning("a connection cannot be accepted", cause=str(error))
                await asyncio.sleep(_RETRY_ACCEPT_SECONDS)
                continue
            if len(self._open) + len(self._tasks) > _MAX_CONNECTIONS:
                self._log.warning("a connection is closed, as there are too many", limit=_MAX_CONNECTIONS)
                accepted.close()
            else:
                self._keep(self._connect(accepted, str(address[0])))

    async def _connect(self, accepted: socket.socket, peer: str) -> None:
        loop, outer, inner = asyncio.get_running_loop(), _End(), _End()
        try:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            secured, _ = await loop.connect_accepted_socket(
                lambda: outer,
                accepted,
                ssl=self._contexts.current(),
                ssl_handshake_timeout=_HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=_GOODBYE_SECONDS,
            )
        except ssl.SSLError as error:
            self._tell(peer, _cause(error))
            return
        except OSError:
            # The caller left, or was too slow.
            return
        try:
            opened, _ = await loop.create_connection(lambda: inner, _INNER_HOST, self._inner_port)
        except (OSError, asyncio.CancelledError):
            secured.abort()
        else:
            self._join(outer, secured, inner, opened)

    def _tell(self, peer: str, cause: str) -> None:
        """Once a second for each cause, as anybody can knock as often as they like."""
        now = asyncio.get_running_loop().time()
        if now >= self._tell_again_at.get(cause, 0.0):
            self._tell_again_at[cause] = now + _TELL_SECONDS
            self._log.warning("TLS handshake failed", peer=peer, cause=cause)

    def _join(self, outer: "_End", secured: asyncio.Transport, inner: "_End", opened: asyncio.Transport) -> None:
        # The name that gRPC has for the far end of the inner connection.
        name = f"ipv4:{_INNER_HOST}:{opened.get_extra_info('sockname')[1]}"
        self.callers[name] = caller_of(secured.get_extra_info("peercert"))
        self._open.add(secured)
        outer.other, inner.other = opened, secured
        outer.begin(lambda: self._open.discard(secured))
        # Before its port is free for another connection of this machine.
        inner.begin(lambda: self.callers.pop(name, None))


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
        if self.other is not None and not self.other.is_closing():
            self.other.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and not self.other.is_closing():
            self.other.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if self.other is not None:
            self.other.close()
            self._forget()


def _bound(host: str, port: int) -> list[socket.socket]:
    """Listening sockets for every address of `host`, all on one port."""
    if host == "::" and socket.has_dualstack_ipv6():
        found = [socket.create_server((host, port), family=socket.AF_INET6, backlog=_BACKLOG, dualstack_ipv6=True)]
    else:
        found = list[socket.socket]()
        for family, _, _, _, (name, *_) in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                found.append(socket.create_server((str(name), port), family=family, backlog=_BACKLOG))
            except OSError as error:
                # `localhost` has an address of IPv6 on machines without it, too.
                if error.errno != errno.EADDRNOTAVAIL:
                    raise
            else:
                port = found[0].getsockname()[1]
    if not found:
        raise OSError(errno.EADDRNOTAVAIL, "not an address of this machine")
    for bound in found:
        bound.setblocking(False)
    return found


def _cause(error: ssl.SSLError) -> str:
    return getattr(error, "verify_message", "") or (error.reason or "no TLS").lower().replace("_", " ")
