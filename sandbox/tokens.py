"""Bearer tokens: agent tokens in the shape of a JWT, signed with the universe's secret, and the account token."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from sandbox.errors import RefusedError

API_VERSION: Final = "v2.3.0"
AGENT_SUBJECT: Final = "agent-token"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request says it comes from. `refusal` is set when the token does not hold."""

    agent: str | None = None
    account: bool = False
    refusal: RefusedError | None = None


ANONYMOUS: Final = Caller()
ACCOUNT: Final = Caller(account=True)


@dataclass
class TokenOffice:
    """Issues and checks the tokens of one universe. Tokens found good are remembered, and never turn bad in it."""

    account_token: str
    secret: bytes
    reset_date: str
    agents: Container[str]
    revoked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._known: dict[str, Caller] = {}

    def issue(self, agent: str, issued: int) -> str:
        """An agent token that is not revoked; `issued` in milliseconds since 1970."""
        claims = {
            "identifier": agent,
            "version": API_VERSION,
            "reset_date": self.reset_date,
            "iat": issued // 1000,
            "sub": AGENT_SUBJECT,
        }
        head = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        token = f"{head}.{self._signature(head)}"
        return self.issue(agent, issued + 1000) if token in self.revoked else token

    def identify(self, authorization: str | None) -> Caller:
        """The caller behind an `Authorization` header."""
        if authorization is None:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            return Caller(
                refusal=RefusedError(4100, "The bearer token is empty. Send `Authorization: Bearer <token>`.")
            )
        if token == self.account_token:
            return ACCOUNT
        return self._known.get(token) or self._check(token)

    def _check(self, token: str) -> Caller:
        try:
            caller = Caller(agent=self._agent_of(token))
        except RefusedError as refusal:
            return Caller(refusal=refusal)
        self._known[token] = caller
        return caller

    def _agent_of(self, token: str) -> str:
        head, _, signature = token.rpartition(".")
        claims = _claims(head)
        _check_subject(claims)
        if claims.get("version") != API_VERSION:
            raise RefusedError(4109, f"The token belongs to another version of the API than {API_VERSION}.")
        if claims.get("reset_date") != self.reset_date:
            raise RefusedError(
                4113,
                f"The token belongs to the universe of {claims.get('reset_date')}, which is gone. Register again.",
                {"expected": self.reset_date, "actual": claims.get("reset_date")},
            )
        if not hmac.compare_digest(signature.encode(), self._signature(head).encode()):
            raise RefusedError(4115, "The token's signature does not hold.")
        if token in self.revoked:
            raise RefusedError(4104, "The token was revoked.")
        agent = claims.get("identifier")
        if not isinstance(agent, str) or agent not in self.agents:
            raise RefusedError(4107, f"The agent {agent} does not exist.")
        return agent

    def revoke(self, authorization: str) -> None:
        """Refuse a token from now on."""
        token = authorization.partition(" ")[2].strip()
        self.revoked.add(token)
        self._known.pop(token, None)

    def _signature(self, head: str) -> str:
        return _base64(hmac.new(self.secret, head.encode(), sha256).digest())


def _check_subject(claims: Mapping[str, object]) -> None:
    subject = claims.get("sub")
    if subject is None:
        raise RefusedError(4101, "The token names no subject.")
    if subject == "account-token":
        raise RefusedError(4114, "This is an account token; an agent token is needed here.")
    if subject != AGENT_SUBJECT:
        raise RefusedError(4102, f"The token's subject {subject} is not {AGENT_SUBJECT}.")


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _encode(value: Mapping[str, object]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _claims(head: str) -> dict[str, object]:
    try:
        _, payload = head.split(".")
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise RefusedError(4104, "The token is malformed: three base64url parts, separated by dots, are expected.")
    return claims
