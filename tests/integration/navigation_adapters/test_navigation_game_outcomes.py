"""How a call to the game ends, whatever the network and the server do: what happened is never guessed."""

import asyncio
import threading
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from navigation_service.application.ports import Urgency
from navigation_service.domain.errors import GameBudgetExhaustedError, GameUnavailableError, TokenRejectedError
from navigation_service.domain.outcome import NotSent, OutcomeUnknown, RateLimited, Refused
from navigation_service.domain.voyage import GameAction
from service_chassis.call_context import entered
from tests.fakes.navigation_http import Odd, OddServer, closed_port_url, in_turn, refusal
from tests.fakes.player_clock import SteppedClock
from tests.integration.navigation_adapters.odd_game import CREDENTIAL, TOKEN, OddGame, nav_json, odd_game, ship_json

HTML = b"<html><body><h1>Bad gateway</h1></body></html>"
GOOD_SHIP = Odd({"data": ship_json()})


async def test_nothing_was_sent_where_nobody_listens() -> None:
    game = OddGame(closed_port_url())
    permit = await game.budget.acquire(Urgency.VOYAGE)

    assert isinstance(await game.perform(permit=permit), NotSent)
    assert permit.state == "GIVEN_BACK"
    with pytest.raises(GameUnavailableError, match="cannot be reached"):
        await game.ship()
    assert {permit.state for permit in game.budget.permits} == {"GIVEN_BACK"}


async def test_nothing_is_written_to_a_connection_that_took_too_long_to_open() -> None:
    clock = SteppedClock()
    async with odd_game(lambda _: GOOD_SHIP, clock=clock) as (game, server):
        clock.step(10)

        outcome = await game.perform(send_by=10.0)

        assert outcome == NotSent("the game cannot be reached (it was too late to send it)")
        await server.arrivals(connections=1)
        assert server.seen == []


async def test_an_open_connection_is_no_excuse_to_send_too_late() -> None:
    clock = SteppedClock()
    async with odd_game(lambda _: GOOD_SHIP, clock=clock) as (game, server):
        await game.ship()

        assert isinstance(await game.perform(send_by=0.0), NotSent)
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Odd(hang_up=True),
        Odd(HTML, 502, {"content-type": "text/html"}),
        Odd(HTML, 200, {"content-type": "text/html"}),
        Odd(b"", 200),
        Odd(b"", 204),
        Odd({"error": {"code": 3000, "message": "server trouble"}}, 500),
        Odd({"error": {"code": 3100, "message": "maintenance"}}, 503),
        Odd([1, 2], 200),
        Odd({"data": {}}, 200),
        Odd({"data": {"nav": {"status": "HIDDEN"}}}, 200),
        Odd({"message": "forbidden by a proxy"}, 403),
        Odd(HTML, 404),
        Odd(b"", 307, {"location": "http://127.0.0.1:9/elsewhere"}),
        Odd({"data": {"nav": "b" * 5_000_000}}, 200),
        Odd(b'{"data": ' + b"[" * 100_000, 200),
    ],
)
async def test_whatever_cannot_be_read_leaves_the_outcome_unknown(answer: Odd) -> None:
    async with odd_game(lambda _: answer) as (game, server):
        permit = await game.budget.acquire(Urgency.VOYAGE)

        assert isinstance(await game.perform(permit=permit), OutcomeUnknown)
        assert permit.state == "SPENT"
        assert len(server.seen) == 1, "an action is never sent twice"


async def test_a_call_without_an_answer_ends_in_time_and_its_outcome_is_unknown() -> None:
    release = threading.Event()
    async with odd_game(lambda _: Odd(held=release), timeout_seconds=0.2) as (game, _):
        permit = await game.budget.acquire(Urgency.VOYAGE)

        assert isinstance(await game.perform(permit=permit), OutcomeUnknown)
        assert permit.state == "SPENT"
        release.set()


async def test_a_call_that_was_given_up_before_its_turn_is_never_sent() -> None:
    release = threading.Event()
    async with odd_game(lambda _: Odd(held=release), timeout_seconds=20.0) as (game, server):
        hanging = [asyncio.create_task(game.perform()) for _ in range(32)]
        await server.arrivals(32)

        with entered("", 0.1):
            late = await game.perform()

        assert isinstance(late, NotSent)
        release.set()
        assert all(isinstance(outcome, OutcomeUnknown) for outcome in await asyncio.gather(*hanging))
        assert len(server.seen) == 32
    assert game.budget.open_permits == 0


async def test_a_cancelled_call_settles_its_permit() -> None:
    release = threading.Event()
    async with odd_game(lambda _: Odd(held=release)) as (game, server):
        permit = await game.budget.acquire(Urgency.VOYAGE)
        calling = asyncio.create_task(game.perform(permit=permit))
        await server.arrivals(1)

        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling

        assert permit.state == "SPENT"
        release.set()


async def test_a_refusal_says_what_the_game_said() -> None:
    answer = refusal(4203, "Ship  needs\nfuel.", shipSymbol="ACE-1", fuelRequired=401, nested={"a": 1}, none=None)
    async with odd_game(lambda _: answer) as (game, _):
        outcome = await game.perform(GameAction.NAVIGATE, "X1-AA1-B2")

    assert outcome == Refused(4203, "Ship needs fuel.", 400, {"ship_symbol": "ACE-1", "fuel_required": "401"})


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
async def test_the_code_counts_and_not_the_status(status: int) -> None:
    async with odd_game(lambda _: refusal(4236, status=status)) as (game, _):
        outcome = await game.perform()

    assert outcome == Refused(4236, "no", status)


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_game_whose_flight_modes_cannot_be_set_has_refused(status: int) -> None:
    async with odd_game(lambda _: Odd(HTML, status)) as (game, _):
        outcome = await game.perform(GameAction.SET_FLIGHT_MODE, "BURN")

    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.status) == (status, status)


async def test_a_refusal_may_lack_its_message_and_its_figures() -> None:
    async with odd_game(lambda _: Odd({"error": {"code": 4236}}, 400)) as (game, _):
        assert await game.perform() == Refused(4236, "it gives no reason", 400)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Odd({}, 429, {"retry-after": "0.75"}), 0.75),
        (Odd(HTML, 429), 1.0),
        (Odd({}, 429, {"retry-after": "soon"}), 1.0),
        (Odd({}, 429, {"retry-after": "9999"}), 60.0),
        (Odd({}, 429, {"retry-after": "nan"}), 1.0),
        (Odd({"error": {"code": 429, "message": "slow", "data": {"retryAfter": 2.5}}}, 429), 2.5),
    ],
)
async def test_a_rate_limit_makes_everybody_wait_as_long_as_it_says(answer: Odd, seconds: float) -> None:
    async with odd_game(lambda _: answer) as (game, _):
        assert await game.perform() == RateLimited(seconds)
        assert game.budget.pauses == [seconds]


async def test_a_read_that_meets_only_rate_limits_says_when_to_come_back() -> None:
    async with odd_game(lambda _: Odd({}, 429, {"retry-after": "3"})) as (game, server):
        with pytest.raises(GameBudgetExhaustedError) as exhausted:
            await game.ship()

    assert exhausted.value.retry_after == 3.0
    assert len(server.seen) == 3


@pytest.mark.parametrize("trouble", [Odd(hang_up=True), Odd(HTML, 502), Odd(HTML, 200), Odd({"error": {}}, 500)])
async def test_a_read_is_tried_again_on_trouble_that_passes(trouble: Odd) -> None:
    async with odd_game(in_turn(trouble, trouble, GOOD_SHIP)) as (game, server):
        assert (await game.ship()).ship_symbol == "ACE-1"
        assert len(server.seen) == 3


async def test_a_read_is_not_tried_again_on_a_refusal() -> None:
    async with odd_game(lambda _: refusal(4104, status=401)) as (game, server):
        with pytest.raises(TokenRejectedError):
            await game.ship()
        assert len(server.seen) == 1


async def test_a_401_without_a_code_of_the_game_ends_nothing() -> None:
    async with odd_game(lambda _: Odd({"message": "sign in to the hotel"}, 401)) as (game, _):
        with pytest.raises(GameUnavailableError, match="GAME_API_URL"):
            await game.ship()


async def test_a_read_ends_with_its_callers_deadline() -> None:
    release = threading.Event()
    async with odd_game(lambda _: Odd(held=release)) as (game, _):
        with entered("", 0.1), pytest.raises(GameUnavailableError):
            await asyncio.wait_for(game.ship(), 30)
        release.set()


async def test_the_token_goes_into_its_header_and_nowhere_else() -> None:
    async with odd_game(lambda _: refusal(4104, f"bad token {TOKEN}", 401, given=TOKEN)) as (game, server):
        outcome = await game.perform(GameAction.NAVIGATE, "X1-AA1-B2")
        with pytest.raises(TokenRejectedError) as refused:
            await game.ship()

    assert TOKEN not in repr(outcome)
    assert "bad token ***" in repr(outcome)
    assert TOKEN not in f"{refused.value} {refused.value.metadata} {CREDENTIAL}"
    for seen in server.seen:
        assert seen.headers.pop("authorization") == f"Bearer {TOKEN}"
        assert TOKEN not in repr(seen)


async def test_a_redirect_is_not_followed_with_the_token() -> None:
    with OddServer(lambda _: GOOD_SHIP) as elsewhere:
        moved = Odd(b"", 307, {"location": elsewhere.url})
        async with odd_game(lambda _: moved) as (game, _):
            await game.perform()
            with pytest.raises(GameUnavailableError):
                await game.ship()
        assert elsewhere.seen == []


async def test_the_network_setup_of_the_machine_cannot_replace_the_token(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with odd_game(lambda _: Odd({"data": ship_json()}, headers={"set-cookie": "agent=ace"})) as (game, server):
        await game.ship()
        await game.perform()

    assert {seen.headers["authorization"] for seen in server.seen} == {f"Bearer {TOKEN}"}
    assert all("cookie" not in seen.headers for seen in server.seen)


async def test_every_action_is_the_request_that_the_game_knows() -> None:
    async with odd_game(lambda _: Odd(HTML, 502)) as (game, server):
        for action in GameAction:
            await game.perform(action, {"NAVIGATE": "X1-AA1-B2", "SET_FLIGHT_MODE": "BURN"}.get(action.value, ""))

    assert [(seen.method, seen.path, seen.body) for seen in server.seen] == [
        ("POST", "/my/ships/ACE-1/orbit", b"{}"),
        ("POST", "/my/ships/ACE-1/dock", b"{}"),
        ("POST", "/my/ships/ACE-1/navigate", b'{"waypointSymbol": "X1-AA1-B2"}'),
        ("POST", "/my/ships/ACE-1/refuel", b"{}"),
        ("PATCH", "/my/ships/ACE-1/nav", b'{"flightMode": "BURN"}'),
    ]
    assert {seen.headers["content-type"] for seen in server.seen} == {"application/json"}


async def test_connections_are_used_again() -> None:
    async with odd_game(lambda _: GOOD_SHIP) as (game, server):
        for _ in range(10):
            await game.ship()

        # One for each thread that took part.
        assert server.connections < 5


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        (format_datetime(datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC), usegmt=True), 30),
        ("Mon, 23 Nov 2026 13:00:30 +0100", 30),
        ("yesterday", 60),
    ],
)
async def test_the_date_of_an_answer_is_read_whatever_its_form(date: str, seconds: int) -> None:
    clock = SteppedClock(datetime(2026, 11, 23, 11, 0, 0, tzinfo=UTC))
    flying = Odd({"data": ship_json(nav=nav_json(status="IN_TRANSIT"))}, headers={"date": date})
    async with odd_game(lambda _: flying, clock=clock) as (game, _):
        assert (await game.ship()).arrival_in.total_seconds() == seconds
