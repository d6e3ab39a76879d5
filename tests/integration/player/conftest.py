"""Fixtures of the player context's integration tests."""

from collections.abc import Iterator

import pytest

from tests.fakes.player_sandbox import SandboxProcess

pytest.register_assert_rewrite("tests.integration.ports.player_repository", "tests.integration.ports.player_game")


@pytest.fixture(scope="module")
def player_sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess("--no-rate-limit") as sandbox:
        yield sandbox
