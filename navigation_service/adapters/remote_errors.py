"""What other services answer in place of results, in the words of this context."""

from collections.abc import Mapping

import grpc

from service_chassis.status import RemoteError
from shared_kernel.errors import DomainError, InvalidInput, RetryableError

_USUAL_RETRY_AFTER = 1.0


def rebuilt(
    error: RemoteError, by_reason: Mapping[str, type[DomainError]], by_code: Mapping[grpc.StatusCode, type[DomainError]]
) -> DomainError | None:
    """The error of ours that the reason stands for, or else the status; None where neither has one."""
    if error.code is grpc.StatusCode.INVALID_ARGUMENT:
        return InvalidInput(error.violations, error.message)
    kind = by_reason.get(error.reason) or by_code.get(error.code)
    if kind is None:
        return None
    if issubclass(kind, RetryableError):
        return kind(error.message, error.metadata, retry_after=retry_after(error))
    return kind(error.message, error.metadata)


def outage(service: str, error: RemoteError) -> str:
    """What to tell people. Without a reason the message is the transport's own, which is of no use to them."""
    return (
        f"{service}: {error.message}" if error.reason else f"{service} does not answer ({error.code.name}); try again"
    )


def retry_after(error: RemoteError) -> float:
    return _USUAL_RETRY_AFTER if error.retry_after is None else error.retry_after
