"""Steps that several journeys share."""

from dataclasses import dataclass
from typing import Any

from protos.navigation.v1 import navigation_pb2, navigation_service_pb2
from protos.player.v1 import player_service_pb2
from protos.routing.v1 import routing_pb2
from tests.e2e.stack import Stack, eventually

State = navigation_pb2.Voyage.State
# Seconds that a call may take on a machine that others keep busy.
PATIENCE = 60.0
ENDED = (State.STATE_COMPLETED, State.STATE_FAILED, State.STATE_CANCELLED)


@dataclass(frozen=True)
class Trip:
    """A ship and a place that it can reach only by refuelling on the way."""

    ship_symbol: str
    destination: str
    route: routing_pb2.Route

    @property
    def refuels(self) -> int:
        return sum(step.WhichOneof("step") == "refuel" for step in self.route.steps)


def enlist(stack: Stack, agent_symbol: str = "JOURNEY") -> str:
    request = player_service_pb2.RegisterPlayerRequest(
        agent_symbol=agent_symbol,
        request_id=f"enlist-{agent_symbol}",
        new_agent=player_service_pb2.NewAgent(faction="COSMIC", account_token="sandbox-account"),
    )
    return stack.players.RegisterPlayer(request, timeout=PATIENCE).player.agent_symbol


def token_of(stack: Stack, agent_symbol: str) -> str:
    request = player_service_pb2.GetAgentTokenRequest(agent_symbol=agent_symbol)
    return stack.players.GetAgentToken(request, timeout=PATIENCE).token


def trip_with_a_refuel(stack: Stack, ship_symbol: str) -> Trip:
    """Chosen from the map: the farthest place whose route has a refuel stop between two legs."""
    ship = get_ship(stack, ship_symbol)
    graph = stack.navigation.GetSystemGraph(
        navigation_service_pb2.GetSystemGraphRequest(
            agent_symbol=ship_symbol.rpartition("-")[0], system_symbol=ship.system_symbol
        ),
        timeout=PATIENCE,
    ).graph
    here = next(place for place in graph.waypoints if place.symbol == ship.waypoint_symbol)
    by_distance = sorted(graph.waypoints, key=lambda place: -((place.x - here.x) ** 2 + (place.y - here.y) ** 2))
    for place in by_distance:
        route = plan(stack, ship_symbol, place.symbol)
        kinds = [step.WhichOneof("step") for step in route.steps]
        if "refuel" in kinds[1:-1] and not any(_drifts(step) for step in route.steps):
            return Trip(ship_symbol, place.symbol, route)
    raise AssertionError("no place of this system needs a refuel stop")


def _drifts(step: routing_pb2.Step) -> bool:
    return step.navigate.flight_mode == routing_pb2.FlightMode.FLIGHT_MODE_DRIFT


def plan(stack: Stack, ship_symbol: str, destination: str) -> routing_pb2.Route:
    request = navigation_service_pb2.PlanRouteRequest(ship_symbol=ship_symbol, destination=destination)
    return stack.navigation.PlanRoute(request, timeout=PATIENCE).route


def get_ship(stack: Stack, ship_symbol: str) -> navigation_pb2.Ship:
    request = navigation_service_pb2.GetShipRequest(ship_symbol=ship_symbol, refresh=True)
    return stack.navigation.GetShip(request, timeout=PATIENCE).ship


def navigate(stack: Stack, trip: Trip, request_id: str = "trip") -> str:
    """The id of the accepted voyage."""
    request = navigation_service_pb2.NavigateShipRequest(
        ship_symbol=trip.ship_symbol, destination=trip.destination, request_id=request_id
    )
    return stack.navigation.NavigateShip(request, timeout=PATIENCE).voyage.voyage_id


def get_voyage(stack: Stack, voyage_id: str) -> navigation_pb2.Voyage:
    request = navigation_service_pb2.GetVoyageRequest(voyage_id=voyage_id)
    return stack.navigation.GetVoyage(request, timeout=PATIENCE).voyage


def wait_for_departure(stack: Stack, trip: Trip) -> None:
    """By what stays in the game's log, as a short flight may be over before anybody looks at the ship."""
    eventually(lambda: bool(applied(stack.game_log(trip.ship_symbol), "navigate")), 90, "it departs", stack.logs)


def wait_for_end(stack: Stack, voyage_id: str, seconds: float = 180.0) -> navigation_pb2.Voyage:
    eventually(lambda: get_voyage(stack, voyage_id).state in ENDED, seconds, "the voyage ends", stack.logs)
    return get_voyage(stack, voyage_id)


def applied(log: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    """The calls of one kind that changed the game's state."""
    return [entry for entry in log if entry["action"] == action and entry["result"] == "applied"]


def assert_flown_once(log: list[dict[str, Any]], trip: Trip) -> None:
    """Every leg was flown once, in order, and every tank was paid for once."""
    legs = [step.navigate.to_waypoint for step in trip.route.steps if step.HasField("navigate")]

    assert [entry["destination"] for entry in applied(log, "navigate")] == legs
    assert len(applied(log, "refuel")) == trip.refuels
