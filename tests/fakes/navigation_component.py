"""The navigation service in this process, behind its real port and over a real database: only the far side is fake."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from pydantic import SecretStr

from navigation_service.bootstrap import build
from navigation_service.domain.ship import Ship
from navigation_service.settings import Settings
from protos.navigation.v1 import navigation_pb2 as pb
from protos.navigation.v1 import navigation_service_pb2 as service_pb
from protos.navigation.v1 import navigation_service_pb2_grpc as service_grpc
from service_chassis.app import App
from service_chassis.status import RemoteError, remote_error
from shared_kernel.clock import SystemClock
from tests.fakes.navigation_game import FakeGame, Place
from tests.fakes.navigation_planner import FakePlanner
from tests.fakes.navigation_players import FakePlayers
from tests.fakes.navigation_world import HOME, PLACES, SHIP, UNIVERSE

# 223 s of flight, from HOME to PUMP, take 0.2 s.
TIME_SCALE = 1_000.0


class FarSide:
    """What the service calls: a game with one agent, its player, and a planner. It outlives the service."""

    def __init__(self, time_scale: float = TIME_SCALE, places: Sequence[Place] = PLACES) -> None:
        """With a ship at HOME, if that is one of the places."""
        self.game = FakeGame(SystemClock(), universe=UNIVERSE, time_scale=time_scale)
        self.game.chart(*places)
        self.credential = self.game.enlist("ACE")
        if any(place.symbol == HOME for place in places):
            self.game.launch(SHIP, HOME)
        self.players = FakePlayers(self.credential)
        self.planner = FakePlanner()

    @property
    def ship(self) -> Ship:
        return self.game.ships[SHIP]


@dataclass
class NavigationComponent:
    """A running service, a stub to call it with, and its far side."""

    app: App
    stub: "service_grpc.NavigationServiceAsyncStub"
    far_side: FarSide

    async def answer(self, method: str, request: Any) -> Any:
        """What a call answers. Raises RemoteError."""
        try:
            return await getattr(self.stub, method)(request, timeout=60)
        except grpc.aio.AioRpcError as error:
            raise remote_error(error) from error

    async def failure(self, method: str, request: Any) -> RemoteError:
        """The error with which a call ends; AssertionError if it succeeds."""
        try:
            answer = await self.answer(method, request)
        except RemoteError as error:
            return error
        raise AssertionError(f"{method} succeeded: {answer}")

    async def navigate(self, destination: str, **fields: Any) -> pb.Voyage:
        request = service_pb.NavigateShipRequest(ship_symbol=SHIP, destination=destination, **fields)
        return (await self.stub.NavigateShip(request, timeout=60)).voyage

    async def voyage(self, voyage_id: str) -> pb.Voyage:
        return (await self.stub.GetVoyage(service_pb.GetVoyageRequest(voyage_id=voyage_id))).voyage

    async def watch(self, voyage_id: str, after: int = 0, until: str = "") -> list[pb.VoyageEvent]:
        """The events to the end, or to the first of the kind `until`. Raises RemoteError."""
        request = service_pb.WatchVoyageRequest(voyage_id=voyage_id, after_event_number=after)
        events = list[pb.VoyageEvent]()
        try:
            async for response in self.stub.WatchVoyage(request, timeout=90):
                events.append(response.event)
                if response.event.WhichOneof("detail") == until:
                    break
        except grpc.aio.AioRpcError as error:
            raise remote_error(error) from error
        return events


def settings_for(directory: Path, **overrides: Any) -> Settings:
    """Settings that depend on nothing but their arguments."""
    values: dict[str, Any] = {
        "listen_address": "127.0.0.1:0",
        "data_dir": directory,
        "game_api_url": "http://fake.game/v2",
        "game_requests_per_second": 0,
        "game_burst": 0,
        "game_timeout_seconds": 0.5,
        "game_time_scale": TIME_SCALE,
        "voyage_lease_seconds": 3.0,
        "database_url": SecretStr(""),
        "drain_seconds": 2.0,
    }
    return Settings(**(values | overrides))


@asynccontextmanager
async def running(settings: Settings, far_side: FarSide) -> AsyncIterator[NavigationComponent]:
    """The service from start to stop."""
    app = build(settings, game=far_side.game, planner=far_side.planner, players=far_side.players)
    try:
        await app.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{app.port}") as channel:
            yield NavigationComponent(app, service_grpc.NavigationServiceStub(channel), far_side)
    finally:
        await app.stop()
