"""Traces: which traceparents are taken, and what happens where spans are asked for and cannot be made."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog
from prometheus_client import CollectorRegistry

from service_chassis.call_context import CallContext, current_call, enter, leave, on_behalf_of
from service_chassis.server import GrpcServer, ServerOptions, StartupError
from service_chassis.telemetry import RpcMetrics, configure_logging
from service_chassis.tracing import OtlpTracing, open_tracing, sound_traceparent, trace_id_of

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
METHOD = "/spacetraders.player.v1.PlayerService/GetPlayer"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logging("INFO", "json", "player_service", stream)
    yield stream
    structlog.reset_defaults()


@pytest.fixture
def tracing() -> OtlpTracing:
    opened = open_tracing("test", "http://127.0.0.1:9")
    assert opened is not None
    return opened


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        TRACEPARENT.upper(),
        TRACEPARENT + "-extra",
        TRACEPARENT.replace("00-", "ff-", 1),
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        TRACEPARENT + "\n",
        b"00-binary",
        None,
    ],
)
def test_what_is_no_traceparent_is_neither_logged_nor_passed_on(text: object) -> None:
    assert sound_traceparent(text) == ""


def test_a_traceparent_is_passed_on_as_it_came() -> None:
    assert sound_traceparent(TRACEPARENT) == TRACEPARENT
    assert trace_id_of(TRACEPARENT) == TRACE_ID


def test_lines_of_a_traced_call_carry_its_trace_id(log: io.StringIO) -> None:
    for traceparent in (TRACEPARENT, ""):
        token = enter(CallContext("call-7", None, traceparent))
        structlog.get_logger().info("inside")
        leave(token)

    traced, untraced = map(json.loads, log.getvalue().splitlines())
    assert traced["trace_id"] == TRACE_ID
    assert "trace_id" not in untraced


def test_work_on_behalf_of_a_call_has_its_ids_and_not_its_deadline() -> None:
    with on_behalf_of(CallContext("call-7", 12.5, TRACEPARENT)):
        assert current_call() == CallContext("call-7", None, TRACEPARENT)
    with on_behalf_of(None):
        assert current_call() is None


def test_spans_hang_below_their_callers(tracing: OtlpTracing) -> None:
    served = tracing.serve(METHOD, TRACEPARENT)
    called = tracing.call(METHOD, served.traceparent)

    assert trace_id_of(served.traceparent) == trace_id_of(called.traceparent) == TRACE_ID
    assert len({TRACEPARENT, served.traceparent, called.traceparent}) == 3


def test_without_a_caller_there_is_a_trace_of_its_own(tracing: OtlpTracing) -> None:
    assert sound_traceparent(tracing.serve(METHOD, "").traceparent)


def test_spans_that_cannot_be_made_end_the_start_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service_chassis.tracing.find_spec", lambda name: None)
    options = ServerOptions("127.0.0.1:0", otlp_endpoint="http://collector:4318")

    with pytest.raises(StartupError, match=r"spacetraders-fleet\[otel\]"):
        GrpcServer(options, domain="spacetraders.test", services=[])


def test_without_an_endpoint_nothing_is_traced() -> None:
    assert open_tracing("test", "") is None


def test_calls_are_counted_by_code_and_timed_by_method() -> None:
    metrics = RpcMetrics(CollectorRegistry())
    record = metrics.record_of(METHOD)
    record.in_flight += 1
    for code in ("OK", "OK", "NOT_FOUND"):
        record.ended(code, 0.02)

    labels = {"grpc_service": "spacetraders.player.v1.PlayerService", "grpc_method": "GetPlayer"}
    value = metrics.registry.get_sample_value
    assert value("grpc_server_handled_total", {**labels, "grpc_code": "OK"}) == 2
    assert value("grpc_server_handled_total", {**labels, "grpc_code": "NOT_FOUND"}) == 1
    assert value("grpc_server_handling_seconds_count", labels) == 3
    assert value("grpc_server_in_flight", labels) == 1


def test_without_a_registry_nothing_is_counted() -> None:
    metrics = RpcMetrics()
    metrics.record_of(METHOD).ended("OK", 0.02)
    metrics.handshake_counter(["ok"])("ok")

    assert list(metrics.registry.collect()) == []
