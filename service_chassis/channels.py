"""Client channels: balanced over all addresses of a name, deadlines on every call, retries only where they are safe."""

import asyncio
import json
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from service_chassis.call_context import CallContext, current_call, remaining_seconds
from service_chassis.rotating_channel import RotatingChannel
from service_chassis.tls import Rotating, channel_credentials, log_rotation
from service_chassis.tls import TlsFiles as TlsFiles
from service_chassis.tls import TlsFilesError as TlsFilesError
from service_chassis.tracing import TRACEPARENT_HEADER, TRACESTATE_HEADER, Span

REQUEST_ID_HEADER = "x-request-id"
# By this trailer a server tells gRPC clients that trying again at once is of no use.
PUSHBACK_HEADER = "grpc-retry-pushback-ms"
NO_RETRY = "-1"
_SAFE = (MethodOptions.NO_SIDE_EFFECTS, MethodOptions.IDEMPOTENT)
# A replica that is back may be the only one, because the next one leaves at once. A channel that tries to connect twice
# a second has found it by the last attempt, 1.2 s or more after the first. gRPC makes no more attempts than these.
_ATTEMPTS = 5
_FIRST_PAUSE = 0.1
_RECONNECT_MS = 500
_RETRY_POLICY = {
    "maxAttempts": _ATTEMPTS,
    "initialBackoff": f"{_FIRST_PAUSE}s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    # A gRPC server that is shut down cancels the calls that it has received and not begun.
    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
}
_RETRYABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
_SCHEMES = ("dns:", "ipv4:", "ipv6:", "unix:", "xds:")
# A deadline that is passed on is shortened by this, so that the far side's last word still comes in time.
_MARGIN_SECONDS = 0.02


def open_channel(
    address: str,
    *,
    services: Sequence[ServiceDescriptor],
    default_timeout: float = 10.0,
    tls: TlsFiles | None = None,
    tell_rotation: Callable[[TlsFilesError | None], None] = log_rotation,
) -> grpc.aio.Channel:
    """A channel to `address` that follows the contract's own safety marks.

    `address` is `host:port`, resolved by DNS, several addresses of the form `10.0.0.1:port,10.0.0.2:port`, or a target
    with a scheme that gRPC knows. With `tls` the server must have a certificate for that name (for the first of several
    addresses); new certificates are used soon after their files change, and `tell_rotation` hears of that, or of what
    is wrong with them. Raises TlsFilesError.

    A call that no server began (UNAVAILABLE, or CANCELLED by a server that went down) is repeated on methods that
    the contract marks as safe (`idempotency_level`), and on others only if the request carries a request_id. Every
    unary call gets a deadline: `default_timeout` seconds or what the caller's own call has left, whichever ends first.
    """
    interceptors: list[grpc.aio.ClientInterceptor] = [_UnaryDefaults(default_timeout), _StreamDefaults()]
    options = [
        ("grpc.service_config", json.dumps(_service_config(services))),
        # An http_proxy of the environment is for the web, not for services in the next room.
        ("grpc.enable_http_proxy", 0),
        ("grpc.keepalive_time_ms", 30_000),
        # The kernel too gives up a connection by it (TCP_USER_TIMEOUT): calls in hand at a machine that vanished are
        # repeated elsewhere while there is time.
        ("grpc.keepalive_timeout_ms", 4_000),
        ("grpc.max_reconnect_backoff_ms", _RECONNECT_MS),
        ("grpc.initial_reconnect_backoff_ms", 100),
        # gRPC takes this one as the time that a connection may need; a busy server's first answer is slow.
        ("grpc.min_reconnect_backoff_ms", 5_000),
        ("grpc.dns_min_time_between_resolutions_ms", 1_000),
    ]
    target = _target(address)
    if tls is None:
        return grpc.aio.insecure_channel(target, options=options, interceptors=interceptors)
    if "," in address:
        # What gRPC would look for in the certificate is the whole list.
        options.append(("grpc.default_authority", address.removeprefix("ipv4:").partition(",")[0]))
    return RotatingChannel(
        Rotating(tls, channel_credentials, tell=tell_rotation),
        lambda credentials: grpc.aio.secure_channel(target, credentials, options=options, interceptors=interceptors),
    )


def _target(address: str) -> str:
    if address.startswith(_SCHEMES):
        return address
    return f"ipv4:{address}" if "," in address else f"dns:///{address}"


def _service_config(services: Sequence[ServiceDescriptor]) -> dict[str, Any]:
    # No timeout in here: gRPC core mistakes a service config's timeout (grpc/grpc issue 34547).
    names = [
        {"service": service.full_name, "method": method.name}
        for service in services
        for method in service.methods
        if method.GetOptions().idempotency_level in _SAFE
    ]
    # Throttled below half of the tokens, so that retries do not keep down a service that cannot cope; as many as gRPC
    # takes, since all calls in hand fail a few times each while a channel knows of no replica.
    config: dict[str, Any] = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "retryThrottling": {"maxTokens": 1000, "tokenRatio": 1},
        # A server also listens before it can serve and while it drains; then it is to get no calls.
        "healthCheckConfig": {"serviceName": services[0].full_name},
    }
    if names:
        config["methodConfig"] = [{"name": names, "retryPolicy": _RETRY_POLICY}]
    return config


def _with_context(
    details: grpc.aio.ClientCallDetails, timeout: float | None, caller: CallContext | None, span: Span | None = None
) -> grpc.aio.ClientCallDetails:
    metadata = grpc.aio.Metadata(*(details.metadata or ()))
    if caller is not None:
        if caller.request_id and not metadata.get_all(REQUEST_ID_HEADER):
            metadata.add(REQUEST_ID_HEADER, caller.request_id)
        trace = span.trace if span else caller.trace
        if trace.parent and not metadata.get_all(TRACEPARENT_HEADER):
            metadata.add(TRACEPARENT_HEADER, trace.parent)
            if trace.state:
                metadata.add(TRACESTATE_HEADER, trace.state)
    return grpc.aio.ClientCallDetails(details.method, timeout, metadata, details.credentials, details.wait_for_ready)


def _span_of(details: grpc.aio.ClientCallDetails, caller: CallContext | None) -> Span | None:
    if caller is None or caller.tracing is None:
        return None
    method = details.method.decode() if isinstance(details.method, bytes) else details.method
    return caller.tracing.call(method, caller.trace)


async def _code_of(call: Any) -> grpc.StatusCode:
    """Waits for the end of the call, and ends it if nobody waits for it any more."""
    try:
        code: grpc.StatusCode = await call.code()
    except asyncio.CancelledError:
        call.cancel()
        raise
    return code


async def _end_with(span: Span, call: Any) -> None:
    code = grpc.StatusCode.CANCELLED
    try:
        code = await _code_of(call)
    finally:
        span.end(code.name)


class _UnaryDefaults(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, default_timeout: float) -> None:
        self._default_timeout = default_timeout

    async def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        deadline, caller = time.monotonic() + self._timeout(client_call_details.timeout), current_call()
        attempts = _ATTEMPTS if getattr(request, "request_id", "") else 1
        for attempt in range(1, attempts + 1):
            span = _span_of(client_call_details, caller)
            call = await continuation(_with_context(client_call_details, _left(deadline), caller, span), request)
            if span is not None:
                await _end_with(span, call)
            pause = random.uniform(0.8, 1.2) * _FIRST_PAUSE * 2 ** (attempt - 1)
            if attempt == attempts or not await _worth_repeating(call) or _left(deadline) <= pause:
                return call
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt is always returned")

    def _timeout(self, asked_for: float | None) -> float:
        timeout = self._default_timeout if asked_for is None else asked_for
        left = remaining_seconds()
        return timeout if left is None else min(timeout, left - _MARGIN_SECONDS)


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)


async def _worth_repeating(call: Any) -> bool:
    """Whether this call failed for want of a server, and no server said that repeating it is of no use."""
    if await _code_of(call) not in _RETRYABLE:
        return False
    trailers = await call.trailing_metadata() or ()
    return not any(key == PUSHBACK_HEADER and value == NO_RETRY for key, value in trailers)


class _StreamDefaults(grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        details = _with_context(client_call_details, client_call_details.timeout, current_call())
        return await continuation(details, request)
