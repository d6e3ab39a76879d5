"""Requests that act once, however often they are sent (AIP-155 `request_id`)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Protocol, Self

from shared_kernel.errors import FieldViolation, InvalidInput


class RequestIdReusedError(InvalidInput):
    """The request_id was used before, for a request with another body."""

    reason = "REQUEST_ID_REUSED"

    def __init__(self, request_id: str) -> None:
        description = "was used before with another body; send a fresh request_id for a new request"
        super().__init__([FieldViolation("request_id", description)], f"request_id {request_id!r} {description}")


class RequestAlreadyRememberedError(Exception):
    """A twin of this request finished first; what it made is to be recalled."""


@dataclass(frozen=True)
class RequestKey:
    """Names one request of one player for one method. `body_hash` is a SHA-256 over all of it but its request_id."""

    scope: str
    method: str
    request_id: str
    body_hash: str

    @classmethod
    def of(cls, scope: str, request: Any) -> Self | None:
        """The key of a request dataclass, or None if its sender gave no request_id."""
        if not request.request_id:
            return None
        body = [(f.name, getattr(request, f.name)) for f in fields(request) if f.name != "request_id"]
        digest = hashlib.sha256(repr([_plain(value) for value in body]).encode()).hexdigest()
        return cls(scope, type(request).__name__, request.request_id, digest)


class Outcomes(Protocol):
    """What requests with a request_id have made. Only successes are kept, in the transaction of the change."""

    async def recall(self, key: RequestKey) -> str | None:
        """The reference kept for this request. Raises RequestIdReusedError if its body was another."""
        ...

    async def remember(self, key: RequestKey, result: str) -> None:
        """Keep a reference to what was made. Raises RequestAlreadyRememberedError if a twin was first."""
        ...


def _plain(value: Any) -> Any:
    """A form whose repr depends on content alone: secrets unveiled into the hash, mappings in key order."""
    if hasattr(value, "reveal"):
        return value.reveal()
    if is_dataclass(value):
        return type(value).__name__, [(f.name, _plain(getattr(value, f.name))) for f in fields(value)]
    if isinstance(value, Mapping):
        return sorted((key, _plain(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
