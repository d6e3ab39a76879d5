"""What the environment may say, and what is told of it when it is wrong."""

from pathlib import Path

import pytest

from routing_service.settings import Settings, SettingsError, usable_cores


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_an_empty_environment_works_on_a_laptop() -> None:
    settings = Settings.from_env()

    assert settings.listen_address == "127.0.0.1:50053"
    assert (settings.health_address, settings.metrics_address) == (None, None)
    assert settings.solver_workers == usable_cores()


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLVER_WORKERS", "")

    assert Settings.from_env().solver_workers == usable_cores()


def test_all_faults_are_told_at_once_with_their_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "LISTEN_ADDRESS": "nowhere",
        "SOLVER_WORKERS": "many",
        "DRAIN_SECONDS": "-1",
        "LOG_FORMAT": "xml",
    }.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as caught:
        Settings.from_env()

    assert [fault.partition(":")[0] for fault in caught.value.faults] == [
        "LISTEN_ADDRESS",
        "LOG_FORMAT",
        "DRAIN_SECONDS",
        "SOLVER_WORKERS",
    ]
    assert "such as 127.0.0.1:50053" in caught.value.faults[0]
    assert caught.value.faults[3] == "SOLVER_WORKERS: must be a valid integer: processes that solve tours, such as 2"


@pytest.mark.parametrize(
    ("quota", "at_most"), [("100000 100000", 1), ("50000 100000", 1), ("max 100000", 1_000), ("nonsense", 1_000)]
)
def test_a_control_group_limits_the_workers(tmp_path: Path, quota: str, at_most: int) -> None:
    (tmp_path / "cpu.max").write_text(quota)

    assert 1 <= usable_cores(tmp_path / "cpu.max") <= at_most


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
