"""Players and their tokens, as the player service tells them and as they are kept for a while."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from navigation_service.adapters.player_client import GrpcPlayerDirectory
from navigation_service.application.ports import AgentToken, Credential, PlayerKey
from navigation_service.domain.errors import (
    PlayerAccessError,
    PlayerNotFoundError,
    PlayerServiceUnavailableError,
    TokenRejectedError,
    UniverseResetError,
)
from service_chassis.call_context import entered
from shared_kernel.errors import Forbidden, InvalidInput, Unavailable
from tests.fakes.free_ports import free_port
from tests.fakes.navigation_players import FakePlayers
from tests.fakes.navigation_remote_services import ScriptedPlayerService, scripted_players, serving_players
from tests.fakes.player_clock import SteppedClock
from tests.fakes.player_component import running, settings_for
from tests.fakes.player_game import FakeGame

ACE = Credential(7, "ACE", AgentToken("secret-of-ace"), 1, "fake.game/2026-11-01")
BY_ID, BY_SYMBOL = PlayerKey(player_id=7), PlayerKey(agent_symbol="ACE")


@dataclass
class Desk:
    directory: GrpcPlayerDirectory
    service: ScriptedPlayerService
    players: FakePlayers
    clock: SteppedClock


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    players, clock = FakePlayers(ACE), SteppedClock()
    service = scripted_players(players)
    async with serving_players(service) as address:
        directory = GrpcPlayerDirectory(address, clock)
        yield Desk(directory, service, players, clock)
        await directory.close()


class OutageError(Unavailable):
    reason = "DATABASE_UNAVAILABLE"


def outage() -> OutageError:
    return OutageError("the database does not answer; try again", retry_after=7.0)


async def test_finds_a_player_by_id_and_by_agent_symbol(desk: Desk) -> None:
    assert await desk.directory.credential(BY_ID) == ACE
    assert await desk.directory.credential(BY_SYMBOL) == ACE


async def test_asks_once_a_minute(desk: Desk) -> None:
    for _ in range(3):
        await desk.directory.credential(BY_ID)
        await desk.directory.credential(BY_SYMBOL)
    assert desk.service.reads == 1

    desk.clock.step(59)
    await desk.directory.credential(BY_ID)
    assert desk.service.reads == 1
    desk.clock.step(1)
    await desk.directory.credential(BY_ID)
    assert desk.service.reads == 2


async def test_a_fresh_read_does_not_go_by_memory(desk: Desk) -> None:
    await desk.directory.credential(BY_ID)
    desk.players.replace_token(7, "another-secret")

    assert (await desk.directory.credential(BY_ID)).token_version == 1
    fresh = await desk.directory.credential(BY_ID, fresh=True)
    assert (fresh.token, fresh.token_version) == (AgentToken("another-secret"), 2)
    assert await desk.directory.credential(BY_SYMBOL) == fresh


async def test_many_who_ask_at_once_share_one_read(desk: Desk) -> None:
    desk.service.held = asyncio.Event()
    asking = [asyncio.create_task(desk.directory.credential(BY_ID)) for _ in range(10)]
    await desk.service.arrivals(1)
    desk.service.held.set()

    assert await asyncio.gather(*asking) == [ACE] * 10
    assert desk.service.reads == 1


async def test_a_shared_read_outlives_the_call_that_began_it(desk: Desk) -> None:
    desk.service.held = asyncio.Event()
    with entered("first", 0.05):
        first = asyncio.create_task(desk.directory.credential(BY_ID))
        await desk.service.arrivals(1)
    second = asyncio.create_task(desk.directory.credential(BY_ID))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    desk.service.held.set()

    assert await second == ACE
    assert desk.service.reads == 1


async def test_a_fresh_read_does_not_join_one_that_began_before(desk: Desk) -> None:
    desk.service.held = asyncio.Event()
    early = asyncio.create_task(desk.directory.credential(BY_ID))
    await desk.service.arrivals(1)
    desk.players.replace_token(7, "another-secret")
    fresh = asyncio.create_task(desk.directory.credential(BY_ID, fresh=True))
    await desk.service.arrivals(2)
    desk.service.held.set()

    assert (await fresh).token_version == 2
    await early
    assert (await desk.directory.credential(BY_ID)).token_version == 2, "the slow answer must not replace the later one"


async def test_what_is_known_serves_through_an_outage(desk: Desk) -> None:
    await desk.directory.credential(BY_ID)
    desk.service.trouble = outage
    desk.clock.step(3_600)

    for _ in range(5):
        assert await desk.directory.credential(BY_ID) == ACE
    reads = desk.service.reads
    desk.clock.step(5)
    await desk.directory.credential(BY_ID)
    assert desk.service.reads > reads, "now and then somebody looks whether it is over"

    with pytest.raises(PlayerServiceUnavailableError):
        await desk.directory.credential(BY_ID, fresh=True)


async def test_an_outage_does_not_invent_players(desk: Desk) -> None:
    desk.service.trouble = outage

    with pytest.raises(PlayerServiceUnavailableError, match="the database does not answer") as unavailable:
        await desk.directory.credential(BY_ID)
    assert unavailable.value.retry_after == 7.0


async def test_a_service_that_is_not_there_is_an_outage() -> None:
    address = f"127.0.0.1:{free_port()}"
    directory = GrpcPlayerDirectory(address, SteppedClock(), timeout_seconds=0.5)

    with pytest.raises(PlayerServiceUnavailableError, match="the player service does not answer"):
        await directory.credential(BY_ID)
    with pytest.raises(PlayerServiceUnavailableError):
        await directory.report_rejected(ACE, 4104)
    await directory.close()


async def test_a_deleted_player_is_forgotten_within_a_minute(desk: Desk) -> None:
    await desk.directory.credential(BY_SYMBOL)
    desk.players.remove(7)
    desk.clock.step(60)

    with pytest.raises(PlayerNotFoundError):
        await desk.directory.credential(BY_SYMBOL)
    desk.service.trouble = outage
    with pytest.raises(PlayerServiceUnavailableError):
        await desk.directory.credential(BY_ID)


async def test_reports_a_rejected_token_and_forgets_it(desk: Desk) -> None:
    await desk.directory.credential(BY_ID)

    await desk.directory.report_rejected(ACE, 4104)

    assert desk.players.reports == [(7, 1, 4104)]
    with pytest.raises(TokenRejectedError) as rejected:
        await desk.directory.credential(BY_ID)
    assert rejected.value.metadata == {"agent_symbol": "ACE", "game_error_code": "4104"}


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (Forbidden("not you"), PlayerAccessError),
        (UniverseResetError("gone", {"agent_symbol": "ACE"}), UniverseResetError),
        (PlayerNotFoundError("nobody"), PlayerNotFoundError),
        (InvalidInput.of("agent_symbol", "must be 3 to 14 characters"), InvalidInput),
        (ZeroDivisionError("a bug over there"), PlayerServiceUnavailableError),
    ],
)
async def test_errors_keep_their_meaning(desk: Desk, trouble: Exception, expected: type[Exception]) -> None:
    desk.service.trouble = lambda: trouble

    with pytest.raises(expected) as failure:
        await desk.directory.credential(BY_ID)
    assert "bug over there" not in str(failure.value)


async def test_forgets_the_oldest_when_it_knows_too_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("navigation_service.adapters.player_client._MOST_KEPT", 2)
    for player_id in (8, 9):
        desk.players.add(Credential(player_id, f"FOX{player_id}", AgentToken("secret"), 1, "fake"))
    for player_id in (7, 8, 9, 7):
        await desk.directory.credential(PlayerKey(player_id=player_id))

    assert desk.service.reads == 4


async def test_understands_the_real_player_service(tmp_path: Path) -> None:
    game = FakeGame()
    async with running(settings_for(tmp_path), game) as component:
        player = await component.register("ACE")
        directory = GrpcPlayerDirectory(f"127.0.0.1:{component.app.port}", SteppedClock())

        credential = await directory.credential(PlayerKey(agent_symbol="ACE"))
        assert (credential.player_id, credential.token_version) == (player.player_id, 1)
        assert credential.universe == player.universe
        assert await game.agent_of(credential.token) == "ACE"  # type: ignore[arg-type]  # tokens of either context

        with pytest.raises(PlayerNotFoundError):
            await directory.credential(PlayerKey(player_id=player.player_id + 1))
        await directory.report_rejected(credential, 4104)
        with pytest.raises(TokenRejectedError) as rejected:
            await directory.credential(PlayerKey(agent_symbol="ACE"))
        assert rejected.value.metadata["game_error_code"] == "4104"
        await directory.close()
