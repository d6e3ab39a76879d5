"""Maps to plan on: systems of the real game, and made-up ones, the same for the same seed."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

_ROOT = Path(__file__).parents[3]
_VENDORED = _ROOT / "tests" / "data" / "systems"
# A larger collection in the same format, if there is one beside the repository.
_COLLECTED = _ROOT.parent / "shared" / "data" / "systems"

# Where a capture tells no traits: the types that sold fuel in every system whose markets are known.
_ALWAYS_SELL = {"PLANET", "FUEL_STATION", "ORBITAL_STATION", "ASTEROID_BASE", "JUMP_GATE", "ENGINEERED_ASTEROID"}
# The radius of the game's start systems, and the share of their waypoints that sell fuel.
_RADIUS = 780
_SELLING_SHARE = 0.3
_CLUSTERS = 9


@dataclass(frozen=True, eq=False)
class SystemMap:
    """One system, column by column; positions in the columns are what cases speak of."""

    name: str
    kind: str
    symbols: tuple[str, ...]
    x: IntArray
    y: IntArray
    sells_fuel: BoolArray

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def stations(self) -> list[int]:
        """The positions where fuel is sold."""
        return [int(position) for position in np.flatnonzero(self.sells_fuel)]

    def selling_at(self, positions: list[int]) -> "SystemMap":
        """The same map, with fuel sold at these positions too."""
        sells_fuel = self.sells_fuel.copy()
        sells_fuel[positions] = True
        return SystemMap(self.name, self.kind, self.symbols, self.x, self.y, sells_fuel)


def start_systems() -> list[SystemMap]:
    """Every start system of the real game that is at hand, in order of name. Says so when these are few."""
    folder = _COLLECTED if _COLLECTED.is_dir() else _VENDORED
    if folder == _VENDORED:
        print(
            "ONLY the start systems vendored in tests/data/systems are used: there is no ../shared/data/systems",
            file=sys.stderr,
        )
    captures = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    return [_real(capture) for capture in captures if _is_start_system(capture)]


def uniform(waypoints: int, seed: int) -> SystemMap:
    """Waypoints anywhere in a disc."""
    chance = Random(f"uniform {waypoints} {seed}")
    return _generated(f"uniform-{waypoints}-{seed}", "uniform", waypoints, chance, lambda: _in_disc(chance, _RADIUS))


def clustered(waypoints: int, seed: int) -> SystemMap:
    """Waypoints in a few clouds, some of them at one and the same place, as moons are."""
    chance = Random(f"clustered {waypoints} {seed}")
    centres = [_in_disc(chance, _RADIUS) for _ in range(_CLUSTERS)]

    def place() -> tuple[int, int]:
        x, y = chance.choice(centres)
        if chance.random() < 0.15:
            return x, y
        dx, dy = _in_disc(chance, _RADIUS // 6)
        return x + dx, y + dy

    return _generated(f"clustered-{waypoints}-{seed}", "clustered", waypoints, chance, place)


def _is_start_system(capture: dict[str, list[dict[str, object]]]) -> bool:
    return any(waypoint["type"] == "ENGINEERED_ASTEROID" for waypoint in capture["waypoints"])


def _real(capture: dict[str, list[dict[str, object]]]) -> SystemMap:
    waypoints = capture["waypoints"]
    return SystemMap(
        name=str(capture["system"]),
        kind="real",
        symbols=tuple(str(waypoint["symbol"]) for waypoint in waypoints),
        x=np.array([waypoint["x"] for waypoint in waypoints], np.int64),
        y=np.array([waypoint["y"] for waypoint in waypoints], np.int64),
        sells_fuel=np.array([_sells_fuel(waypoint) for waypoint in waypoints], np.bool_),
    )


def _sells_fuel(waypoint: dict[str, object]) -> bool:
    known, traits = waypoint["sells_fuel"], waypoint["traits"]
    if known is not None:
        return bool(known)
    return "MARKETPLACE" in traits if isinstance(traits, list) and traits else waypoint["type"] in _ALWAYS_SELL


def _in_disc(chance: Random, radius: int) -> tuple[int, int]:
    while True:
        x, y = chance.randint(-radius, radius), chance.randint(-radius, radius)
        if x * x + y * y <= radius * radius:
            return x, y


def _generated(name: str, kind: str, waypoints: int, chance: Random, place: Callable[[], tuple[int, int]]) -> SystemMap:
    places = np.array([place() for _ in range(waypoints)], np.int64)
    sells_fuel = np.array([chance.random() < _SELLING_SHARE for _ in range(waypoints)], np.bool_)
    sells_fuel[0] = True
    symbols = tuple(f"X1-{kind[0].upper()}{waypoints}-{position}" for position in range(waypoints))
    return SystemMap(name, kind, symbols, places[:, 0].copy(), places[:, 1].copy(), sells_fuel)
