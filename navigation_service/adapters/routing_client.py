"""The routing service over gRPC."""

from typing import TYPE_CHECKING

import grpc

from navigation_service.adapters.remote_errors import outage, rebuilt, retry_after
from navigation_service.adapters.routing_messages import (
    UnreadableRouteError,
    from_route,
    to_graph,
    to_options,
    to_ship,
)
from navigation_service.application.ports import ShipProfile
from navigation_service.domain.errors import (
    NoRouteFoundError,
    RoutingQueueFullError,
    RoutingUnavailableError,
)
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.route import Route, RouteOptions
from protos.routing.v1 import routing_service_pb2 as pb
from protos.routing.v1.routing_service_pb2_grpc import RoutingServiceStub
from service_chassis.channels import open_channel
from service_chassis.status import remote_error

if TYPE_CHECKING:
    from protos.routing.v1.routing_service_pb2_grpc import RoutingServiceAsyncStub

_SERVICES = tuple(pb.DESCRIPTOR.services_by_name.values())
_BY_REASON = {NoRouteFoundError.reason: NoRouteFoundError}
_BY_CODE = {grpc.StatusCode.RESOURCE_EXHAUSTED: RoutingQueueFullError}


class GrpcRoutePlanner:
    """Satisfies RoutePlanner. The channel opens at the first call, in the loop that it belongs to."""

    def __init__(self, address: str, *, timeout_seconds: float = 10.0) -> None:
        self._address = address
        self._timeout_seconds = timeout_seconds
        self._channel: grpc.aio.Channel | None = None

    async def close(self) -> None:
        if self._channel is not None:
            await self._channel.close()

    async def plan_route(
        self, graph: SystemGraph, ship: ShipProfile, origin: str, destination: str, options: RouteOptions
    ) -> Route:
        request = pb.PlanRouteRequest(
            graph=to_graph(graph),
            ship=to_ship(ship),
            origin=origin,
            destination=destination,
            options=to_options(options),
        )
        try:
            return from_route((await self._stub().PlanRoute(request)).route)
        except grpc.aio.AioRpcError as failure:
            error = remote_error(failure)
        except UnreadableRouteError as unreadable:
            raise RoutingUnavailableError(f"the routing service sent a route with {unreadable}") from unreadable
        # Whatever else it is, a bug over there included, waiting is better than giving up the voyage.
        raise rebuilt(error, _BY_REASON, _BY_CODE) or RoutingUnavailableError(
            outage("the routing service", error), retry_after=retry_after(error)
        )

    def _stub(self) -> "RoutingServiceAsyncStub":
        if self._channel is None:
            self._channel = open_channel(self._address, services=_SERVICES, default_timeout=self._timeout_seconds)
        return RoutingServiceStub(self._channel)
