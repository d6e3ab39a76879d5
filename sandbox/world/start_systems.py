"""Start systems, laid out as the real ones are: letters group an orbit, rings and counts follow measured systems.

A   HQ planet, two moons (the first sells ships), a station       I   jump gate with a fuel station on the way
5   engineered asteroid                                           J   fuel station, base and the outer belt behind it
B   fuel station, base, inner belt                                D E F G H K   planets with moons (H's first sells
C   gas giant, its station (sells ships), fuel station                ships; F has a station)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import cos, hypot, pi, sin
from random import Random
from typing import Final

from sandbox.world.places import Waypoint
from sandbox.world.traits import draw_traits

PLANET_RADII: Final = (("D", 85), ("E", 55), ("F", 76), ("G", 65), ("H", 46))
MOON_COUNTS: Final = (7, 7, 8, 9, 9, 9, 9, 10, 10, 10, 11, 12, 12, 15, 19)
ASTEROIDS: Final = range(52, 66)
LARGEST_SYSTEM: Final = 93
SELLING_SHARE: Final = (0.305, 0.325)
OTHER_WAYPOINTS: Final = 19
ALWAYS_SELLING: Final = (
    "PLANET",
    "FUEL_STATION",
    "ORBITAL_STATION",
    "ASTEROID_BASE",
    "JUMP_GATE",
    "ENGINEERED_ASTEROID",
)


@dataclass
class _Plan:
    """Waypoints of one system in the making; numbers run through all letters."""

    system: str
    rng: Random
    waypoints: list[Waypoint] = field(default_factory=list)

    def place(self, letter: str, waypoint_type: str, at: tuple[int, int], orbits: str | None = None) -> str:
        number = len(self.waypoints) + 1
        symbol = f"{self.system}-{letter}{number}"
        if waypoint_type == "ENGINEERED_ASTEROID":
            letters = "ABCDEFXZ"
            symbol = (
                f"{self.system}-{self.rng.choice(letters)}{self.rng.choice(letters)}{number}{self.rng.choice(letters)}"
            )
        traits = draw_traits(waypoint_type, self.rng)
        self.waypoints.append(Waypoint(symbol, self.system, waypoint_type, *at, traits=traits, orbits=orbits))
        return symbol

    def ring(self, radius: float, angle: float | None = None) -> tuple[int, int]:
        turn = self.rng.uniform(0, 2 * pi) if angle is None else angle
        return round(radius * cos(turn)), round(radius * sin(turn))

    def free_ring(self, low: float, high: float) -> tuple[int, int]:
        """A point of a belt that nothing else stands on."""
        taken = {(w.x, w.y) for w in self.waypoints}
        while True:
            x, y = self.ring(self.rng.uniform(low + 1, high - 1))
            if (x, y) not in taken and low <= hypot(x, y) <= high:
                return x, y


def lay_out_start_system(system: str, rng: Random) -> list[Waypoint]:
    """78 to 93 waypoints of which 30 to 33 % are marketplaces, three of them with a shipyard."""
    plan = _Plan(system, rng)
    moons = rng.choice(MOON_COUNTS)
    asteroids = _asteroid_count(moons, rng)
    outer = rng.randint(20, min(29, asteroids - 28))
    around = _moons_by_planet(moons, rng)
    _planet(plan, "A", 26, around["A"], station=True)
    plan.place("A", "ENGINEERED_ASTEROID", plan.ring(rng.uniform(26, 29)))
    _inner_belt(plan, asteroids - outer)
    _gas_giant(plan)
    for letter, radius in PLANET_RADII:
        _planet(plan, letter, radius, around[letter], station=letter == "F")
    _gate_road(plan, outer)
    _planet(plan, "K", 104, around["K"], station=False)
    return _with_markets(plan.waypoints, rng)


def _asteroid_count(moons: int, rng: Random) -> int:
    """Belts large enough for the census, small enough that the sellers stay 30 % of all."""
    sellers = OTHER_WAYPOINTS - 1 + moons
    most = min(int(sellers / SELLING_SHARE[0]), LARGEST_SYSTEM) - OTHER_WAYPOINTS - moons
    return min(rng.choice(ASTEROIDS), max(most, ASTEROIDS.start))


def _moons_by_planet(count: int, rng: Random) -> dict[str, int]:
    moons = {"A": 2, "H": 3, "D": 1, "E": 1, "F": 0, "G": 0, "K": 0}
    for _ in range(count - 7):
        moons[rng.choice("DEFGHK")] += 1
    return moons


def _planet(plan: _Plan, letter: str, radius: float, moons: int, *, station: bool) -> None:
    at = plan.ring(radius + plan.rng.uniform(-1.5, 2))
    planet = plan.place(letter, "PLANET", at)
    for _ in range(moons):
        plan.place(letter, "MOON", at, planet)
    if station:
        plan.place(letter, "ORBITAL_STATION", at, planet)


def _inner_belt(plan: _Plan, asteroids: int) -> None:
    angle = plan.rng.uniform(0, 2 * pi)
    plan.place("B", "FUEL_STATION", plan.ring(plan.rng.uniform(188, 192), angle))
    plan.place("B", "ASTEROID_BASE", plan.ring(plan.rng.uniform(343, 348), angle + plan.rng.uniform(-0.6, 0.6)))
    for _ in range(asteroids):
        plan.place("B", "ASTEROID", plan.free_ring(308, 350))


def _gas_giant(plan: _Plan) -> None:
    angle, radius = plan.rng.uniform(0, 2 * pi), plan.rng.uniform(151, 157)
    at = plan.ring(radius, angle)
    giant = plan.place("C", "GAS_GIANT", at)
    plan.place("C", "ORBITAL_STATION", at, giant)
    plan.place("C", "FUEL_STATION", plan.ring(radius * 0.745, angle))


def _gate_road(plan: _Plan, asteroids: int) -> None:
    """Gate, stations and base stand on one ray, which leads out to the outer belt."""
    angle = plan.rng.uniform(0, 2 * pi)
    plan.place("I", "JUMP_GATE", plan.ring(449, angle))
    plan.place("I", "FUEL_STATION", plan.ring(plan.rng.uniform(226, 229), angle))
    plan.place("J", "FUEL_STATION", plan.ring(plan.rng.uniform(598, 602), angle))
    plan.place("J", "ASTEROID_BASE", plan.ring(plan.rng.uniform(718, 722), angle))
    for _ in range(asteroids):
        plan.place("J", "ASTEROID", plan.free_ring(710, 789))


def _with_markets(waypoints: list[Waypoint], rng: Random) -> list[Waypoint]:
    moons = [w.symbol for w in waypoints if w.type == "MOON"]
    yards = _shipyards(waypoints)
    sellers = {w.symbol for w in waypoints if w.type in ALWAYS_SELLING}
    wanted = round(rng.uniform(*SELLING_SHARE) * len(waypoints)) - len(sellers)
    plain = [moon for moon in moons if moon not in yards]
    rng.shuffle(plain)
    sellers |= yards | set(plain[: max(0, wanted - 2)])
    return [_marked(w, market=w.symbol in sellers, shipyard=w.symbol in yards) for w in waypoints]


def _shipyards(waypoints: list[Waypoint]) -> set[str]:
    def first(letter: str, waypoint_type: str) -> str:
        start = f"{waypoints[0].system}-{letter}"
        return next(w.symbol for w in waypoints if w.type == waypoint_type and w.symbol.startswith(start))

    return {first("A", "MOON"), first("C", "ORBITAL_STATION"), first("H", "MOON")}


def _marked(waypoint: Waypoint, *, market: bool, shipyard: bool) -> Waypoint:
    marks = ("MARKETPLACE",) * market + ("SHIPYARD",) * shipyard
    return replace(waypoint, traits=waypoint.traits + marks)
