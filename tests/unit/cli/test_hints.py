"""Every reason that a service may give has a next step."""

import grpc
import pytest

from cli.errors import failed_call
from cli.exit_codes import ExitCode
from cli.hints import HINTED_REASONS, hint_for
from service_chassis.status import RemoteError

# design.md section 4: the error table, the failures of voyages, and bare status codes.
# fmt: off
REASONS = [
    "INVALID_FIELD", "REQUEST_ID_REUSED", "PLAYER_NOT_FOUND", "SHIP_NOT_FOUND", "SYSTEM_NOT_FOUND",
    "WAYPOINT_NOT_FOUND", "VOYAGE_NOT_FOUND", "DUPLICATE_AGENT_SYMBOL", "NO_ROUTE", "SHIP_BUSY", "INVALID_SHIP_STATE",
    "OUTSIDE_SYSTEM", "TOKEN_REJECTED", "UNIVERSE_RESET", "INSUFFICIENT_CREDITS", "VOYAGE_ENDED",
    "AGENT_SYMBOL_MISMATCH", "GAME_UNAVAILABLE", "ROUTING_UNAVAILABLE", "PLAYER_SERVICE_UNAVAILABLE",
    "DATABASE_UNAVAILABLE", "QUEUE_FULL", "GAME_BUDGET_EXHAUSTED", "DEADLINE_EXCEEDED", "REPLAN_LOOP",
    "PHYSICS_MISMATCH", "REFUEL_REFUSED", "ENLIST_OUTCOME_UNKNOWN", "INTERNAL", "UNIMPLEMENTED", "UNAVAILABLE",
    "PERMISSION_DENIED",
]
# fmt: on


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_the_contract_has_a_hint(reason: str) -> None:
    assert reason in HINTED_REASONS
    assert hint_for(reason, {})


def test_ids_of_the_answer_are_filled_in() -> None:
    assert "spacetraders voyage watch V-1" in hint_for("SHIP_BUSY", {"voyage_id": "V-1"})


def test_what_was_not_sent_stays_a_placeholder() -> None:
    assert "spacetraders voyage watch VOYAGE_ID" in hint_for("SHIP_BUSY", {})


def test_foreign_braces_are_harmless() -> None:
    assert "{0.__class__}" in hint_for("SHIP_BUSY", {"voyage_id": "{0.__class__}"})


def test_an_unknown_reason_has_none() -> None:
    assert hint_for("SOMETHING_NEWER", {}) == ""


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("EMPTY_TANK", "tank is empty"),
        ("FUEL_TOO_LOW", "needs 120 fuel"),
        ("TANK_TOO_SMALL", "tank of 600"),
        ("SOMETHING_NEWER", "nearest place in reach is X1-A-B"),
    ],
)
def test_no_route_names_the_binding_limit(cause: str, words: str) -> None:
    figures = {"required_fuel": "120", "required_fuel_capacity": "600", "nearest_reachable": "X1-A-B"}

    assert words in hint_for("NO_ROUTE", {"cause": cause, **figures})


def test_no_route_does_not_send_a_ship_to_where_it_is() -> None:
    assert "in reach" not in hint_for("NO_ROUTE", {"origin": "X1-A-B", "nearest_reachable": "X1-A-B"})


def test_a_server_without_the_service_is_told_in_plain_words() -> None:
    cause = "connections to all backends failing; last error: ipv4:127.0.0.1:50052: backend unhealthy"
    error = failed_call("player service", "localhost:50052", RemoteError(grpc.StatusCode.UNAVAILABLE, cause))

    assert "is another service" in error.message


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, ExitCode.REFUSED),
        (grpc.StatusCode.FAILED_PRECONDITION, ExitCode.REFUSED),
        (grpc.StatusCode.ALREADY_EXISTS, ExitCode.REFUSED),
        (grpc.StatusCode.PERMISSION_DENIED, ExitCode.REFUSED),
        (grpc.StatusCode.UNAVAILABLE, ExitCode.UNREACHABLE),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ExitCode.UNREACHABLE),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ExitCode.UNREACHABLE),
        (grpc.StatusCode.INTERNAL, ExitCode.INTERNAL),
        (grpc.StatusCode.UNIMPLEMENTED, ExitCode.INTERNAL),
    ],
)
def test_the_status_decides_the_exit_code(code: grpc.StatusCode, exit_code: ExitCode) -> None:
    error = failed_call("navigation service", "127.0.0.1:1", RemoteError(code, "it says"))

    assert error.exit_code == exit_code


def test_a_reason_newer_than_this_command_gets_the_hint_of_its_status() -> None:
    error = failed_call("player service", "host:1", RemoteError(grpc.StatusCode.UNAVAILABLE, "it says", "NEWER"))

    assert "try again" in error.hint


def test_no_route_for_several_stops_names_those_out_of_reach_and_no_figure_that_nobody_knows() -> None:
    hint = hint_for("NO_ROUTE", {"cause": "FUEL_TOO_LOW", "unreachable": "X1-A-B,X1-A-C"})

    assert "out of reach: X1-A-B,X1-A-C" in hint
    assert "REQUIRED" not in hint


def test_several_busy_ships_are_all_named() -> None:
    assert "these ships: A-1,A-2;" in hint_for("SHIP_BUSY", {"voyage_id": "v", "ship_symbols": "A-1,A-2"})
