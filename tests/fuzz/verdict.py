"""What an answer to a request, any request, may look like."""

import re
from dataclasses import dataclass

import grpc
from google.protobuf.descriptor import Descriptor

from service_chassis.status import RemoteError

_REASON = re.compile(r"[A-Z][A-Z0-9_]*[A-Z0-9]\Z")
_STEP = re.compile(r"([a-z][a-z0-9_]*)((?:\[\d+\])?)\Z")
_NEVER = {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL, grpc.StatusCode.DATA_LOSS, grpc.StatusCode.ABORTED}
# Made by the client's side when its deadline ends, or by the transport for a message over the size limit.
_BARE = {grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}
_TOO_LARGE = "larger than max"
_RETRYABLE = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}


@dataclass(frozen=True)
class Expected:
    """Where an answer comes from: the request's type, and the domain of the service's errors."""

    request: Descriptor
    domain: str


def faults_of(error: RemoteError, expected: Expected) -> list[str]:
    """What is wrong with an error as an answer; empty if it is as the contracts say."""
    if error.code in _BARE and not error.reason:
        return []
    if error.code is grpc.StatusCode.RESOURCE_EXHAUSTED and _TOO_LARGE in error.message:
        return []
    return [*_shape_faults(error, expected), *_field_faults(error, expected.request)]


def _shape_faults(error: RemoteError, expected: Expected) -> list[str]:
    found = []
    if error.code in _NEVER:
        found.append(f"never to be seen: {error.code.name}")
    if error.domain != expected.domain:
        found.append(f"its domain is {error.domain!r}, not {expected.domain}")
    if not _REASON.match(error.reason):
        found.append(f"its reason is {error.reason!r}, not UPPER_SNAKE_CASE")
    if not error.message.strip():
        found.append("it has no message")
    if error.code in _RETRYABLE and error.retry_after is None:
        found.append("it does not say when to try again")
    return found


def _field_faults(error: RemoteError, request: Descriptor) -> list[str]:
    if error.code is not grpc.StatusCode.INVALID_ARGUMENT:
        return []
    found = [
        f"{item.field!r} is no field of {request.name}" for item in error.violations if not _leads(request, item.field)
    ]
    found += [f"{item.field} says nothing" for item in error.violations if not item.description]
    if not error.violations and "bytes are not a" not in error.message:
        found.append("no field is named")
    return found


def _leads(request: Descriptor, path: str) -> bool:
    """Whether `ships[2].origin` leads to a field; a list may be named as a whole or by one element."""
    at: Descriptor | None = request
    for step in path.split("."):
        match = _STEP.match(step)
        field = at.fields_by_name.get(match[1]) if at is not None and match else None
        if field is None or (match and match[2] and not field.is_repeated):
            return False
        at = field.message_type
    return True
