"""A small service over the real chassis, whose methods do what a test tells them to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc
from prometheus_client import CollectorRegistry

from protos.navigation.v1 import navigation_service_pb2 as navigation_pb
from protos.navigation.v1.navigation_service_pb2_grpc import (
    NavigationServiceServicer,
    NavigationServiceStub,
    add_NavigationServiceServicer_to_server,
)
from protos.player.v1 import player_service_pb2 as player_pb
from protos.player.v1.player_service_pb2_grpc import (
    PlayerServiceServicer,
    PlayerServiceStub,
    add_PlayerServiceServicer_to_server,
)
from service_chassis.server import GrpcServer, ServerOptions, Service
from service_chassis.telemetry import RpcMetrics

if TYPE_CHECKING:
    from protos.navigation.v1.navigation_service_pb2_grpc import NavigationServiceAsyncStub
    from protos.player.v1.player_service_pb2_grpc import PlayerServiceAsyncStub

PLAYER_SERVICE = "spacetraders.player.v1.PlayerService"
NAVIGATION_SERVICE = "spacetraders.navigation.v1.NavigationService"
DOMAIN = "spacetraders.test"

Answer: TypeAlias = Callable[[Any], Awaitable[Any]]


async def _nothing(_request: object) -> None:
    return None


class ScriptedPlayers(PlayerServiceServicer):
    """GetPlayer and RegisterPlayer run the script; the other methods are left to the generated class."""

    def __init__(self) -> None:
        self.script: Answer = _nothing
        self.received: list[Mapping[str, str]] = []

    async def GetPlayer(self, request: player_pb.GetPlayerRequest, context: Any) -> player_pb.GetPlayerResponse:
        self._note(context)
        return await self.script(request) or player_pb.GetPlayerResponse()

    async def RegisterPlayer(
        self, request: player_pb.RegisterPlayerRequest, context: Any
    ) -> player_pb.RegisterPlayerResponse:
        self._note(context)
        return await self.script(request) or player_pb.RegisterPlayerResponse()

    def _note(self, context: Any) -> None:
        self.received.append({key: str(value) for key, value in context.invocation_metadata()})


@dataclass
class ScriptedVoyages(NavigationServiceServicer):
    """WatchVoyage yields what the test puts into the queue; None ends the stream, an exception is raised."""

    items: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    failures: list[BaseException] = field(default_factory=list)
    on_step: Callable[[], None] = lambda: None

    async def WatchVoyage(
        self, request: navigation_pb.WatchVoyageRequest, context: Any
    ) -> AsyncIterator[navigation_pb.WatchVoyageResponse]:
        try:
            while (item := await self.items.get()) is not None:
                self.on_step()
                if isinstance(item, Exception):
                    raise item
                yield item
        except BaseException as failure:
            self.failures.append(failure)
            raise
        finally:
            self.on_step()
            self.ended.set()


@dataclass
class Serving:
    """A started server of both services, and stubs on one channel to it."""

    server: GrpcServer
    players: ScriptedPlayers
    voyages: ScriptedVoyages
    channel: grpc.aio.Channel

    @property
    def player_stub(self) -> "PlayerServiceAsyncStub":
        return PlayerServiceStub(self.channel)

    @property
    def voyage_stub(self) -> "NavigationServiceAsyncStub":
        return NavigationServiceStub(self.channel)


def scripted_server(options: ServerOptions) -> tuple[GrpcServer, ScriptedPlayers, ScriptedVoyages]:
    # To the type checker the generated classes are abstract, lest a method be forgotten; here most are, on purpose.
    any_class: Any = ScriptedPlayers, ScriptedVoyages
    players, voyages = (scripted() for scripted in any_class)
    server = GrpcServer(
        options,
        domain=DOMAIN,
        metrics=RpcMetrics(CollectorRegistry()),
        services=[
            Service(PLAYER_SERVICE, lambda target: add_PlayerServiceServicer_to_server(players, target)),
            Service(NAVIGATION_SERVICE, lambda target: add_NavigationServiceServicer_to_server(voyages, target)),
        ],
    )
    return server, players, voyages


@asynccontextmanager
async def serving(options: ServerOptions | None = None, *, ready: bool = True) -> AsyncIterator[Serving]:
    """A server on a free port, drained at the end."""
    server, players, voyages = scripted_server(options or ServerOptions("127.0.0.1:0", drain_seconds=0.5))
    await server.start()
    if ready:
        server.set_serving()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield Serving(server, players, voyages, channel)
    finally:
        await server.drain()


async def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Return as soon as the condition holds; TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)
