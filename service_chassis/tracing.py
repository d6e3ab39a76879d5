"""Traces: the W3C headers `traceparent` and `tracestate` that calls carry, and spans where they are asked for (and the
extra `otel` is installed).

OpenTelemetry is imported only here and only then. No global of it is set: the tracer travels in the call's context.
"""

import re
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol

TRACEPARENT_HEADER, TRACESTATE_HEADER = "traceparent", "tracestate"
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")
# What the standard wants to be passed on at least; nobody has needed more.
_LONGEST_STATE = 512

# For a batch, tries and all: a drain must not wait long for a collector that is not there.
_COLLECTOR_SECONDS = 2.0


class TracingUnavailableError(Exception):
    """Spans are asked for, and the extra `otel` is not installed; the message tells what to do."""


class Trace(NamedTuple):
    """The headers' values: `parent` names the span that work hangs below, `state` is what tracing systems say of it.

    Both are empty where there is no trace.
    """

    parent: str = ""
    state: str = ""

    @property
    def id(self) -> str:
        return self.parent[3:35]


NO_TRACE = Trace()


class Span(Protocol):
    """Something that takes time. `trace` is what calls made on its behalf carry."""

    trace: Trace

    def end(self, code: str) -> None:
        """`code` is a gRPC status by name; only OK is no error."""
        ...


class Tracing(Protocol):
    """Begins spans, as children of the span that `trace` names, or as roots where it names none."""

    def serve(self, method: str, trace: Trace) -> Span:
        """Of a call that was received; `method` is `/package.Service/Method`."""
        ...

    def call(self, method: str, trace: Trace) -> Span:
        """Of a call that is made."""
        ...


def sound_trace(parent: object, state: object = "") -> Trace:
    """What anybody may pass on and log of these headers' values; the standard drops `state` with a bad `parent`."""
    if not (isinstance(parent, str) and _TRACEPARENT.match(parent)):
        return NO_TRACE
    sound = isinstance(state, str) and len(state) <= _LONGEST_STATE and state.isascii() and state.isprintable()
    return Trace(parent, str(state) if sound else "")


def open_tracing(service: str, endpoint: str) -> "OtlpTracing | None":
    """Spans go to the OTLP/HTTP collector at `endpoint`; None without one. Raises TracingUnavailableError."""
    if not endpoint:
        return None
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        raise TracingUnavailableError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: "
            "pip install 'spacetraders-fleet[otel]', or unset it"
        )
    return OtlpTracing(service, endpoint)


class OtlpTracing:
    """Satisfies Tracing. Spans leave in batches, from a thread: no call waits for a collector that is slow or gone."""

    def __init__(self, service: str, endpoint: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        # `close` sends what is left; at the exit of a process that was not closed, nobody waits for a collector.
        self._provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=_COLLECTOR_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("service_chassis")
        self._propagator = TraceContextTextMapPropagator()
        self._server, self._client = SpanKind.SERVER, SpanKind.CLIENT

    def serve(self, method: str, trace: Trace) -> "OtlpSpan":
        return self._begin(self._server, method, trace)

    def call(self, method: str, trace: Trace) -> "OtlpSpan":
        return self._begin(self._client, method, trace)

    def close(self) -> None:
        """Send what is left. Blocks, for two seconds at most or so."""
        self._provider.shutdown()

    def _begin(self, kind: Any, method: str, trace: Trace) -> "OtlpSpan":
        service, name = method[1:].split("/", 1)
        parent = self._propagator.extract({TRACEPARENT_HEADER: trace.parent, TRACESTATE_HEADER: trace.state})
        attributes = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": name}
        return OtlpSpan(self._tracer.start_span(method[1:], context=parent, kind=kind, attributes=attributes))


class OtlpSpan:
    """Satisfies Span."""

    def __init__(self, span: Any) -> None:
        self._span = span
        context = span.get_span_context()
        parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
        self.trace = Trace(parent, context.trace_state.to_header())

    def end(self, code: str) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_attribute("rpc.grpc.status_code", code)
        if code != "OK":
            self._span.set_status(StatusCode.ERROR, code)
        self._span.end()
