"""The systems where nobody starts: small planetary ones, and wide ones that are little more than belts."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import cos, pi, sin
from random import Random
from typing import Final

from sandbox.world.places import Waypoint
from sandbox.world.traits import draw_traits

LETTERS: Final = "ABCDEFXZ"
MARKET_PERCENT: Final = (
    ("PLANET", 60), ("MOON", 45), ("ORBITAL_STATION", 80), ("FUEL_STATION", 100), ("ASTEROID_BASE", 60),
    ("JUMP_GATE", 100), ("GAS_GIANT", 0), ("ASTEROID", 0),
)  # fmt: skip


@dataclass
class _Plan:
    system: str
    rng: Random
    waypoints: list[Waypoint] = field(default_factory=list)
    positions: set[tuple[int, int]] = field(default_factory=set)

    def place(self, waypoint_type: str, at: tuple[int, int], orbits: str | None = None, *, market: bool = True) -> str:
        number, pick = len(self.waypoints) + 1, self.rng.choice
        stem = f"{pick(LETTERS)}{number}" if number >= 10 else f"{pick(LETTERS)}{pick(LETTERS)}{number}"
        symbol = f"{self.system}-{stem}{pick(LETTERS)}"
        traits = draw_traits(waypoint_type, self.rng)
        if market and self.rng.randrange(100) < dict(MARKET_PERCENT)[waypoint_type]:
            traits += ("MARKETPLACE",)
        self.positions.add(at)
        self.waypoints.append(Waypoint(symbol, self.system, waypoint_type, *at, traits=traits, orbits=orbits))
        return symbol

    def spot(self, low: float, high: float) -> tuple[int, int]:
        """A free place at a distance from the star."""
        while True:
            radius, angle = self.rng.uniform(low, high), self.rng.uniform(0, 2 * pi)
            at = round(radius * cos(angle)), round(radius * sin(angle))
            if at not in self.positions:
                return at


def lay_out_wild_system(system: str, rng: Random, *, gate: bool) -> list[Waypoint]:
    """13 to 79 waypoints. About one system in three has no planets, only belts."""
    plan = _Plan(system, rng)
    if rng.randrange(3):
        _planets(plan)
    _stations(plan)
    if gate:
        plan.place("JUMP_GATE", plan.spot(448, 451))
    _belts(plan)
    return plan.waypoints


def _planets(plan: _Plan) -> None:
    for ring in range(plan.rng.randint(2, 6)):
        kind = "GAS_GIANT" if plan.rng.randrange(4) == 0 else "PLANET"
        at = plan.spot(10 + 26 * ring, 34 + 26 * ring)
        parent = plan.place(kind, at)
        for _ in range(plan.rng.choice((0, 1, 1, 2, 2, 3))):
            plan.place("MOON", at, parent)
        if plan.rng.randrange(3) == 0:
            plan.place("ORBITAL_STATION", at, parent)


def _stations(plan: _Plan) -> None:
    for _ in range(plan.rng.randint(1, 4)):
        plan.place("FUEL_STATION", plan.spot(198, 231))
    for _ in range(plan.rng.choice((0, 0, 1, 1, 2, 3))):
        plan.place("ASTEROID_BASE", plan.spot(298, 302))


def _belts(plan: _Plan) -> None:
    room = 79 - len(plan.waypoints)
    inner = plan.rng.randint(min(9, room), min(30, room))
    outer = plan.rng.randint(20, 38) if plan.rng.randrange(3) == 0 else 0
    for _ in range(inner):
        plan.place("ASTEROID", plan.spot(308, 390))
    for _ in range(min(outer, room - inner)):
        plan.place("ASTEROID", plan.spot(710, 789))
