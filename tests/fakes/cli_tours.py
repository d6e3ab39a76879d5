"""Tours as the navigation service plans them, and real maps, for tests of the command line."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from google.protobuf.duration_pb2 import Duration

from protos.navigation.v1.navigation_pb2 import Ship, Voyage
from protos.routing.v1.routing_pb2 import (
    FLIGHT_MODE_BURN,
    FLIGHT_MODE_CRUISE,
    FLIGHT_MODE_DRIFT,
    FLIGHT_MODE_STEALTH,
    Route,
    Step,
    SystemGraph,
    Waypoint,
)

_SYSTEMS = Path(__file__).parents[1] / "data" / "systems"
_LEG_SECONDS, _LEG_FUEL, _FUEL_ADDED = 100, 50, 100
MODES = (FLIGHT_MODE_CRUISE, FLIGHT_MODE_BURN, FLIGHT_MODE_DRIFT, FLIGHT_MODE_STEALTH)


def tour_route(
    ship: Ship, stops: Sequence[str], *, return_to_origin: bool = False, refuel_at: Sequence[str] = ()
) -> Route:
    """Every leg takes 100 s and 50 fuel. Flight modes take turns, and all have theirs."""
    places = [ship.waypoint_symbol, *stops, *([ship.waypoint_symbol] if return_to_origin else [])]
    steps: list[Step] = []
    for number, (origin, target) in enumerate(pairwise(places)):
        flight = Step.Navigate(
            from_waypoint=origin,
            to_waypoint=target,
            flight_mode=MODES[number % len(MODES)],
            fuel=_LEG_FUEL,
            duration=Duration(seconds=_LEG_SECONDS),
            distance=50.0,
        )
        if origin != target:
            steps.append(Step(navigate=flight))
        if target in refuel_at:
            steps.append(Step(refuel=Step.Refuel(waypoint=target, fuel_added=_FUEL_ADDED)))
    legs = sum(step.WhichOneof("step") == "navigate" for step in steps)
    return Route(
        origin=places[0],
        destination=places[-1],
        steps=steps,
        duration=Duration(seconds=legs * _LEG_SECONDS),
        fuel_consumed=legs * _LEG_FUEL,
        fuel_at_arrival=10,
    )


def tour_voyage(ship: str, origin: str, stops: Sequence[str], *, refuel_at: Sequence[str] = ()) -> Voyage:
    return Voyage(
        ship_symbol=ship,
        stops=[Voyage.Stop(waypoint_symbol=stop) for stop in stops],
        route=tour_route(Ship(ship_symbol=ship, waypoint_symbol=origin), stops, refuel_at=refuel_at),
    )


def real_graph(name: str) -> SystemGraph:
    """A real system of the game. What a capture does not tell sells no fuel here."""
    listed = json.loads((_SYSTEMS / f"{name}.json").read_text())["waypoints"]
    return SystemGraph(
        system_symbol=name,
        waypoints=[Waypoint(symbol=w["symbol"], x=w["x"], y=w["y"], sells_fuel=bool(w["sells_fuel"])) for w in listed],
    )
