"""Right requests of every method, for worlds that are told apart by their symbols alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from protos.navigation.v1 import navigation_pb2 as navigation
from protos.navigation.v1 import navigation_service_pb2 as nav
from protos.player.v1 import player_service_pb2 as player
from protos.routing.v1 import routing_pb2 as routing
from protos.routing.v1 import routing_service_pb2 as route

Samples = Mapping[str, Sequence[Message]]
_SECOND = Duration(seconds=1)


@dataclass(frozen=True)
class World:
    """What there is to be named: an agent with its token, an account to enlist others, a ship, and places."""

    agent_symbol: str
    token: str
    account_token: str
    ship_symbol: str
    system_symbol: str
    waypoints: Sequence[str]


def player_samples(world: World) -> Samples:
    new_agent = player.NewAgent(faction="COSMIC", account_token=world.account_token)
    metadata: dict[str, Any] = {"home": "X1", "limits": {"fuel": 3, "modes": ["CRUISE", None, True]}}
    register = player.RegisterPlayerRequest(agent_symbol=world.agent_symbol, token=world.token, request_id="once")
    register.metadata.update(metadata)
    update = player.UpdatePlayerMetadataRequest(player_id=1, replace=True)
    update.metadata.update(metadata)
    return {
        "RegisterPlayer": [register, player.RegisterPlayerRequest(agent_symbol="FUZZ-2", new_agent=new_agent)],
        "ReplaceAgentToken": [player.ReplaceAgentTokenRequest(player_id=1, token=world.token, request_id="twice")],
        "GetPlayer": [player.GetPlayerRequest(player_id=1), player.GetPlayerRequest(agent_symbol=world.agent_symbol)],
        "ListPlayers": [player.ListPlayersRequest(page_size=1)],
        "UpdatePlayerMetadata": [update],
        "DeletePlayer": [player.DeletePlayerRequest(player_id=77)],
        "GetAgentToken": [player.GetAgentTokenRequest(player_id=1)],
        "ReportTokenRejected": [player.ReportTokenRejectedRequest(player_id=1, token_version=1, game_error_code=4103)],
    }


def routing_samples() -> Samples:
    seconds = Duration(seconds=10)
    graph = _graph()
    places = [waypoint.symbol for waypoint in graph.waypoints]
    ship = routing.ShipProfile(fuel=200, fuel_capacity=400, engine_speed=30)
    options = routing.RouteOptions(
        allowed_flight_modes=[routing.FLIGHT_MODE_CRUISE, routing.FLIGHT_MODE_DRIFT],
        refuel_duration=seconds,
        departure_overhead=seconds,
        objective=routing.OBJECTIVE_FASTEST,
    )
    # Solves are bounded, or the machine would do nothing else.
    solve = routing.SolveBudget(time_limit=Duration(nanos=200_000_000), seed=1, work_limit=200)
    fleet = [
        route.FleetShip(ship_symbol=f"FUZZ-{n}", ship=ship, origin=places[n], available_in=seconds) for n in range(2)
    ]
    return {
        "PlanRoute": [
            route.PlanRouteRequest(graph=graph, ship=ship, origin=places[0], destination=places[-1], options=options)
        ],
        "OptimizeTour": [
            route.OptimizeTourRequest(
                graph=graph, ship=ship, origin=places[0], stops=places[2:8], options=options, solve=solve
            )
        ],
        "PartitionFleet": [
            route.PartitionFleetRequest(
                graph=graph,
                ships=fleet,
                stops=places[2:8],
                objective=routing.FLEET_OBJECTIVE_MAKESPAN,
                options=options,
                solve=solve,
            )
        ],
        "ComputeTravelTimes": [
            route.ComputeTravelTimesRequest(graph=graph, ship=ship, waypoints=places[:6], options=options)
        ],
    }


def navigation_samples(world: World) -> Samples:
    agent, ship, places = world.agent_symbol, world.ship_symbol, world.waypoints
    options = routing.RouteOptions(
        allowed_flight_modes=[routing.FLIGHT_MODE_CRUISE], departure_overhead=Duration(seconds=1)
    )
    unknown = "01890000-0000-7000-8000-000000000000"
    return {
        "NavigateShip": [
            nav.NavigateShipRequest(ship_symbol=ship, destination=places[-1], options=options, request_id="go")
        ],
        "StartTour": [
            nav.StartTourRequest(ship_symbol=ship, waypoints=places[:3], options=options, validate_only=True)
        ],
        "DispatchFleet": [
            nav.DispatchFleetRequest(ship_symbols=[ship], waypoints=places[:3], options=options, validate_only=True)
        ],
        "PlanRoute": [nav.PlanRouteRequest(ship_symbol=ship, destination=places[-1], options=options)],
        "GetRoute": [nav.GetRouteRequest(voyage_id=unknown)],
        "GetVoyage": [nav.GetVoyageRequest(voyage_id=unknown)],
        "CancelVoyage": [nav.CancelVoyageRequest(voyage_id=unknown)],
        "ListVoyages": [
            nav.ListVoyagesRequest(agent_symbol=agent, page_size=1, states=[navigation.Voyage.STATE_COMPLETED])
        ],
        "WatchVoyage": [nav.WatchVoyageRequest(voyage_id=unknown)],
        "GetShip": [nav.GetShipRequest(ship_symbol=ship, refresh=True)],
        "ListShips": [nav.ListShipsRequest(agent_symbol=agent, page_size=1)],
        "OrbitShip": [nav.OrbitShipRequest(ship_symbol=ship)],
        "DockShip": [nav.DockShipRequest(ship_symbol=ship)],
        "RefuelShip": [nav.RefuelShipRequest(ship_symbol=ship)],
        "SetFlightMode": [nav.SetFlightModeRequest(ship_symbol=ship, flight_mode=routing.FLIGHT_MODE_CRUISE)],
        "GetSystemGraph": [
            nav.GetSystemGraphRequest(agent_symbol=agent, system_symbol=world.system_symbol, refresh=True)
        ],
        "GetGameBudget": [nav.GetGameBudgetRequest()],
    }


def _graph() -> routing.SystemGraph:
    waypoints = [
        routing.Waypoint(symbol=f"X1-FZ1-A{n}", x=97 * n % 400, y=-53 * n % 300, sells_fuel=n % 3 == 0)
        for n in range(20)
    ]
    return routing.SystemGraph(system_symbol="X1-FZ1", waypoints=waypoints)
