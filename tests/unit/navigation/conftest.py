"""The world that most tests of navigation's use cases begin in."""

import pytest

from tests.fakes.navigation_world import NavigationWorld


@pytest.fixture
async def world() -> NavigationWorld:
    """With the map known."""
    world = NavigationWorld()
    await world.know_the_map()
    return world
