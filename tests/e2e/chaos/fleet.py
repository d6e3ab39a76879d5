"""Ships all over the universe, each with a trip that takes at least one refuelling; some trips are tours."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from protos.player.v1 import player_service_pb2, player_service_pb2_grpc
from protos.routing.v1 import routing_pb2, routing_service_pb2, routing_service_pb2_grpc
from service_chassis.channels import open_channel
from tests.e2e.chaos.cluster import PLAYERS, ROUTING, Cluster

SHIPS_OF_AN_AGENT = 10
TOUR_EVERY, STOPS_OF_A_TOUR = 5, 3
FACTIONS = ("COSMIC", "VOID", "GALACTIC", "QUANTUM")
# Type, tank and speed.
SHIP_TYPES = (("SHIP_COMMAND_FRIGATE", 400, 36), ("SHIP_LIGHT_HAULER", 600, 18))
_ATTEMPTS = 200


@dataclass(frozen=True)
class Trip:
    agent_symbol: str
    ship_symbol: str
    origin: str
    stops: tuple[str, ...]


async def muster(
    cluster: Cluster, chance: random.Random, trips: int, longest_seconds: float, name: str = "CAPTAIN"
) -> list[Trip]:
    """Enlist agents and build ships until there are so many trips, none longer than this by the game's own time."""
    found: list[Trip] = []
    for number, count in enumerate(_shares(trips, SHIPS_OF_AN_AGENT)):
        agent_symbol = f"{name}-{number}"
        waypoints = await _enlist(cluster, agent_symbol, FACTIONS[number % len(FACTIONS)])
        for _ in range(count):
            trip = await _outfit(cluster, chance, agent_symbol, waypoints, longest_seconds)
            tour = (len(found) + 1) % TOUR_EVERY == 0
            found.append(replace(trip, stops=_tour(waypoints, trip.stops[0])) if tour else trip)
    return found


async def _enlist(cluster: Cluster, agent_symbol: str, faction: str) -> Sequence[Any]:
    """The waypoints of the new agent's system."""
    services = tuple(player_service_pb2.DESCRIPTOR.services_by_name.values())
    async with open_channel(cluster.address(PLAYERS), services=services) as channel:
        stub: Any = player_service_pb2_grpc.PlayerServiceStub(channel)
        new_agent = player_service_pb2.NewAgent(faction=faction, account_token="sandbox-account")
        await stub.RegisterPlayer(
            player_service_pb2.RegisterPlayerRequest(
                agent_symbol=agent_symbol, new_agent=new_agent, request_id=f"enlist {agent_symbol}"
            )
        )
        kept = await stub.GetAgentToken(player_service_pb2.GetAgentTokenRequest(agent_symbol=agent_symbol))
    home = cluster.game("/my/agent", kept.token)["data"]["headquarters"]
    cluster.admin("POST", "/agents", {"agent": agent_symbol, "credits": 10_000_000})
    return [waypoint for page in _pages(cluster, home.rpartition("-")[0], kept.token) for waypoint in page]


def _pages(cluster: Cluster, system: str, token: str) -> Iterator[Sequence[Any]]:
    number = 1
    while page := cluster.game(f"/systems/{system}/waypoints?page={number}&limit=20", token)["data"]:
        yield page
        number += 1


async def _outfit(
    cluster: Cluster, chance: random.Random, agent_symbol: str, waypoints: Sequence[Any], longest_seconds: float
) -> Trip:
    """A ship whose tank does not last to its destination."""
    graph = routing_pb2.SystemGraph(system_symbol=waypoints[0]["systemSymbol"])
    pumps = [waypoint["symbol"] for waypoint in waypoints if _sells_fuel(waypoint)]
    for waypoint in waypoints:
        graph.waypoints.add(
            symbol=waypoint["symbol"], x=waypoint["x"], y=waypoint["y"], sells_fuel=_sells_fuel(waypoint)
        )
    services = tuple(routing_service_pb2.DESCRIPTOR.services_by_name.values())
    async with open_channel(cluster.address(ROUTING), services=services) as channel:
        stub: Any = routing_service_pb2_grpc.RoutingServiceStub(channel)
        for _ in range(_ATTEMPTS):
            kind, tank, speed = chance.choice(SHIP_TYPES)
            origin, destination = chance.choice(pumps), chance.choice(waypoints)["symbol"]
            ship = routing_pb2.ShipProfile(fuel=chance.randint(tank // 3, tank), fuel_capacity=tank, engine_speed=speed)
            request = routing_service_pb2.PlanRouteRequest(
                graph=graph, ship=ship, origin=origin, destination=destination
            )
            route = (await stub.PlanRoute(request)).route
            refuels = sum(step.HasField("refuel") for step in route.steps)
            if refuels and len(route.steps) > 2 and route.duration.seconds <= longest_seconds:
                body = {"agent": agent_symbol, "type": kind, "waypoint": origin, "fuel": ship.fuel}
                built = await asyncio.to_thread(cluster.admin, "POST", "/ships", body)
                return Trip(agent_symbol, built["symbol"], origin, (destination,))
    raise AssertionError(f"no trip of {agent_symbol} takes a refuelling")


def _tour(waypoints: Sequence[Any], destination: str) -> tuple[str, ...]:
    """The destination, and what lies next to it."""
    end = next(waypoint for waypoint in waypoints if waypoint["symbol"] == destination)
    near = sorted(waypoints, key=lambda place: (place["x"] - end["x"]) ** 2 + (place["y"] - end["y"]) ** 2)
    return tuple(waypoint["symbol"] for waypoint in near[:STOPS_OF_A_TOUR])


def _sells_fuel(waypoint: Any) -> bool:
    return any(trait["symbol"] == "MARKETPLACE" for trait in waypoint["traits"])


def _shares(total: int, most: int) -> Iterator[int]:
    while total > 0:
        yield min(total, most)
        total -= most
