"""`spacetraders plan` and `navigate`: what is shown before departure, the watch, and every exit code."""

from typing import Any

import grpc
import pytest

from cli.exit_codes import ExitCode
from protos.navigation.v1.navigation_service_pb2 import NavigateShipRequest, PlanRouteRequest, WatchVoyageRequest
from protos.routing.v1.routing_pb2 import FLIGHT_MODE_CRUISE, FLIGHT_MODE_DRIFT, Objective
from tests.fakes.cli_status import Refusal
from tests.fakes.cli_world import VOYAGE_ID, Servers, cancelled, completed, failed, flight, stay
from tests.integration.cli.conftest import Spacetraders

TARGET = "X1-AB12-C3"


def test_plans_without_moving_anything(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("plan", "astra-1", TARGET.lower())

    assert outcome.code == ExitCode.OK
    assert "3 legs (CRUISE 1, BURN 1, DRIFT 1), 1 refuel stop, 610 fuel" in outcome.out
    assert "1 leg flies in DRIFT" in outcome.out
    assert servers.navigation.voyages == {}


def test_plan_as_json_is_the_response(spacetraders: Spacetraders) -> None:
    route = spacetraders("plan", "ASTRA-1", TARGET, "-o", "json").json["route"]

    assert route["steps"][1] == {"refuel": {"waypoint": "X1-AB12-B7", "fuel_added": 310}}
    assert route["steps"][0]["navigate"]["flight_mode"] == "FLIGHT_MODE_CRUISE"
    assert route["duration"] == "793s"


def test_route_wishes_reach_the_planner(servers: Servers, spacetraders: Spacetraders) -> None:
    wishes = ("--modes", "cruise, drift", "--least-fuel", "--refuel-seconds", "2.5", "--departure-seconds", "1")

    spacetraders("plan", "ASTRA-1", TARGET, *wishes)

    [request] = servers.navigation.armed.requests
    assert isinstance(request, PlanRouteRequest)
    assert list(request.options.allowed_flight_modes) == [FLIGHT_MODE_CRUISE, FLIGHT_MODE_DRIFT]
    assert request.options.objective == Objective.OBJECTIVE_LEAST_FUEL
    assert request.options.refuel_duration.ToMilliseconds() == 2_500
    assert request.options.departure_overhead.ToMilliseconds() == 1_000


@pytest.mark.parametrize("modes", ["", "WARP", "CRUISE;DRIFT"])
def test_refuses_unknown_flight_modes(servers: Servers, spacetraders: Spacetraders, modes: str) -> None:
    outcome = spacetraders("navigate", "ASTRA-1", TARGET, "--modes", modes)

    assert outcome.code == ExitCode.USAGE
    assert "CRUISE, BURN, DRIFT, STEALTH" in outcome.err
    assert servers.navigation.armed.requests == []


def test_an_empty_destination_is_no_short_name_of_a_waypoint(servers: Servers, spacetraders: Spacetraders) -> None:
    spacetraders("plan", "ASTRA-1", "")

    request = servers.navigation.armed.requests[-1]
    assert isinstance(request, PlanRouteRequest)
    assert request.destination == ""


def test_no_route_names_what_is_missing(spacetraders: Spacetraders) -> None:
    outcome = spacetraders("plan", "ASTRA-1", "X1-AB12-FAR")

    assert outcome.code == ExitCode.REFUSED
    assert "NO_ROUTE" in outcome.err
    assert "needs 120 fuel" in outcome.err
    assert "X1-AB12-B7" in outcome.err


def test_follows_a_voyage_to_its_completion(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.scripts[TARGET] = flight(completed())

    outcome = spacetraders("navigate", "ASTRA-1", TARGET)

    assert outcome.code == ExitCode.OK
    lines = outcome.out.splitlines()
    shown_before_departure = lines.index(next(line for line in lines if "departed X1-AB12-A1" in line))
    assert any(line.startswith("ETA ") for line in lines[:shown_before_departure])
    assert any("CRUISE" in line for line in lines[:shown_before_departure])
    assert "refuelled at X1-AB12-B7: +310 fuel for 288 credits" in outcome.out
    assert lines[-1] == "ASTRA-1 is at X1-AB12-C3: 1 leg, 1 refuel stop (+310 fuel), 4 s."


def test_json_is_one_object_a_line(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.scripts[TARGET] = flight(completed())

    first, *rest = spacetraders("navigate", "ASTRA-1", TARGET, "-o", "json").json_lines

    assert first["voyage"]["voyage_id"] == VOYAGE_ID
    assert [line["event"]["number"] for line in rest] == ["1", "2", "3", "4", "5"]
    assert rest[-1]["event"]["state"] == "STATE_COMPLETED"


def test_resumes_the_watch_after_the_last_event(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.scripts[TARGET] = flight(completed())
    servers.navigation.cuts = {
        2: Refusal(grpc.StatusCode.UNAVAILABLE, "", "draining"),
        3: Refusal(grpc.StatusCode.UNKNOWN, "", "Stream removed"),
    }

    outcome = spacetraders("navigate", "ASTRA-1", TARGET, "-o", "json")

    assert outcome.code == ExitCode.OK
    assert [line["event"]["number"] for line in outcome.json_lines[1:]] == ["1", "2", "3", "4", "5"]
    watches = servers.navigation.armed.of_type("WatchVoyageRequest")
    assert [w.after_event_number for w in watches if isinstance(w, WatchVoyageRequest)] == [0, 2, 3]


def test_a_failed_voyage_has_its_own_exit_code_and_hint(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.scripts[TARGET] = flight(failed("INSUFFICIENT_CREDITS"))

    outcome = spacetraders("navigate", "ASTRA-1", TARGET)

    assert outcome.code == ExitCode.VOYAGE_FAILED
    assert "INSUFFICIENT_CREDITS" in outcome.err
    assert "--least-fuel" in outcome.err


def test_a_failure_is_machine_readable(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.scripts[TARGET] = flight(failed("PHYSICS_MISMATCH", required="12", available="10"))

    error = spacetraders("navigate", "ASTRA-1", TARGET, "-o", "json").error

    assert error["exit_code"] == ExitCode.VOYAGE_FAILED
    assert error["reason"] == "PHYSICS_MISMATCH"
    assert error["metadata"] == {"voyage_id": VOYAGE_ID, "required": "12", "available": "10"}


def test_a_cancelled_voyage_has_its_own_exit_code(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.scripts[TARGET] = flight(cancelled())

    outcome = spacetraders("navigate", "ASTRA-1", TARGET)

    assert outcome.code == ExitCode.VOYAGE_CANCELLED
    assert "spacetraders ship show ASTRA-1" in outcome.err


def test_already_there_is_a_success(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.routes["X1-AB12-A1"] = stay()

    outcome = spacetraders("navigate", "ASTRA-1", "X1-AB12-A1")

    assert outcome.code == ExitCode.OK
    assert "Already at X1-AB12-A1" in outcome.out


def test_detached_returns_at_once_and_says_how_to_follow(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("navigate", "ASTRA-1", TARGET, "--detach")

    assert outcome.code == ExitCode.OK
    assert f"spacetraders voyage watch {VOYAGE_ID}" in outcome.err
    assert servers.navigation.armed.of_type("WatchVoyageRequest") == []


def test_a_busy_ship_is_refused(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.ships["ASTRA-1"].voyage_id = VOYAGE_ID

    outcome = spacetraders("navigate", "ASTRA-1", TARGET)

    assert outcome.code == ExitCode.REFUSED
    assert f"spacetraders voyage watch {VOYAGE_ID}" in outcome.err


def test_waits_for_a_service_that_asks_to_be_called_again(servers: Servers, spacetraders: Spacetraders) -> None:
    cold = Refusal(grpc.StatusCode.UNAVAILABLE, "GAME_UNAVAILABLE", "the map is being read", retry_after=0.01)
    servers.navigation.armed.arm("NavigateShip", *[cold] * 6)

    outcome = spacetraders("navigate", "ASTRA-1", TARGET, "--detach")

    assert outcome.code == ExitCode.OK
    requests: list[Any] = servers.navigation.armed.of_type("NavigateShipRequest")
    assert len({request.request_id for request in requests if isinstance(request, NavigateShipRequest)}) == 1


def test_gives_up_when_the_service_asks_for_more_than_patience(servers: Servers, spacetraders: Spacetraders) -> None:
    down = Refusal(grpc.StatusCode.UNAVAILABLE, "ROUTING_UNAVAILABLE", "routing is down", retry_after=3_600)
    servers.navigation.armed.arm("PlanRoute", *[down] * 5)

    outcome = spacetraders("plan", "ASTRA-1", TARGET)

    assert outcome.code == ExitCode.UNREACHABLE
    assert "routing service does not answer" in outcome.err


@pytest.mark.parametrize(
    "command", [("navigate", "ASTRA-1", TARGET), ("voyage", "watch", VOYAGE_ID), ("player", "list")]
)
def test_an_unreachable_service_has_its_own_exit_code(
    spacetraders: Spacetraders, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    for name in ("PLAYER_SERVICE_ADDRESS", "NAVIGATION_SERVICE_ADDRESS"):
        monkeypatch.setenv(name, "127.0.0.1:1")

    outcome = spacetraders(*command)

    assert outcome.code == ExitCode.UNREACHABLE
    assert "127.0.0.1:1 cannot be reached" in outcome.err
    assert "spacetraders up" in outcome.err


def test_a_defect_of_the_service_has_its_own_exit_code(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.armed.arm("PlanRoute", Refusal(grpc.StatusCode.INTERNAL, "INTERNAL", "internal error, id 4711"))

    outcome = spacetraders("plan", "ASTRA-1", TARGET)

    assert outcome.code == ExitCode.INTERNAL
    assert "4711" in outcome.err


def test_a_watch_that_the_service_refuses_ends(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.armed.arm("WatchVoyage", Refusal(grpc.StatusCode.INTERNAL, "INTERNAL", "internal error"))

    assert spacetraders("navigate", "ASTRA-1", TARGET).code == ExitCode.INTERNAL


@pytest.mark.parametrize("address", ["nonsense", "host:", "host:99999999", ""])
def test_an_address_that_is_none_is_wrong_usage(spacetraders: Spacetraders, address: str) -> None:
    outcome = spacetraders("plan", "ASTRA-1", TARGET, "--navigation-service-address", address)

    assert outcome.code == ExitCode.USAGE
    assert "HOST:PORT" in outcome.err
