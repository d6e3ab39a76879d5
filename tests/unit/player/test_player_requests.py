"""What each request finds wrong with itself: every bad field at once, each with its remedy."""

from typing import Any

import pytest

from player_service.application.commands.delete_player import DeletePlayerCommand
from player_service.application.commands.register_player import RegisterPlayerCommand
from player_service.application.commands.replace_agent_token import ReplaceAgentTokenCommand
from player_service.application.commands.report_token_rejected import ReportTokenRejectedCommand
from player_service.application.commands.update_player_metadata import UpdatePlayerMetadataCommand
from player_service.application.credential import Credential, NewAgent
from player_service.application.queries.get_agent_token import GetAgentTokenQuery
from player_service.application.queries.get_player import GetPlayerQuery
from player_service.application.queries.list_players import ListPlayersQuery
from shared_kernel.paging import encode_page_token

GOOD = Credential("a.good.token")
ENLISTING = Credential(new_agent=NewAgent("COSMIC", "account-token"))


@pytest.mark.parametrize(
    "request_",
    [
        RegisterPlayerCommand("ACE", GOOD),
        RegisterPlayerCommand("ace", ENLISTING, {"a": None}, "request-1"),
        RegisterPlayerCommand("ACE", Credential(new_agent=NewAgent("cosmic", "account-token"))),
        ReplaceAgentTokenCommand(1, GOOD),
        UpdatePlayerMetadataCommand(1),
        DeletePlayerCommand(2**63 - 1),
        ReportTokenRejectedCommand(1, 1),
        GetPlayerQuery(1),
        GetPlayerQuery(agent_symbol="ace"),
        GetAgentTokenQuery(1),
        ListPlayersQuery(),
        ListPlayersQuery(10_000, encode_page_token("ListPlayers", "17")),
    ],
)
def test_a_good_request_has_no_fault(request_: Any) -> None:
    assert request_.validate() == []


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (RegisterPlayerCommand("", Credential()), ["agent_symbol", "token", "new_agent"]),
        (RegisterPlayerCommand("AB", GOOD), ["agent_symbol"]),
        (RegisterPlayerCommand("A" * 15, GOOD), ["agent_symbol"]),
        (RegisterPlayerCommand("straße", GOOD), ["agent_symbol"]),
        (
            RegisterPlayerCommand("A CE", Credential("Bearer x"), {"": 1.0}, "x" * 129),
            ["agent_symbol", "metadata", "request_id", "token"],
        ),
        (
            RegisterPlayerCommand("ACE", Credential(new_agent=NewAgent("", ""))),
            ["new_agent.faction", "new_agent.account_token"],
        ),
        (RegisterPlayerCommand("ACE", Credential("a", NewAgent("COSMIC", "b"))), ["token"]),
        (ReplaceAgentTokenCommand(0, Credential(), "\n"), ["player_id", "request_id", "token", "new_agent"]),
        (UpdatePlayerMetadataCommand(-1, {"a": float("nan")}), ["player_id", "metadata"]),
        (DeletePlayerCommand(0), ["player_id"]),
        (ReportTokenRejectedCommand(0, 0, -1), ["player_id", "token_version", "game_error_code"]),
        (GetPlayerQuery(), ["player_id", "agent_symbol"]),
        (GetPlayerQuery(-5), ["player_id"]),
        (GetPlayerQuery(agent_symbol="?"), ["agent_symbol"]),
        (GetAgentTokenQuery(), ["player_id", "agent_symbol"]),
        (ListPlayersQuery(-1, "garbage"), ["page_size", "page_token"]),
        (ListPlayersQuery(page_token=encode_page_token("ListShips", "17")), ["page_token"]),
        (ListPlayersQuery(page_token=encode_page_token("ListPlayers", "ACE")), ["page_token"]),
        (ListPlayersQuery(page_token=encode_page_token("ListPlayers", "9" * 5000)), ["page_token"]),
    ],
)
def test_a_bad_request_names_every_bad_field(request_: Any, fields: list[str]) -> None:
    found = request_.validate()

    assert [violation.field for violation in found] == fields
    assert all(violation.description for violation in found)


def test_a_bad_secret_is_not_repeated() -> None:
    command = RegisterPlayerCommand("ACE", Credential("my secret"))
    enlisting = RegisterPlayerCommand("ACE", Credential(new_agent=NewAgent("COSMIC", "my secret")))

    assert "my secret" not in str(command.validate()) + str(enlisting.validate())
