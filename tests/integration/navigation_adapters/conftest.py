"""Fixtures of the navigation adapters' tests."""

import pytest

pytest.register_assert_rewrite(
    "tests.integration.ports.navigation_voyages",
    "tests.integration.ports.navigation_keeping",
    "tests.integration.ports.navigation_game",
)
