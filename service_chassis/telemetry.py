"""Structured logs and Prometheus metrics."""

import json
import logging
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Thread
from typing import Any, TextIO
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, start_http_server
from structlog.typing import EventDict, Processor, WrappedLogger

from service_chassis.call_context import current_call

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


def configure_logging(level: str, fmt: str, service: str, stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's log to `stream` (stderr), as `fmt` "console" or "json"."""

    def add_context(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        if call := current_call():
            if call.request_id:
                event.setdefault("request_id", call.request_id)
            if call.trace.parent:
                event.setdefault("trace_id", call.trace.id)
        event["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        return event

    shared: list[Processor] = [
        add_context,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
    ]
    target = stream or sys.stderr
    renderer = _json() if fmt == "json" else _console(colors=target.isatty())
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)


def _json() -> Processor:
    # json.dumps would make an encoder for every line.
    encode = json.JSONEncoder(default=repr).encode

    def to_json(event: EventDict, **_options: Any) -> str:
        return encode(event)

    return structlog.processors.JSONRenderer(serializer=to_json)


def _console(*, colors: bool) -> Processor:
    # The default formatter shows the values of local variables, and those hold tokens.
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


@dataclass(slots=True)
class MethodRecord:
    """The calls of one method: `in_flight` are in hand; `ended` hears status and seconds of each that ends."""

    ended: Callable[[str, float], None]
    in_flight: int = 0


class RpcMetrics:
    """Rate, errors and latency by method, under the names that gRPC dashboards expect, and handshakes.

    `registry` None: nothing is counted, and nothing spent on it. A service adds its own collectors to `registry`.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._off = registry is None
        if registry is None:
            return
        # Memory, CPU and open files of the process, read when somebody looks.
        ProcessCollector(registry=registry)
        labels = ["grpc_service", "grpc_method"]
        self._handled = Counter(
            "grpc_server_handled", "Calls completed, by code.", [*labels, "grpc_code"], registry=registry
        )
        self._latency = Histogram(
            "grpc_server_handling_seconds", "Time to answer.", labels, registry=registry, buckets=_BUCKETS
        )
        self._in_flight = Gauge("grpc_server_in_flight", "Calls in hand.", labels, registry=registry)

    def record_of(self, method: str) -> MethodRecord:
        """What counts the calls of `/package.Service/Method`. Labels are looked up once, as that takes longer."""
        if self._off:
            return MethodRecord(_ignore)
        service, name = method[1:].split("/", 1)
        observe = self._latency.labels(service, name).observe
        counters: dict[str, Counter] = {}

        def count(code: str, seconds: float) -> None:
            counter = counters.get(code)
            if counter is None:
                counter = counters[code] = self._handled.labels(service, name, code)
            counter.inc()
            observe(seconds)

        record = MethodRecord(count)
        self._in_flight.labels(service, name).set_function(lambda: record.in_flight)
        return record

    def handshake_counter(self, outcomes: Iterable[str]) -> Callable[[str], None]:
        """What counts TLS handshakes by their outcome, one of `outcomes`."""
        if self._off:
            return _ignore
        handshakes = Counter(
            "spacetraders_tls_handshakes",
            "TLS handshakes with callers, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        counters = {outcome: handshakes.labels(outcome) for outcome in outcomes}
        return lambda outcome: counters[outcome].inc()

    def serve(self, address: str) -> "MetricsServer":
        """Answer `GET /metrics` on `host:port` from its own thread. Raises OSError, ValueError or OverflowError."""
        host, _, port = address.rpartition(":")
        server, thread = start_http_server(int(port), addr=host.strip("[]") or "127.0.0.1", registry=self.registry)
        return MetricsServer(server, thread)


def _ignore(*_observed: object) -> None:
    """Metrics are off."""


class MetricsServer:
    """A running `GET /metrics`."""

    def __init__(self, server: WSGIServer, thread: Thread) -> None:
        self.port = server.server_port
        self._server = server
        self._thread = thread

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
