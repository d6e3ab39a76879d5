"""The certificates that people make to try things out name what the services look for."""

from pathlib import Path

import pytest
from cryptography import x509

from deploy.certificates.make_test_ca import main


def uris(certificate: Path) -> list[str]:
    extensions = x509.load_pem_x509_certificate(certificate.read_bytes()).extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def test_an_identity_is_of_the_trust_domain_that_the_services_have_by_default(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path), "operator/jane"]) == 0

    assert uris(tmp_path / "operator-jane/tls.crt") == ["spiffe://spacetraders/operator/jane"]


def test_an_identity_is_of_a_trust_domain_of_ones_own(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path), "--trust-domain", "fleet.example", "player"]) == 0

    assert uris(tmp_path / "player/tls.crt") == ["spiffe://fleet.example/player"]


@pytest.mark.parametrize("domain", ["", "spiffe://fleet.example", "fleet.example/x", "Fleet.example"])
def test_refuses_what_no_service_takes_for_a_trust_domain(
    domain: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), "--trust-domain", domain])

    assert "--trust-domain" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
