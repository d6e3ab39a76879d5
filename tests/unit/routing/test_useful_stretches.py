"""Where every stop sells fuel, most stretches are of no use: what is left out, no flight misses."""

import random
from dataclasses import replace

import pytest

from routing_service.domain.flight import flight_of
from routing_service.domain.prepared import PreparedGraph, prepare
from routing_service.domain.problem import NANOS_PER_SECOND, RouteOptions, ShipProfile
from routing_service.domain.stretches import Stretches
from routing_service.domain.tour import TourProblem
from routing_service.domain.tour_flight import cost_of
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_tables import TourModel
from routing_service.domain.travel_times import NEVER, travel_times_from
from routing_service.domain.useful_stretches import UsefulStretches
from tests.fakes.routing_systems import system


def _tour(seed: int) -> TourProblem:
    """Clouds of places, few of which sell fuel but for the stops; the origin may sell none."""
    chance = random.Random(seed)
    centres = [(chance.randint(-400, 400), chance.randint(-400, 400)) for _ in range(3)]
    spots = [(x + chance.randint(-60, 60), y + chance.randint(-60, 60)) for x, y in chance.choices(centres, k=24)]
    stops = 7
    sells = [chance.random() < 0.7, *([True] * stops), *(chance.random() < 0.2 for _ in spots[stops + 1 :])]
    graph = system([(x, y, sold) for (x, y), sold in zip(spots, sells, strict=True)])
    tank = chance.choice([0, 60, 200, 400, 1_000])
    ship = ShipProfile(chance.choice([tank, tank // 3]), tank, chance.choice([3, 10, 30]))
    options = RouteOptions(refuel_duration=chance.choice([0, 1, 5, 30]) * NANOS_PER_SECOND)
    options = replace(options, departure_overhead=chance.choice([0, NANOS_PER_SECOND // 2]))
    return TourProblem(graph, ship, options, 0, tuple(range(1, stops + 1)), chance.random() < 0.5)


def _every_way(prepared: PreparedGraph, problem: TourProblem) -> TourModel:
    flight = flight_of(problem.ship, problem.options)
    stretches = Stretches(prepared, flight, through=True)
    return TourModel(prepared, flight, (0, *problem.distinct_stops), stretches, exact=True)


@pytest.mark.parametrize("seed", range(40))
def test_every_order_is_flown_as_fast_as_with_all_stretches(seed: int) -> None:
    problem = _tour(seed)
    prepared = prepare(problem.graph)
    task, every = TourTask.of(prepared, problem, lambda: False), _every_way(prepared, problem)
    assert task.model.exact
    assert len(task.model.tables.to_nodes.rows) <= len(every.tables.to_nodes.rows)
    chance = random.Random(seed)

    for _ in range(20):
        sequence = task.sequence([0, *chance.sample(range(1, 8), 7)])
        fastest = cost_of(every.tables, sequence, problem.ship.fuel)
        assert cost_of(task.model.tables, sequence, problem.ship.fuel) == fastest


@pytest.mark.parametrize("seed", range(10))
def test_least_times_are_those_of_the_planners_routes(seed: int) -> None:
    problem = _tour(seed)
    prepared, flight = prepare(problem.graph), flight_of(problem.ship, problem.options)
    places = prepared.stations.tolist()

    times = UsefulStretches(prepared, flight, places).least_times()

    times[times < NEVER] *= NANOS_PER_SECOND // flight.second
    for number, place in enumerate(places):
        planned = travel_times_from(prepared, problem.ship, problem.options, place)
        assert (times[number] == planned[places]).all()
