"""The one server interceptor: readiness, admission, call context, errors to statuses, log line and metrics.

Fused, because what interceptors do costs and their number would cost again; each method's handler is wrapped
once. Health passes by untouched, and reflection sees nothing but identity and admission.
"""

import asyncio
import contextvars
import inspect
import logging
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, NoReturn

import grpc
import structlog
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from service_chassis.admission import Admission
from service_chassis.call_context import CallContext, enter, leave, remaining_seconds
from service_chassis.channels import NO_RETRY, PUSHBACK_HEADER, REQUEST_ID_HEADER
from service_chassis.identity import Access, CallerNotAllowedError
from service_chassis.status import pack_status, to_rpc_status
from service_chassis.telemetry import MethodRecord, RpcMetrics
from service_chassis.tracing import NO_TRACE, TRACEPARENT_HEADER, TRACESTATE_HEADER, Trace, Tracing, sound_trace
from shared_kernel.errors import DomainError, Forbidden, InvalidInput, Unavailable

_HEALTH = "/grpc.health."
_LOOPBACK = ("ipv4:127.", "ipv6:[::1]", "ipv6:%5B::1%5D", "unix:")
_UNREADABLE = (
    "the request's bytes are not a message of this method's request type: a field of another type, text that is not "
    "UTF-8, or nesting deeper than 100; encode it by the service's .proto files"
)
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class NotServingError(Unavailable):
    """This process is starting or draining; another one may answer."""

    reason = "NOT_SERVING"


class LoopbackOnlyError(Forbidden):
    reason = "LOOPBACK_ONLY"


class _Undecodable:
    """Stands for a request whose bytes are not a message of the method's type."""


class CallInterceptor(grpc.aio.ServerInterceptor):
    """`domain` goes into every ErrorInfo; methods in `loopback_only` refuse peers from other machines.

    Without `access` every caller may call everything else.
    """

    def __init__(
        self,
        domain: str,
        admission: Admission,
        loopback_only: frozenset[str],
        metrics: RpcMetrics,
        access: Access | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self._domain = domain
        self.admission = admission
        self._loopback_only = loopback_only
        self._metrics = metrics
        self._access = access
        self.tracing = tracing
        self._log = structlog.get_logger()
        self._tells_calls = self._log.is_enabled_for(logging.DEBUG)
        self._wrapped: dict[str, Any] = {}
        self._records: dict[str, MethodRecord] = {}
        self.ready = False
        self.draining = asyncio.Event()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        method = handler_call_details.method
        if method in self._wrapped:
            return self._wrapped[method]
        handler = await continuation(handler_call_details)
        # Unknown methods are never kept: their names are the callers' choice and would fill the memory.
        if handler is None or method.startswith(_HEALTH):
            return handler
        self._records[method] = self._metrics.record_of(method)
        self._wrapped[method] = self._wrap(method, handler)
        return self._wrapped[method]

    def _wrap(self, method: str, handler: Any) -> Any:
        if handler.stream_stream:
            talk = _reflection(self, method, handler.stream_stream)
            return grpc.stream_stream_rpc_method_handler(
                talk, handler.request_deserializer, handler.response_serializer
            )
        decode = _tolerant(handler.request_deserializer)
        if handler.unary_unary:
            answer = _unary(self, method, handler.unary_unary)
            return grpc.unary_unary_rpc_method_handler(answer, decode, handler.response_serializer)
        stream = _stream(self, method, handler.unary_stream)
        return grpc.unary_stream_rpc_method_handler(stream, decode, handler.response_serializer)

    def check(self, method: str, request: Any, context: Any) -> None:
        """Raises the error for which a call is refused before any work is done."""
        if self._access is not None:
            self._access.check(method, context.peer())
        if not self.ready:
            raise NotServingError("this service is starting; try again", retry_after=0.5)
        if method in self._loopback_only and not context.peer().startswith(_LOOPBACK):
            raise LoopbackOnlyError("this method answers callers on the same machine only, as TLS is off")
        if isinstance(request, _Undecodable):
            raise InvalidInput([], _UNREADABLE)

    def check_known(self, method: str, context: Any) -> None:
        if self._access is not None:
            self._access.check_known(method, context.peer())

    async def refuse(self, call: "_Call", error: BaseException) -> NoReturn:
        """End the call with the status that `error` stands for."""
        if isinstance(error, CallerNotAllowedError):
            self._log.warning("caller refused", identity=error.metadata["identity"], method=call.method)
        status = self._status_of(call, error)
        code = _CODES[status.code]
        call.code = code.name
        trailers: list[tuple[str, str | bytes]] = [*(rpc_status.to_status(status).trailing_metadata or ())]
        if isinstance(error, Unavailable) and not isinstance(error, NotServingError):
            trailers.append((PUSHBACK_HEADER, NO_RETRY))
        await call.context.abort(code, status.message, tuple(trailers))
        raise AssertionError("abort() returned")

    def _status_of(self, call: "_Call", error: BaseException) -> status_pb2.Status:
        if isinstance(error, DomainError):
            return to_rpc_status(error, self._domain)
        if isinstance(error, NotImplementedError):
            info = error_details_pb2.ErrorInfo(reason="UNIMPLEMENTED", domain=self._domain)
            return pack_status(grpc.StatusCode.UNIMPLEMENTED, f"{call.method} is not available yet", [info])
        self._log.error("unexpected error", method=call.method, exc_info=error)
        info = error_details_pb2.ErrorInfo(
            reason="INTERNAL", domain=self._domain, metadata={"incident_id": call.request_id}
        )
        text = f"an unexpected error happened here; its cause is in this service's log under {call.request_id}"
        return pack_status(grpc.StatusCode.INTERNAL, text, [info])

    def begun(self, call: "_Call") -> None:
        self._records[call.method].in_flight += 1

    def finished(self, call: "_Call") -> None:
        if call.code == "CANCELLED" and remaining_seconds() == 0:
            call.code = "DEADLINE_EXCEEDED"
        code, seconds = call.code, time.monotonic() - call.started
        record = self._records[call.method]
        record.in_flight -= 1
        record.ended(code, seconds)
        if call.span is not None:
            call.span.end(code)
        if self._tells_calls and structlog.is_configured():
            self._log.debug("rpc", method=call.method, code=code, ms=round(seconds * 1000, 1))


class _Call:
    """One call in hand, entered for as long as it lasts: its context, its refusal if it fails, and what is counted.

    `code`, the name of a status, is what it ends with if it is cut off: the caller left, or ran out of time. Written
    out as a class, since every call pays for what stands around it.
    """

    __slots__ = ("_interceptor", "_token", "code", "context", "method", "request_id", "span", "started")

    def __init__(self, interceptor: CallInterceptor, method: str, context: Any) -> None:
        self._interceptor = interceptor
        self.method = method
        self.context = context
        self.started = time.monotonic()
        self.code = "CANCELLED"

    async def __aenter__(self) -> None:
        self.request_id, trace = _ids_of(self.context)
        seconds, tracing = self.context.time_remaining(), self._interceptor.tracing
        self.span = tracing.serve(self.method, trace) if tracing else None
        self._token = enter(
            CallContext(
                self.request_id,
                None if seconds is None else self.started + seconds,
                self.span.trace if self.span else trace,
                tracing,
            )
        )
        self._interceptor.begun(self)

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        try:
            if error is None:
                self.code = "OK"
            elif isinstance(error, Exception | asyncio.CancelledError) and not _caller_left(error):
                await self._interceptor.refuse(self, error)
        finally:
            self._interceptor.finished(self)
            leave(self._token)


def _unary(interceptor: CallInterceptor, method: str, answer: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    places = interceptor.admission.places(method)
    # Methods that a servicer leaves out are plain functions of the generated base class.
    is_plain = not inspect.iscoroutinefunction(answer)

    async def call(request: Any, context: Any) -> Any:
        async with _Call(interceptor, method, context):
            interceptor.check(method, request, context)
            with places:
                result = answer(request, context)
                return result if is_plain else await result

    return call


def _stream(interceptor: CallInterceptor, method: str, answer: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Writes by itself in place of being a generator: one that is left while suspended is closed in another task."""
    places = interceptor.admission.places(method, is_stream=True)

    async def call(request: Any, context: Any) -> None:
        async with _Call(interceptor, method, context):
            interceptor.check(method, request, context)
            with places:
                async with aclosing(_until(interceptor.draining, answer(request, context))) as items:
                    async for item in items:
                        await context.write(item)

    return call


def _reflection(
    interceptor: CallInterceptor, method: str, answer: Callable[[Any, Any], Any]
) -> Callable[[Any, Any], Any]:
    places = interceptor.admission.places(method, is_stream=True)

    async def call(requests: Any, context: Any) -> None:
        async with _Call(interceptor, method, context):
            interceptor.check_known(method, context)
            with places:
                async for item in answer(requests, context):
                    await context.write(item)

    return call


async def _until(draining: asyncio.Event, items: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
    """The items, until the server drains: then NotServingError, so that clients resume elsewhere."""
    # Every step is a task of its own, to be left when the drain begins, but all of them see one context.
    steps = contextvars.copy_context()
    drained = asyncio.create_task(draining.wait())
    following: asyncio.Task[Any] | None = None
    try:
        while not drained.done():
            following = asyncio.create_task(_next_or_end(items), context=steps)
            await asyncio.wait({following, drained}, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                item = following.result()
                if item is _END:
                    return
                yield item
        raise NotServingError("this process is going down; resume after the last item you got")
    finally:
        drained.cancel()
        if following is not None:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        await asyncio.create_task(_close(items), context=steps)


_END = object()


async def _next_or_end(items: AsyncIterator[Any]) -> Any:
    return await anext(items, _END)


async def _close(items: AsyncIterator[Any]) -> None:
    if isinstance(items, AsyncGenerator):
        await items.aclose()


def _caller_left(error: BaseException) -> bool:
    """Whether this call is cancelled; else it is some task that was waited for, and the caller waits for an answer."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def _ids_of(context: Any) -> tuple[str, Trace]:
    """The caller's request id, or one of our own making, and its trace."""
    request_id, parent, states = "", "", list[str]()
    for key, value in context.invocation_metadata() or ():
        if key == REQUEST_ID_HEADER and isinstance(value, str) and 0 < len(value) <= 64 and value.isprintable():
            request_id = request_id or value
        elif key == TRACEPARENT_HEADER:
            parent = parent or value
        elif key == TRACESTATE_HEADER:
            states.append(value)
    trace = sound_trace(parent, ",".join(states)) if parent else NO_TRACE
    return request_id or f"{random.getrandbits(64):016x}", trace


def _tolerant(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def decode_or_mark(serialized: bytes) -> Any:
        try:
            return decode(serialized)
        except Exception:
            return _Undecodable()

    return decode_or_mark
