"""Structured logs and Prometheus metrics."""

import logging
import sys
from threading import Thread
from typing import TextIO
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from structlog.typing import EventDict, Processor, WrappedLogger

from service_chassis.call_context import current_request_id

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


def configure_logging(level: str, fmt: str, service: str, stream: TextIO | None = None) -> None:
    """Send structlog and the standard library's log to `stream` (stderr), as `fmt` "console" or "json"."""

    def add_call(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        if request_id := current_request_id():
            event.setdefault("request_id", request_id)
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_call,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    target = stream or sys.stderr
    renderer: Processor = structlog.processors.JSONRenderer() if fmt == "json" else _console(colors=target.isatty())
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)


def _console(*, colors: bool) -> Processor:
    # The default formatter shows the values of local variables, and those hold tokens.
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


class RpcMetrics:
    """Rate, errors and latency by method, under the names that gRPC dashboards expect."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        labels = ["grpc_service", "grpc_method"]
        self.handled = Counter(
            "grpc_server_handled", "Calls completed, by code.", [*labels, "grpc_code"], registry=self.registry
        )
        self.latency = Histogram(
            "grpc_server_handling_seconds", "Time to answer.", labels, registry=self.registry, buckets=_BUCKETS
        )

    def serve(self, address: str) -> "MetricsServer":
        """Answer `GET /metrics` on `host:port` from its own thread. Raises OSError, ValueError or OverflowError."""
        host, _, port = address.rpartition(":")
        server, thread = start_http_server(int(port), addr=host.strip("[]") or "127.0.0.1", registry=self.registry)
        return MetricsServer(server, thread)


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
