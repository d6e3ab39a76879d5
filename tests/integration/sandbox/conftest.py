"""A fresh sandbox with one agent, for every test."""

import pytest

from tests.fakes.sandbox_driver import Driver, make_driver


@pytest.fixture
def empty() -> Driver:
    """Nobody has registered yet."""
    return make_driver()


@pytest.fixture
async def game(empty: Driver) -> Driver:
    """Agent ACE of COSMIC, with frigate ACE-1 at headquarters and probe ACE-2 at a shipyard."""
    await empty.register()
    return empty
