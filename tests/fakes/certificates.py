"""Identities for tests: certificates of a fresh authority, and of those that nobody trusts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from deploy.certificates.make_test_ca import Authority
from service_chassis.tls import TlsFiles


class Identities:
    """Every identity gets its files when first asked for. An authority that is there already signs them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        if (directory / "ca.key").exists():
            self._authority = Authority.kept_in(directory)
        else:
            self._authority = Authority.new()
            self._authority.write(directory)

    def of(self, identity: str) -> TlsFiles:
        folder = self.directory / identity.replace("/", "-")
        return files_in(folder) if folder.exists() else self.renew(identity)

    def renew(self, identity: str) -> TlsFiles:
        """A new certificate in the place of the old one."""
        return files_in(self._authority.issue_identity(self.directory, identity))

    def named(self, *uris: str) -> TlsFiles:
        """A certificate of the trusted authority that bears any names, or none."""
        return files_in(self._authority.issue(self.directory / f"named-{len(uris)}-{hash(uris)}", uris))

    def expired(self, identity: str) -> TlsFiles:
        folder = self.directory / "expired"
        return files_in(self._authority.issue_identity(folder, identity, valid_for=timedelta(minutes=-1)))

    def revoke(self, *identities: str) -> Path:
        """The authority's list of what it takes back: these identities' present certificates. Good for a day."""
        now = datetime.now(UTC)
        listed = x509.CertificateRevocationListBuilder(
            self._authority.certificate.subject, now - timedelta(days=1), now + timedelta(days=1)
        )
        for identity in identities:
            certificate = self.of(identity).certificate
            assert certificate is not None
            serial = x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number
            revoked = x509.RevokedCertificateBuilder(serial, now).build()
            listed = listed.add_revoked_certificate(revoked)
        path = self.directory / "crl.pem"
        path.write_bytes(listed.sign(self._authority.key, SHA256()).public_bytes(Encoding.PEM))
        return path

    def foreign(self, identity: str) -> TlsFiles:
        """Like `of`, signed by an authority that is not ours; it trusts ours."""
        files = files_in(Authority.new("someone else").issue_identity(self.directory / "foreign", identity))
        return TlsFiles(self.anonymous.authorities, files.certificate, files.key)

    @property
    def anonymous(self) -> TlsFiles:
        """No certificate, only trust in the authority."""
        return TlsFiles(self.directory / "ca.crt")


def files_in(folder: Path) -> TlsFiles:
    return TlsFiles(folder / "ca.crt", folder / "tls.crt", folder / "tls.key")


def settings_of(files: TlsFiles) -> dict[str, Any]:
    """As fields of the services' settings."""
    return {"tls_ca_file": files.authorities, "tls_cert_file": files.certificate, "tls_key_file": files.key}


def environment_of(files: TlsFiles) -> dict[str, str]:
    return {name.upper(): str(path) for name, path in settings_of(files).items() if path is not None}
