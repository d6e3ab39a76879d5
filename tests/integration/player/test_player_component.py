"""Every RPC of PlayerService through its real port: the good answers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from protos.player.v1 import player_service_pb2 as pb
from tests.fakes.player_component import PlayerComponent, running, settings_for
from tests.fakes.player_game import ACCOUNT_TOKEN, FakeGame


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[PlayerComponent]:
    async with running(settings_for(tmp_path), FakeGame()) as component:
        yield component


def struct(**entries: Any) -> Struct:
    message = Struct()
    message.update(entries)
    return message


async def test_registers_a_player(service: PlayerComponent) -> None:
    player = await service.register("ACE", fleet="one", ships=2)

    assert MessageToDict(player, preserving_proto_field_name=True) == {
        "player_id": "1",
        "agent_symbol": "ACE",
        "metadata": {"fleet": "one", "ships": 2.0},
        "state": "STATE_ACTIVE",
        "universe": "fake.game/2026-11-01",
        "token_version": "1",
        "create_time": "2026-11-23T12:00:00.123456Z",
        "update_time": "2026-11-23T12:00:00.123456Z",
    }


async def test_enlists_a_player(service: PlayerComponent) -> None:
    request = pb.RegisterPlayerRequest(
        agent_symbol="ace", new_agent=pb.NewAgent(faction="cosmic", account_token=ACCOUNT_TOKEN), request_id="r-1"
    )

    first = (await service.stub.RegisterPlayer(request)).player
    second = (await service.stub.RegisterPlayer(request)).player

    assert first == second
    assert first.agent_symbol == "ACE"
    assert service.game.calls.count("enlist") == 1


async def test_finds_a_player_by_id_and_by_symbol_in_any_case(service: PlayerComponent) -> None:
    player = await service.register("ACE")

    for request in (
        pb.GetPlayerRequest(player_id=player.player_id),
        pb.GetPlayerRequest(agent_symbol="ACE"),
        pb.GetPlayerRequest(agent_symbol="ace"),
    ):
        assert (await service.stub.GetPlayer(request)).player == player


async def test_lists_players_page_by_page(service: PlayerComponent) -> None:
    players = [await service.register(f"ACE-{number}") for number in range(5)]

    listed: list[pb.Player] = []
    sizes, page_token = [], ""
    while True:
        page = await service.stub.ListPlayers(pb.ListPlayersRequest(page_size=2, page_token=page_token))
        listed += page.players
        sizes.append(len(page.players))
        page_token = page.next_page_token
        if not page_token:
            break

    assert listed == players
    assert sizes == [2, 2, 1]


async def test_an_empty_list_is_one_empty_page(service: PlayerComponent) -> None:
    assert await service.stub.ListPlayers(pb.ListPlayersRequest()) == pb.ListPlayersResponse()


async def test_a_page_of_players_with_much_metadata_fits_into_a_message(service: PlayerComponent) -> None:
    numbers = [1.0] * 4000
    players = [await service.register(f"ACE-{number}", numbers=numbers) for number in range(70)]

    page = await service.stub.ListPlayers(pb.ListPlayersRequest(page_size=500))
    rest = await service.stub.ListPlayers(pb.ListPlayersRequest(page_size=500, page_token=page.next_page_token))

    assert [*page.players, *rest.players] == players
    assert rest.next_page_token == ""
    assert page.ByteSize() < 4 * 1024 * 1024


async def test_merges_metadata_and_removes_keys_by_null(service: PlayerComponent) -> None:
    player = await service.register("ACE", kept=1, gone=2)
    service.clock.step(60)

    request = pb.UpdatePlayerMetadataRequest(player_id=player.player_id, metadata=struct(gone=None, new="x"))
    updated = (await service.stub.UpdatePlayerMetadata(request)).player

    assert MessageToDict(updated.metadata) == {"kept": 1.0, "new": "x"}
    assert updated.update_time.seconds == player.update_time.seconds + 60
    assert updated.create_time == player.create_time


async def test_replaces_all_metadata(service: PlayerComponent) -> None:
    player = await service.register("ACE", old=1)

    request = pb.UpdatePlayerMetadataRequest(player_id=player.player_id, metadata=struct(new=2), replace=True)

    assert MessageToDict((await service.stub.UpdatePlayerMetadata(request)).player.metadata) == {"new": 2.0}


async def test_deletes_a_player_whose_agent_may_be_registered_again(service: PlayerComponent) -> None:
    player = await service.register("ACE")

    assert await service.stub.DeletePlayer(pb.DeletePlayerRequest(player_id=player.player_id)) == (
        pb.DeletePlayerResponse()
    )

    assert (await service.register("ACE")).player_id == player.player_id + 1


async def test_hands_out_the_token_with_its_version_and_universe(service: PlayerComponent) -> None:
    token = service.game.make_agent("ACE")
    await service.stub.RegisterPlayer(pb.RegisterPlayerRequest(agent_symbol="ACE", token=token))

    expected = pb.GetAgentTokenResponse(
        token=token, agent_symbol="ACE", player_id=1, token_version=1, universe="fake.game/2026-11-01"
    )
    assert await service.stub.GetAgentToken(pb.GetAgentTokenRequest(player_id=1)) == expected
    assert await service.stub.GetAgentToken(pb.GetAgentTokenRequest(agent_symbol="ACE")) == expected


async def test_a_rejected_token_is_replaced(service: PlayerComponent) -> None:
    player = await service.register("ACE")
    service.game.reset()

    report = pb.ReportTokenRejectedRequest(player_id=player.player_id, token_version=1, game_error_code=4113)
    rejected = (await service.stub.ReportTokenRejected(report)).player
    refused = await service.failure("GetAgentToken", pb.GetAgentTokenRequest(player_id=player.player_id))
    token = service.game.make_agent("ACE")
    replacement = pb.ReplaceAgentTokenRequest(player_id=player.player_id, token=token)
    replaced = (await service.stub.ReplaceAgentToken(replacement)).player
    late = (await service.stub.ReportTokenRejected(report)).player

    assert rejected.state == pb.Player.STATE_TOKEN_REJECTED
    assert (refused.code.name, refused.reason) == ("FAILED_PRECONDITION", "UNIVERSE_RESET")
    assert refused.metadata == {"agent_symbol": "ACE", "game_error_code": "4113"}
    assert (replaced.state, replaced.token_version, replaced.universe) == (
        pb.Player.STATE_ACTIVE, 2, "fake.game/2026-11-02",
    )  # fmt: skip
    assert late == replaced
    assert (await service.stub.GetAgentToken(pb.GetAgentTokenRequest(agent_symbol="ACE"))).token == token


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    game, request = FakeGame(), pb.RegisterPlayerRequest(agent_symbol="ACE", request_id="r-1")
    request.token = game.make_agent("ACE")
    async with running(settings_for(tmp_path), game) as service:
        player = (await service.stub.RegisterPlayer(request)).player

    async with running(settings_for(tmp_path), game) as service:
        assert (await service.stub.GetPlayer(pb.GetPlayerRequest(agent_symbol="ACE"))).player == player
        assert (await service.stub.GetAgentToken(pb.GetAgentTokenRequest(player_id=1))).token == request.token
        assert (await service.stub.RegisterPlayer(request)).player == player
