"""Rich error statuses as the services send them, made without the services' own code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status


@dataclass(frozen=True)
class _Status(grpc.Status):
    code: grpc.StatusCode
    details: str
    trailing_metadata: Any


@dataclass(frozen=True)
class Refusal:
    """What a fake answers in place of a result. Without a reason, it is a bare status as a proxy would send it."""

    code: grpc.StatusCode
    reason: str = ""
    message: str = "refused"
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: Sequence[tuple[str, str]] = ()
    retry_after: float | None = None

    def abort(self, context: grpc.ServicerContext) -> NoReturn:
        if not self.reason:
            context.abort(self.code, self.message)
        status = rpc_status.to_status(self._status())
        if self.retry_after is not None:
            # As the services do: the channel is told not to try again by itself.
            trailers = (*status.trailing_metadata, ("grpc-retry-pushback-ms", "-1"))
            status = _Status(status.code, status.details, trailers)
        context.abort_with_status(status)
        raise AssertionError("abort returns")

    def _status(self) -> status_pb2.Status:
        details: list[Message] = [
            error_details_pb2.ErrorInfo(reason=self.reason, domain="spacetraders.fake", metadata=self.metadata)
        ]
        if self.violations:
            fields = [error_details_pb2.BadRequest.FieldViolation(field=f, description=d) for f, d in self.violations]
            details.append(error_details_pb2.BadRequest(field_violations=fields))
        if self.retry_after is not None:
            delay = Duration()
            delay.FromNanoseconds(round(self.retry_after * 1e9))
            details.append(error_details_pb2.RetryInfo(retry_delay=delay))
        packed = []
        for detail in details:
            box = any_pb2.Any()
            box.Pack(detail)
            packed.append(box)
        return status_pb2.Status(code=self.code.value[0], message=self.message, details=packed)


def not_found(kind: str, symbol: str) -> Refusal:
    return Refusal(grpc.StatusCode.NOT_FOUND, f"{kind}_NOT_FOUND", f"{kind.lower()} {symbol} is not known")


def bad_field(name: str, description: str) -> Refusal:
    return Refusal(
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_FIELD",
        f"invalid request: {name}: {description}",
        violations=[(name, description)],
    )


@dataclass
class ArmedRefusals:
    """Refusals that wait for the next calls of a method, one each, and the requests that came, in order."""

    by_method: dict[str, list[Refusal]] = field(default_factory=dict)
    requests: list[Message] = field(default_factory=list)

    def arm(self, method: str, *refusals: Refusal) -> None:
        self.by_method.setdefault(method, []).extend(refusals)

    def receive(self, method: str, request: Message, context: grpc.ServicerContext) -> None:
        copy = type(request)()
        copy.CopyFrom(request)
        self.requests.append(copy)
        waiting = self.by_method.get(method)
        if waiting:
            waiting.pop(0).abort(context)

    def of_type(self, kind: str) -> list[Message]:
        return [request for request in self.requests if request.DESCRIPTOR.name == kind]
