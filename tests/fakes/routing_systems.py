"""Systems to plan in: small ones made up on the spot, and real maps of the game."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from routing_service.domain.problem import SystemGraph

_SYSTEMS = Path(__file__).parents[1] / "data" / "systems"
# Where a capture tells no traits: the types that sold fuel in every system whose markets are known.
_ALWAYS_SELL = {"PLANET", "FUEL_STATION", "ORBITAL_STATION", "ASTEROID_BASE", "JUMP_GATE", "ENGINEERED_ASTEROID"}

REAL_SYSTEMS = ("X1-VB74", "X1-AD75", "X1-NC38")

Place = tuple[int, int, bool]


def system(places: Iterable[Place], *, name: str = "X1-T1") -> SystemGraph:
    """A system of waypoints `<name>-A0`, `-A1`, … at (x, y), each selling fuel or not."""
    listed = list(places)
    return SystemGraph(
        system_symbol=name,
        symbols=tuple(f"{name}-A{position}" for position in range(len(listed))),
        x=np.array([x for x, _, _ in listed], np.int64),
        y=np.array([y for _, y, _ in listed], np.int64),
        sells_fuel=np.array([sells for _, _, sells in listed], np.bool_),
        content_key=repr((name, listed)).encode(),
    )


def real_places(name: str) -> list[tuple[str, Place]]:
    """The waypoints of a real system: symbol and place."""
    listed = json.loads((_SYSTEMS / f"{name}.json").read_text())["waypoints"]
    return [(w["symbol"], (w["x"], w["y"], _sells_fuel(w))) for w in listed]


def real_system(name: str) -> SystemGraph:
    symbols, places = zip(*real_places(name), strict=True)
    graph = system(places, name=name)
    return SystemGraph(name, symbols, graph.x, graph.y, graph.sells_fuel, name.encode())


def _sells_fuel(waypoint: dict[str, object]) -> bool:
    known = waypoint["sells_fuel"]
    return bool(waypoint["type"] in _ALWAYS_SELL if known is None else known)
