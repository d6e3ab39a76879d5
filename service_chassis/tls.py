"""Certificates from PEM files that may be replaced while the process runs."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import grpc
import structlog

T = TypeVar("T")

_LOOK_AGAIN_SECONDS = 1.0
_NO_LIST = "TLS_CRL_FILE {} holds no list of revoked certificates in PEM form"
_Signature = tuple[tuple[int, int, int] | None, ...]


class TlsFilesError(Exception):
    """The files cannot be used; the message names the setting, the file and what is wrong with it."""


@dataclass(frozen=True)
class TlsFiles:
    """Whom to trust, and who we are. A client may go without a certificate and its key.

    `revoked` is for servers: lists of the certificates that their authorities take back, one list for each authority.
    """

    authorities: Path
    certificate: Path | None = None
    key: Path | None = None
    revoked: Path | None = None


class TlsSettings(Protocol):
    """The files as every service's settings name them: all of the first three, or none."""

    tls_ca_file: Path | None
    tls_cert_file: Path | None
    tls_key_file: Path | None
    tls_crl_file: Path | None


def tls_files(settings: TlsSettings) -> TlsFiles | None:
    """None for plain text."""
    if settings.tls_ca_file is None:
        return None
    return TlsFiles(settings.tls_ca_file, settings.tls_cert_file, settings.tls_key_file, settings.tls_crl_file)


def log_rotation(error: TlsFilesError | None) -> None:
    """Tells that new files are in use, or what is wrong with them."""
    if error is None:
        structlog.get_logger().info("new certificates are in use")
    else:
        structlog.get_logger().error("new certificates cannot be used; the old ones stay", cause=str(error))


class Rotating(Generic[T]):
    """What `load` makes of the files, made anew soon after they change. New files that are no good change nothing."""

    def __init__(
        self,
        files: TlsFiles,
        load: Callable[[TlsFiles], T],
        monotonic: Callable[[], float] = time.monotonic,
        tell: Callable[[TlsFilesError | None], None] = log_rotation,
    ) -> None:
        """Raises TlsFilesError."""
        self._files = files
        self._load = load
        self._monotonic = monotonic
        self._tell = tell
        self._seen = self._refused = _signature(files)
        self._loaded = load(files)
        self._look_again_at = monotonic() + _LOOK_AGAIN_SECONDS

    def current(self) -> T:
        """Looks at the files once a second at most. The same object as long as they are the same."""
        now = self._monotonic()
        if now >= self._look_again_at:
            self._look_again_at = now + _LOOK_AGAIN_SECONDS
            self._look_again()
        return self._loaded

    def _look_again(self) -> None:
        seen = _signature(self._files)
        if seen == self._seen:
            return
        try:
            self._loaded = self._load(self._files)
        except TlsFilesError as error:
            # They may be half written: the next look tells. Said once for each state of the files.
            if seen != self._refused:
                self._tell(error)
            self._refused = seen
            return
        self._seen = seen
        self._tell(None)


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """For a server that asks for a client certificate and goes on without one. Raises TlsFilesError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_OPTIONAL
    # Nothing is resumed: every connection proves its certificate anew.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    context.set_alpn_protocols(["h2"])
    _fill(context, files)
    if files.revoked is not None:
        _refuse_revoked(context, files.revoked)
    return context


def channel_credentials(files: TlsFiles) -> grpc.ChannelCredentials:
    """Raises TlsFilesError."""
    # gRPC takes any bytes, and fails at the first call without saying why.
    _fill(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), files)
    return grpc.ssl_channel_credentials(
        _read(files.authorities, "TLS_CA_FILE"),
        _read(files.key, "TLS_KEY_FILE") if files.key else None,
        _read(files.certificate, "TLS_CERT_FILE") if files.certificate else None,
    )


def _fill(context: ssl.SSLContext, files: TlsFiles) -> None:
    try:
        context.load_verify_locations(cadata=_read(files.authorities, "TLS_CA_FILE").decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise TlsFilesError(f"TLS_CA_FILE {files.authorities} holds no certificate in PEM form") from error
    if files.certificate is None or files.key is None:
        return
    _read(files.certificate, "TLS_CERT_FILE")
    _read(files.key, "TLS_KEY_FILE")
    try:
        # An empty password, lest OpenSSL asks for one at the terminal.
        context.load_cert_chain(files.certificate, files.key, password="")
    except (OSError, ValueError) as error:
        raise TlsFilesError(_what_is_wrong(files, error)) from error


def _refuse_revoked(context: ssl.SSLContext, lists: Path) -> None:
    _read(lists, "TLS_CRL_FILE")
    try:
        context.load_verify_locations(lists)
    except ssl.SSLError as error:
        raise TlsFilesError(_NO_LIST.format(lists)) from error
    if not context.cert_store_stats()["crl"]:
        raise TlsFilesError(_NO_LIST.format(lists))
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def _what_is_wrong(files: TlsFiles, error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return f"TLS_KEY_FILE {files.key} is not the key of the certificate in TLS_CERT_FILE {files.certificate}"
    return (
        f"TLS_CERT_FILE {files.certificate} and TLS_KEY_FILE {files.key} cannot be used: the first must hold a "
        "certificate, the second its key without a password, both in PEM form"
    )


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TlsFilesError(f"{setting} {path} cannot be read: {error.strerror}") from error


def _signature(files: TlsFiles) -> _Signature:
    paths = (files.authorities, files.certificate, files.key, files.revoked)
    return tuple(_state(path) for path in paths if path is not None)


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
