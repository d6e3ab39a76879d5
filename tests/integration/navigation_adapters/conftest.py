"""Fixtures of the navigation adapters' tests: databases that are migrated once and used by one test after the other."""

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PostgresServer

pytest.register_assert_rewrite(
    "tests.integration.ports.navigation_voyage_store",
    "tests.integration.ports.navigation_voyages",
    "tests.integration.ports.navigation_leases",
    "tests.integration.ports.navigation_keeping",
    "tests.integration.ports.navigation_game",
)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread: whoever asks for a database may be in a loop already."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
def navigation_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database; use copies of it."""
    from tests.integration.navigation_adapters.stores import prepare_sqlite

    file = tmp_path_factory.mktemp("navigation") / "migrated.sqlite3"
    _run(prepare_sqlite(file))
    return file


@pytest.fixture(scope="session")
def navigation_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A migrated PostgreSQL database whose clock stands still."""
    from tests.integration.navigation_adapters.stores import prepare_postgres

    name = postgres_server.create_database()
    url = postgres_server.url(name)
    _run(prepare_postgres(url))
    yield url
    postgres_server.drop_database(name)
