"""`spacetraders budget`: requests in use, of how many, by whom, and whether all are paused."""

import time

from cli.exit_codes import ExitCode
from protos.navigation.v1.navigation_service_pb2 import GetGameBudgetResponse, PlayerGameBudget
from tests.fakes.cli_world import Servers
from tests.integration.cli.conftest import Spacetraders


def used(servers: Servers, *, limit: int = 135, paused_for: float = 0.0) -> None:
    players = [
        PlayerGameBudget(agent_symbol="NOVA", requests_last_minute=4),
        PlayerGameBudget(agent_symbol="ASTRA", requests_last_minute=23),
    ]
    servers.navigation.budget = GetGameBudgetResponse(requests_last_minute=27, limit_per_minute=limit, players=players)
    if paused_for:
        servers.navigation.budget.paused_until.seconds = int(time.time() + paused_for)


def test_shows_the_share_in_use_and_the_busiest_player_first(servers: Servers, spacetraders: Spacetraders) -> None:
    used(servers)

    outcome = spacetraders("budget")

    assert outcome.code == ExitCode.OK
    assert "27 of 135 in the last minute (20%)" in outcome.out
    assert outcome.out.index("ASTRA") < outcome.out.index("NOVA")
    assert "paused  no" in outcome.out


def test_says_how_long_the_game_wants_quiet(servers: Servers, spacetraders: Spacetraders) -> None:
    used(servers, paused_for=90)

    assert "(in 1 min" in spacetraders("budget").out


def test_a_pause_that_is_over_is_none(servers: Servers, spacetraders: Spacetraders) -> None:
    used(servers, paused_for=-5)

    assert "paused  no" in spacetraders("budget").out


def test_without_a_limiter_there_is_no_share(servers: Servers, spacetraders: Spacetraders) -> None:
    used(servers, limit=0)

    assert "27 in the last minute, no limit set" in spacetraders("budget").out


def test_as_json_it_is_the_response(servers: Servers, spacetraders: Spacetraders) -> None:
    used(servers)

    document = spacetraders("budget", "-o", "json").json

    assert document["limit_per_minute"] == 135
    assert {player["agent_symbol"] for player in document["players"]} == {"ASTRA", "NOVA"}
