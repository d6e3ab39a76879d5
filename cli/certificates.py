"""Who the command line is to the services: the files of TLS, from options or from the environment."""

from dataclasses import dataclass
from pathlib import Path

from cli.errors import wrong_usage


@dataclass(frozen=True)
class Certificates:
    """Whom to trust (`authorities`), and who we are, if we have shown it. PEM files."""

    authorities: Path
    certificate: Path | None = None
    key: Path | None = None


class Endpoint(str):
    """An address as an option gave it, and the certificates to go there with; None for plain text."""

    __slots__ = ("certificates",)

    certificates: Certificates | None


def chosen(authorities: Path | None, certificate: Path | None, key: Path | None) -> Certificates | None:
    """None for plain text. Raises CliError for options that need each other."""
    if (certificate is None) is not (key is None):
        missing = "--tls-cert (TLS_CERT_FILE)" if certificate is None else "--tls-key (TLS_KEY_FILE)"
        raise wrong_usage(f"{missing} is missing", "a certificate and its key go together")
    if authorities is not None:
        return Certificates(authorities, certificate, key)
    if certificate is not None:
        raise wrong_usage(
            "--tls-ca (TLS_CA_FILE) is missing", "say by which authority's certificate the services are to be trusted"
        )
    return None
