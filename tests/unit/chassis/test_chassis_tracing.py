"""Traces: which traceparents are taken, and what happens where spans are asked for and cannot be made."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog
from prometheus_client import CollectorRegistry

from service_chassis.call_context import CallContext, current_call, enter, leave, on_behalf_of
from service_chassis.server import GrpcServer, ServerOptions
from service_chassis.startup import StartupError
from service_chassis.telemetry import RpcMetrics, configure_logging
from service_chassis.tracing import NO_TRACE, OtlpTracing, Trace, open_tracing, sound_trace

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
TRACE = Trace(TRACEPARENT, "vendor=opaque,other=1")
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
    assert sound_trace(text, "vendor=1") == NO_TRACE


def test_a_trace_is_passed_on_as_it_came() -> None:
    assert sound_trace(*TRACE) == TRACE
    assert TRACE.id == TRACE_ID


@pytest.mark.parametrize("state", ["v=" + "1" * 511, "v=\x07", "v=ä", b"v=1", None])
def test_a_state_that_nobody_could_pass_on_is_left_out(state: object) -> None:
    assert sound_trace(TRACEPARENT, state) == Trace(TRACEPARENT)


def test_lines_of_a_traced_call_carry_its_trace_id(log: io.StringIO) -> None:
    for trace in (TRACE, NO_TRACE):
        token = enter(CallContext("call-7", None, trace))
        structlog.get_logger().info("inside")
        leave(token)

    traced, untraced = map(json.loads, log.getvalue().splitlines())
    assert traced["trace_id"] == TRACE_ID
    assert "trace_id" not in untraced


def test_work_on_behalf_of_a_call_has_its_ids_and_not_its_deadline() -> None:
    with on_behalf_of(CallContext("call-7", 12.5, TRACE)):
        assert current_call() == CallContext("call-7", None, TRACE)
    with on_behalf_of(None):
        assert current_call() is None


def test_spans_hang_below_their_callers(tracing: OtlpTracing) -> None:
    served = tracing.serve(METHOD, TRACE)
    called = tracing.call(METHOD, served.trace)

    assert served.trace.id == called.trace.id == TRACE_ID
    assert len({TRACEPARENT, served.trace.parent, called.trace.parent}) == 3
    assert served.trace.state == called.trace.state == TRACE.state


def test_without_a_caller_there_is_a_trace_of_its_own(tracing: OtlpTracing) -> None:
    alone = tracing.serve(METHOD, NO_TRACE).trace

    assert sound_trace(*alone) == alone


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
