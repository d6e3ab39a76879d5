"""One server as a process of its own: `python -m tests.benchmarks.load.served KIND …`, at LISTEN_ADDRESS.

`echo REPLY_HEX` answers every call with the same bytes and does nothing else. `player-memory` and `player-sqlite
DIRECTORY` are the player service behind its real port, over either repository, with one registered player, the first.
Where IDENTITIES names a folder of certificates, the echo speaks gRPC's own mutual TLS, and `player-memory` ours.
"""

import asyncio
import os
import sys
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2_grpc

from player_service import bootstrap
from player_service.access import ALLOWED
from player_service.servicer import SERVICE_NAME, PlayerServicer, register
from protos.player.v1 import player_service_pb2 as pb
from protos.player.v1 import player_service_pb2_grpc as pb_grpc
from service_chassis.app import App
from service_chassis.channels import open_channel
from service_chassis.health import HealthServicer
from service_chassis.identity import paths_of
from service_chassis.server import GrpcServer, ServerOptions, Service
from service_chassis.telemetry import configure_logging
from service_chassis.tls import TlsFiles
from shared_kernel.clock import SystemClock
from tests.fakes.certificates import Identities
from tests.fakes.player_component import settings_for
from tests.fakes.player_game import FakeGame
from tests.fakes.player_memory import MemoryDatabase, MemoryOutcomes, MemoryPlayers


class _Echo(grpc.GenericRpcHandler):
    def __init__(self, reply: bytes) -> None:
        self._reply = reply

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        if handler_call_details.method.startswith("/grpc.health."):
            return None
        return grpc.unary_unary_rpc_method_handler(self._answer)

    async def _answer(self, request: bytes, context: object) -> bytes:
        return self._reply


class _Digest:
    def digest(self, *parts: str) -> str:
        return "0" * 64


async def _echo(reply: bytes) -> None:
    server, health = grpc.aio.server(), HealthServicer([])
    server.add_generic_rpc_handlers((_Echo(reply),))
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    identities = _identities()
    if identities is None:
        server.add_insecure_port(os.environ["LISTEN_ADDRESS"])
    else:
        server.add_secure_port(os.environ["LISTEN_ADDRESS"], _grpcs_own_tls(identities.of("player")))
    await server.start()
    health.set_serving()
    await server.wait_for_termination()


def _identities() -> Identities | None:
    directory = os.environ.get("IDENTITIES")
    return Identities(Path(directory)) if directory else None


def _grpcs_own_tls(files: TlsFiles) -> grpc.ServerCredentials:
    """Asks for a client certificate, and answers nobody without."""
    assert files.key is not None
    assert files.certificate is not None
    pair = (files.key.read_bytes(), files.certificate.read_bytes())
    return grpc.ssl_server_credentials([pair], files.authorities.read_bytes(), require_client_auth=True)


def _in_memory(game: FakeGame) -> App:
    database, clock = MemoryDatabase(), SystemClock()
    mediator = bootstrap.create_mediator(
        database, MemoryPlayers(database), MemoryOutcomes(database, clock), game, _Digest(), clock
    )
    servicer = PlayerServicer(mediator)
    identities = _identities()
    options = ServerOptions(
        os.environ["LISTEN_ADDRESS"],
        metrics_address=os.environ.get("METRICS_ADDRESS"),
        tls=identities.of("player") if identities else None,
        access=paths_of(SERVICE_NAME, ALLOWED),
    )
    services = [Service(SERVICE_NAME, lambda server: register(server, servicer))]
    return App(GrpcServer(options, domain="spacetraders.player", services=services))


async def _players(app: App, game: FakeGame) -> None:
    await app.start()
    identities, services = _identities(), [pb.DESCRIPTOR.services_by_name["PlayerService"]]
    tls = identities.of("operator") if identities else None
    async with open_channel(os.environ["LISTEN_ADDRESS"], services=services, tls=tls) as channel:
        newcomer = pb.RegisterPlayerRequest(agent_symbol="ACE", token=game.make_agent("ACE"))
        await pb_grpc.PlayerServiceStub(channel).RegisterPlayer(newcomer)
    await asyncio.Event().wait()


async def _serve(kind: str, *arguments: str) -> None:
    configure_logging(os.environ.get("LOG_LEVEL", "INFO"), os.environ.get("LOG_FORMAT", "json"), "player_service")
    game = FakeGame()
    if kind == "echo":
        await _echo(bytes.fromhex(arguments[0]))
    elif kind == "player-memory":
        await _players(_in_memory(game), game)
    else:
        settings = settings_for(Path(arguments[0]), listen_address=os.environ["LISTEN_ADDRESS"])
        await _players(bootstrap.build(settings, game=game), game)


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
