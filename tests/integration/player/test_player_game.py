"""The game's contract over the fake and over the sandbox, an independent implementation, as a real process."""

from collections.abc import AsyncIterator

import pytest

from player_service.adapters.game_api import HttpGameGateway
from player_service.domain.secret import AccountToken
from tests.fakes.player_game import ACCOUNT_TOKEN, FakeGame
from tests.fakes.player_sandbox import ACCOUNT_TOKEN as SANDBOX_ACCOUNT_TOKEN
from tests.fakes.player_sandbox import SandboxProcess
from tests.integration.ports.player_game import Game, GameContract


class TestFake(GameContract):
    @pytest.fixture
    def game(self) -> Game:
        fake, down = FakeGame(), FakeGame()
        down.down = True
        return Game(
            gateway=fake,
            down=down,
            host="fake.game",
            account_token=AccountToken(ACCOUNT_TOKEN),
            register_elsewhere=fake.make_agent,
            reset=fake.reset,
            lose_next_enlistment=lambda: setattr(fake, "lose_next_enlistment", True),
        )


class TestSandbox(GameContract):
    @pytest.fixture
    async def game(self, player_sandbox: SandboxProcess) -> AsyncIterator[Game]:
        gateway = HttpGameGateway(player_sandbox.url, timeout_seconds=5.0)
        down = HttpGameGateway("http://127.0.0.1:9/v2", timeout_seconds=1.0)
        yield Game(
            gateway=gateway,
            down=down,
            host=player_sandbox.host,
            account_token=AccountToken(SANDBOX_ACCOUNT_TOKEN),
            register_elsewhere=player_sandbox.register,
            reset=lambda: player_sandbox.admin("/reset"),
            lose_next_enlistment=lambda: player_sandbox.admin("/faults", name="drop_after", action="register", next=1),
        )
        await gateway.close()
        await down.close()
