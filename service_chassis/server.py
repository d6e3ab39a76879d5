"""The gRPC server of a process: its ports, with health, reflection and metrics, and how it drains."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

import grpc
from grpc_health.v1 import health_pb2_grpc
from prometheus_client import CollectorRegistry

from service_chassis.admission import STREAMS, Admission, Lane
from service_chassis.health import MOST_WATCHES, HealthServicer
from service_chassis.identity import TRUST_DOMAIN, Access
from service_chassis.interceptor import CallInterceptor
from service_chassis.reflection import add_reflection
from service_chassis.startup import StartupError
from service_chassis.telemetry import MetricsServer, RpcMetrics
from service_chassis.tls import Rotating, TlsFiles, TlsFilesError, TlsSettings, server_context, tls_files
from service_chassis.tls_listener import HANDSHAKE_OUTCOMES, TlsListener
from service_chassis.tracing import OtlpTracing, TracingUnavailableError, open_tracing

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
_MOST_CALLS = 1_000
_HIGHEST_PORT = 65_535
_HEALTH = "grpc.health.v1.Health"
_INNER_ADDRESS = "127.0.0.1:0"
_LOOPBACK = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\]):|unix:")
_CHANNEL_OPTIONS = (
    ("grpc.so_reuseport", 0),
    # When a connection ends, clients look the name up again, and so hear of new replicas.
    ("grpc.max_connection_age_ms", 30_000),
    # Longer than the longest call, which would be cut off with its connection.
    ("grpc.max_connection_age_grace_ms", 75_000),
    # For a caller that connects and never begins to speak HTTP/2.
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    # A ping that was sent while a call was in hand may arrive when it is over.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
)


@dataclass(frozen=True)
class Service:
    """One gRPC service: its full name, and the function that adds it to a server."""

    name: str
    register: Callable[[grpc.aio.Server], None]


class ServerSettings(TlsSettings, Protocol):
    """What every service's settings say about its server."""

    listen_address: str
    health_address: str | None
    metrics_address: str | None
    drain_seconds: float
    tls_trust_domain: str
    insecure_plaintext_on_network: bool
    otel_exporter_otlp_endpoint: str


@dataclass(frozen=True)
class ServerOptions:
    """Addresses are `host:port`; a port of 0 takes any free one. Empty or None: off.

    With `tls`, callers are who their certificates say (spiffe://`trust_domain`/…), and may call what `access` allows
    their role. Without it, only callers on this machine are heard, unless `insecure_plaintext_on_network`, and
    methods in `loopback_only` answer no others in any case.
    Spans go to the collector at `otlp_endpoint`, such as http://collector:4318; none are made without one.
    """

    listen_address: str
    health_address: str | None = None
    metrics_address: str | None = None
    drain_seconds: float = 5.0
    loopback_only: frozenset[str] = frozenset()
    admission: Mapping[str, Lane] = field(default_factory=dict)
    streams: Lane = STREAMS
    health_watches: int = MOST_WATCHES
    tls: TlsFiles | None = None
    access: Mapping[str, frozenset[str]] = field(default_factory=dict)
    trust_domain: str = TRUST_DOMAIN
    insecure_plaintext_on_network: bool = False
    otlp_endpoint: str = ""

    @classmethod
    def of(
        cls,
        settings: ServerSettings,
        *,
        access: Mapping[str, frozenset[str]],
        loopback_only: frozenset[str] = frozenset(),
        admission: Mapping[str, Lane] | None = None,
    ) -> Self:
        """What the settings say, and what a service says itself."""
        return cls(
            listen_address=settings.listen_address,
            health_address=settings.health_address,
            metrics_address=settings.metrics_address,
            drain_seconds=settings.drain_seconds,
            loopback_only=loopback_only,
            admission=admission or {},
            tls=tls_files(settings),
            access=access,
            trust_domain=settings.tls_trust_domain,
            insecure_plaintext_on_network=settings.insecure_plaintext_on_network,
            otlp_endpoint=settings.otel_exporter_otlp_endpoint,
        )


class GrpcServer:
    """Answers UNAVAILABLE until `set_serving()`; serves health (with Watch) and reflection v1 and v1alpha."""

    def __init__(
        self, options: ServerOptions, *, domain: str, services: Sequence[Service], metrics: RpcMetrics | None = None
    ) -> None:
        self.options = options
        self.metrics = metrics or RpcMetrics(CollectorRegistry() if options.metrics_address else None)
        self.port = 0
        self.health_port = 0
        self.metrics_port = 0
        self.tracing = _tracing(domain, options.otlp_endpoint)
        names = [service.name for service in services]
        self._health = HealthServicer(names, options.health_watches)
        self._listener = _listener(options, self.metrics)
        self._interceptor = CallInterceptor(
            domain,
            Admission(options.admission, options.streams),
            frozenset() if self._listener else options.loopback_only,
            self.metrics,
            Access(options.access, self._listener.callers, options.trust_domain) if self._listener else None,
            self.tracing,
        )
        self._server = grpc.aio.server(
            interceptors=[self._interceptor],
            options=_CHANNEL_OPTIONS,
            maximum_concurrent_rpcs=_MOST_CALLS + options.health_watches,
        )
        for service in services:
            service.register(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        add_reflection(self._server, [*names, _HEALTH])
        self._probe_server: grpc.aio.Server | None = None
        self._metrics_server: MetricsServer | None = None

    async def start(self) -> None:
        """Bind and answer, health as NOT_SERVING. Raises StartupError if an address is taken or must not be used."""
        listen_address = _INNER_ADDRESS if self._listener else self._plaintext_address()
        self.port = _bind(self._server, listen_address, "LISTEN_ADDRESS")
        if self.options.health_address:
            self._probe_server = grpc.aio.server(options=_CHANNEL_OPTIONS)
            health_pb2_grpc.add_HealthServicer_to_server(self._health, self._probe_server)
            self.health_port = _bind(self._probe_server, self.options.health_address, "HEALTH_ADDRESS")
            await self._probe_server.start()
        if self.options.metrics_address:
            self._metrics_server = self._serve_metrics(self.options.metrics_address)
            self.metrics_port = self._metrics_server.port
        await self._server.start()
        if self._listener is not None:
            self.port = self._listen(self._listener, inner_port=self.port)

    def set_serving(self) -> None:
        self._interceptor.ready = True
        self._health.set_serving()

    async def drain(self) -> None:
        """NOT_SERVING first, then streams end with UNAVAILABLE, and calls in flight may finish."""
        self._health.close()
        self._interceptor.draining.set()
        if self._listener is not None:
            await self._listener.stop_accepting()
        await self._server.stop(self.options.drain_seconds)
        if self._listener is not None:
            await self._listener.close()
        if self._probe_server is not None:
            await self._probe_server.stop(None)
        if self._metrics_server is not None:
            await asyncio.to_thread(self._metrics_server.close)
        if self.tracing is not None:
            await asyncio.to_thread(self.tracing.close)

    def _plaintext_address(self) -> str:
        address = self.options.listen_address
        if not _LOOPBACK.match(address) and not self.options.insecure_plaintext_on_network:
            raise StartupError(
                f"LISTEN_ADDRESS {address} can be reached from other machines, and TLS is off: set TLS_CERT_FILE, "
                "TLS_KEY_FILE and TLS_CA_FILE, or listen on 127.0.0.1, or set INSECURE_PLAINTEXT_ON_NETWORK=true to "
                "let everybody on that network read and call"
            )
        return address

    def _listen(self, listener: TlsListener, *, inner_port: int) -> int:
        try:
            return listener.start(self.options.listen_address, inner_port)
        except (OSError, ValueError, OverflowError) as error:
            raise _not_bindable("LISTEN_ADDRESS", self.options.listen_address) from error

    def _serve_metrics(self, address: str) -> MetricsServer:
        try:
            return self.metrics.serve(address)
        except (OSError, ValueError, OverflowError) as error:
            raise StartupError(f"METRICS_ADDRESS {address} cannot be bound: {error}; choose another") from error


def _bind(server: grpc.aio.Server, address: str, setting: str) -> int:
    port = address.rpartition(":")[2]
    try:
        # gRPC takes 99999 for 34463.
        if not port.isdigit() or int(port) > _HIGHEST_PORT:
            raise RuntimeError("no port")
        return server.add_insecure_port(address)
    except RuntimeError as error:
        raise _not_bindable(setting, address) from error


def _not_bindable(setting: str, address: str) -> StartupError:
    return StartupError(
        f"{setting} {address} cannot be bound; is it taken by another process, or not host:port of this machine? "
        f"Choose another with {setting}"
    )


def _tracing(service: str, endpoint: str) -> OtlpTracing | None:
    try:
        return open_tracing(service, endpoint)
    except TracingUnavailableError as error:
        raise StartupError(str(error)) from error


def _listener(options: ServerOptions, metrics: RpcMetrics) -> TlsListener | None:
    if options.tls is None:
        return None
    try:
        contexts = Rotating(options.tls, server_context)
    except TlsFilesError as error:
        raise StartupError(str(error)) from error
    return TlsListener(contexts, options.trust_domain, metrics.handshake_counter(HANDSHAKE_OUTCOMES))
