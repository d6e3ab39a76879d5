"""Serving a sandbox over HTTP with uvicorn."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.app import Sandbox
from sandbox.asgi import Scope

KEEP_ALIVE_SECONDS = 75


class Connections:
    """The open connections by their peer's address, so that one can be cut."""

    def __init__(self) -> None:
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}

    def opened(self, transport: asyncio.Transport) -> None:
        """Note a connection."""
        self._transports[_address(transport.get_extra_info("peername"))] = transport

    def closed(self, transport: asyncio.Transport) -> None:
        """Forget a connection."""
        address = _address(transport.get_extra_info("peername"))
        if self._transports.get(address) is transport:
            del self._transports[address]

    def hang_up(self, scope: Scope) -> None:
        """Cut the connection a request came by, without a word, if its client has not left by itself."""
        transport = self._transports.get(_address(scope["client"]))
        if transport is not None:
            transport.abort()


def _address(peer: object) -> tuple[str, int]:
    host, port, *_ = cast("tuple[str, int]", peer)
    return host, port


def protocol_noting(connections: Connections) -> type[H11Protocol]:
    """The HTTP protocol that lets `connections` know of each connection."""

    class NotingProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as h11_impl does
            connections.opened(transport)
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.closed(self.transport)
            super().connection_lost(exc)

    return NotingProtocol


class AnnouncingServer(uvicorn.Server):
    """A server that says where it listens, once it does."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[str], None]) -> None:
        super().__init__(config)
        self._announce = announce

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM, and end as if nothing had happened instead of raising them again."""
        previous = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen, then announce the URL."""
        await super().startup()
        if self.started:
            host, port, *_ = self.servers[0].sockets[0].getsockname()
            self._announce(f"http://{f'[{host}]' if ':' in host else host}:{port}/v2")


def serve(build: Callable[[Connections], Sandbox], host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM."""
    connections = Connections()
    sandbox = build(connections)
    config = uvicorn.Config(
        sandbox,
        host=host,
        port=port,
        http=protocol_noting(connections),
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=2,
    )
    try:
        AnnouncingServer(config, announce).run()
    finally:
        sandbox.close()
