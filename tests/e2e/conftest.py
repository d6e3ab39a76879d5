"""Real processes for the journeys."""

from collections.abc import Iterator

import pytest

from tests.e2e.stack import Stack, running_stack

# Short leases, so that what a killed worker held is free again soon; they must outlast a call to the game.
QUICK = {"GAME_TIMEOUT_SECONDS": "1", "VOYAGE_LEASE_SECONDS": "4", "GAME_TIME_SCALE": "60"}


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All processes, serving, on SQLite, in a directory of their own; the game runs 60 times faster."""
    options = ("--time-scale", "60", "--no-rate-limit", "--ships", "3")
    environment = {**QUICK, "GAME_REQUESTS_PER_SECOND": "0", "GAME_BURST": "0"}
    directory = tmp_path_factory.mktemp("stack")
    with running_stack(directory, sandbox_options=options, environment=environment) as running:
        yield running
