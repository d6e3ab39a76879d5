"""Domain errors as rich gRPC statuses (AIP-193), and back again on the caller's side."""

from dataclasses import dataclass, field
from typing import cast

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from shared_kernel.errors import (
    AlreadyExists,
    DeadlineExceeded,
    DomainError,
    Exhausted,
    FieldViolation,
    Forbidden,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    RetryableError,
    Unauthenticated,
    Unavailable,
)

CODE_OF_KIND: dict[type[DomainError], grpc.StatusCode] = {
    InvalidInput: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    PreconditionFailed: grpc.StatusCode.FAILED_PRECONDITION,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    Forbidden: grpc.StatusCode.PERMISSION_DENIED,
}

# Statuses travel in HTTP/2 headers, which peers commonly cap at 8 KiB: there the message stands twice, once
# percent-encoded, and the details in Base64.
_MAX_DETAIL_BYTES = 3_500
_MAX_MESSAGE_BYTES = 700
_MAX_METADATA_VALUE = 1_500


def code_of(error: DomainError) -> grpc.StatusCode:
    for kind in type(error).__mro__:
        if kind in CODE_OF_KIND:
            return CODE_OF_KIND[kind]
    return grpc.StatusCode.INTERNAL


def to_rpc_status(error: DomainError, domain: str) -> status_pb2.Status:
    """The error as a `google.rpc.Status`; `domain` goes into its ErrorInfo (`spacetraders.player`).

    Of more violations than a status has room for, as many as fit are kept, and `violations_left_out` counts the others.
    """
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=domain)
    for key, value in error.metadata.items():
        info.metadata[key] = _shortened(value)
    details: list[Message] = [info]
    if isinstance(error, RetryableError):
        details.append(error_details_pb2.RetryInfo(retry_delay=_duration(error.retry_after)))
    if isinstance(error, InvalidInput):
        bad_request = _bad_request(error, room=_MAX_DETAIL_BYTES - info.ByteSize())
        details.append(bad_request)
        if left_out := len(error.violations) - len(bad_request.field_violations):
            info.metadata["violations_left_out"] = str(left_out)
    return pack_status(code_of(error), error.message, details)


def pack_status(code: grpc.StatusCode, message: str, details: list[Message]) -> status_pb2.Status:
    text = message.encode("utf-8", "replace")[:_MAX_MESSAGE_BYTES].decode("utf-8", "ignore")
    status = status_pb2.Status(code=code.value[0], message=text)
    for detail in details:
        packed = Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def _shortened(value: str) -> str:
    """A list that is too long ends with `,…`, and not within a symbol: what is left of it might be another one."""
    if len(value) <= _MAX_METADATA_VALUE:
        return value
    kept = value[: _MAX_METADATA_VALUE - 2]
    return f"{kept.rpartition(',')[0] or kept},…"


def _bad_request(error: InvalidInput, *, room: int) -> error_details_pb2.BadRequest:
    bad_request = error_details_pb2.BadRequest()
    for violation in error.violations:
        bad_request.field_violations.add(field=violation.field[:200], description=violation.description[:300])
        if bad_request.ByteSize() > room:
            del bad_request.field_violations[-1]
            break
    return bad_request


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromNanoseconds(int(seconds * 1e9))
    return duration


@dataclass(eq=False)
class RemoteError(Exception):
    """What another service answered in place of a result. `reason` is empty if it sent no ErrorInfo."""

    code: grpc.StatusCode
    message: str
    reason: str = ""
    domain: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    violations: list[FieldViolation] = field(default_factory=list)
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"{self.code.name} {self.reason or '-'}: {self.message}"


def remote_error(failure: grpc.aio.AioRpcError) -> RemoteError:
    """Unpack a failed call for a client adapter, which turns it into an error of its own context."""
    error = RemoteError(failure.code(), failure.details() or failure.code().name.lower().replace("_", " "))
    try:
        # The stubs know the synchronous call alone; the error of an asynchronous one has the same methods.
        status = rpc_status.from_call(cast(grpc.Call, failure))
    except ValueError:
        return error
    for detail in status.details if status is not None else ():
        _unpack_into(error, detail)
    return error


def _unpack_into(error: RemoteError, detail: Any) -> None:
    info, bad_request, retry = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
    )
    if detail.Unpack(info):
        error.reason, error.domain, error.metadata = info.reason, info.domain, dict(info.metadata)
    elif detail.Unpack(bad_request):
        error.violations = [FieldViolation(v.field, v.description) for v in bad_request.field_violations]
    elif detail.Unpack(retry):
        error.retry_after = retry.retry_delay.ToNanoseconds() / 1e9
