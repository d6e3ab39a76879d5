"""Where waypoints are drawn: directions kept, orbitals fanned out, marks apart, all on the page."""

from math import atan2, hypot, pi
from time import process_time

import pytest

from cli.render.svg_chart import Place
from cli.render.svg_elements import Box, Point
from cli.render.svg_layout import MARK_RADIUS, lay_out
from tests.fakes.cli_tours import real_graph

AREA = Box(0.0, 0.0, 800.0, 800.0)
CENTRE = Point(400.0, 400.0)


def real_places(name: str = "X1-VB74") -> list[Place]:
    return [Place(w.symbol, w.x, w.y, w.sells_fuel) for w in real_graph(name).waypoints]


def test_north_is_up_and_directions_are_kept() -> None:
    places = [Place("N", 0, 100, False), Place("E", 100, 0, False), Place("SW", -50, -50, False)]

    at = lay_out(places, (), AREA).at

    assert at["N"] == pytest.approx((400.0, 0.0))
    assert at["E"] == pytest.approx((800.0, 400.0))
    assert atan2(at["SW"].y - 400, at["SW"].x - 400) == pytest.approx(pi * 3 / 4)


def test_distances_from_the_centre_are_drawn_by_their_square_roots() -> None:
    places = [Place("NEAR", 25, 0, False), Place("FAR", -400, 0, False)]

    layout = lay_out(places, (), AREA)

    assert layout.at["NEAR"] == pytest.approx((500.0, 400.0))
    assert [(ring.distance, round(ring.radius)) for ring in layout.rings] == [
        (25, 100), (50, 141), (100, 200), (200, 283), (400, 400),
    ]  # fmt: skip


def test_orbitals_of_one_place_are_fanned_out_around_it() -> None:
    places = [Place(f"A{number}", 60, 0, True) for number in range(4)] + [Place("B", -100, 0, False)]

    layout = lay_out(places, ["A0", "A1", "A2", "A3"], AREA)

    [(middle, _)] = layout.clusters
    drawn = [layout.at[f"A{number}"] for number in range(4)]
    apart = [hypot(a.x - b.x, a.y - b.y) for a in drawn for b in drawn if a is not b]
    assert min(apart) >= 2 * MARK_RADIUS
    assert {round(hypot(p.x - middle.x, p.y - middle.y), 6) for p in drawn} == {
        round(hypot(drawn[0].x - middle.x, drawn[0].y - middle.y), 6)
    }


@pytest.mark.parametrize("name", ["X1-VB74", "X1-AD75", "X1-NC38"])
def test_marks_of_a_real_system_do_not_touch_even_if_every_fuel_seller_has_one(name: str) -> None:
    places = real_places(name)
    marked = [place.symbol for place in places if place.sells_fuel or place.symbol.endswith("5")]

    at = lay_out(places, marked, AREA).at

    apart = [hypot(at[a].x - at[b].x, at[a].y - at[b].y) for a in marked for b in marked if a < b]
    assert min(apart, default=99.0) >= 2 * MARK_RADIUS
    assert all(0 <= point.x <= 800 and 0 <= point.y <= 800 for point in map(at.__getitem__, marked))


@pytest.mark.parametrize("place", [(0, 0), (7, -3)])
def test_a_system_of_one_waypoint_has_it_in_the_middle(place: tuple[int, int]) -> None:
    at = lay_out([Place("ONLY", *place, True)], ["ONLY"], AREA).at

    assert at["ONLY"] == CENTRE


def test_a_map_without_waypoints_is_empty() -> None:
    assert lay_out([], (), AREA).at == {}


def test_two_thousand_waypoints_and_two_hundred_marks_take_a_moment() -> None:
    places = [Place(f"P{n}", n * 7_919 % 2_003 - 1_001, n * 104_729 % 1_999 - 999, n % 3 == 0) for n in range(2_000)]
    started = process_time()

    lay_out(places, {f"P{n}" for n in range(0, 2_000, 10)}, AREA)

    assert process_time() - started < 5
