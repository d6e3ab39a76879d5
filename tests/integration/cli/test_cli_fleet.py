"""`spacetraders fleet …`: who visits what, following many voyages at once, and the exit code of the worst."""

import grpc
import pytest

from cli.exit_codes import ExitCode
from protos.navigation.v1.navigation_service_pb2 import DispatchFleetRequest
from protos.routing.v1.routing_pb2 import FleetObjective, Solution
from tests.fakes.cli_status import Refusal
from tests.fakes.cli_world import Servers, cancelled, completed, failed, flight, frigate
from tests.integration.cli.conftest import Spacetraders

SHIPS = ("--ships", "ASTRA-1,ASTRA-2,ASTRA-3")
STOPS = ("--waypoints", "X1-AB12-B7,X1-AB12-C3,X1-AB12-D4,X1-AB12-E5,X1-AB12-F6")


@pytest.fixture
def servers(servers: Servers) -> Servers:
    """Three ships, and a solver that proves its plans."""
    for number in (2, 3):
        servers.navigation.ships[f"ASTRA-{number}"] = frigate(f"ASTRA-{number}")
    servers.navigation.solution = Solution(status=Solution.STATUS_OPTIMAL)
    servers.navigation.solution.objective.seconds = 260
    return servers


def asked(servers: Servers) -> DispatchFleetRequest:
    [request] = servers.navigation.armed.of_type("DispatchFleetRequest")
    assert isinstance(request, DispatchFleetRequest)
    return request


def test_plans_without_moving_anything(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("fleet", "plan", *SHIPS, *STOPS)

    assert outcome.code == ExitCode.OK
    assert "3 ships visit 5 stops" in outcome.out
    [row] = [line for line in outcome.out.splitlines() if line.startswith("ASTRA-1 ")]
    assert "B7 (1 min 40 s) > E5 (3 min 20 s)" in row
    assert "Makespan 4 min 20 s of game time; the longest tour takes 3 min 20 s." in outcome.out
    assert "OPTIMAL" in outcome.out
    assert servers.navigation.voyages == {}
    assert asked(servers).validate_only
    assert asked(servers).agent_symbol == "ASTRA"
    assert asked(servers).objective == FleetObjective.FLEET_OBJECTIVE_MAKESPAN


def test_lists_may_be_arguments_and_short(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("fleet", "plan", "astra-1,2,3", "B7,c3", "--objective", "total-time")

    assert outcome.code == ExitCode.OK
    assert list(asked(servers).ship_symbols) == ["ASTRA-1", "ASTRA-2", "ASTRA-3"]
    assert list(asked(servers).waypoints) == ["X1-AB12-B7", "X1-AB12-C3"]
    assert asked(servers).objective == FleetObjective.FLEET_OBJECTIVE_TOTAL_TIME
    assert "Total time 4 min 20 s" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "--ships: no symbol given"),
        (("ASTRA-1",), "--waypoints: no symbol given"),
        (("1,2", "B7"), "1 is not a ship's symbol"),
        (("ASTRA-1", "B7", "--ships", "ASTRA-2"), "--ships is given twice"),
        (("ASTRA-1", "B7", "--svg", "x.svg"), "--svg draws a plan"),
    ],
)
def test_refuses_lists_that_are_missing_or_given_twice(
    servers: Servers, spacetraders: Spacetraders, arguments: tuple[str, ...], complaint: str
) -> None:
    outcome = spacetraders("fleet", "dispatch", "--detach", *arguments)

    assert outcome.code == ExitCode.USAGE
    assert complaint in outcome.err
    assert servers.navigation.armed.requests == []


def test_stops_out_of_reach_and_idle_ships_are_named_loudly(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.unreachable_stops = ["X1-AB12-E5", "X1-AB12-F6", "X1-AB12-D4"]

    outcome = spacetraders("fleet", "dispatch", *SHIPS, *STOPS, "--plan-only")

    assert outcome.code == ExitCode.OK
    assert "NOT VISITED, no ship can reach them on its tour: X1-AB12-D4, X1-AB12-E5, X1-AB12-F6" in outcome.out
    assert "IDLE, no stops for them: ASTRA-3" in outcome.out


def test_a_dispatch_of_which_nothing_is_left_is_refused(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.unreachable_stops = ["X1-AB12-B7"]

    outcome = spacetraders("fleet", "dispatch", "ASTRA-1", "B7")

    assert outcome.code == ExitCode.REFUSED
    assert "no ship can reach any of the stops: X1-AB12-B7" in outcome.err


def test_follows_all_voyages_to_their_completion(servers: Servers, spacetraders: Spacetraders) -> None:
    for ship in ("ASTRA-1", "ASTRA-2", "ASTRA-3"):
        servers.navigation.scripts[ship] = flight(completed())

    outcome = spacetraders("fleet", "dispatch", *SHIPS, *STOPS)

    assert outcome.code == ExitCode.OK
    for ship in ("ASTRA-1", "ASTRA-2", "ASTRA-3"):
        lines = [line for line in outcome.out.splitlines() if line.startswith(f"{ship}  ")]
        assert sum("departed X1-AB12-A1" in line for line in lines) == 1
    assert outcome.out.splitlines()[-1] == "ASTRA-3 is at X1-AB12-D4: 1 leg, 1 refuel stop (+310 fuel), 4 s."


def test_followed_as_json_every_event_names_its_voyage(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.scripts["ASTRA-1"] = flight(completed())
    servers.navigation.scripts["ASTRA-2"] = [completed(1)]

    first, *rest = spacetraders("fleet", "dispatch", "ASTRA-1,2", "B7,C3", "-o", "json").json_lines

    one, two = (voyage["voyage_id"] for voyage in first["voyages"])
    assert sorted(line["event"]["voyage_id"] for line in rest) == [one] * 5 + [two]


@pytest.mark.parametrize(
    ("second", "third", "code"),
    [
        (completed(), cancelled(), ExitCode.VOYAGE_CANCELLED),
        (failed("NO_ROUTE"), cancelled(), ExitCode.VOYAGE_FAILED),
        (cancelled(), failed("NO_ROUTE"), ExitCode.VOYAGE_FAILED),
    ],
)
def test_the_worst_voyage_decides_the_exit_code(
    servers: Servers, spacetraders: Spacetraders, second: object, third: object, code: ExitCode
) -> None:
    for ship, end in (("ASTRA-1", completed()), ("ASTRA-2", second), ("ASTRA-3", third)):
        servers.navigation.scripts[ship] = flight(end)  # type: ignore[arg-type] # parametrised

    outcome = spacetraders("fleet", "dispatch", *SHIPS, *STOPS)

    assert outcome.code == code
    assert "of 3 voyages did not complete" in outcome.err
    assert "ASTRA-3 " in outcome.err
    assert "ASTRA-1 is at X1-AB12-E5" in outcome.out


def test_all_that_went_wrong_is_machine_readable(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.scripts["ASTRA-1"] = flight(failed("PHYSICS_MISMATCH", required="12"))
    servers.navigation.scripts["ASTRA-2"] = flight(cancelled())

    outcome = spacetraders("fleet", "dispatch", "ASTRA-1,2", "B7,C3", "-o", "json")

    failed_id, cancelled_id = (voyage["voyage_id"] for voyage in outcome.json_lines[0]["voyages"])
    assert outcome.error["reason"] == "PHYSICS_MISMATCH"
    assert outcome.error["metadata"] == {
        "voyage_id": failed_id,
        "required": "12",
        "voyage_ids": f"{failed_id},{cancelled_id}",
    }


def test_a_watch_that_is_refused_does_not_end_the_others(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.armed.arm("WatchVoyage", Refusal(grpc.StatusCode.INTERNAL, "INTERNAL", "internal error, id 7"))
    for ship in ("ASTRA-1", "ASTRA-2"):
        servers.navigation.scripts[ship] = flight(completed())

    outcome = spacetraders("fleet", "dispatch", "ASTRA-1,2", "B7,C3")

    assert outcome.code == ExitCode.INTERNAL
    assert "1 of 2 voyages did not complete" in outcome.err
    assert outcome.out.count("4 s.") == 1


def test_a_restart_that_breaks_all_watches_is_told_once(servers: Servers, spacetraders: Spacetraders) -> None:
    down = Refusal(grpc.StatusCode.UNAVAILABLE, "", "draining")
    servers.navigation.armed.arm("WatchVoyage", *[down] * 12)
    for ship in ("ASTRA-1", "ASTRA-2", "ASTRA-3"):
        servers.navigation.scripts[ship] = flight(completed())

    outcome = spacetraders("fleet", "dispatch", *SHIPS, *STOPS)

    assert outcome.code == ExitCode.OK
    assert outcome.err.count("the watch broke") == 1


def test_detached_it_names_every_voyage(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("fleet", "dispatch", *SHIPS, *STOPS, "--detach")

    assert outcome.code == ExitCode.OK
    flying = servers.navigation.voyages
    assert all(f"Follow {flying[key].ship_symbol}: spacetraders voyage watch {key}" in outcome.err for key in flying)
    assert len(flying) == 3
    assert "End them: spacetraders voyage cancel ASTRA-1,ASTRA-2,ASTRA-3" in outcome.err
    assert servers.navigation.armed.of_type("WatchVoyageRequest") == []


def test_busy_ships_are_refused_by_name(servers: Servers, spacetraders: Spacetraders) -> None:
    busy = {"voyage_id": "v", "owner": "", "since": "2026-11-22T10:00:00Z", "ship_symbols": "ASTRA-1,ASTRA-3"}
    refusal = Refusal(grpc.StatusCode.FAILED_PRECONDITION, "SHIP_BUSY", "ASTRA-1 is on voyage v", busy)
    servers.navigation.armed.arm("DispatchFleet", refusal)

    outcome = spacetraders("fleet", "dispatch", *SHIPS, *STOPS)

    assert outcome.code == ExitCode.REFUSED
    assert "voyages hold these ships: ASTRA-1,ASTRA-3" in outcome.err
