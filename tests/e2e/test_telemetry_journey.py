"""What a fleet's operator sees of three real services: one call's lines and spans, metrics, and never a secret."""

import json
import signal
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from protos.navigation.v1 import navigation_service_pb2 as navigation_pb
from protos.player.v1 import player_service_pb2 as player_pb
from service_chassis.status import remote_error
from tests.e2e.journeys import PATIENCE, State, token_of, wait_for_end
from tests.e2e.stack import SERVICES, Stack, eventually, running_stack
from tests.fakes.trace_collector import TraceCollector, collecting_traces

pytestmark = pytest.mark.e2e

ACCOUNT_TOKEN = "account-token-that-nobody-may-see"
WRONG_TOKEN = "eyJhbGciOiJSUzI1NiJ9.d3JvbmctdG9rZW4.bm9ib2R5LW1heS1zZWUtdGhpcw"
REQUEST_ID = "operator-looks-at-7"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CALL = (("x-request-id", REQUEST_ID), ("traceparent", f"00-{TRACE_ID}-00f067aa0ba902b7-01"))


@dataclass
class Flown:
    """What came out of three services that flew a ship and refused what was wrong."""

    lines: dict[str, list[dict[str, Any]]]
    metrics: dict[str, str]
    traces: bytes
    secrets: list[str]
    errors: list[str] = field(default_factory=list)

    @property
    def everything(self) -> str:
        texts = [json.dumps(self.lines), *self.metrics.values(), *self.errors, self.traces.decode("latin-1")]
        return "\n".join(texts)


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flown]:
    options = ("--time-scale", "600", "--no-rate-limit", "--account-token", ACCOUNT_TOKEN)
    with collecting_traces() as collector:
        environment = {
            "GAME_REQUESTS_PER_SECOND": "0",
            "GAME_BURST": "0",
            "GAME_TIME_SCALE": "600",
            "LOG_LEVEL": "DEBUG",
            "METRICS_ADDRESS": "127.0.0.1:0",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
        }
        directory = tmp_path_factory.mktemp("telemetry")
        with running_stack(directory, sandbox_options=options, environment=environment) as stack:
            yield _fly(stack, collector)


def _fly(stack: Stack, collector: TraceCollector) -> Flown:
    new_agent = player_pb.NewAgent(faction="COSMIC", account_token=ACCOUNT_TOKEN)
    newcomer = player_pb.RegisterPlayerRequest(agent_symbol="SEEN", new_agent=new_agent, request_id="enlist")
    stack.players.RegisterPlayer(newcomer, timeout=PATIENCE)
    look = navigation_pb.GetShipRequest(ship_symbol="SEEN-1")
    ship = stack.navigation.GetShip(look, timeout=PATIENCE, metadata=CALL).ship
    graph = navigation_pb.GetSystemGraphRequest(agent_symbol="SEEN", system_symbol=ship.system_symbol)
    waypoints = stack.navigation.GetSystemGraph(graph, timeout=PATIENCE).graph.waypoints
    goal = next(place.symbol for place in waypoints if place.symbol != ship.waypoint_symbol)
    order = navigation_pb.NavigateShipRequest(ship_symbol="SEEN-1", destination=goal, request_id="fly")
    voyage_id = stack.navigation.NavigateShip(order, timeout=PATIENCE, metadata=CALL).voyage.voyage_id
    assert wait_for_end(stack, voyage_id).state == State.STATE_COMPLETED
    errors = _refusals(stack)
    secrets = [ACCOUNT_TOKEN, WRONG_TOKEN, token_of(stack, "SEEN"), *_keys(stack)]
    eventually(
        lambda: 'spacetraders_voyages{state="PLANNED"} 0.0' in _metrics(stack)["navigation_service"], 90, "counted"
    )
    metrics = _metrics(stack)
    for name in SERVICES:
        assert stack.kill(name, signal.SIGTERM) == 0
    return Flown({name: _lines(stack, name) for name in SERVICES}, metrics, collector.everything, secrets, errors)


def _refusals(stack: Stack) -> list[str]:
    new_agent = player_pb.NewAgent(faction="COSMIC", account_token=WRONG_TOKEN)
    refused = [
        (stack.players.RegisterPlayer, player_pb.RegisterPlayerRequest(agent_symbol="OTHER", token=WRONG_TOKEN)),
        (stack.players.RegisterPlayer, player_pb.RegisterPlayerRequest(agent_symbol="BAD SYMBOL", token=WRONG_TOKEN)),
        (stack.players.RegisterPlayer, player_pb.RegisterPlayerRequest(agent_symbol="THIRD", new_agent=new_agent)),
        (stack.players.ReplaceAgentToken, player_pb.ReplaceAgentTokenRequest(player_id=1, token=WRONG_TOKEN)),
        (
            stack.navigation.NavigateShip,
            navigation_pb.NavigateShipRequest(ship_symbol="SEEN-1", destination="X1-NO-WHERE"),
        ),
        (stack.navigation.GetShip, navigation_pb.GetShipRequest(ship_symbol="NOBODY-1")),
    ]
    return [_refusal(method, request) for method, request in refused]


def _refusal(method: Any, request: Any) -> str:
    with pytest.raises(grpc.RpcError) as failure:
        method(request, timeout=PATIENCE)
    call: Any = failure.value
    return f"{call}\n{remote_error(call)}\n{call.trailing_metadata()}"


def _keys(stack: Stack) -> list[str]:
    """What the player service encrypts with."""
    return [file.read_text().strip() for file in (stack.directory / "data").iterdir() if "key" in file.name]


def _metrics(stack: Stack) -> dict[str, str]:
    pages = {}
    for name in SERVICES:
        port = next(line["metrics_port"] for line in _lines(stack, name) if line["event"] == "serving")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as page:
            pages[name] = page.read().decode()
    return pages


def _lines(stack: Stack, name: str) -> list[dict[str, Any]]:
    text = (stack.directory / f"{name}.log").read_text()
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_one_request_id_and_one_trace_id_tie_together_the_lines_of_all_services(flown: Flown) -> None:
    for name in SERVICES:
        traced = [line for line in flown.lines[name] if line.get("request_id") == REQUEST_ID]
        assert traced, name
        assert {line.get("trace_id") for line in traced} == {TRACE_ID}, name


def test_spans_of_all_services_hang_together_in_the_callers_trace(flown: Flown) -> None:
    for service, method in (("navigation", "NavigateShip"), ("routing", "PlanRoute"), ("player", "GetAgentToken")):
        assert f"spacetraders.{service}".encode() in flown.traces
        assert method.encode() in flown.traces
    assert bytes.fromhex(TRACE_ID) in flown.traces


@pytest.mark.parametrize(
    ("service", "metric"),
    [
        ("player_service", 'grpc_server_handled_total{grpc_code="OK",grpc_method="RegisterPlayer"'),
        ("player_service", 'grpc_server_handled_total{grpc_code="INVALID_ARGUMENT",grpc_method="RegisterPlayer"'),
        ("navigation_service", "grpc_server_handling_seconds_bucket"),
        ("navigation_service", 'spacetraders_voyages{state="UNDER_WAY"} 0.0'),
        ("navigation_service", "spacetraders_voyages_overdue 0.0"),
        ("navigation_service", 'spacetraders_voyages_ended_total{reason="",state="COMPLETED"} 1.0'),
        ("navigation_service", "spacetraders_voyage_leases_lost_total 0.0"),
        ("navigation_service", 'spacetraders_game_requests_total{agent_symbol="SEEN",code="200"}'),
        ("navigation_service", "spacetraders_game_budget_left"),
        ("routing_service", "spacetraders_solver_queue_length 0.0"),
        ("routing_service", "spacetraders_solve_seconds"),
        ("routing_service", "spacetraders_solve_gap_ratio"),
    ],
)
def test_metrics_show(flown: Flown, service: str, metric: str) -> None:
    assert metric in flown.metrics[service]


def test_no_secret_is_in_any_log_error_trace_or_metric(flown: Flown) -> None:
    assert len(flown.secrets) == 4
    assert len(flown.errors) == 6
    for secret in flown.secrets:
        assert len(secret) > 20
        assert secret not in flown.everything
