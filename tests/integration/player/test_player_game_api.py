"""How the HTTP adapter reads a game that misbehaves."""

import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from player_service.adapters.game_api import HttpGameGateway
from player_service.domain.errors import (
    DuplicateAgentSymbolError,
    EnlistOutcomeUnknownError,
    GameUnavailableError,
    TokenRejectedError,
    UniverseResetError,
)
from player_service.domain.secret import AccountToken, AgentToken
from shared_kernel.errors import InvalidInput
from shared_kernel.symbols import AgentSymbol
from tests.fakes.player_http import Scripted, ScriptedServer, refused

TOKEN = AgentToken("the-agent-token")
ACCOUNT = AccountToken("the-account-token")
AGENT = Scripted(200, {"data": {"symbol": "ACE"}})
HTML = b"<html><body>502 Bad Gateway</body></html>"

Ask = Callable[[HttpGameGateway], Awaitable[object]]


def universe(gateway: HttpGameGateway) -> Awaitable[str]:
    return gateway.current_universe()


def owner(gateway: HttpGameGateway) -> Awaitable[str]:
    return gateway.agent_of(TOKEN)


def enlist(gateway: HttpGameGateway) -> Awaitable[AgentToken]:
    return gateway.enlist(AgentSymbol("ACE"), "COSMIC", ACCOUNT)


@asynccontextmanager
async def playing(*answers: Scripted, patience: float = 5.0) -> AsyncIterator[tuple[HttpGameGateway, ScriptedServer]]:
    with ScriptedServer(*answers) as server:
        gateway = HttpGameGateway(server.url, patience)
        yield gateway, server
        await gateway.close()


@pytest.mark.parametrize(
    "answer",
    [
        Scripted(200, {"status": "up"}),
        Scripted(200, {"resetDate": None}),
        Scripted(200, {"resetDate": 20261122}),
        Scripted(200, ["unexpected"]),
        Scripted(200, HTML),
        Scripted(404, HTML),
        refused(404, 404),
    ],
)
async def test_a_missing_reset_date_stops_nothing(answer: Scripted) -> None:
    async with playing(answer) as (gateway, server):
        assert await gateway.current_universe() == f"{server.url.split('/')[2]}/unknown"


async def test_a_token_goes_out_as_a_bearer_header_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password netrc-password\n")
    monkeypatch.setenv("NETRC", str(netrc))

    async with playing(AGENT) as (gateway, server):
        await gateway.agent_of(TOKEN)

    [(method, path, headers)] = server.seen
    assert (method, path, headers["authorization"]) == ("GET", "/v2/my/agent", "Bearer the-agent-token")


async def test_public_reads_carry_no_token() -> None:
    async with playing(Scripted(200, {"resetDate": "2026-11-22"})) as (gateway, server):
        await gateway.current_universe()

    assert "authorization" not in server.seen[0][2]


async def test_a_lower_case_agent_is_the_same_agent() -> None:
    async with playing(Scripted(200, {"data": {"symbol": "ace"}})) as (gateway, _):
        assert await gateway.agent_of(TOKEN) == "ACE"


async def test_a_redirect_is_not_followed_with_the_token() -> None:
    async with playing(Scripted(302, {}, {"location": "http://127.0.0.1:9/steal"})) as (gateway, server):
        with pytest.raises(GameUnavailableError, match="GAME_API_URL"):
            await gateway.agent_of(TOKEN)
    assert len(server.seen) == 1


@pytest.mark.parametrize("code", [4100, 4101, 4102, 4103, 4104, 4105, 4106, 4107, 4108, 4109, 4114, 4115])
@pytest.mark.parametrize("status", [400, 401, 404])
async def test_the_code_says_that_a_token_is_refused_whatever_the_status(status: int, code: int) -> None:
    async with playing(refused(status, code)) as (gateway, server):
        with pytest.raises(TokenRejectedError) as caught:
            await gateway.agent_of(TOKEN)
    assert caught.value.metadata["game_error_code"] == str(code)
    assert len(server.seen) == 1


async def test_a_token_of_an_earlier_reset_is_told_apart() -> None:
    async with playing(refused(401, 4113, expected="2026-11-22", actual="2026-11-15")) as (gateway, _):
        with pytest.raises(UniverseResetError):
            await gateway.agent_of(TOKEN)


@pytest.mark.parametrize("answer", [Scripted(401, HTML), refused(401, 401), Scripted(401, {"error": "no"})])
async def test_a_401_without_a_known_code_refuses_the_token_too(answer: Scripted) -> None:
    async with playing(answer) as (gateway, _):
        with pytest.raises(TokenRejectedError):
            await gateway.agent_of(TOKEN)


@pytest.mark.parametrize("ask", [universe, owner])
@pytest.mark.parametrize(
    "hiccup",
    [Scripted(502, HTML), refused(503, 3100), Scripted(hang_up=True), refused(429, 429)],
    ids=["html", "maintenance", "hang-up", "busy"],
)
async def test_a_read_survives_a_hiccup(ask: Ask, hiccup: Scripted) -> None:
    if hiccup.status == 429:
        hiccup.headers["retry-after"] = "0.05"
    good = Scripted(200, {"data": {"symbol": "ACE"}, "resetDate": "2026-11-22"})

    async with playing(hiccup, good) as (gateway, server):
        assert await ask(gateway)
    assert len(server.seen) == 2


@pytest.mark.parametrize("ask", [universe, owner])
async def test_a_read_gives_up_after_three_attempts(ask: Ask) -> None:
    async with playing(Scripted(500, HTML)) as (gateway, server):
        with pytest.raises(GameUnavailableError, match="HTTP 500") as caught:
            await ask(gateway)
    assert len(server.seen) == 3
    assert caught.value.retry_after > 0


@pytest.mark.parametrize("ask", [universe, owner])
async def test_a_game_that_hangs_is_asked_once(ask: Ask) -> None:
    release = threading.Event()

    async with playing(Scripted(200, {}, held=release), patience=0.3) as (gateway, server):
        with pytest.raises(GameUnavailableError, match="ReadTimeout"):
            await ask(gateway)
        release.set()
    assert len(server.seen) == 1


async def test_certificates_that_cannot_be_found_are_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    gateway = HttpGameGateway("https://127.0.0.1:9/v2", 0.5)

    with pytest.raises(GameUnavailableError):
        await gateway.current_universe()
    await gateway.close()


@pytest.mark.parametrize("ask", [universe, owner, enlist])
async def test_a_long_pause_that_the_game_asks_for_is_left_to_the_caller(ask: Ask) -> None:
    busy = Scripted(429, {"error": {"code": 429}}, {"retry-after": "12.5"})

    async with playing(busy) as (gateway, server):
        with pytest.raises(GameUnavailableError, match="too many requests") as caught:
            await ask(gateway)
    assert caught.value.retry_after == 12.5
    assert len(server.seen) == 1


@pytest.mark.parametrize("retry_after", ["soon", "-1", "nan", ""])
async def test_an_unusable_pause_is_not_passed_on(retry_after: str) -> None:
    busy = Scripted(429, {"error": {"code": 429}}, {"retry-after": retry_after})

    async with playing(busy) as (gateway, _):
        with pytest.raises(GameUnavailableError) as caught:
            await enlist(gateway)
    assert 0 <= caught.value.retry_after <= 60


@pytest.mark.parametrize("answer", [Scripted(200, HTML), Scripted(200, {"data": []}), Scripted(403, HTML)])
async def test_an_answer_that_tells_no_owner_points_at_the_address(answer: Scripted) -> None:
    async with playing(answer) as (gateway, _):
        with pytest.raises(GameUnavailableError, match="GAME_API_URL"):
            await gateway.agent_of(TOKEN)


async def test_an_endless_answer_is_cut_off() -> None:
    async with playing(Scripted(200, b"x" * 3_000_000)) as (gateway, _):
        with pytest.raises(GameUnavailableError):
            await gateway.agent_of(TOKEN)


@pytest.mark.parametrize(
    "answer",
    [
        Scripted(hang_up=True),
        Scripted(500, HTML),
        refused(503, 3100),
        Scripted(201, HTML),
        Scripted(201, {"data": {"agent": {"symbol": "ACE"}}}),
        Scripted(201, {"data": {"token": ""}}),
        Scripted(400, HTML),
    ],
    ids=["hang-up", "html-500", "maintenance", "html", "no-token", "empty-token", "html-400"],
)
async def test_an_enlistment_without_a_clear_answer_is_sent_once_and_its_outcome_unknown(answer: Scripted) -> None:
    async with playing(answer) as (gateway, server):
        with pytest.raises(EnlistOutcomeUnknownError) as caught:
            await enlist(gateway)
    assert len(server.seen) == 1
    assert caught.value.metadata == {"agent_symbol": "ACE"}


async def test_an_enlistment_that_is_not_answered_in_time_has_an_unknown_outcome() -> None:
    release = threading.Event()

    async with playing(Scripted(201, {"data": {}}, held=release), patience=0.2) as (gateway, _):
        with pytest.raises(EnlistOutcomeUnknownError):
            await enlist(gateway)
        release.set()


@pytest.mark.parametrize(
    ("answer", "fields"),
    [
        (refused(400, 4110), ["agent_symbol"]),
        (refused(409, 4112), ["new_agent.faction"]),
        (refused(422, 422, symbol=["too short"], faction="unknown"), ["agent_symbol", "new_agent.faction"]),
        (refused(422, 422, other=["?"]), ["new_agent"]),
        (refused(422, 422), ["new_agent"]),
        (refused(400, 4999, "brand new rule"), ["new_agent"]),
    ],
)
async def test_an_enlistment_that_the_game_objects_to_names_the_field(answer: Scripted, fields: list[str]) -> None:
    async with playing(answer) as (gateway, _):
        with pytest.raises(InvalidInput) as caught:
            await enlist(gateway)
    assert [violation.field for violation in caught.value.violations] == fields


@pytest.mark.parametrize("status", [400, 409])
async def test_a_taken_symbol_is_told_as_such(status: int) -> None:
    async with playing(refused(status, 4111)) as (gateway, _):
        with pytest.raises(DuplicateAgentSymbolError, match="choose another"):
            await enlist(gateway)


@pytest.mark.parametrize("code", [4100, 4104, 4114, 4116])
async def test_a_refused_account_token_is_named(code: int) -> None:
    async with playing(refused(401, code)) as (gateway, _):
        with pytest.raises(TokenRejectedError, match=r"new_agent\.account_token"):
            await enlist(gateway)


@pytest.mark.parametrize("ask", [owner, enlist])
async def test_a_game_that_repeats_the_token_is_not_quoted_with_it(ask: Ask) -> None:
    echo = "cannot parse the-agent-token or the-account-token"

    async with playing(refused(422, 422, echo, symbol=[echo])) as (gateway, _):
        with pytest.raises(InvalidInput) as caught:
            await ask(gateway)
    secret = "the-agent-token" if ask is owner else "the-account-token"
    assert secret not in str(caught.value)


@pytest.mark.parametrize("ask", [universe, owner, enlist])
async def test_errors_hide_what_was_sent(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    async with playing(Scripted(hang_up=True)) as (gateway, _):
        with pytest.raises((GameUnavailableError, EnlistOutcomeUnknownError)) as caught:
            await ask(gateway)
    chain = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r} {caplog.text}"
    assert "the-agent-token" not in chain
    assert "the-account-token" not in chain
