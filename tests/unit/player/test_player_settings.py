"""Settings: every default works, and every fault is told at once with its remedy."""

from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from player_service.settings import Settings, SettingsError

# Always the same, as they get into the names of tests, which several workers must agree on.
KEY = urlsafe_b64encode(bytes(range(32))).decode()
OTHER_KEY = urlsafe_b64encode(bytes(range(32, 64))).decode()
NAMES = [name.upper() for name in Settings.model_fields]


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings.from_env()


def faults(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(monkeypatch, **environment)
    return caught.value.faults


def test_an_empty_environment_works_on_a_laptop() -> None:
    settings = Settings.from_env()

    assert settings.listen_address == "127.0.0.1:50051"
    assert settings.health_address is None
    assert settings.metrics_address is None
    assert settings.game_api_url == "https://api.spacetraders.io/v2"
    assert settings.sqlite_file == Path("data/player-api.spacetraders.io.sqlite3")
    assert settings.encryption_keys == ()


def test_an_empty_variable_is_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, **dict.fromkeys(NAMES, "")) == Settings.from_env()


def test_each_game_server_has_its_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, GAME_API_URL="http://127.0.0.1:8080/v2/", DATA_DIR="/var/lib/fleet")

    assert settings.game_api_url == "http://127.0.0.1:8080/v2"
    assert settings.sqlite_file == Path("/var/lib/fleet/player-127.0.0.1-8080.sqlite3")


def test_postgresql_comes_with_keys_of_which_the_first_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://user:password@host/database"

    settings = read(monkeypatch, DATABASE_URL=url, TOKEN_ENCRYPTION_KEYS=f"{KEY}, {OTHER_KEY},")

    assert settings.encryption_keys == (KEY, OTHER_KEY)
    assert settings.sqlite_file is None


@pytest.mark.parametrize("address", ["127.0.0.1:0", "0.0.0.0:50051", "[::]:50051", "[::1]:1", "player.example:65535"])
def test_accepts_any_address_to_listen_on(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert read(monkeypatch, LISTEN_ADDRESS=address).listen_address == address


@pytest.mark.parametrize("text", ["debug", "Warning", "ERROR"])
def test_log_levels_come_in_any_case(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert read(monkeypatch, LOG_LEVEL=text).log_level == text.upper()


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("LISTEN_ADDRESS", "50051", "host:port"),
        ("LISTEN_ADDRESS", "localhost:99999", "host:port"),
        ("LISTEN_ADDRESS", "::1:50051", "host:port"),
        ("HEALTH_ADDRESS", "localhost", "host:port"),
        ("METRICS_ADDRESS", ":9090", "host:port"),
        ("LOG_LEVEL", "loud", "'INFO'"),
        ("LOG_FORMAT", "xml", "'json'"),
        ("DRAIN_SECONDS", "-1", "seconds"),
        ("DRAIN_SECONDS", "soon", "seconds"),
        ("GAME_TIMEOUT_SECONDS", "0", "seconds"),
        ("GAME_TIMEOUT_SECONDS", "nan", "seconds"),
        ("GAME_API_URL", "api.spacetraders.io", "https://"),
        ("GAME_API_URL", "ftp://api.spacetraders.io/v2", "https://"),
        ("GAME_API_URL", "https://user:password@api.spacetraders.io/v2", "https://"),
        ("GAME_API_URL", "http://host:port/v2", "https://"),
        ("GAME_API_URL", "http://[::1/v2", "https://"),
        ("DATABASE_URL", "mysql://host/database", "sqlite:///"),
        ("DATABASE_URL", "sqlite://", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:", "sqlite:///"),
        ("DATABASE_URL", "data/player.sqlite3", "sqlite:///"),
        ("DATABASE_URL", "postgresql://user@host:port/database", "sqlite:///"),
        ("DATABASE_URL", "postgresql://", "sqlite:///"),
        ("TOKEN_ENCRYPTION_KEYS", "too-short", "openssl rand"),
        ("TOKEN_ENCRYPTION_KEYS", f"{KEY},not base64 at all!", "openssl rand"),
    ],
)
def test_names_a_bad_variable_and_its_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, remedy: str
) -> None:
    [fault] = faults(monkeypatch, **{name: value})

    assert fault.startswith(f"{name}: ")
    assert remedy in fault


def test_postgresql_needs_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    [fault] = faults(monkeypatch, DATABASE_URL="postgresql://user@host/database")

    assert fault.startswith("TOKEN_ENCRYPTION_KEYS: is required with PostgreSQL; make one with: openssl rand")


def test_another_driver_s_word_for_encryption_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://user@host/database?sslmode=require"

    [fault] = faults(monkeypatch, DATABASE_URL=url, TOKEN_ENCRYPTION_KEYS=KEY)

    assert fault == "DATABASE_URL: takes ssl=require in place of sslmode=require"


def test_names_all_faults_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = faults(
        monkeypatch,
        LISTEN_ADDRESS="x",
        LOG_LEVEL="x",
        GAME_API_URL="x",
        GAME_TIMEOUT_SECONDS="x",
        DATABASE_URL="postgresql://host/database",
    )

    assert [fault.split(":")[0] for fault in found] == [
        "LISTEN_ADDRESS", "LOG_LEVEL", "GAME_API_URL", "GAME_TIMEOUT_SECONDS", "TOKEN_ENCRYPTION_KEYS",
    ]  # fmt: skip


def test_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, DATABASE_URL="postgresql://user:pass-word@host/d", TOKEN_ENCRYPTION_KEYS=KEY)
    monkeypatch.setenv("TOKEN_ENCRYPTION_KEYS", "wrong-secret")
    monkeypatch.setenv("DATABASE_URL", "mysql://user:pass-word@host/d")

    shown = f"{settings!r} {settings} {faults(monkeypatch)}"

    assert not any(secret in shown for secret in (KEY, "pass-word", "wrong-secret"))


def test_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings.from_env().listen_address = "0.0.0.0:1"


def test_tls_is_off_unless_all_of_its_files_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLS_CERT_FILE", "tls.crt")
    monkeypatch.setenv("TLS_CA_FILE", "ca.crt")

    with pytest.raises(SettingsError) as caught:
        Settings.from_env()
    monkeypatch.setenv("TLS_KEY_FILE", "tls.key")

    assert caught.value.faults == ["TLS_CA_FILE: certificate, key and authorities go together; set TLS_KEY_FILE, too"]
    assert Settings.from_env().tls_key_file == Path("tls.key")


def test_revoked_certificates_and_trust_domain_are_told_where_they_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLS_CRL_FILE", "crl.pem")
    monkeypatch.setenv("TLS_TRUST_DOMAIN", "spiffe://fleet.example")

    with pytest.raises(SettingsError) as caught:
        Settings.from_env()

    assert [fault.partition(":")[0] for fault in caught.value.faults] == ["TLS_CRL_FILE", "TLS_TRUST_DOMAIN"]
