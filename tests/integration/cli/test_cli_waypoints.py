"""`spacetraders waypoints`: where a ship can go, and where it can refuel."""

from cli.exit_codes import ExitCode
from protos.navigation.v1.navigation_service_pb2 import GetShipRequest, GetSystemGraphRequest
from protos.routing.v1.routing_pb2 import SystemGraph, Waypoint
from tests.fakes.cli_world import Servers
from tests.integration.cli.conftest import Spacetraders


def charted(servers: Servers) -> None:
    """The ship's place A1, a market that was asked at 50, one that was not at 13, a rock at 100."""
    places = {"A1": (0, 0, False), "D4": (0, 100, False), "B7": (30, 40, True), "C3": (5, -12, True)}
    servers.navigation.graph = SystemGraph(
        system_symbol="X1-AB12",
        waypoints=[Waypoint(symbol=f"X1-AB12-{name}", x=x, y=y, sells_fuel=f) for name, (x, y, f) in places.items()],
    )
    servers.navigation.unknown_fuel_waypoints = ["X1-AB12-C3"]


def test_lists_the_nearest_first_and_where_fuel_is_sold(servers: Servers, spacetraders: Spacetraders) -> None:
    charted(servers)

    outcome = spacetraders("waypoints", "astra-1")

    assert outcome.code == ExitCode.OK
    rows = [line.split() for line in outcome.out.splitlines()[1:5]]
    assert rows == [
        ["X1-AB12-A1", "0.0", "-", "0", "0"],
        ["X1-AB12-C3", "13.0", "probably", "5", "-12"],
        ["X1-AB12-B7", "50.0", "yes", "30", "40"],
        ["X1-AB12-D4", "100.0", "-", "0", "100"],
    ]
    assert "4 waypoints in X1-AB12, 2 sell fuel." in outcome.out


def test_a_refresh_reads_the_ship_and_the_map_anew(servers: Servers, spacetraders: Spacetraders) -> None:
    charted(servers)

    document = spacetraders("waypoints", "ASTRA-1", "--refresh", "-o", "json").json

    assert len(document["graph"]["waypoints"]) == 4
    ship, graph = servers.navigation.armed.requests
    assert isinstance(ship, GetShipRequest)
    assert isinstance(graph, GetSystemGraphRequest)
    assert (graph.agent_symbol, graph.system_symbol) == ("ASTRA", "X1-AB12")
    assert ship.refresh
    assert graph.refresh
