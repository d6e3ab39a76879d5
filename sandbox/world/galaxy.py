"""One universe: systems on a plane, their waypoints, and the gate graph. Everything follows from the seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import cos, hypot, pi, sin, sqrt
from random import Random
from typing import Final

from sandbox.world.factions import RECRUITING
from sandbox.world.gates import connect_gates
from sandbox.world.places import System, Waypoint
from sandbox.world.start_systems import lay_out_start_system
from sandbox.world.wild_systems import lay_out_wild_system

WILD_WITH_GATE: Final = 24
WITHOUT_GATE: Final = 4
EMPTY_SYSTEMS: Final = 2
UNFINISHED_GATES: Final = 3
UNCHARTED_SYSTEMS: Final = 4
GALAXY_RADIUS: Final = 3300
NEAREST_NEIGHBOUR: Final = 200
SYSTEM_TYPES: Final = (
    ("RED_STAR", 27), ("ORANGE_STAR", 25), ("BLUE_STAR", 21), ("YOUNG_STAR", 14), ("NEUTRON_STAR", 4),
    ("WHITE_DWARF", 4), ("BLACK_HOLE", 3), ("HYPERGIANT", 1), ("UNSTABLE", 1),
)  # fmt: skip


@dataclass(frozen=True)
class Galaxy:
    """The immutable map. `gates` maps a gate's symbol to the gates it reaches, in both directions."""

    seed: int
    systems: Mapping[str, System]
    waypoints: Mapping[str, Waypoint]
    gates: Mapping[str, tuple[str, ...]]

    def start_system(self, faction: str) -> System | None:
        """Where agents of a recruiting faction begin."""
        return next((s for s in self.systems.values() if s.is_start and s.faction == faction), None)


def generate_galaxy(seed: int) -> Galaxy:
    """The universe of a seed: equal seeds give equal maps, on every machine."""
    rng = Random(f"{seed}/galaxy")
    count = len(RECRUITING) + WILD_WITH_GATE + WITHOUT_GATE + EMPTY_SYSTEMS
    places = list(zip(_system_symbols(count, rng), _positions(count, rng), strict=True))
    systems = [_system(seed, index, symbol, at, rng) for index, (symbol, at) in enumerate(places)]
    gates = connect_gates(systems, Random(f"{seed}/gates"))
    by_symbol = {s.symbol: s for s in sorted(systems, key=lambda s: s.symbol)}
    return Galaxy(seed, by_symbol, {w.symbol: w for s in by_symbol.values() for w in s.waypoints}, gates)


def _system(seed: int, index: int, symbol: str, at: tuple[int, int], rng: Random) -> System:
    kind = rng.choices([name for name, _ in SYSTEM_TYPES], [weight for _, weight in SYSTEM_TYPES])[0]
    local = Random(f"{seed}/{symbol}")
    if index < len(RECRUITING):
        faction = RECRUITING[index].symbol
        return System(symbol, kind, *at, _owned(lay_out_start_system(symbol, local), faction), faction, is_start=True)
    wild = index - len(RECRUITING)
    if wild >= WILD_WITH_GATE + WITHOUT_GATE:
        return System(symbol, kind, *at, ())
    waypoints = _owned(lay_out_wild_system(symbol, local, gate=wild < WILD_WITH_GATE), None)
    if wild < UNFINISHED_GATES:
        waypoints = tuple(_unfinished(w) if w.type == "JUMP_GATE" else w for w in waypoints)
    elif wild < UNFINISHED_GATES + UNCHARTED_SYSTEMS:
        waypoints = tuple(replace(w, charted=False) for w in waypoints)
    return System(symbol, kind, *at, waypoints)


def _owned(waypoints: list[Waypoint], faction: str | None) -> tuple[Waypoint, ...]:
    """The finished waypoints: parents know their orbitals, and the owner is named."""
    children: dict[str, list[str]] = {}
    for waypoint in waypoints:
        if waypoint.orbits:
            children.setdefault(waypoint.orbits, []).append(waypoint.symbol)
    return tuple(replace(w, orbitals=tuple(children.get(w.symbol, ())), faction=faction) for w in waypoints)


def _unfinished(gate: Waypoint) -> Waypoint:
    return replace(gate, traits=("UNDER_CONSTRUCTION",), under_construction=True)


def _system_symbols(count: int, rng: Random) -> list[str]:
    letters = "ABCDFGHJKMNPQRSTUVXYZ"
    symbols: dict[str, None] = {}
    while len(symbols) < count:
        name = "".join(rng.choice(letters) for _ in range(rng.choice((1, 2, 2, 2))))
        symbols[f"X1-{name}{rng.randint(1, 99)}"] = None
    return list(symbols)


def _positions(count: int, rng: Random) -> list[tuple[int, int]]:
    positions: list[tuple[int, int]] = []
    while len(positions) < count:
        radius, angle = GALAXY_RADIUS * sqrt(rng.random()), rng.uniform(0, 2 * pi)
        x, y = round(radius * cos(angle)), round(radius * sin(angle))
        if all(hypot(x - px, y - py) >= NEAREST_NEIGHBOUR for px, py in positions):
            positions.append((x, y))
    return positions
