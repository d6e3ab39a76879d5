"""Fleets: small ones made up on the spot, what the best plan for one is worth, and fleets on real maps."""

import random
from dataclasses import dataclass, replace
from itertools import product

from hypothesis import strategies as st

from routing_service.domain.fleet import FleetObjective, FleetProblem, FleetShip
from routing_service.domain.problem import RouteOptions, ShipProfile, SystemGraph
from tests.fakes.routing_cases import options_of, ship_of, small_cases
from tests.fakes.routing_oracle import Case, least_cost, least_tour_cost
from tests.fakes.routing_systems import real_system, system

_SECOND = 10**9
_CAPACITIES = (0, 1, 3, 8, 13, 34)


@dataclass(frozen=True)
class FleetCase:
    """One ship per case, all on the same places with the same rules; waiting times in nanoseconds."""

    ships: tuple[Case, ...]
    waits: tuple[int, ...]
    stops: tuple[int, ...]
    closed: bool
    makespan: bool

    @property
    def problem(self) -> FleetProblem:
        first = self.ships[0]
        ships = [
            FleetShip(f"SHIP-{number}", ship_of(ship), ship.origin, wait)
            for number, (ship, wait) in enumerate(zip(self.ships, self.waits, strict=True))
        ]
        objective = FleetObjective.MAKESPAN if self.makespan else FleetObjective.TOTAL_TIME
        graph = system(first.places)
        return FleetProblem(graph, tuple(ships), self.stops, self.closed, objective, options_of(first))

    @property
    def out_of_reach(self) -> set[int]:
        """Stops that no ship can get to (closed: and back)."""
        return {stop for stop in self.stops if all(self._alone(ship, stop) is None for ship in self.ships)}

    @property
    def least_objective(self) -> int | None:
        """Over all ways to share out the stops within reach; None where none of them can be flown."""
        stops = [stop for stop in self.stops if stop not in self.out_of_reach]
        found = []
        for owners in product(range(len(self.ships)), repeat=len(stops)):
            shares = [
                [stop for stop, owner in zip(stops, owners, strict=True) if owner == number]
                for number in range(len(self.ships))
            ]
            costs = [
                least_tour_cost(ship, share, closed=self.closed) if share else (0, 0, 0)
                for ship, share in zip(self.ships, shares, strict=True)
            ]
            times = [cost[0] for cost in costs if cost is not None]
            if len(times) == len(costs):
                ends = [wait + time for wait, time, share in zip(self.waits, times, shares, strict=True) if share]
                found.append(max(ends, default=0) if self.makespan else sum(times))
        return min(found, default=None)

    def _alone(self, ship: Case, stop: int) -> object:
        if not self.closed:
            return (0, 0, 0) if ship.origin == stop else least_cost(replace(ship, goal=stop))
        return least_tour_cost(ship, [stop], closed=True)


@st.composite
def small_fleets(draw: st.DrawFn, *, stops: int = 4) -> FleetCase:
    """Two ships that differ, a handful of places, some of them out of reach."""
    first = replace(draw(small_cases()), thrifty=False)
    places = len(first.places)
    capacity = draw(st.sampled_from(_CAPACITIES))
    second = replace(
        first,
        fuel=draw(st.integers(0, capacity)),
        capacity=capacity,
        speed=draw(st.sampled_from([1, 9, 36])),
        origin=draw(st.integers(0, places - 1)),
    )
    chosen = draw(st.lists(st.integers(0, places - 1), min_size=1, max_size=stops, unique=True))
    if draw(st.booleans()):
        # Ships that are on their way to stops.
        chosen = list(dict.fromkeys([first.origin, second.origin, *chosen]))[:stops]
    waits = tuple(draw(st.sampled_from([0, 5 * _SECOND, 200 * _SECOND, 2_000 * _SECOND])) for _ in range(2))
    return FleetCase((first, second), waits, tuple(chosen), draw(st.booleans()), draw(st.booleans()))


def real_fleet(
    ships: int,
    stops: int,
    *,
    seed: int,
    closed: bool = False,
    makespan: bool = True,
    among_stations: bool = False,
    options: RouteOptions | None = None,
    graph: SystemGraph | None = None,
) -> FleetProblem:
    """Ships that differ in all that ships can, on a real map."""
    graph = graph or real_system("X1-VB74")
    chance = random.Random(seed)
    stations = [place for place in range(len(graph.symbols)) if graph.sells_fuel[place]]
    origins = chance.sample(stations, min(ships, 3))
    others = stations if among_stations else range(len(graph.symbols))
    places = [place for place in others if place not in origins]
    return FleetProblem(
        graph=graph,
        ships=tuple(_ship(number, origins[number % len(origins)], chance) for number in range(ships)),
        stops=tuple(chance.sample(places, stops)),
        return_to_origin=closed,
        objective=FleetObjective.MAKESPAN if makespan else FleetObjective.TOTAL_TIME,
        options=options or RouteOptions(),
    )


def _ship(number: int, origin: int, chance: random.Random) -> FleetShip:
    tank = chance.choice([300, 400, 600])
    fuel = chance.choice([tank, tank // 2])
    wait = chance.choice([0, 0, 90 * _SECOND])
    return FleetShip(f"SHIP-{number}", ShipProfile(fuel, tank, chance.choice([10, 30, 36])), origin, wait)
