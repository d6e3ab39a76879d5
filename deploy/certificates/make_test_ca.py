"""Certificates for trying things out: an authority of your own, and one certificate for each identity.

    python deploy/certificates/make_test_ca.py --out certificates
    python deploy/certificates/make_test_ca.py --out certificates --namespace fleet player navigation operator/jane

writes ca.crt, ca.key and, for every identity, IDENTITY/tls.crt, tls.key and ca.crt (`operator/jane` in operator-jane).
An identity NAME is `spiffe://spacetraders/NAME` (with --trust-domain fleet.example, `spiffe://fleet.example/NAME`);
services are found under NAME-service (in the cluster, also with its namespace) and on this machine. If there is an
authority in the folder, it signs again: that is how to rotate. Needs the package `cryptography`. Who runs a real fleet
has a real authority (cert-manager, SPIRE).
"""

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TRUST_DOMAIN = "spacetraders"
IDENTITIES = ("player", "navigation", "routing", "operator")
# Clocks differ.
_LEEWAY = timedelta(minutes=5)


@dataclass(frozen=True)
class Authority:
    """Signs certificates; whoever trusts `certificate` trusts them."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls, name: str = "SpaceTraders fleet, test authority", *, days: float = 3650) -> Self:
        key, subject = ec.generate_private_key(ec.SECP256R1()), _named(name)
        builder = _builder(subject, subject, key, timedelta(days=days))
        signed = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(key, signed)

    @classmethod
    def kept_in(cls, directory: Path) -> Self:
        """The one that `write` left there; raises OSError or ValueError if there is none."""
        key = serialization.load_pem_private_key((directory / "ca.key").read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{directory / 'ca.key'} is not a key that this program made")
        return cls(key, x509.load_pem_x509_certificate((directory / "ca.crt").read_bytes()))

    def write(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        _replace(directory / "ca.crt", _pem(self.certificate))
        _replace(directory / "ca.key", _key_pem(self.key))

    def issue(
        self,
        directory: Path,
        names: Sequence[str],
        dns: Sequence[str] = ("localhost",),
        *,
        valid_for: timedelta = timedelta(days=365),
    ) -> Path:
        """tls.crt, tls.key and ca.crt in `directory`, for the URIs `names` and the hosts `dns`; returns the folder."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives: list[x509.GeneralName] = [x509.UniformResourceIdentifier(name) for name in names]
        alternatives += [x509.DNSName(name) for name in dns]
        alternatives += [x509.IPAddress(ip_address(text)) for text in ("127.0.0.1", "::1")]
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        signed = (
            _builder(_named(names[0] if names else "nobody"), self.certificate.subject, key, valid_for)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        directory.mkdir(parents=True, exist_ok=True)
        _replace(directory / "tls.key", _key_pem(key))
        _replace(directory / "tls.crt", _pem(signed))
        _replace(directory / "ca.crt", _pem(self.certificate))
        return directory

    def issue_identity(
        self,
        parent: Path,
        identity: str,
        *,
        namespace: str = "spacetraders",
        trust_domain: str = TRUST_DOMAIN,
        valid_for: timedelta = timedelta(days=365),
    ) -> Path:
        """For `identity` of this system, in a folder of its name."""
        service = f"{identity.partition('/')[0]}-service"
        inside = [service, f"{service}.{namespace}", f"{service}.{namespace}.svc"]
        return self.issue(
            parent / identity.replace("/", "-"),
            [f"spiffe://{trust_domain}/{identity}"],
            [*inside, f"{service}.{namespace}.svc.cluster.local", "localhost"],
            valid_for=valid_for,
        )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, valid_for: timedelta
) -> x509.CertificateBuilder:
    end = datetime.now(UTC) + valid_for
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(datetime.now(UTC), end) - _LEEWAY)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _replace(path: Path, content: bytes) -> None:
    """All at once, so that nobody reads half a file; keys are for their owner alone."""
    written = path.with_suffix(".new")
    written.unlink(missing_ok=True)
    with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    if path.suffix == ".crt":
        written.chmod(0o644)
    written.replace(path)


def _trust_domain(text: str) -> str:
    """As the services take it in TLS_TRUST_DOMAIN."""
    if not re.fullmatch(r"[a-z0-9._-]{1,255}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no trust domain: a-z 0-9 . _ - only, such as fleet.example")
    return text


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the folder for all of it")
    parser.add_argument("--namespace", default="spacetraders", help="the services' namespace in Kubernetes")
    parser.add_argument(
        "--trust-domain", type=_trust_domain, default=TRUST_DOMAIN, help="the services' TLS_TRUST_DOMAIN"
    )
    parser.add_argument("--days", type=float, default=365, help="how long the certificates are good")
    parser.add_argument("identities", nargs="*", default=IDENTITIES, help=f"default: {' '.join(IDENTITIES)}")
    given = parser.parse_args(argv)
    if (given.out / "ca.key").exists():
        authority = Authority.kept_in(given.out)
    else:
        authority = Authority.new()
        authority.write(given.out)
    for identity in given.identities:
        folder = authority.issue_identity(
            given.out,
            identity,
            namespace=given.namespace,
            trust_domain=given.trust_domain,
            valid_for=timedelta(days=given.days),
        )
        print(folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
