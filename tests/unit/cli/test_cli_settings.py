"""What the command line takes from the environment, and what it passes on."""

import pytest

from cli.settings import Settings, quieten_grpc


def test_children_keep_a_verbosity_that_the_user_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRPC_VERBOSITY", "DEBUG")
    quieten_grpc()

    assert Settings.from_env().environment["GRPC_VERBOSITY"] == "DEBUG"


def test_children_are_not_quietened_with_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRPC_VERBOSITY", raising=False)
    quieten_grpc()

    assert "GRPC_VERBOSITY" not in Settings.from_env().environment


def test_the_demo_does_not_touch_the_users_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/precious")
    monkeypatch.setenv("TOKEN_ENCRYPTION_KEYS", "key")

    settings = Settings.from_env()

    assert "DATABASE_URL" in settings.environment
    assert not {"DATABASE_URL", "TOKEN_ENCRYPTION_KEYS"} & settings.throwaway_environment.keys()


@pytest.mark.parametrize(("text", "seconds"), [("", 5.0), ("60", 60.0), ("soon", 5.0)])
def test_children_get_the_time_to_drain_that_was_set(
    monkeypatch: pytest.MonkeyPatch, text: str, seconds: float
) -> None:
    monkeypatch.setenv("DRAIN_SECONDS", text)

    assert Settings.from_env().drain_seconds == seconds
