"""Fixtures for every kind of test: a PostgreSQL server of the test run's own, from a pip package."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hypothesis
import pytest

from tests.fakes.postgres_server import started_postgres

# PostgreSQL is started under a user of its own, which takes a fork of a process whose threads may be within gRPC: it is
# to become another program without a detour through gRPC's handlers. Read when gRPC is first used.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# A shared machine stalls now and then, and a change must not fail for an example that has nothing to do with it.
hypothesis.settings.register_profile("fleet", deadline=None, derandomize=True)
hypothesis.settings.load_profile("fleet")


@dataclass(frozen=True)
class PostgresServer:
    """A running server that nobody else uses. `server` is the package's own handle."""

    server: Any
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def execute(self, *statements: str) -> None:
        """Run statements as superuser in the maintenance database, each in a transaction of its own."""
        self.server.psql("".join(f"{statement};\n" for statement in statements))

    def create_database(self) -> str:
        """The name of a new, empty database."""
        name = f"test_{next(self.numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def drop_database(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def disconnect(self, name: str) -> None:
        """Take the database away from everybody, as an outage would."""
        self.execute(
            f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )

    def reconnect(self, name: str) -> None:
        self.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")

    def url(self, name: str) -> str:
        """A SQLAlchemy URL over the server's Unix socket."""
        directory = self.server.get_postmaster_info().socket_dir
        return f"postgresql://postgres@/{name}?host={quote(str(directory), safe='')}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Starts once per test session, as late as the first test that asks for it."""
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as directory:
        server = PostgresServer(started_postgres(Path(directory)))
        # Nobody needs this data after a crash.
        server.execute(
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET synchronous_commit = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "SELECT pg_reload_conf()",
        )
        yield server
        server.server.cleanup()


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a fresh, empty database of this test alone."""
    name = postgres_server.create_database()
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_database: str) -> str:
    """The SQLAlchemy URL of a fresh, empty database of this test alone."""
    return postgres_server.url(postgres_database)
