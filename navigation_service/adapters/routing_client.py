"""The routing service over gRPC."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import grpc

from navigation_service.adapters.remote_errors import outage, rebuilt, retry_after
from navigation_service.adapters.routing_messages import (
    UnreadableRouteError,
    from_fleet,
    from_route,
    from_tour,
    to_budget,
    to_fleet_objective,
    to_fleet_ship,
    to_graph,
    to_options,
    to_ship,
)
from navigation_service.application.ports import FleetWish, ShipProfile, TourWish
from navigation_service.domain.errors import (
    NoRouteFoundError,
    RoutingQueueFullError,
    RoutingUnavailableError,
)
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.route import Route, RouteOptions
from navigation_service.domain.tour import FleetPlan, TourPlan
from protos.routing.v1 import routing_service_pb2 as pb
from protos.routing.v1.routing_service_pb2_grpc import RoutingServiceStub
from service_chassis.call_context import remaining_seconds
from service_chassis.channels import TlsFiles, open_channel
from service_chassis.status import remote_error

if TYPE_CHECKING:
    from protos.routing.v1.routing_service_pb2_grpc import RoutingServiceAsyncStub

_SERVICES = tuple(pb.DESCRIPTOR.services_by_name.values())
_BY_REASON = {NoRouteFoundError.reason: NoRouteFoundError}
_BY_CODE = {grpc.StatusCode.RESOURCE_EXHAUSTED: RoutingQueueFullError}
# A longer search hardly improves a plan; it mostly proves how good it is.
_LONGEST_SOLVE_SECONDS = 5.0

Answer = TypeVar("Answer")
Plan = TypeVar("Plan")


class GrpcRoutePlanner:
    """Satisfies RoutePlanner. The channel opens at the first call, in the loop that it belongs to."""

    def __init__(self, address: str, *, timeout_seconds: float = 10.0, tls: TlsFiles | None = None) -> None:
        self._address = address
        self._tls = tls
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
        return await self._asked(lambda stub: stub.PlanRoute(request), lambda answer: from_route(answer.route))

    async def optimize_tour(
        self, graph: SystemGraph, ship: ShipProfile, wish: TourWish, options: RouteOptions
    ) -> TourPlan:
        seconds, closed = _solve_seconds(), wish.destination == wish.origin
        request = pb.OptimizeTourRequest(
            graph=to_graph(graph),
            ship=to_ship(ship),
            origin=wish.origin,
            stops=wish.stops,
            return_to_origin=closed,
            options=to_options(options),
            solve=to_budget(seconds),
            keep_order=wish.keep_order,
            destination="" if closed else wish.destination,
        )
        timeout = seconds + self._timeout_seconds
        return await self._asked(lambda stub: stub.OptimizeTour(request, timeout=timeout), from_tour)

    async def partition_fleet(self, graph: SystemGraph, wish: FleetWish, options: RouteOptions) -> FleetPlan:
        seconds = _solve_seconds()
        request = pb.PartitionFleetRequest(
            graph=to_graph(graph),
            ships=map(to_fleet_ship, wish.ships),
            stops=wish.stops,
            return_to_origin=wish.return_to_origin,
            objective=to_fleet_objective(wish.objective),
            options=to_options(options),
            solve=to_budget(seconds),
        )
        timeout = seconds + self._timeout_seconds
        return await self._asked(lambda stub: stub.PartitionFleet(request, timeout=timeout), from_fleet)

    async def _asked(
        self, call: Callable[["RoutingServiceAsyncStub"], Awaitable[Answer]], read: Callable[[Answer], Plan]
    ) -> Plan:
        try:
            return read(await call(self._stub()))
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
            self._channel = open_channel(
                self._address, services=_SERVICES, default_timeout=self._timeout_seconds, tls=self._tls
            )
        return RoutingServiceStub(self._channel)


def _solve_seconds() -> float:
    """For how long a solver may search: what is left to do after it needs its part of the caller's time too."""
    left = remaining_seconds()
    return _LONGEST_SOLVE_SECONDS if left is None else min(_LONGEST_SOLVE_SECONDS, max(0.7 * left, 0.1))
