"""How tests call a server with TLS, as whom, and what they see of its listener."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor

from protos.navigation.v1 import navigation_service_pb2 as navigation_pb
from protos.player.v1 import player_service_pb2 as player_pb
from protos.player.v1.player_service_pb2_grpc import PlayerServiceStub
from service_chassis.channels import open_channel
from service_chassis.server import GrpcServer, ServerOptions
from service_chassis.status import RemoteError, remote_error
from service_chassis.tls import TlsFiles
from service_chassis.tls_listener import TlsListener
from tests.fakes.certificates import Identities
from tests.fakes.chassis_service import (
    NAVIGATION_SERVICE,
    PLAYER_SERVICE,
    Serving,
)

SERVICES: list[ServiceDescriptor] = [
    player_pb.DESCRIPTOR.services_by_name["PlayerService"],
    navigation_pb.DESCRIPTOR.services_by_name["NavigationService"],
]
ACCESS = {
    "navigation": frozenset({f"/{PLAYER_SERVICE}/GetPlayer"}),
    "operator": frozenset({f"/{NAVIGATION_SERVICE}/WatchVoyage", f"/{PLAYER_SERVICE}/RegisterPlayer"}),
}


def options(identities: Identities, address: str = "127.0.0.1:0", **more: Any) -> ServerOptions:
    return ServerOptions(address, drain_seconds=0.5, tls=identities.of("player"), access=ACCESS, **more)


def listener_of(service: Serving) -> TlsListener:
    assert service.server._listener is not None
    return service.server._listener


@asynccontextmanager
async def channel_to(server: GrpcServer, files: TlsFiles | None) -> AsyncIterator[grpc.aio.Channel]:
    async with open_channel(f"127.0.0.1:{server.port}", services=SERVICES, default_timeout=30.0, tls=files) as channel:
        yield channel


async def outcome(server: GrpcServer, files: TlsFiles | None) -> RemoteError | None:
    """How GetPlayer ends for the owner of these files; None for well."""
    async with channel_to(server, files) as channel:
        return await outcome_on(channel)


async def outcome_on(channel: grpc.aio.Channel) -> RemoteError | None:
    try:
        await PlayerServiceStub(channel).GetPlayer(player_pb.GetPlayerRequest(player_id=1))
    except grpc.aio.AioRpcError as error:
        return remote_error(error)
    return None


async def refusal(server: GrpcServer, files: TlsFiles | None) -> RemoteError:
    error = await outcome(server, files)
    assert error is not None
    return error


def handshakes(service: Serving, outcome: str) -> float:
    value = service.server.metrics.registry.get_sample_value
    return value("spacetraders_tls_handshakes_total", {"outcome": outcome}) or 0.0
