"""The player service in this process, behind its real port: everything is real but the game."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import grpc
from pydantic import SecretStr

from player_service.application.ports import GameGateway
from player_service.bootstrap import build
from player_service.settings import Settings
from protos.player.v1 import player_service_pb2 as pb
from protos.player.v1 import player_service_pb2_grpc as pb_grpc
from service_chassis.app import App
from service_chassis.status import RemoteError, remote_error
from tests.fakes.player_clock import SteppedClock
from tests.fakes.player_game import FakeGame


@dataclass
class PlayerComponent:
    """A running service, its game, its clock and a stub to call it with."""

    app: App
    stub: "pb_grpc.PlayerServiceAsyncStub"
    game: FakeGame
    clock: SteppedClock
    settings: Settings

    async def register(self, agent_symbol: str = "ACE", **metadata: Any) -> pb.Player:
        request = pb.RegisterPlayerRequest(agent_symbol=agent_symbol, token=self.game.make_agent(agent_symbol))
        request.metadata.update(metadata)
        return (await self.stub.RegisterPlayer(request)).player

    async def answer(self, method: str, request: Any) -> Any:
        """What a call answers. Raises RemoteError."""
        try:
            return await getattr(self.stub, method)(request)
        except grpc.aio.AioRpcError as error:
            raise remote_error(error) from error

    async def failure(self, method: str, request: Any) -> RemoteError:
        """The error with which a call ends; AssertionError if it succeeds."""
        try:
            answer = await self.answer(method, request)
        except RemoteError as error:
            return error
        raise AssertionError(f"{method} succeeded: {answer}")


def settings_for(directory: Path, **overrides: Any) -> Settings:
    """Settings that depend on nothing but their arguments."""
    values: dict[str, Any] = {
        "listen_address": "127.0.0.1:0",
        "data_dir": directory,
        "game_api_url": "http://fake.game/v2",
        "database_url": SecretStr(""),
        "token_encryption_keys": SecretStr(""),
        "drain_seconds": 1.0,
    }
    return Settings(**(values | overrides))


@asynccontextmanager
async def running(settings: Settings, game: GameGateway | None = None) -> AsyncIterator[PlayerComponent]:
    """The service from start to stop. `game` None: the real gateway, at the address that the settings name."""
    clock = SteppedClock()
    app = build(settings, game=game, clock=clock)
    try:
        await app.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{app.port}") as channel:
            stub = pb_grpc.PlayerServiceStub(channel)
            yield PlayerComponent(app, stub, cast(FakeGame, game), clock, settings)
    finally:
        await app.stop()
