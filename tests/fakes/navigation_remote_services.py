"""The player and routing services as navigation calls them: over the real chassis, with answers that a test scripts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from protos.player.v1 import player_service_pb2 as player_pb
from protos.player.v1.player_service_pb2_grpc import PlayerServiceServicer, add_PlayerServiceServicer_to_server
from protos.routing.v1 import routing_service_pb2 as routing_pb
from protos.routing.v1.routing_service_pb2_grpc import RoutingServiceServicer, add_RoutingServiceServicer_to_server
from service_chassis.server import GrpcServer, ServerOptions, Service
from tests.fakes.navigation_players import FakePlayers

Trouble = Callable[[], Exception]


class ScriptedPlayerService(PlayerServiceServicer):
    """Hands out what `players` keeps. `trouble` is raised in place of an answer; `held` delays answers until set."""

    def __init__(self, players: FakePlayers) -> None:
        self.players = players
        self.trouble: Trouble | None = None
        self.held: asyncio.Event | None = None
        self.reads = 0
        self._arrival = asyncio.Condition()

    async def arrivals(self, reads: int) -> None:
        """Return once so many reads have come."""
        async with self._arrival:
            await self._arrival.wait_for(lambda: self.reads >= reads)

    async def GetAgentToken(
        self, request: player_pb.GetAgentTokenRequest, context: Any
    ) -> player_pb.GetAgentTokenResponse:
        async with self._arrival:
            self.reads += 1
            self._arrival.notify_all()
        if self.trouble is not None:
            raise self.trouble()
        kept = self.players.kept(request.player_id, request.agent_symbol)
        if self.held is not None:
            await self.held.wait()
        return player_pb.GetAgentTokenResponse(
            token=kept.token.reveal(),
            agent_symbol=kept.agent_symbol,
            player_id=kept.player_id,
            token_version=kept.token_version,
            universe=kept.universe,
        )

    async def ReportTokenRejected(
        self, request: player_pb.ReportTokenRejectedRequest, context: Any
    ) -> player_pb.ReportTokenRejectedResponse:
        if self.trouble is not None:
            raise self.trouble()
        self.players.reject(request.player_id, request.token_version, request.game_error_code)
        return player_pb.ReportTokenRejectedResponse()


class ScriptedRoutingService(RoutingServiceServicer):
    """Answers with `answer`, `tour` and `fleet`, or raises `trouble`; `requests` lists what it was asked."""

    def __init__(self) -> None:
        self.answer = routing_pb.PlanRouteResponse()
        self.tour = routing_pb.OptimizeTourResponse()
        self.fleet = routing_pb.PartitionFleetResponse()
        self.trouble: Trouble | None = None
        self.requests: list[Any] = []

    async def PlanRoute(self, request: routing_pb.PlanRouteRequest, context: Any) -> routing_pb.PlanRouteResponse:
        self._receive(request)
        return self.answer

    async def OptimizeTour(
        self, request: routing_pb.OptimizeTourRequest, context: Any
    ) -> routing_pb.OptimizeTourResponse:
        self._receive(request)
        return self.tour

    async def PartitionFleet(
        self, request: routing_pb.PartitionFleetRequest, context: Any
    ) -> routing_pb.PartitionFleetResponse:
        self._receive(request)
        return self.fleet

    def _receive(self, request: Any) -> None:
        self.requests.append(request)
        if self.trouble is not None:
            raise self.trouble()


def scripted_players(players: FakePlayers) -> ScriptedPlayerService:
    return ScriptedPlayerService(players)  # type: ignore[abstract]  # the methods left out answer UNIMPLEMENTED


def scripted_routing() -> ScriptedRoutingService:
    return ScriptedRoutingService()  # type: ignore[abstract]  # the methods left out answer UNIMPLEMENTED


@asynccontextmanager
async def serving_players(servicer: ScriptedPlayerService) -> AsyncIterator[str]:
    """The address of the service."""
    service = Service(
        player_pb.DESCRIPTOR.services_by_name["PlayerService"].full_name,
        lambda server: add_PlayerServiceServicer_to_server(servicer, server),
    )
    async with _serving(service, "spacetraders.player") as address:
        yield address


@asynccontextmanager
async def serving_routing(servicer: ScriptedRoutingService) -> AsyncIterator[str]:
    """The address of the service."""
    service = Service(
        routing_pb.DESCRIPTOR.services_by_name["RoutingService"].full_name,
        lambda server: add_RoutingServiceServicer_to_server(servicer, server),
    )
    async with _serving(service, "spacetraders.routing") as address:
        yield address


@asynccontextmanager
async def _serving(service: Service, domain: str) -> AsyncIterator[str]:
    server = GrpcServer(
        ServerOptions(listen_address="127.0.0.1:0", drain_seconds=0.0), domain=domain, services=[service]
    )
    await server.start()
    server.set_serving()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        await server.drain()
