"""`spacetraders ship …` against a strict fake of the navigation service."""

import grpc
import pytest

from cli.exit_codes import ExitCode
from protos.navigation.v1.navigation_pb2 import NAV_STATUS_DOCKED, NAV_STATUS_IN_ORBIT, NAV_STATUS_IN_TRANSIT
from protos.navigation.v1.navigation_service_pb2 import GetShipRequest, ListShipsRequest
from protos.routing.v1.routing_pb2 import FLIGHT_MODE_BURN
from tests.fakes.cli_status import Refusal
from tests.fakes.cli_world import START, VOYAGE_ID, Servers, frigate
from tests.integration.cli.conftest import Spacetraders


def test_lists_the_ships_of_the_only_player(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.ships["OTHER-1"] = frigate("OTHER-1")

    outcome = spacetraders("ship", "list")

    assert outcome.code == ExitCode.OK
    assert "ASTRA-1" in outcome.out
    assert "300/400" in outcome.out
    assert "OTHER-1" not in outcome.out


def test_asks_whose_ships_when_several_players_are_registered(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.players.add("NOVA")

    outcome = spacetraders("ship", "list")

    assert outcome.code == ExitCode.USAGE
    assert "--agent: ASTRA, NOVA" in outcome.err


def test_asks_for_a_player_when_none_is_registered(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.players.players.clear()

    outcome = spacetraders("ship", "list")

    assert outcome.code == ExitCode.USAGE
    assert "spacetraders player register" in outcome.err


def test_takes_the_player_from_the_environment(
    servers: Servers, spacetraders: Spacetraders, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.players.add("NOVA")
    servers.navigation.ships["NOVA-1"] = frigate("NOVA-1")
    monkeypatch.setenv("SPACETRADERS_AGENT", "nova")

    ships = spacetraders("ship", "list", "-o", "json").json["ships"]

    assert [ship["ship_symbol"] for ship in ships] == ["NOVA-1"]


def test_joins_all_pages_and_refreshes_once(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation._page_size = 2
    servers.navigation.unreadable = ["ASTRA-9"]
    for number in range(2, 6):
        servers.navigation.ships[f"ASTRA-{number}"] = frigate(f"ASTRA-{number}")

    document = spacetraders("ship", "list", "--refresh", "-o", "json").json

    assert [ship["ship_symbol"] for ship in document["ships"]] == [f"ASTRA-{number}" for number in range(1, 6)]
    assert document["unreadable_ship_symbols"] == ["ASTRA-9"]
    requests = servers.navigation.armed.of_type("ListShipsRequest")
    assert [r.refresh for r in requests if isinstance(r, ListShipsRequest)] == [True, False, False]


def test_names_the_ships_that_could_not_be_read(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.unreadable = ["ASTRA-9"]

    assert "ASTRA-9" in spacetraders("ship", "list", "--agent", "ASTRA").out


def test_an_empty_list_says_how_to_read_the_game(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.ships.clear()

    assert "--refresh" in spacetraders("ship", "list").out


def test_shows_a_ship_in_transit_with_its_arrival(servers: Servers, spacetraders: Spacetraders) -> None:
    ship = servers.navigation.ships["ASTRA-1"]
    ship.nav_status = NAV_STATUS_IN_TRANSIT
    ship.origin_waypoint_symbol = "X1-AB12-Z9"
    ship.arrival_time.seconds = START
    ship.voyage_id = VOYAGE_ID

    outcome = spacetraders("ship", "show", "astra-1", "--refresh")

    assert "X1-AB12-Z9 -> X1-AB12-A1, arrives" in outcome.out
    assert VOYAGE_ID in outcome.out
    [request] = servers.navigation.armed.requests
    assert isinstance(request, GetShipRequest)
    assert request.refresh


def test_json_has_the_field_names_of_the_protos_and_the_defaults(spacetraders: Spacetraders) -> None:
    ship = spacetraders("ship", "show", "ASTRA-1", "-o", "json").json["ship"]

    assert ship["ship_symbol"] == "ASTRA-1"
    assert ship["nav_status"] == "NAV_STATUS_DOCKED"
    assert ship["voyage_id"] == ""


def test_gives_single_orders(servers: Servers, spacetraders: Spacetraders) -> None:
    ship = servers.navigation.ships["ASTRA-1"]

    assert spacetraders("ship", "orbit", "ASTRA-1").code == ExitCode.OK
    assert ship.nav_status == NAV_STATUS_IN_ORBIT
    assert "DOCKED" in spacetraders("ship", "dock", "ASTRA-1").out
    assert ship.nav_status == NAV_STATUS_DOCKED
    assert spacetraders("ship", "refuel", "ASTRA-1", "-o", "json").json["ship"]["fuel"] == 400
    assert "BURN" in spacetraders("ship", "mode", "ASTRA-1", "burn").out
    assert ship.flight_mode == FLIGHT_MODE_BURN


@pytest.mark.parametrize("order", [("orbit",), ("dock",), ("refuel",), ("mode",)])
def test_an_order_to_a_busy_ship_names_the_voyage(
    servers: Servers, spacetraders: Spacetraders, order: tuple[str, ...]
) -> None:
    servers.navigation.ships["ASTRA-1"].voyage_id = VOYAGE_ID

    outcome = spacetraders("ship", *order, "ASTRA-1", *(("DRIFT",) if order == ("mode",) else ()))

    assert outcome.code == ExitCode.REFUSED
    assert "SHIP_BUSY" in outcome.err
    assert f"spacetraders voyage cancel {VOYAGE_ID}" in outcome.err


def test_an_unknown_flight_mode_is_wrong_usage(spacetraders: Spacetraders) -> None:
    outcome = spacetraders("ship", "mode", "ASTRA-1", "WARP")

    assert outcome.code == ExitCode.USAGE
    assert "Invalid value for 'MODE': 'WARP' is not one of 'cruise'" in outcome.err


def test_a_figure_out_of_bounds_is_wrong_usage(spacetraders: Spacetraders) -> None:
    outcome = spacetraders("plan", "ASTRA-1", "C3", "--refuel-seconds", "-1")

    assert outcome.code == ExitCode.USAGE
    assert "Invalid value for '--refuel-seconds': must be greater than or equal to 0" in outcome.err


def test_foreign_text_cannot_drive_the_terminal(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.ships["ASTRA-1"].role = "\x1b[2J[red]evil"

    outcome = spacetraders("ship", "list")

    assert "\x1b" not in outcome.out
    assert "[red]evil" in outcome.out


def test_foreign_text_in_errors_cannot_drive_the_terminal(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.armed.arm(
        "GetShip", Refusal(grpc.StatusCode.NOT_FOUND, "SHIP_NOT_FOUND", "the game says \x1b]0;owned\x07")
    )

    outcome = spacetraders("ship", "show", "ASTRA-1")

    assert outcome.code == ExitCode.REFUSED
    assert "\x1b" not in outcome.err
    assert "the game says" in outcome.err
