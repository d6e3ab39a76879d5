"""The demo's flight against the fakes: it chooses from the map, and is content only with a refuel on the way."""

import asyncio

import pytest

from cli.demo import fly
from cli.errors import CliError
from cli.exit_codes import ExitCode
from cli.fleet import Fleet
from cli.terminal import Terminal
from protos.navigation.v1.navigation_pb2 import VoyageEvent
from protos.navigation.v1.navigation_service_pb2 import PlanRouteRequest
from protos.routing.v1.routing_pb2 import SystemGraph, Waypoint
from tests.fakes.cli_world import Servers, completed, event, flight, frigate, route_with_refuel, stay

NEAR, FAR, FARTHER, FARTHEST = "X1-AB12-B7", "X1-AB12-C3", "X1-AB12-D4", "X1-AB12-E5"


@pytest.fixture
def demo_world(servers: Servers) -> Servers:
    """Three places out of the tank's range: the farthest has no route, the next no refuel stop, the third has one."""
    servers.players.account_token = "sandbox-account"
    servers.navigation.ships = {"DEMO-1": frigate("DEMO-1"), "DEMO-2": frigate("DEMO-2")}
    servers.navigation.ships["DEMO-2"].fuel_capacity = 0
    places = {"X1-AB12-A1": 0, NEAR: 250, FAR: 420, FARTHER: 500, FARTHEST: 600}
    servers.navigation.graph = SystemGraph(
        system_symbol="X1-AB12",
        waypoints=[Waypoint(symbol=name, x=x, y=0, sells_fuel=name == NEAR) for name, x in places.items()],
    )
    servers.navigation.routes = {FAR: route_with_refuel(), FARTHER: stay()}
    return servers


def fly_once(servers: Servers) -> None:
    async def body() -> None:
        async with Fleet(servers.address, servers.address, notice=print) as fleet:
            await fly(fleet, Terminal(None), time_scale=100.0)

    asyncio.run(body())


def test_flies_to_the_farthest_place_that_needs_a_refuel(
    demo_world: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    demo_world.navigation.scripts[FAR] = flight(completed())

    fly_once(demo_world)

    out = capsys.readouterr().out
    assert f"DEMO-1 is at {FAR}: 1 leg, 1 refuel stop" in out
    assert "1 of 5 waypoints sell fuel" in out
    asked = demo_world.navigation.armed.of_type("PlanRouteRequest")
    assert [r.destination for r in asked if isinstance(r, PlanRouteRequest)] == [FARTHEST, FARTHER, FAR]


def test_a_flight_without_a_refuel_is_a_failure(demo_world: Servers) -> None:
    without: list[VoyageEvent] = [event(1), completed(2)]
    demo_world.navigation.scripts[FAR] = without

    with pytest.raises(CliError) as caught:
        fly_once(demo_world)

    assert caught.value.exit_code == ExitCode.VOYAGE_FAILED


def test_a_universe_without_such_a_place_is_told(demo_world: Servers) -> None:
    demo_world.navigation.routes = {}

    with pytest.raises(CliError, match="no place in this system needs a refuel stop"):
        fly_once(demo_world)
