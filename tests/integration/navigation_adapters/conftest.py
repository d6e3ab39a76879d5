"""Fixtures of the navigation adapters' tests: databases that are migrated once and used by one test after the other."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PostgresServer

pytest.register_assert_rewrite(
    "tests.integration.ports.navigation_voyages",
    "tests.integration.ports.navigation_keeping",
    "tests.integration.ports.navigation_game",
)


@pytest.fixture(scope="session")
def navigation_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database; use copies of it."""
    from tests.integration.navigation_adapters.stores import prepare_sqlite

    file = tmp_path_factory.mktemp("navigation") / "migrated.sqlite3"
    asyncio.run(prepare_sqlite(file))
    return file


@pytest.fixture(scope="session")
def navigation_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A migrated PostgreSQL database whose clock stands still."""
    from tests.integration.navigation_adapters.stores import prepare_postgres

    name = postgres_server.create_database()
    url = postgres_server.url(name)
    asyncio.run(prepare_postgres(url))
    yield url
    postgres_server.drop_database(name)
