"""Every RPC of PlayerService through its real port: the bad answers, by status, reason and field."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct

from protos.player.v1 import player_service_pb2 as pb
from service_chassis.status import remote_error
from tests.fakes.player_component import PlayerComponent, running, settings_for
from tests.fakes.player_game import ACCOUNT_TOKEN, FakeGame

METHODS = [method.name for method in pb.DESCRIPTOR.services_by_name["PlayerService"].methods]
COSMIC = pb.NewAgent(faction="COSMIC", account_token=ACCOUNT_TOKEN)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[PlayerComponent]:
    async with running(settings_for(tmp_path), FakeGame()) as component:
        yield component


def big() -> Struct:
    message = Struct()
    message["text"] = "x" * 20_000
    return message


@pytest.mark.parametrize(
    ("method", "request_", "fields"),
    [
        ("RegisterPlayer", pb.RegisterPlayerRequest(), {"agent_symbol", "token", "new_agent"}),
        ("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="NO SPACES", token="x"), {"agent_symbol"}),
        ("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="ACE", token="Bearer x"), {"token"}),
        ("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="ACE", token="x", metadata=big()), {"metadata"}),
        ("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="ACE", token="x", request_id="r" * 200),
         {"request_id"}),
        ("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="ACE", new_agent=pb.NewAgent()),
         {"new_agent.faction", "new_agent.account_token"}),
        ("RegisterPlayer",
         pb.RegisterPlayerRequest(agent_symbol="ACE", new_agent=pb.NewAgent(faction="NO", account_token=ACCOUNT_TOKEN)),
         {"new_agent.faction"}),
        ("ReplaceAgentToken", pb.ReplaceAgentTokenRequest(), {"player_id", "token", "new_agent"}),
        ("GetPlayer", pb.GetPlayerRequest(), {"player_id", "agent_symbol"}),
        ("GetPlayer", pb.GetPlayerRequest(player_id=-1), {"player_id"}),
        ("GetPlayer", pb.GetPlayerRequest(agent_symbol="x" * 65), {"agent_symbol"}),
        ("ListPlayers", pb.ListPlayersRequest(page_size=-1), {"page_size"}),
        ("ListPlayers", pb.ListPlayersRequest(page_size=-1, page_token="garbage"), {"page_size", "page_token"}),
        ("UpdatePlayerMetadata", pb.UpdatePlayerMetadataRequest(metadata=big()), {"player_id", "metadata"}),
        ("DeletePlayer", pb.DeletePlayerRequest(), {"player_id"}),
        ("GetAgentToken", pb.GetAgentTokenRequest(), {"player_id", "agent_symbol"}),
        ("ReportTokenRejected", pb.ReportTokenRejectedRequest(game_error_code=-1),
         {"player_id", "token_version", "game_error_code"}),
    ],
)  # fmt: skip
async def test_names_every_bad_field(service: PlayerComponent, method: str, request_: Any, fields: set[str]) -> None:
    error = await service.failure(method, request_)

    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert error.domain == "spacetraders.player"
    assert {violation.field for violation in error.violations} == fields


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("ReplaceAgentToken", pb.ReplaceAgentTokenRequest(player_id=99, token="x")),
        ("ReplaceAgentToken", pb.ReplaceAgentTokenRequest(player_id=99, new_agent=COSMIC)),
        ("GetPlayer", pb.GetPlayerRequest(player_id=99)),
        ("GetPlayer", pb.GetPlayerRequest(player_id=2**63 - 1)),
        ("GetPlayer", pb.GetPlayerRequest(agent_symbol="NOBODY")),
        ("UpdatePlayerMetadata", pb.UpdatePlayerMetadataRequest(player_id=99)),
        ("DeletePlayer", pb.DeletePlayerRequest(player_id=99)),
        ("GetAgentToken", pb.GetAgentTokenRequest(player_id=99)),
        ("GetAgentToken", pb.GetAgentTokenRequest(agent_symbol="NOBODY")),
        ("ReportTokenRejected", pb.ReportTokenRejectedRequest(player_id=99, token_version=1)),
    ],
)
async def test_names_the_player_that_does_not_exist(service: PlayerComponent, method: str, request_: Any) -> None:
    error = await service.failure(method, request_)

    assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "PLAYER_NOT_FOUND")
    assert set(error.metadata) <= {"player_id", "agent_symbol"}
    assert error.metadata


@pytest.mark.parametrize("method", METHODS)
async def test_bytes_that_are_no_message_are_bad_input(service: PlayerComponent, method: str) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{service.app.port}") as channel:
        call: Any = channel.unary_unary(f"/spacetraders.player.v1.PlayerService/{method}")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"\xff\xff\xff")

    assert remote_error(caught.value).code is grpc.StatusCode.INVALID_ARGUMENT


async def test_refuses_a_duplicate(service: PlayerComponent) -> None:
    await service.register("ACE")

    token = service.game.make_agent("ACE")
    again = await service.failure("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="ace", token=token))
    enlisting = await service.failure("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="ACE", new_agent=COSMIC))

    for error in (again, enlisting):
        assert (error.code, error.reason) == (grpc.StatusCode.ALREADY_EXISTS, "DUPLICATE_AGENT_SYMBOL")
        assert error.metadata == {"agent_symbol": "ACE"}
    assert "enlist" not in service.game.calls


async def test_refuses_a_reused_request_id(service: PlayerComponent) -> None:
    token = service.game.make_agent("ACE")
    request = pb.RegisterPlayerRequest(agent_symbol="ACE", token=token, request_id="r-1")
    await service.stub.RegisterPlayer(request)
    request.metadata["a"] = 1

    error = await service.failure("RegisterPlayer", request)

    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED")
    assert [violation.field for violation in error.violations] == ["request_id"]


async def test_refuses_the_token_of_another_agent(service: PlayerComponent) -> None:
    player = await service.register("ACE")
    token = service.game.make_agent("OTHER")

    for method, request in (
        ("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="ANY", token=token)),
        ("ReplaceAgentToken", pb.ReplaceAgentTokenRequest(player_id=player.player_id, token=token)),
    ):
        error = await service.failure(method, request)
        assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "AGENT_SYMBOL_MISMATCH")
        assert error.metadata["token_agent_symbol"] == "OTHER"


@pytest.mark.parametrize(("code", "reason"), [(4104, "TOKEN_REJECTED"), (4113, "UNIVERSE_RESET")])
async def test_refuses_a_token_that_the_game_refuses(service: PlayerComponent, code: int, reason: str) -> None:
    token = service.game.make_agent("ACE")
    service.game.refuse(token, code)

    error = await service.failure("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="ACE", token=token))

    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, reason)
    assert error.metadata["game_error_code"] == str(code)


async def test_an_enlistment_whose_answer_is_lost_says_what_to_do(service: PlayerComponent) -> None:
    service.game.lose_next_enlistment = True

    error = await service.failure("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="ACE", new_agent=COSMIC))

    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "ENLIST_OUTCOME_UNKNOWN")
    assert "the call sign may now be taken; fetch its token from the game's site and register with it" in error.message


async def test_a_game_that_is_down_is_named_with_a_time_to_try_again(service: PlayerComponent) -> None:
    player = await service.register("ACE")
    service.game.down = True

    for method, request in (
        ("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="OTHER", token="x")),
        ("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol="OTHER", new_agent=COSMIC)),
        ("ReplaceAgentToken", pb.ReplaceAgentTokenRequest(player_id=player.player_id, token="x")),
    ):
        error = await service.failure(method, request)
        assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "GAME_UNAVAILABLE")
        assert error.retry_after is not None
    # What needs no game goes on.
    await service.stub.GetAgentToken(pb.GetAgentTokenRequest(player_id=player.player_id))


async def test_a_token_under_a_lost_key_is_not_given_up(tmp_path: Path) -> None:
    game = FakeGame()
    async with running(settings_for(tmp_path), game) as service:
        await service.register("ACE")
    (tmp_path / "token-encryption.key").unlink()

    async with running(settings_for(tmp_path), game) as service:
        error = await service.failure("GetAgentToken", pb.GetAgentTokenRequest(agent_symbol="ACE"))
        token = game.make_agent("ACE")
        await service.stub.ReplaceAgentToken(pb.ReplaceAgentTokenRequest(player_id=1, token=token))
        kept = await service.stub.GetAgentToken(pb.GetAgentTokenRequest(agent_symbol="ACE"))

    assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "PLAYER_SERVICE_UNAVAILABLE")
    assert "TOKEN_ENCRYPTION_KEYS" in error.message
    assert kept.token == token
