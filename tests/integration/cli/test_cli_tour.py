"""`spacetraders tour …`: plans, what is shown before departure, rounds, and every exit code."""

from pathlib import Path

import grpc
import pytest

from cli.exit_codes import ExitCode
from protos.navigation.v1.navigation_service_pb2 import StartTourRequest
from protos.routing.v1.routing_pb2 import FLIGHT_MODE_CRUISE, Objective, Solution
from tests.fakes.cli_status import Refusal
from tests.fakes.cli_world import START, VOYAGE_ID, Servers, cancelled, completed, event, failed, flight
from tests.integration.cli.conftest import Spacetraders

STOPS = ("X1-AB12-C3", "X1-AB12-B7", "X1-AB12-D4")


def asked(servers: Servers) -> StartTourRequest:
    [request] = servers.navigation.armed.of_type("StartTourRequest")
    assert isinstance(request, StartTourRequest)
    return request


def test_plans_the_best_order_without_moving_anything(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.solution = Solution(status=Solution.STATUS_FEASIBLE)
    servers.navigation.solution.objective.seconds = 300
    servers.navigation.solution.lower_bound.seconds = 240

    outcome = spacetraders("tour", "plan", "astra-1", *STOPS)

    assert outcome.code == ExitCode.OK
    assert "ASTRA-1 visits 3 stops" in outcome.out
    assert "Order: B7 > C3 > D4" in outcome.out
    assert "3 legs (CRUISE 1, BURN 1, DRIFT 1)" in outcome.out
    assert "FEASIBLE, at most 25.0 % above the best possible (lower bound 4 min 00 s)" in outcome.out
    assert "1 leg flies in DRIFT" in outcome.out
    assert servers.navigation.voyages == {}
    assert asked(servers).validate_only
    assert asked(servers).optimize_order
    assert asked(servers).request_id


def test_every_leg_tells_its_time_and_the_stop_it_reaches(spacetraders: Spacetraders) -> None:
    lines = spacetraders("tour", "plan", "ASTRA-1", *STOPS, "--return").out.splitlines()

    second = next(line for line in lines if line.lstrip().startswith("2 "))
    back = next(line for line in lines if line.lstrip().startswith("4 "))
    assert second.split()[-5:] == ["3", "min", "20", "s", "2"]
    assert back.split()[-4:] == ["6", "min", "40", "s"]


def test_the_order_given_is_kept_if_asked(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("tour", "start", "ASTRA-1", *STOPS, "--in-order", "--plan-only")

    assert "Order: C3 > B7 > D4" in outcome.out
    assert "the order is yours" in outcome.out
    assert not asked(servers).optimize_order
    assert servers.navigation.voyages == {}


def test_wishes_reach_the_service(servers: Servers, spacetraders: Spacetraders) -> None:
    wishes = ("--return", "--repeat", "--modes", "cruise", "--least-fuel", "--refuel-seconds", "3")

    spacetraders("tour", "start", "ASTRA-1", *STOPS, *wishes, "--detach")

    request = asked(servers)
    assert request.return_to_origin
    assert request.repeat
    assert not request.validate_only
    assert list(request.options.allowed_flight_modes) == [FLIGHT_MODE_CRUISE]
    assert request.options.objective == Objective.OBJECTIVE_LEAST_FUEL
    assert request.options.refuel_duration.seconds == 3


def test_a_plan_as_json_is_the_response(spacetraders: Spacetraders) -> None:
    document = spacetraders("tour", "plan", "ASTRA-1", *STOPS, "-o", "json").json

    assert [stop["waypoint_symbol"] for stop in document["voyage"]["stops"]] == sorted(STOPS)
    assert document["solution"]["status"] == "STATUS_UNSPECIFIED"
    assert document["voyage"]["voyage_id"] == ""


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("C3,b7", "D4"), ""),
        (("-",), "X1-AB12-C3 B7 # the second\n# no more\n\nD4\n"),
        (("C3", "@FILE"), ""),
    ],
)
def test_stops_may_be_short_and_come_in_lists(
    servers: Servers, spacetraders: Spacetraders, tmp_path: Path, arguments: tuple[str, ...], stdin: str
) -> None:
    (tmp_path / "stops").write_text("B7\nD4")
    named = [f"@{tmp_path / 'stops'}" if argument == "@FILE" else argument for argument in arguments]

    outcome = spacetraders("tour", "plan", "ASTRA-1", *named, "--in-order", stdin=stdin)

    assert outcome.code == ExitCode.OK
    assert list(asked(servers).waypoints) == list(STOPS)


def test_a_short_destination_is_one_of_the_ships_system(servers: Servers, spacetraders: Spacetraders) -> None:
    assert spacetraders("plan", "ASTRA-1", "c3").code == ExitCode.OK
    assert spacetraders("navigate", "ASTRA-1", "C3", "--detach").code == ExitCode.OK


@pytest.mark.parametrize("stops", [("-",), (",",), ("@no/such/file",)])
def test_refuses_a_list_that_names_nothing(
    servers: Servers, spacetraders: Spacetraders, stops: tuple[str, ...]
) -> None:
    outcome = spacetraders("tour", "start", "ASTRA-1", *stops)

    assert outcome.code == ExitCode.USAGE
    assert "WP: " in outcome.err
    assert servers.navigation.armed.requests == []


def test_the_service_names_the_bad_stop(spacetraders: Spacetraders) -> None:
    outcome = spacetraders("tour", "start", "ASTRA-1", "C3", "D4", "C3")

    assert outcome.code == ExitCode.REFUSED
    assert "waypoints[2]: must be a waypoint of X1-AB12, once" in outcome.err


def test_follows_a_tour_to_its_completion(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.scripts["ASTRA-1"] = flight(completed())

    outcome = spacetraders("tour", "start", "ASTRA-1", *STOPS)

    assert outcome.code == ExitCode.OK
    lines = outcome.out.splitlines()
    departure = lines.index(next(line for line in lines if "departed X1-AB12-A1" in line))
    assert any(f"Voyage {VOYAGE_ID}, ETA " in line for line in lines[:departure])
    assert lines[-1] == "ASTRA-1 is at X1-AB12-D4: 3 stops visited, 1 leg, 1 refuel stop (+310 fuel), 4 s."


def test_followed_as_json_it_is_one_object_a_line(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.scripts["ASTRA-1"] = flight(completed())

    first, *rest = spacetraders("tour", "start", "ASTRA-1", *STOPS, "-o", "json").json_lines

    assert first["voyage"]["voyage_id"] == VOYAGE_ID
    assert [line["event"]["number"] for line in rest] == ["1", "2", "3", "4", "5"]


def test_a_repeating_tour_is_followed_round_by_round_until_it_is_cancelled(
    servers: Servers, spacetraders: Spacetraders
) -> None:
    round_done, replanned = event(5), event(6)
    round_done.round_completed.round = 1
    replanned.replanned.cause = "round 2 begins"
    servers.navigation.scripts["ASTRA-1"] = flight(round_done, replanned, cancelled(7))

    outcome = spacetraders("tour", "start", "ASTRA-1", *STOPS, "--repeat")

    assert outcome.code == ExitCode.VOYAGE_CANCELLED
    assert "round after round" in outcome.out
    assert "round 1 completed" in outcome.out
    assert "replanned (round 2 begins)" in outcome.out


def test_a_failed_tour_exits_like_a_failed_voyage(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.scripts["ASTRA-1"] = flight(failed("REFUEL_REFUSED"))

    assert spacetraders("tour", "start", "ASTRA-1", *STOPS).code == ExitCode.VOYAGE_FAILED


def test_detached_it_says_how_to_follow(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("tour", "start", "ASTRA-1", *STOPS, "--detach")

    assert outcome.code == ExitCode.OK
    assert f"spacetraders voyage watch {VOYAGE_ID}" in outcome.err
    assert servers.navigation.armed.of_type("WatchVoyageRequest") == []


def test_a_tour_without_a_route_names_all_stops_out_of_reach(servers: Servers, spacetraders: Spacetraders) -> None:
    unreachable = {"cause": "FUEL_TOO_LOW", "unreachable": "X1-AB12-C3,X1-AB12-D4", "nearest_reachable": "X1-AB12-B7"}
    refusal = Refusal(grpc.StatusCode.FAILED_PRECONDITION, "NO_ROUTE", "no order of all stops", unreachable)
    servers.navigation.armed.arm("StartTour", refusal)

    outcome = spacetraders("tour", "plan", "ASTRA-1", *STOPS)

    assert outcome.code == ExitCode.REFUSED
    assert "out of reach: X1-AB12-C3,X1-AB12-D4" in outcome.err
    assert "REQUIRED_FUEL" not in outcome.err


def test_a_repeat_of_the_call_carries_the_same_request_id(servers: Servers, spacetraders: Spacetraders) -> None:
    busy = Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", "too many solves", retry_after=0.01)
    servers.navigation.armed.arm("StartTour", busy, busy)

    outcome = spacetraders("tour", "start", "ASTRA-1", *STOPS, "--detach")

    assert outcome.code == ExitCode.OK
    requests = servers.navigation.armed.of_type("StartTourRequest")
    assert len(requests) == 3
    assert len({request.request_id for request in requests if isinstance(request, StartTourRequest)}) == 1


def test_between_rounds_a_voyage_says_when_the_next_one_begins(servers: Servers, spacetraders: Spacetraders) -> None:
    spacetraders("tour", "start", "ASTRA-1", *STOPS, "--detach", "--repeat")
    [voyage] = servers.navigation.voyages.values()
    voyage.round, voyage.next_action_time.seconds = 2, START
    voyage.ClearField("route")

    assert "Round 2 is planned when it begins: 2025-06-15" in spacetraders("voyage", "show", "ASTRA-1").out


def test_a_tours_voyage_shows_its_stops_and_visits(servers: Servers, spacetraders: Spacetraders) -> None:
    spacetraders("tour", "start", "ASTRA-1", *STOPS, "--detach", "--repeat")
    [voyage] = servers.navigation.voyages.values()
    voyage.stops[0].visit_time.seconds = START

    listed = spacetraders("voyage", "list", "--ship", "ASTRA-1").out
    shown = spacetraders("voyage", "show", "ASTRA-1").out

    assert "X1-AB12-D4 (1 of 3 stops, round 1)" in listed
    assert "SINCE" in listed
    rows = [line.split() for line in shown.splitlines()]
    stops = [row for row in rows if len(row) > 2 and row[0].isdigit() and row[1] in STOPS]
    assert [row[0] for row in stops] == ["1", "2", "3"]
    assert [row[2] for row in stops] == ["2025-06-15", "-", "-"]
