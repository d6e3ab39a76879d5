"""The gateway's contract over the strict fake, and over HTTP to a sandbox process."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.fakes.sandbox_process import SandboxServer
from tests.integration.navigation_adapters.game_worlds import FakeWorld, SandboxHouse, SandboxWorld
from tests.integration.ports.navigation_game import GameActionsContract, GameReadsContract, GameTroubleContract


class EveryGameContract(GameReadsContract, GameActionsContract, GameTroubleContract):
    """Tests of the subclasses below."""


class TestFake(EveryGameContract):
    @pytest.fixture
    def world(self) -> FakeWorld:
        return FakeWorld()


@pytest.fixture(scope="module")
def house() -> Iterator[SandboxHouse]:
    with SandboxServer("--no-rate-limit", "--time-scale", "1") as server:
        yield SandboxHouse(server)


class TestSandbox(EveryGameContract):
    @pytest.fixture
    async def world(self, house: SandboxHouse) -> AsyncIterator[SandboxWorld]:
        world = house.world()
        yield world
        await world.game.close()
