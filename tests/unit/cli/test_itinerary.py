"""When a route gets to its stops: in their order, with the overheads, and also where it passes a place twice."""

import pytest

from cli.itinerary import Itinerary
from cli.wishes import RouteWishes
from protos.navigation.v1.navigation_pb2 import Ship
from tests.fakes.cli_tours import tour_route

SHIP = Ship(ship_symbol="ASTRA-1", waypoint_symbol="A")


def visits(path: str, stops: str) -> list[tuple[str, float]]:
    itinerary = Itinerary.of(tour_route(SHIP, list(path)), list(stops), RouteWishes())
    return [(visit.waypoint, visit.seconds) for visit in itinerary.visits]


@pytest.mark.parametrize(
    ("path", "stops", "expected"),
    [
        ("BCD", "BD", [("B", 100.0), ("D", 300.0)]),
        ("BCB", "CB", [("C", 200.0), ("B", 300.0)]),
        ("BCB", "BC", [("B", 100.0), ("C", 200.0)]),
        ("BAC", "AC", [("A", 0.0), ("C", 300.0)]),
        ("BAC", "BA", [("B", 100.0), ("A", 200.0)]),
        ("BC", "CB", [("B", 100.0), ("C", 200.0)]),
        ("BC", "BX", [("B", 100.0)]),
        ("", "A", [("A", 0.0)]),
        ("", "", []),
    ],
)
def test_a_stop_is_visited_when_its_turn_comes(path: str, stops: str, expected: list[tuple[str, float]]) -> None:
    assert visits(path, stops) == expected


def test_overheads_count_for_every_leg_and_every_refuel() -> None:
    route = tour_route(SHIP, ["B", "C"], refuel_at=["B"])

    itinerary = Itinerary.of(route, ["B", "C"], RouteWishes(refuel_seconds=7, departure_seconds=2))

    assert list(itinerary.after) == [102.0, 109.0, 211.0]
    assert [visit.seconds for visit in itinerary.visits] == [102.0, 211.0]
