"""Planning instances by the hundred, and how the product answers them."""

import random
from collections.abc import Sequence

from hypothesis import strategies as st

from routing_service.domain.planner import plan_route
from routing_service.domain.prepared import PreparedGraph, prepare
from routing_service.domain.problem import Objective, RouteOptions, ShipProfile, SystemGraph
from routing_service.domain.route import Route
from routing_service.domain.tour import TourProblem
from shared_kernel.physics import FlightMode
from tests.fakes.routing_oracle import Case, Cost
from tests.fakes.routing_systems import Place, system

MODES = tuple(mode.value for mode in FlightMode)
# Without DRIFT, which gets anywhere on a drop of fuel.
THIRSTY_MODES = ("CRUISE", "BURN", "STEALTH")
_OVERHEADS = (0, 1_000_000_000, 2_500_000_000, 7)


def ship_of(case: Case) -> ShipProfile:
    return ShipProfile(case.fuel, case.capacity, case.speed)


def options_of(case: Case) -> RouteOptions:
    return RouteOptions(
        flight_modes=tuple(mode for mode in FlightMode if mode.value in case.modes),
        refuel_duration=case.refuel,
        departure_overhead=case.departure,
        objective=Objective.LEAST_FUEL if case.thrifty else Objective.FASTEST,
    )


def plan(case: Case, prepared: PreparedGraph | None = None) -> Route:
    graph = prepared or prepare(system(case.places))
    return plan_route(graph, ship_of(case), options_of(case), case.origin, case.goal)


def tour_of(case: Case, stops: Sequence[int], graph: SystemGraph, *, closed: bool) -> TourProblem:
    return TourProblem(graph, ship_of(case), options_of(case), case.origin, tuple(stops), closed)


def cost_of(route: Route, *, thrifty: bool = False) -> Cost:
    first, second = route.duration, route.fuel_consumed
    if thrifty:
        first, second = second, first
    return first, second, len(route.steps)


@st.composite
def small_cases(draw: st.DrawFn, *, reach: int = 9, modes: Sequence[str] = MODES) -> Case:
    """A handful of waypoints close to each other, so that tanks are short and rounding matters."""
    coordinate = st.integers(-reach, reach)
    places = draw(st.lists(st.tuples(coordinate, coordinate, st.booleans()), min_size=2, max_size=6))
    capacity = draw(st.sampled_from([0, 1, 2, 3, 5, 8, 13, 21, 34]))
    goal = draw(st.integers(1, len(places) - 1))
    return Case(
        places=places,
        fuel=draw(st.integers(0, capacity)),
        capacity=capacity,
        speed=draw(st.sampled_from([1, 2, 3, 9, 30, 36])),
        modes=draw(st.lists(st.sampled_from(modes), min_size=1, unique=True)),
        origin=0,
        goal=goal,
        refuel=draw(st.sampled_from(_OVERHEADS)),
        departure=draw(st.sampled_from(_OVERHEADS)),
        thrifty=draw(st.booleans()),
    )


def map_cases(places: Sequence[Place], count: int, *, seed: int) -> list[Case]:
    """Instances on one map, over the game's ships, fuel from empty to full, and every set of modes."""
    chance = random.Random(seed)
    return [_map_case(places, chance) for _ in range(count)]


def _map_case(places: Sequence[Place], chance: random.Random) -> Case:
    capacity = chance.choice([0, 80, 100, 160, 300, 400, 600, 800, 1200, 2300])
    origin, goal = chance.sample(range(len(places)), 2)
    return Case(
        places=places,
        fuel=chance.choice([capacity, chance.randint(0, capacity), chance.randint(0, capacity // 4)]),
        capacity=capacity,
        speed=chance.choice([3, 9, 10, 15, 30, 36]),
        modes=MODES[:3] if chance.random() < 0.5 else chance.sample(MODES, chance.randint(1, 4)),
        origin=origin,
        goal=goal,
        refuel=chance.choice(_OVERHEADS),
        departure=chance.choice(_OVERHEADS),
        thrifty=chance.random() < 0.3,
    )
