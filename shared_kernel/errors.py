"""The kinds of error that a use case may raise. A context subclasses a kind and names its reason.

DomainError
├── InvalidInput          the request itself is malformed; names every bad field
├── NotFound              the thing that the request names does not exist
├── AlreadyExists         the thing that the request would make exists
├── PreconditionFailed    the request is well-formed, the state of the world refuses it
├── Unavailable           something that is needed does not answer; try again later
├── Exhausted             a queue or a budget is full; try again later
├── DeadlineExceeded      the caller's time ran out
├── Unauthenticated       this caller has not shown who it is
└── Forbidden             this caller may not do that
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class FieldViolation:
    """One bad field of a request: its path (`ships[2].origin`), what is wrong and how to mend it."""

    field: str
    description: str


class DomainError(Exception):
    """An error that callers are meant to see.

    `reason` is UPPER_SNAKE_CASE and stable, `metadata` holds the ids and figures that a program may act on,
    the message is for people. Nothing secret may be in any of them.
    """

    reason: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.metadata: dict[str, str] = dict(metadata or {})


class InvalidInput(DomainError):
    """A malformed request. `violations` names every bad field at once."""

    reason = "INVALID_FIELD"

    def __init__(self, violations: Iterable[FieldViolation], message: str | None = None) -> None:
        self.violations = tuple(violations)
        listed = "; ".join(f"{v.field}: {v.description}" for v in self.violations[:10])
        super().__init__(message or f"invalid request: {listed}")

    @classmethod
    def of(cls, field: str, description: str) -> "InvalidInput":
        return cls([FieldViolation(field, description)])


class NotFound(DomainError):
    reason = "NOT_FOUND"


class AlreadyExists(DomainError):
    reason = "ALREADY_EXISTS"


class PreconditionFailed(DomainError):
    reason = "FAILED_PRECONDITION"


class RetryableError(DomainError):
    """Worth trying again after `retry_after` seconds."""

    def __init__(self, message: str, metadata: Mapping[str, str] | None = None, *, retry_after: float = 1.0) -> None:
        super().__init__(message, metadata)
        self.retry_after = retry_after


class Unavailable(RetryableError):
    reason = "UNAVAILABLE"


class Exhausted(RetryableError):
    reason = "RESOURCE_EXHAUSTED"


class DeadlineExceeded(DomainError):
    reason = "DEADLINE_EXCEEDED"


class Unauthenticated(DomainError):
    reason = "UNAUTHENTICATED"


class Forbidden(DomainError):
    reason = "PERMISSION_DENIED"
