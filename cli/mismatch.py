"""Why a service that listens does not answer: one side speaks TLS and the other does not, or certificates displease."""

import asyncio
import ssl

from cli.certificates import Certificates
from cli.errors import CliError
from cli.exit_codes import ExitCode

_SECONDS = 2.0
_OUR_CERTIFICATE = "see --tls-cert (TLS_CERT_FILE): is it expired, or of another authority?"


async def find_mismatch(service: str, address: str, certificates: Certificates | None) -> CliError | None:
    """Shakes hands with `service` at `address` once more, to see where that ends. None: not there."""
    host, _, port = address.removeprefix("dns:///").rpartition(":")
    if "/" in host or not port.isdigit():
        return None
    try:
        async with asyncio.timeout(_SECONDS):
            is_answered = await _shake_hands(host.strip("[]"), int(port), certificates)
    except ssl.SSLCertVerificationError as error:
        what = f"shows a certificate that is not to be trusted: {error.verify_message}"
        hint = "--tls-ca (TLS_CA_FILE) must be the certificate of the authority that signed the service's own"
    except ssl.SSLError as error:
        if certificates is None:
            return None
        what, hint = _what_came_of(error)
    except (OSError, TimeoutError):
        return None
    else:
        if certificates is None:
            what = "speaks TLS, and this command plain text"
            hint = "give --tls-ca, --tls-cert and --tls-key, or TLS_CA_FILE, TLS_CERT_FILE and TLS_KEY_FILE"
        elif is_answered:
            return None
        else:
            what, hint = "refuses our certificate, or that we have none", _OUR_CERTIFICATE
    return CliError(
        ExitCode.UNREACHABLE,
        f"the {service} at {address} {what}",
        hint,
        code="UNAVAILABLE",
        metadata={"address": address},
    )


async def _shake_hands(host: str, port: int, certificates: Certificates | None) -> bool:
    """Whether the server said anything afterwards."""
    reader, writer = await asyncio.open_connection(host, port, ssl=_context(certificates))
    try:
        # By TLS 1.3 a server refuses a client's certificate after the handshake; a gRPC server speaks first.
        return bool(await reader.read(1))
    finally:
        writer.close()


def _context(certificates: Certificates | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["h2"])
    if certificates is None:
        # Nothing is said over this connection: it is only to see whether there is TLS at its other end.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context.load_verify_locations(certificates.authorities)
    if certificates.certificate is not None:
        context.load_cert_chain(certificates.certificate, certificates.key)
    return context


def _what_came_of(error: ssl.SSLError) -> tuple[str, str]:
    if "ALERT" in (error.reason or ""):
        reason = (error.reason or "").rpartition("ALERT_")[2].lower().replace("_", " ")
        return f"refuses our certificate: {reason}", _OUR_CERTIFICATE
    return "speaks plain text, and this command TLS", "leave out --tls-ca (and unset TLS_CA_FILE), or turn TLS on there"
