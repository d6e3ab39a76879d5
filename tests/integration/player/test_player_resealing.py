"""Retiring an encryption key: all that is kept is sealed under the new one, whoever is interrupted."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select

from player_service import bootstrap
from player_service.adapters.players_sql import SqlPlayers
from player_service.adapters.tables import players
from player_service.adapters.token_cipher import TokenCipher
from player_service.settings import Settings
from service_chassis.database import Database
from tests.fakes.player_clock import SteppedClock
from tests.fakes.player_component import settings_for
from tests.fakes.player_memory import MemoryDatabase, MemoryOutcomes
from tests.integration.ports.player_repository import TOKEN, Store

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    return settings_for(tmp_path, database_url=SecretStr(url), token_encryption_keys=SecretStr(f"{NEW},{OLD}"))


async def keep(settings: Settings, key: str, *agent_symbols: str) -> None:
    """Players whose tokens are sealed under `key`."""
    database, clock = Database(settings.database_url.get_secret_value()), SteppedClock()
    store = Store(database, SqlPlayers(database, TokenCipher([key])), MemoryOutcomes(MemoryDatabase(), clock), clock)
    for agent_symbol in agent_symbols:
        await store.add(agent_symbol)
    await database.close()


async def sealed(settings: Settings) -> dict[str, str]:
    database = Database(settings.database_url.get_secret_value())
    async with database.reading():
        rows = await database.session.execute(select(players.c.agent_symbol, players.c.sealed_token))
        found = {row.agent_symbol: row.sealed_token for row in rows}
    await database.close()
    return found


async def test_every_token_opens_under_the_new_key_alone_and_a_second_run_changes_nothing(settings: Settings) -> None:
    await bootstrap.migrate(settings)
    await keep(settings, OLD, *(f"OLD-{number}" for number in range(130)))
    await keep(settings, NEW, "NEW-1")
    before = await sealed(settings)

    assert await bootstrap.reseal(settings) == (130, [])

    after = await sealed(settings)
    new = TokenCipher([NEW])
    assert all(new.open(agent_symbol, text) == TOKEN for agent_symbol, text in after.items())
    assert after["NEW-1"] == before["NEW-1"]
    assert await bootstrap.reseal(settings) == (0, [])
    assert await sealed(settings) == after


async def test_names_whose_token_no_key_opens_and_goes_on_with_the_others(settings: Settings) -> None:
    await bootstrap.migrate(settings)
    await keep(settings, LOST, "LOST-1")
    await keep(settings, OLD, "OLD-1")

    assert await bootstrap.reseal(settings) == (1, ["LOST-1"])
