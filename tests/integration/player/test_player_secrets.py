"""Where tokens must not be: logs, database files, errors."""

import asyncio
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import structlog
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from protos.player.v1 import player_service_pb2 as pb
from service_chassis.telemetry import configure_logging
from tests.fakes.navigation_component import settings_for as navigation_settings_for
from tests.fakes.player_component import PlayerComponent, running, settings_for
from tests.fakes.player_game import ACCOUNT_TOKEN, FakeGame
from tests.fakes.player_http import Scripted, ScriptedServer, refused

SECRET = "eyJhbGciOiJSUzI1NiJ9.c2VjcmV0LXBheWxvYWQ.c2VjcmV0LXNpZ25hdHVyZQ"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, at the most talkative level."""
    stream = io.StringIO()
    configure_logging("DEBUG", "json", "player_service", stream)
    yield stream
    structlog.reset_defaults()


async def use_secrets_everywhere(service: PlayerComponent) -> list[str]:
    """Send tokens through every RPC that takes one, well and badly; the errors' texts."""
    service.game.adopt("ACE", SECRET)
    await service.stub.RegisterPlayer(pb.RegisterPlayerRequest(agent_symbol="ACE", token=SECRET, request_id="r-1"))
    enlisting = pb.NewAgent(faction="COSMIC", account_token=ACCOUNT_TOKEN)
    await service.stub.RegisterPlayer(
        pb.RegisterPlayerRequest(agent_symbol="NEW", new_agent=enlisting, request_id="r-2")
    )
    bad_requests = (
        pb.RegisterPlayerRequest(agent_symbol="ACE", token=SECRET),
        pb.RegisterPlayerRequest(agent_symbol="BAD SYMBOL", token=SECRET + " "),
        pb.RegisterPlayerRequest(agent_symbol="OTHER", token=SECRET),
        pb.RegisterPlayerRequest(agent_symbol="OTHER", token=SECRET + "-refused", request_id="r-1"),
        pb.RegisterPlayerRequest(agent_symbol="ACE", token=SECRET + "-refused"),
    )
    errors = [str(await service.failure("RegisterPlayer", request)) for request in bad_requests]
    await service.stub.ReplaceAgentToken(pb.ReplaceAgentTokenRequest(player_id=1, token=SECRET, request_id="r-1"))
    await service.stub.GetAgentToken(pb.GetAgentTokenRequest(player_id=1))
    await service.stub.ReportTokenRejected(pb.ReportTokenRejectedRequest(player_id=1, token_version=2))
    errors.append(str(await service.failure("GetAgentToken", pb.GetAgentTokenRequest(player_id=1))))
    return errors


def contents(directory: Path) -> list[bytes]:
    return [path.read_bytes() for path in directory.iterdir()]


async def test_tokens_are_in_no_log_no_error_and_no_database_file(tmp_path: Path, log: io.StringIO) -> None:
    async with running(settings_for(tmp_path), FakeGame()) as service:
        errors = await use_secrets_everywhere(service)
        # While it runs too: the write-ahead log is part of the database.
        while_running = contents(tmp_path)
    afterwards = contents(tmp_path)

    assert "RegisterPlayerCommand" in log.getvalue()
    for secret in (SECRET, ACCOUNT_TOKEN):
        assert secret not in log.getvalue()
        assert not any(secret in error for error in errors)
        assert not any(secret.encode() in content for content in [*while_running, *afterwards])


async def test_tokens_are_in_no_metric(tmp_path: Path) -> None:
    async with running(settings_for(tmp_path, metrics_address="127.0.0.1:0"), FakeGame()) as service:
        await use_secrets_everywhere(service)
        url = f"http://127.0.0.1:{service.app.server.metrics_port}/metrics"
        metrics = (await asyncio.to_thread(requests.get, url, timeout=60)).text

    assert "RegisterPlayer" in metrics
    assert SECRET not in metrics
    assert ACCOUNT_TOKEN not in metrics


@pytest.mark.parametrize(
    "shown", [repr, str, lambda settings: settings.model_dump_json(), lambda s: f"{s.model_dump()}"]
)
def test_settings_can_be_dumped_without_giving_anything_away(
    tmp_path: Path, shown: Callable[[BaseSettings], str]
) -> None:
    password, key = "pass-word", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="
    url = SecretStr(f"postgresql://fleet:{password}@localhost/players")
    player = settings_for(tmp_path, database_url=url, token_encryption_keys=SecretStr(key))
    navigation = navigation_settings_for(tmp_path, database_url=url)

    assert player.encryption_keys == (key,)
    for dumped in (shown(player), shown(navigation)):
        assert "database_url" in dumped
        assert password not in dumped
        assert key not in dumped


@pytest.mark.parametrize(
    "answer",
    [
        Scripted(hang_up=True),
        Scripted(500, b"<html>Bearer " + SECRET.encode() + b"</html>"),
        refused(401, 4104, f"Failed to parse {SECRET}"),
        refused(422, 422, f"Bad {SECRET}", token=[SECRET]),
        refused(400, 4999, SECRET),
    ],
    ids=["hang-up", "html", "refused", "validation", "unknown"],
)
@pytest.mark.parametrize("enlisting", [False, True])
async def test_a_game_that_repeats_tokens_does_not_bring_them_into_logs_or_errors(
    tmp_path: Path, log: io.StringIO, answer: Scripted, enlisting: bool
) -> None:
    request = pb.RegisterPlayerRequest(agent_symbol="ACE", token=SECRET)
    if enlisting:
        request.new_agent.MergeFrom(pb.NewAgent(faction="COSMIC", account_token=SECRET))

    with ScriptedServer(Scripted(200, {"resetDate": "2026-11-22"}), answer) as game:
        async with running(settings_for(tmp_path, game_api_url=game.url, game_timeout_seconds=1.0)) as service:
            error = await service.failure("RegisterPlayer", request)

    assert error.code.name not in ("UNKNOWN", "INTERNAL")
    assert SECRET not in f"{error} {error.metadata} {error.violations}"
    assert SECRET not in log.getvalue()
    assert "RegisterPlayerCommand" in log.getvalue()
