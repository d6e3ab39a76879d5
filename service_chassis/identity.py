"""Who is calling, by the SPIFFE ID in the caller's certificate, and whether it may."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shared_kernel.errors import Forbidden, Unauthenticated

# The first part of every SPIFFE ID of a system, where its operator says nothing else.
TRUST_DOMAIN = "spacetraders"


class NoClientCertificateError(Unauthenticated):
    reason = "NO_CLIENT_CERTIFICATE"


class UnknownIdentityError(Unauthenticated):
    """The certificate is good, and names nobody that this system knows."""

    reason = "UNKNOWN_IDENTITY"


class CallerNotAllowedError(Forbidden):
    reason = "CALLER_NOT_ALLOWED"


@dataclass(frozen=True)
class Caller:
    """`identity` is the path of the SPIFFE ID: `navigation`, or `operator/jane` for one of several. Empty: nobody."""

    identity: str = ""
    has_certificate: bool = False

    @property
    def role(self) -> str:
        """What the identity is allowed things for: its first part."""
        return self.identity.partition("/")[0]


ANONYMOUS = Caller()


def caller_of(certificate: Mapping[str, Any], trust_domain: str) -> Caller:
    """The caller whose verified certificate this is, in the form of `SSLSocket.getpeercert()`; empty without one."""
    if not certificate:
        return ANONYMOUS
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "URI"]
    # By the SPIFFE standard a certificate with two names is nobody's.
    return Caller(_identity(names[0], trust_domain) if len(names) == 1 else "", has_certificate=True)


def _identity(name: str, trust_domain: str) -> str:
    try:
        parts = urlsplit(name)
    except ValueError:
        return ""
    if parts.scheme != "spiffe" or parts.netloc != trust_domain or parts.query or parts.fragment:
        return ""
    return parts.path[1:]


def paths_of(service: str, allowed: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """A table of one service's method names as Access wants it: `GetPlayer` -> `/spacetraders…/GetPlayer`."""
    return {role: frozenset(f"/{service}/{method}" for method in methods) for role, methods in allowed.items()}


class Access:
    """The table of who may call what: role -> full method names. What is not in it is refused.

    `callers` has the caller at the far end of every open connection, by the name that gRPC gives the peer.
    """

    def __init__(
        self, allowed: Mapping[str, Collection[str]], callers: Mapping[str, Caller], trust_domain: str
    ) -> None:
        self._allowed = {role: frozenset(methods) for role, methods in allowed.items()}
        self._callers = callers
        self._trust_domain = trust_domain

    def check(self, method: str, peer: str) -> None:
        """Raises Unauthenticated for callers without a name, CallerNotAllowedError for methods not theirs."""
        caller = self._callers.get(peer, ANONYMOUS)
        if method not in self._allowed.get(caller.role, ()):
            self._check_name(caller)
            roles = sorted(role for role, methods in self._allowed.items() if method in methods)
            raise CallerNotAllowedError(
                f"{caller.identity} may not call {method}; {' and '.join(roles) or 'nobody'} may",
                {"identity": caller.identity, "method": method},
            )

    def check_known(self, method: str, peer: str) -> None:
        """The same for what everybody in the table may call."""
        caller = self._callers.get(peer, ANONYMOUS)
        self._check_name(caller)
        if caller.role not in self._allowed:
            raise CallerNotAllowedError(
                f"{caller.identity} may call nothing here", {"identity": caller.identity, "method": method}
            )

    def _check_name(self, caller: Caller) -> None:
        if not caller.has_certificate:
            raise NoClientCertificateError("this service answers callers with a client certificate only; present one")
        if not caller.identity:
            raise UnknownIdentityError(
                f"the client certificate must name its owner by one URI, spiffe://{self._trust_domain}/IDENTITY"
            )
