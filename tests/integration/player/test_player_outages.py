"""What is down is named, what needs it not goes on, and everything recovers by itself."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.fernet import Fernet
from grpc_health.v1 import health_pb2, health_pb2_grpc
from pydantic import SecretStr

from player_service.bootstrap import build, migrate
from player_service.settings import Settings
from protos.player.v1 import player_service_pb2 as pb
from tests.conftest import PostgresServer
from tests.fakes.free_ports import free_port
from tests.fakes.player_component import PlayerComponent, running, settings_for
from tests.fakes.player_game import FakeGame
from tests.fakes.player_sandbox import ACCOUNT_TOKEN, SandboxProcess

KEY = Fernet.generate_key().decode()


def postgres_settings(directory: Path, url: str, **others: Any) -> Settings:
    keys = SecretStr(KEY)
    return settings_for(directory, database_url=SecretStr(url), token_encryption_keys=keys, **others)


async def migrated(settings: Settings) -> Settings:
    await migrate(settings)
    return settings


async def failures(service: PlayerComponent) -> list[tuple[grpc.StatusCode, str, bool]]:
    calls = [
        ("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="NEW", token=service.game.make_agent("NEW"))),
        ("ReplaceAgentToken", pb.ReplaceAgentTokenRequest(player_id=1, token="x")),
        ("GetPlayer", pb.GetPlayerRequest(player_id=1)),
        ("ListPlayers", pb.ListPlayersRequest()),
        ("UpdatePlayerMetadata", pb.UpdatePlayerMetadataRequest(player_id=1)),
        ("DeletePlayer", pb.DeletePlayerRequest(player_id=1)),
        ("GetAgentToken", pb.GetAgentTokenRequest(player_id=1)),
        ("ReportTokenRejected", pb.ReportTokenRejectedRequest(player_id=1, token_version=1)),
    ]
    errors = [await service.failure(method, request) for method, request in calls]
    return [(error.code, error.reason, error.retry_after is not None) for error in errors]


@pytest.mark.postgres
async def test_a_database_that_goes_away_is_named_and_comes_back(
    tmp_path: Path, postgres_server: PostgresServer, postgres_database: str
) -> None:
    settings = await migrated(postgres_settings(tmp_path, postgres_server.url(postgres_database)))

    async with running(settings, FakeGame()) as service:
        player = await service.register("ACE")
        postgres_server.disconnect(postgres_database)
        down = await failures(service)
        postgres_server.reconnect(postgres_database)

        assert down == [(grpc.StatusCode.UNAVAILABLE, "DATABASE_UNAVAILABLE", True)] * 8
        assert (await service.stub.GetPlayer(pb.GetPlayerRequest(player_id=player.player_id))).player == player


@pytest.mark.postgres
async def test_serves_as_soon_as_the_database_is_migrated(tmp_path: Path, postgres_url: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    settings = postgres_settings(tmp_path, postgres_url, listen_address=address)

    app = build(settings, game=FakeGame())
    starting = asyncio.create_task(app.start())
    async with grpc.aio.insecure_channel(address) as channel:
        watch: Any = health_pb2_grpc.HealthStub(channel)
        changes = watch.Watch(health_pb2.HealthCheckRequest(), wait_for_ready=True)
        before = await changes.read()
        await migrate(settings)
        after = await changes.read()
    await starting
    await app.stop()

    assert before.status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert after.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.postgres
async def test_replicas_over_one_database_are_one_service(tmp_path: Path, postgres_url: str) -> None:
    settings = await migrated(postgres_settings(tmp_path, postgres_url))
    game = FakeGame()

    async with running(settings, game) as first, running(settings, game) as second:
        request = pb.RegisterPlayerRequest(agent_symbol="ACE", token=game.make_agent("ACE"), request_id="r-1")
        answers = await asyncio.gather(
            *(replica.stub.RegisterPlayer(request) for _ in range(4) for replica in (first, second))
        )
        token = await second.stub.GetAgentToken(pb.GetAgentTokenRequest(agent_symbol="ACE"))

    assert len({answer.player.player_id for answer in answers}) == 1
    assert token.token == request.token


@pytest.mark.postgres
async def test_tokens_are_sealed_in_postgresql_too(
    tmp_path: Path, postgres_server: PostgresServer, postgres_database: str
) -> None:
    settings = await migrated(postgres_settings(tmp_path, postgres_server.url(postgres_database)))

    async with running(settings, FakeGame()) as service:
        token = service.game.make_agent("ACE")
        await service.stub.RegisterPlayer(pb.RegisterPlayerRequest(agent_symbol="ACE", token=token, request_id="r-1"))
        rows = postgres_server.server.psql(f"\\c {postgres_database}\nSELECT * FROM players; SELECT * FROM outcomes;")

    assert "ACE" in rows
    assert token not in rows


async def test_the_real_game_going_down_and_coming_back(tmp_path: Path) -> None:
    enlisting = pb.NewAgent(faction="COSMIC", account_token=ACCOUNT_TOKEN)
    with SandboxProcess("--no-rate-limit", "--data-dir", str(tmp_path / "game")) as sandbox:
        settings = settings_for(tmp_path, game_api_url=sandbox.url)
        async with running(settings) as service:
            request = pb.RegisterPlayerRequest(agent_symbol="ACE", new_agent=enlisting, request_id="r-1")
            player = (await service.stub.RegisterPlayer(request)).player

            sandbox.kill()
            down = await service.failure("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="NEW", token="x"))
            repeated = (await service.stub.RegisterPlayer(request)).player
            with SandboxProcess("--no-rate-limit", "--data-dir", str(tmp_path / "game"), port=sandbox.port):
                other = pb.RegisterPlayerRequest(agent_symbol="NEW", new_agent=enlisting)
                back = (await service.stub.RegisterPlayer(other)).player

    assert (down.code, down.reason) == (grpc.StatusCode.UNAVAILABLE, "GAME_UNAVAILABLE")
    assert repeated == player
    assert back.universe == player.universe


async def test_a_player_lives_through_a_reset_of_the_real_game(tmp_path: Path) -> None:
    with SandboxProcess("--no-rate-limit") as sandbox:
        async with running(settings_for(tmp_path, game_api_url=sandbox.url)) as service:
            token = sandbox.register("ACE")
            player = (
                await service.stub.RegisterPlayer(pb.RegisterPlayerRequest(agent_symbol="ACE", token=token))
            ).player
            sandbox.admin("/reset")
            stale = await service.failure("ReplaceAgentToken", pb.ReplaceAgentTokenRequest(player_id=1, token=token))
            enlisting = pb.NewAgent(faction="COSMIC", account_token=ACCOUNT_TOKEN)
            back = (
                await service.stub.ReplaceAgentToken(pb.ReplaceAgentTokenRequest(player_id=1, new_agent=enlisting))
            ).player

    assert (stale.code, stale.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "UNIVERSE_RESET")
    assert (back.player_id, back.token_version, back.state) == (player.player_id, 2, pb.Player.STATE_ACTIVE)
    assert back.universe != player.universe
