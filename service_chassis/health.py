"""grpc.health.v1: what probes and balancing clients ask. The library's own asyncio Watch loses its other watchers
when one of them leaves, and would hold up a drain.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_Status = health_pb2.HealthCheckResponse
# Balancing clients hold one for each connection. They are cheap, and calls must find room beside them.
MOST_WATCHES = 1_000


class HealthServicer(health_pb2_grpc.HealthServicer):
    """One status for the server ("") and each of its services, NOT_SERVING to begin with."""

    def __init__(self, names: Iterable[str], most_watches: int = MOST_WATCHES) -> None:
        self._names = frozenset(("", *names))
        self._status: int = _Status.NOT_SERVING
        self._changed = asyncio.Event()
        self._closing = False
        self._most_watches = most_watches
        self._watches = 0

    def set_serving(self) -> None:
        self._become(_Status.SERVING)

    def close(self) -> None:
        """NOT_SERVING for good; watchers hear of it, and then their streams end with UNAVAILABLE."""
        self._closing = True
        self._become(_Status.NOT_SERVING)

    async def Check(self, request: health_pb2.HealthCheckRequest, context: Any) -> _Status:
        if request.service not in self._names:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"this server has no service {request.service!r}")
        return _Status(status=self._status)

    async def Watch(self, request: health_pb2.HealthCheckRequest, context: Any) -> None:
        if self._watches >= self._most_watches:
            # By this status clients know to do without; with another one they would not call at all.
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "too many watch this server's health; ask with Check")
        self._watches += 1
        try:
            await self._tell(request, context)
        finally:
            self._watches -= 1

    async def _tell(self, request: health_pb2.HealthCheckRequest, context: Any) -> None:
        told = None
        while True:
            changed = self._changed
            status = self._status if request.service in self._names else _Status.SERVICE_UNKNOWN
            if status != told:
                await context.write(_Status(status=status))
                told = status
            if self._closing:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "this process is going down")
            await changed.wait()

    def _become(self, status: int) -> None:
        self._status = status
        self._changed.set()
        self._changed = asyncio.Event()
