"""`spacetraders player …` against a strict fake of the player service."""

import grpc
import pytest

from cli.exit_codes import ExitCode
from protos.player.v1.player_service_pb2 import RegisterPlayerRequest
from tests.fakes.cli_status import Refusal
from tests.fakes.cli_world import Servers
from tests.integration.cli.conftest import Spacetraders


def test_registers_with_a_token_from_standard_input(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.players.agent_of_token["nova-secret"] = "NOVA"

    outcome = spacetraders("player", "register", "--agent", "nova", "--token", "-", stdin="nova-secret\n")

    assert outcome.code == ExitCode.OK
    assert "NOVA" in outcome.out
    assert "spacetraders ship list --agent NOVA" in outcome.out
    assert "nova-secret" not in outcome.out + outcome.err


def test_registers_with_a_token_from_the_environment(
    servers: Servers, spacetraders: Spacetraders, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.players.agent_of_token["nova-secret"] = "NOVA"
    monkeypatch.setenv("SPACETRADERS_AGENT_TOKEN", "nova-secret")

    outcome = spacetraders("player", "register", "--agent", "NOVA", "--metadata", '{"fleet": "north"}', "-o", "json")

    assert outcome.json["player"]["agent_symbol"] == "NOVA"
    assert outcome.json["player"]["metadata"] == {"fleet": "north"}
    assert outcome.json["player"]["state"] == "STATE_ACTIVE"


def test_enlists_with_the_account_token(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders(
        "player", "enlist", "--agent", "NOVA", "--faction", "void", "--account-token", "account-secret", "-o", "json"
    )

    assert outcome.code == ExitCode.OK
    assert outcome.json["player"]["agent_symbol"] == "NOVA"
    [request] = servers.players.armed.of_type("RegisterPlayerRequest")
    assert isinstance(request, RegisterPlayerRequest)
    assert request.new_agent.faction == "VOID"


def test_every_registration_has_a_request_id_of_its_own(servers: Servers, spacetraders: Spacetraders) -> None:
    for _ in range(2):
        spacetraders("player", "register", "--agent", "ASTRA", "--token", "agent-secret")

    ids = {getattr(request, "request_id") for request in servers.players.armed.requests}  # noqa: B009
    assert len(ids) == 2
    assert "" not in ids


def test_a_repeated_call_carries_the_same_request_id(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.players.agent_of_token["nova-secret"] = "NOVA"
    busy = Refusal(grpc.StatusCode.UNAVAILABLE, "GAME_UNAVAILABLE", "no answer", retry_after=0.01)
    servers.players.armed.arm("RegisterPlayer", *[busy] * 5)

    outcome = spacetraders("player", "register", "--agent", "NOVA", "--token", "nova-secret")

    assert outcome.code == ExitCode.OK
    assert outcome.err.count("trying again") == 1, "what goes on for a minute is told once"
    requests = servers.players.armed.of_type("RegisterPlayerRequest")
    assert len(requests) == 6
    assert len({getattr(request, "request_id") for request in requests}) == 1  # noqa: B009


def test_an_enlistment_in_doubt_is_not_repeated(servers: Servers, spacetraders: Spacetraders) -> None:
    doubt = Refusal(grpc.StatusCode.FAILED_PRECONDITION, "ENLIST_OUTCOME_UNKNOWN", "lost", retry_after=0.01)
    servers.players.armed.arm("RegisterPlayer", doubt)

    outcome = spacetraders("player", "enlist", "--agent", "NOVA", "--account-token", "account-secret")

    assert outcome.code == ExitCode.REFUSED
    assert "spacetraders player register" in outcome.err
    assert len(servers.players.armed.requests) == 1


def test_says_what_to_do_when_the_agent_is_registered(spacetraders: Spacetraders) -> None:
    outcome = spacetraders("player", "register", "--agent", "ASTRA", "--token", "agent-secret")

    assert outcome.code == ExitCode.REFUSED
    assert "DUPLICATE_AGENT_SYMBOL" in outcome.err
    assert "spacetraders player token ASTRA" in outcome.err


def test_names_the_bad_field(spacetraders: Spacetraders) -> None:
    outcome = spacetraders("player", "register", "--agent", "x", "--token", "agent-secret", "-o", "json")

    assert outcome.code == ExitCode.REFUSED
    assert outcome.out == ""
    assert outcome.error["reason"] == "INVALID_FIELD"
    assert outcome.error["violations"][0]["field"] == "agent_symbol"


def test_lists_bad_fields_once(spacetraders: Spacetraders) -> None:
    outcome = spacetraders("player", "register", "--agent", "x", "--token", "agent-secret")

    assert outcome.err.count("must be 3 to 14 characters") == 1
    assert "  agent_symbol: must be" in outcome.err


def test_needs_a_token_when_nobody_can_be_asked(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("player", "register", "--agent", "NOVA")

    assert outcome.code == ExitCode.USAGE
    assert "SPACETRADERS_AGENT_TOKEN" in outcome.err
    assert servers.players.armed.requests == []


def test_refuses_an_empty_token(spacetraders: Spacetraders) -> None:
    outcome = spacetraders("player", "enlist", "--agent", "NOVA", "--account-token", "-", stdin="\n")

    assert outcome.code == ExitCode.USAGE
    assert "account token is empty" in outcome.err


@pytest.mark.parametrize("metadata", ["{", "[1]", '"text"', "NaN", '{"a": 1e999}', '{"a": "\\ud800"}', "[" * 5_000])
def test_refuses_metadata_that_is_not_a_json_object(spacetraders: Spacetraders, metadata: str) -> None:
    outcome = spacetraders("player", "register", "--agent", "NOVA", "--token", "t", "--metadata", metadata)

    assert outcome.code == ExitCode.USAGE
    assert "--metadata" in outcome.err


def test_replaces_a_token(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("player", "token", "astra", "--token", "agent-secret", "-o", "json")

    assert outcome.code == ExitCode.OK
    assert outcome.json["player"]["token_version"] == "2"


def test_enlists_anew_after_a_reset(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("player", "token", "ASTRA", "--enlist", "--account-token", "-", stdin="account-secret")

    assert outcome.code == ExitCode.OK
    assert servers.players.players[1].token_version == 2


def test_lists_all_pages(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.players._page_size = 2
    for symbol in ("NOVA", "VEGA", "LYRA"):
        servers.players.add(symbol)

    table = spacetraders("player", "list")
    document = spacetraders("--output", "json", "player", "list").json

    assert [line.split()[0] for line in table.out.splitlines()] == ["AGENT", "ASTRA", "NOVA", "VEGA", "LYRA"]
    assert [player["agent_symbol"] for player in document["players"]] == ["ASTRA", "NOVA", "VEGA", "LYRA"]
    assert document["next_page_token"] == ""


def test_an_empty_list_says_how_to_begin(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.players.players.clear()

    assert "spacetraders player register" in spacetraders("player", "list").out


def test_shows_a_player_whose_token_was_rejected(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.players.players[1].state = servers.players.players[1].STATE_TOKEN_REJECTED

    outcome = spacetraders("player", "show", "ASTRA")

    assert "TOKEN_REJECTED" in outcome.out
    assert "spacetraders player token ASTRA" in outcome.out


def test_an_unknown_player_is_refused(spacetraders: Spacetraders) -> None:
    outcome = spacetraders("player", "show", "NOBODY")

    assert outcome.code == ExitCode.REFUSED
    assert "PLAYER_NOT_FOUND" in outcome.err


def test_merges_and_removes_metadata(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.players.players[1].metadata.update({"old": 1, "kept": True})

    outcome = spacetraders("player", "update", "ASTRA", "--set", "fleet=north=east", "--unset", "old", "-o", "json")

    assert outcome.json["player"]["metadata"] == {"kept": True, "fleet": "north=east"}


def test_replaces_all_metadata(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.players.players[1].metadata.update({"old": 1})

    outcome = spacetraders("player", "update", "ASTRA", "--metadata", '{"n": 2}', "--replace", "-o", "json")

    assert outcome.json["player"]["metadata"] == {"n": 2}


@pytest.mark.parametrize("options", [(), ("--set", "novalue"), ("--set", "a=1", "--unset", "a")])
def test_refuses_an_update_that_makes_no_sense(spacetraders: Spacetraders, options: tuple[str, ...]) -> None:
    assert spacetraders("player", "update", "ASTRA", *options).code == ExitCode.USAGE


def test_deletes_only_what_was_confirmed(servers: Servers, spacetraders: Spacetraders) -> None:
    assert spacetraders("player", "delete", "ASTRA").code == ExitCode.USAGE
    assert 1 in servers.players.players

    outcome = spacetraders("player", "delete", "ASTRA", "--yes", "-o", "json")

    assert outcome.code == ExitCode.OK
    assert outcome.json == {}
    assert servers.players.players == {}
