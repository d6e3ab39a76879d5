"""Settings: every default works, and every fault is told at once with its remedy."""

from pathlib import Path

import pytest

from navigation_service.settings import Settings, SettingsError

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

    assert settings.listen_address == "127.0.0.1:50052"
    assert settings.player_service_address == "127.0.0.1:50051"
    assert settings.routing_service_address == "127.0.0.1:50053"
    assert (settings.health_address, settings.metrics_address) == (None, None)
    assert settings.game_api_url == "https://api.spacetraders.io/v2"
    assert (settings.game_requests_per_second, settings.game_burst) == (2, 30)
    assert (settings.game_timeout_seconds, settings.game_time_scale, settings.voyage_lease_seconds) == (5, 1, 10)
    assert settings.sqlite_file == Path("data/navigation-api.spacetraders.io.sqlite3")


def test_an_empty_variable_is_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, **dict.fromkeys(NAMES, "")) == Settings.from_env()


def test_each_game_server_has_its_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, GAME_API_URL="http://127.0.0.1:8080/v2/", DATA_DIR="/var/lib/fleet")

    assert settings.game_api_url == "http://127.0.0.1:8080/v2"
    assert settings.sqlite_file == Path("/var/lib/fleet/navigation-127.0.0.1-8080.sqlite3")


def test_postgresql_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, DATABASE_URL="postgresql://user:password@host/database").sqlite_file is None


@pytest.mark.parametrize("address", ["player-service:50051", "dns:///player-service:50051", "unix:/run/player.sock"])
def test_services_are_found_by_name_or_by_a_target_of_grpc(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert read(monkeypatch, PLAYER_SERVICE_ADDRESS=address).player_service_address == address


def test_zero_in_both_switches_the_limiter_off(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, GAME_REQUESTS_PER_SECOND="0", GAME_BURST="0")

    assert (settings.game_requests_per_second, settings.game_burst) == (0, 0)


def test_a_limit_cannot_be_a_burst_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    [fault] = faults(monkeypatch, GAME_REQUESTS_PER_SECOND="0")

    assert fault == "GAME_BURST: must be 0 where GAME_REQUESTS_PER_SECOND is 0; both together mean no limiter"


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("LISTEN_ADDRESS", "50052", "host:port"),
        ("HEALTH_ADDRESS", "localhost", "host:port"),
        ("METRICS_ADDRESS", ":9090", "host:port"),
        ("PLAYER_SERVICE_ADDRESS", "player-service", "host:port"),
        ("PLAYER_SERVICE_ADDRESS", "player-service:0", "host:port"),
        ("ROUTING_SERVICE_ADDRESS", "http://routing:50053", "host:port"),
        ("LOG_LEVEL", "loud", "'INFO'"),
        ("LOG_FORMAT", "xml", "'json'"),
        ("DRAIN_SECONDS", "-1", "seconds"),
        ("GAME_API_URL", "api.spacetraders.io", "https://"),
        ("GAME_API_URL", "https://user:password@api.spacetraders.io/v2", "https://"),
        ("GAME_TIMEOUT_SECONDS", "nan", "seconds"),
        ("GAME_REQUESTS_PER_SECOND", "-2", "limit"),
        ("GAME_BURST", "2.5", "30"),
        ("GAME_TIME_SCALE", "0", "faster"),
        ("GAME_TIME_SCALE", "inf", "faster"),
        ("VOYAGE_LEASE_SECONDS", "0", "seconds"),
        ("VOYAGE_LEASE_SECONDS", "9", "9.75"),
        ("DATABASE_URL", "mysql://host/database", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:", "sqlite:///"),
        ("DATABASE_URL", "postgresql://user@host/database?sslmode=require", "ssl=require"),
    ],
)
def test_names_a_bad_variable_and_its_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, remedy: str
) -> None:
    [fault] = faults(monkeypatch, **{name: value})

    assert fault.startswith(f"{name}: ")
    assert remedy in fault


def test_a_lease_outlasts_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, GAME_TIMEOUT_SECONDS="0.5", VOYAGE_LEASE_SECONDS="3").voyage_lease_seconds == 3
    [fault] = faults(monkeypatch, GAME_TIMEOUT_SECONDS="20", VOYAGE_LEASE_SECONDS="30")

    assert fault == "VOYAGE_LEASE_SECONDS: must be 32.25 or more, to outlast a call of GAME_TIMEOUT_SECONDS"


def test_names_all_faults_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = faults(monkeypatch, LISTEN_ADDRESS="x", LOG_LEVEL="x", GAME_API_URL="x", GAME_BURST="x", DATABASE_URL="x")

    assert [fault.split(":")[0] for fault in found] == [
        "LISTEN_ADDRESS", "LOG_LEVEL", "GAME_API_URL", "GAME_BURST", "DATABASE_URL",
    ]  # fmt: skip


def test_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, DATABASE_URL="postgresql://user:pass-word@host/d")
    monkeypatch.setenv("DATABASE_URL", "mysql://user:pass-word@host/d")

    assert "pass-word" not in f"{settings!r} {settings} {faults(monkeypatch)}"


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
