"""A store on each database that the chassis supports, and certificates."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service_chassis.database import Database
from tests.conftest import PostgresServer
from tests.fakes.certificates import Identities
from tests.fakes.chassis_database import Store


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    opened = _sqlite(tmp_path) if request.param == "sqlite" else _postgresql(request)
    await opened.create_tables()
    yield opened
    opened.give_back()
    await opened.database.close()


@pytest.fixture
async def sqlite_store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = _sqlite(tmp_path)
    await opened.create_tables()
    yield opened
    await opened.database.close()


@pytest.fixture
def identities(tmp_path: Path) -> Identities:
    return Identities(tmp_path)


def _sqlite(directory: Path) -> Store:
    file = directory / "test.sqlite3"
    away = file.with_suffix(".away")

    def take_away() -> None:
        # As if its disk were not mounted: new connections cannot open it; those at hand hold the file still.
        file.rename(away)
        file.symlink_to(directory / "not mounted" / file.name)

    def give_back() -> None:
        if away.exists():
            file.unlink()
            away.rename(file)

    return Store(Database(f"sqlite:///{file}"), take_away, give_back)


def _postgresql(request: pytest.FixtureRequest) -> Store:
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name: str = request.getfixturevalue("postgres_database")
    return Store(Database(server.url(name)), lambda: server.disconnect(name), lambda: server.reconnect(name))
