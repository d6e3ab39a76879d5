"""Fixtures of the player context's integration tests."""

import pytest

pytest.register_assert_rewrite("tests.integration.ports.player_repository", "tests.integration.ports.player_game")
