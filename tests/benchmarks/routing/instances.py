"""What gets planned: routes, tours and fleets, the same for the same seed.

Places are positions in the system's map; durations are nanoseconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

from tests.benchmarks.routing.systems import SystemMap, clustered, start_systems, uniform

SECOND = 1_000_000_000
MODES = ("CRUISE", "BURN", "DRIFT", "STEALTH")
DEFAULT_MODES = MODES[:3]
TANKS = (0, 80, 300, 400, 600, 800, 2300)
SPEEDS = (3, 9, 10, 15, 30, 36)
# Ships of a mixed fleet start from so many stations.
_DEPOTS = 3
_OVERHEADS = (0, 0, SECOND, 2_500_000_000)


@dataclass(frozen=True)
class Rules:
    """The flight modes allowed, and the nanoseconds that a refuel and a departure cost on top."""

    modes: tuple[str, ...] = DEFAULT_MODES
    refuel: int = 0
    departure: int = 0


@dataclass(frozen=True)
class Ship:
    """`available_in` is in nanoseconds from now."""

    fuel: int
    capacity: int
    speed: int
    origin: int
    available_in: int = 0


@dataclass(frozen=True, eq=False)
class RouteCase:
    system: SystemMap
    ship: Ship
    destination: int
    rules: Rules


@dataclass(frozen=True, eq=False)
class PlanCase:
    """Stops for one ship or several; the objective is the makespan or the sum of flown durations.

    No stop is the origin of a ship. `anywhere` is whether stops were drawn among all waypoints; otherwise all of
    them sell fuel.
    """

    name: str
    system: SystemMap
    ships: tuple[Ship, ...]
    stops: tuple[int, ...]
    closed: bool
    makespan: bool
    anywhere: bool
    rules: Rules = Rules()

    @property
    def size(self) -> str:
        """The group of cases that are alike."""
        return f"{len(self.stops)}" if len(self.ships) == 1 else f"{len(self.ships)} x {len(self.stops)}"


@dataclass(frozen=True)
class Extent:
    """How much is measured: routes per kind of system, rounds of calls, seeds and real systems for tours and fleets."""

    routes: int
    rounds: int
    seeds: int
    systems: int


QUICK = Extent(routes=80, rounds=5, seeds=1, systems=1)
FULL = Extent(routes=1_000, rounds=50, seeds=2, systems=3)


def route_cases(systems: Sequence[SystemMap], count: int, seed: int) -> list[RouteCase]:
    """Over all tanks and speeds, fuel from empty to full, every subset of modes, with and without overheads."""
    chance = Random(f"routes {seed}")
    return [_route_case(systems[number % len(systems)], TANKS[number % len(TANKS)], chance) for number in range(count)]


def _route_case(system: SystemMap, tank: int, chance: Random) -> RouteCase:
    origin, destination = chance.sample(range(len(system)), 2)
    fuel = chance.choice([tank, chance.randint(0, tank), chance.randint(0, tank // 4)])
    modes = DEFAULT_MODES if chance.random() < 0.5 else _some(MODES, chance)
    rules = Rules(modes, chance.choice(_OVERHEADS), chance.choice(_OVERHEADS))
    return RouteCase(system, Ship(fuel, tank, chance.choice(SPEEDS), origin), destination, rules)


def _some(modes: Sequence[str], chance: Random) -> tuple[str, ...]:
    chosen = chance.sample(modes, chance.randint(1, len(modes)))
    return tuple(mode for mode in modes if mode in chosen)


def tour_cases(extent: Extent, *, anywhere: bool) -> Iterator[PlanCase]:
    """Open and closed tours, in real, uniform and clustered systems, by rising number of stops."""
    sizes = (12, 20, 50, 80) if anywhere else (10, 20, 50, 100)
    for stops, seed in product(sizes, range(extent.seeds)):
        for system in _maps_for(stops, extent, seed):
            for closed in (True, False):
                yield _plan_case(system, 1, stops, closed=closed, makespan=False, anywhere=anywhere, seed=seed)


def fleet_cases(extent: Extent, *, anywhere: bool) -> Iterator[PlanCase]:
    """Fleets of equal and of differing ships, by rising size; makespan, and for some the total time."""
    sizes = ((3, 10), (3, 30), (5, 50), (10, 80 if anywhere else 100))
    for (ships, stops), seed in product(sizes, range(extent.seeds)):
        for number, system in enumerate(_maps_for(stops, extent, seed)):
            closed = (number + seed) % 2 == 0
            yield _plan_case(system, ships, stops, closed=closed, makespan=True, anywhere=anywhere, seed=seed)
            yield _plan_case(
                system, ships, stops, closed=closed, makespan=number % 2 == 0, anywhere=anywhere, seed=seed, mixed=True
            )


def _maps_for(stops: int, extent: Extent, seed: int) -> list[SystemMap]:
    """90 waypoints where the stops leave that possible; else 120, and 250: over more, to fly an order that a contender
    found as well as can be takes longer than all contenders have."""
    if stops > 80:
        return [uniform(120, seed), clustered(120, seed), clustered(250, seed)]
    real = [system for system in start_systems() if len(system) > stops + _DEPOTS]
    chosen = [real[(seed * extent.systems + number) % len(real)] for number in range(extent.systems)]
    return [*chosen, uniform(90, seed), clustered(90, seed)]


def _plan_case(
    system: SystemMap,
    ships: int,
    stops: int,
    *,
    closed: bool,
    makespan: bool,
    anywhere: bool,
    seed: int,
    mixed: bool = False,
) -> PlanCase:
    kind = ["closed" if closed else "open", "mixed" if mixed else "", "makespan" if makespan else "total"]
    name = " ".join([system.name, f"{ships} x {stops}", *filter(None, kind if ships > 1 else kind[:1]), f"#{seed}"])
    chance = Random(name)
    depots = chance.sample(system.stations, _DEPOTS)
    fleet = tuple(_mixed_ship(depots, chance) if mixed else Ship(400, 400, 30, depots[0]) for _ in range(ships))
    rules = Rules(refuel=chance.choice(_OVERHEADS), departure=chance.choice(_OVERHEADS))
    origins = {ship.origin for ship in fleet}
    chosen = _stops(system, stops, origins, chance, anywhere=anywhere)
    system = system if anywhere else system.selling_at(chosen)
    return PlanCase(name, system, fleet, tuple(chosen), closed, makespan, anywhere, rules)


def _mixed_ship(depots: Sequence[int], chance: Random) -> Ship:
    """Ships that differ in place, tank, speed, fuel and in when they are free."""
    tank = chance.choice([300, 400, 600, 800])
    fuel = chance.choice([tank, chance.randint(tank // 4, tank)])
    available_in = chance.choice([0, 0, chance.randint(0, 600)]) * SECOND
    return Ship(fuel, tank, chance.choice([10, 15, 30, 36]), chance.choice(depots), available_in)


def _stops(system: SystemMap, count: int, origins: set[int], chance: Random, *, anywhere: bool) -> list[int]:
    """Drawn among all waypoints; or stations first, where stops have to sell fuel anyhow."""
    free = [place for place in range(len(system)) if place not in origins]
    if anywhere:
        return chance.sample(free, count)
    stations = [place for place in free if system.sells_fuel[place]]
    if len(stations) >= count:
        return chance.sample(stations, count)
    others = [place for place in free if not system.sells_fuel[place]]
    return [*stations, *chance.sample(others, count - len(stations))]
