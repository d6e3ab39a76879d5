"""Ends TLS in front of a gRPC server of this process.

gRPC for Python can demand a client certificate or not ask for one; it cannot ask and go on without. So a caller without
one would get a broken connection for an answer, where UNAUTHENTICATED is the word (docs/adr/0006). Here every
connection of the network has one of its own on the loopback interface, by whose port the caller is known.
What passes between the two is `tls_relay.py`.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from service_chassis.identity import ANONYMOUS, Caller, caller_of
from service_chassis.tls import Rotating
from service_chassis.tls_relay import PlainEnd, SecuredEnd

_HANDSHAKE_SECONDS = 10.0
_MAX_CONNECTIONS = 2_000
_MAX_HANDSHAKES = 200
_MAX_STRANGERS = 200
_BACKLOG = 512
_BUFFER_BYTES = 64 * 1024
_TELL_SECONDS = 1.0
_FLUSH_STEPS = 100
_FLUSH_STEP_SECONDS = 0.01
_INNER_HOST = "127.0.0.1"
# A pause before the next try, when for instance no more files can be opened.
_RETRY_ACCEPT_SECONDS = 0.5

HANDSHAKE_OUTCOMES = ("ok", "expired", "revoked", "unknown_ca", "refused", "wrong_protocol", "timeout", "left", "other")
# By OpenSSL's number (X509_V_ERR_…), why the caller's certificate proves nothing.
_UNPROVEN = {10: "expired", 23: "revoked", **dict.fromkeys((7, 18, 19, 20, 21), "unknown_ca")}
# By OpenSSL's reason. The caller's alerts are about our certificate.
_BROKEN_OFF = {
    "TLSV1_ALERT_UNKNOWN_CA": "refused",
    "SSLV3_ALERT_BAD_CERTIFICATE": "refused",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "refused",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "refused",
    "HTTP_REQUEST": "wrong_protocol",
    "HTTPS_PROXY_REQUEST": "wrong_protocol",
    "WRONG_VERSION_NUMBER": "wrong_protocol",
    "UNSUPPORTED_PROTOCOL": "wrong_protocol",
    "NO_SHARED_CIPHER": "wrong_protocol",
}


class TlsListener:
    """`callers` has, for every open connection, who is at its far end; keys are the peers that gRPC sees.

    `count` hears how each handshake went, as one of HANDSHAKE_OUTCOMES.
    """

    def __init__(self, contexts: Rotating[ssl.SSLContext], trust_domain: str, count: Callable[[str], None]) -> None:
        self.callers: dict[str, Caller] = {}
        self._contexts = contexts
        self._trust_domain = trust_domain
        self._count = count
        self._inner_port = 0
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        # In the order in which they came. Who is there, is known after the handshake.
        self._open: dict[SecuredEnd, Caller | None] = {}
        self._shaking: dict[SecuredEnd, None] = {}
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
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
            if not self.callers and not any(end.transport.get_write_buffer_size() for end in self._open):
                break
            await asyncio.sleep(_FLUSH_STEP_SECONDS)
        for end in tuple(self._open):
            end.transport.abort()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, bound: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(bound)
            except OSError as error:
                self._log.warning("a connection cannot be accepted", cause=str(error))
                await asyncio.sleep(_RETRY_ACCEPT_SECONDS)
                continue
            if len(self._open) >= _MAX_CONNECTIONS:
                self._tell("a connection is closed", str(address[0]), f"{_MAX_CONNECTIONS} are open")
                accepted.close()
                continue
            if len(self._shaking) >= _MAX_HANDSHAKES:
                # An honest handshake takes milliseconds: who has been at it for longest means none.
                longest = next(iter(self._shaking))
                del self._shaking[longest]
                longest.give_up(TimeoutError())
            end = SecuredEnd(self._contexts.current(), self._buffer, self._forget)
            self._open[end] = self._shaking[end] = None
            self._keep(self._connect(end, accepted, str(address[0])))

    async def _connect(self, end: SecuredEnd, accepted: socket.socket, peer: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            # asyncio does it for sockets of its own making alone.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.connect_accepted_socket(lambda: end, accepted)
        except (OSError, asyncio.CancelledError):
            self._forget(end)
            return
        try:
            caller = await self._meet(end, peer)
            if caller is not None and self._has_room_for(end, caller, peer):
                await loop.create_connection(lambda: PlainEnd(end, caller, self.callers), _INNER_HOST, self._inner_port)
            else:
                end.transport.close()
        except (OSError, asyncio.CancelledError):
            # The inner door is shut, as it is at the end of a drain.
            end.transport.abort()

    async def _meet(self, end: SecuredEnd, peer: str) -> Caller | None:
        """Who is at the far end; None if that cannot be known."""
        try:
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                certificate = await end.shake_hands()
        except OSError as error:
            self._count(_outcome_of(error))
            if isinstance(error, ssl.SSLError):
                self._tell("TLS handshake failed", peer, _cause(error))
            return None
        finally:
            self._shaking.pop(end, None)
        self._count("ok")
        return caller_of(certificate, self._trust_domain)

    def _has_room_for(self, end: SecuredEnd, caller: Caller, peer: str) -> bool:
        """Whoever has no certificate is here for health, and must not take the place of those that have one."""
        if caller is ANONYMOUS and sum(other is ANONYMOUS for other in self._open.values()) >= _MAX_STRANGERS:
            self._tell("a connection is closed", peer, f"{_MAX_STRANGERS} without a certificate are open")
            return False
        if end in self._open:
            self._open[end] = caller
        return True

    def _forget(self, end: SecuredEnd) -> None:
        self._open.pop(end, None)
        self._shaking.pop(end, None)

    def _tell(self, event: str, peer: str, cause: str) -> None:
        """Once a second for each cause, as anybody can knock as often as they like."""
        now = asyncio.get_running_loop().time()
        if now >= self._tell_again_at.get(cause, 0.0):
            self._tell_again_at[cause] = now + _TELL_SECONDS
            self._log.warning(event, peer=peer, cause=cause)


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


def _outcome_of(error: OSError) -> str:
    """Why a handshake failed, as one of few words."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLCertVerificationError):
        return _UNPROVEN.get(error.verify_code, "other")
    if isinstance(error, ssl.SSLError):
        return _BROKEN_OFF.get(error.reason or "", "other")
    return "left"
