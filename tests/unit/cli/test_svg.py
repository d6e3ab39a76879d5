"""The picture of a plan: sound XML, everything of the plan in it, nothing over anything else, on real maps."""

import random
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from cli.charts import fleet_chart, route_chart, tour_chart
from cli.render.svg import HEIGHT, MAP, WIDTH, draw
from cli.render.svg_chart import Chart, Leg, Place, Stop, Track
from cli.render.svg_labels import Label
from cli.render.svg_map import draw_map
from cli.render.svg_marks import marks_of, ship_colour
from cli.wishes import FleetWishes, RouteWishes, TourWishes
from protos.navigation.v1.navigation_service_pb2 import DispatchFleetResponse, StartTourResponse
from protos.routing.v1.routing_pb2 import Solution
from tests.fakes.cli_tours import real_graph, tour_voyage

SVG = "{http://www.w3.org/2000/svg}"
SYSTEMS = ("X1-VB74", "X1-AD75")
MODES = {"CRUISE", "BURN", "DRIFT", "STEALTH"}


def symbols(system: str) -> list[str]:
    return [waypoint.symbol for waypoint in real_graph(system).waypoints]


def sellers(system: str) -> list[str]:
    return [waypoint.symbol for waypoint in real_graph(system).waypoints if waypoint.sells_fuel]


def tour_of(system: str, stops: Sequence[str]) -> Chart:
    """A tour from the first waypoint, which refuels at every second stop."""
    voyage = tour_voyage("ASTRA-1", symbols(system)[0], stops, refuel_at=stops[::2])
    solution = Solution(status=Solution.STATUS_OPTIMAL)
    response = StartTourResponse(voyage=voyage, solution=solution)
    return tour_chart(response, TourWishes("ASTRA-1", stops), real_graph(system))


def fleet_of(system: str, ships: int, stops_each: int) -> Chart:
    """Each ship begins somewhere else, and refuels at its first stop."""
    everywhere = symbols(system)
    stops = random.Random(5).sample(everywhere[1:], ships * stops_each)
    voyages = []
    for number in range(ships):
        share = stops[number * stops_each : (number + 1) * stops_each]
        voyages.append(
            tour_voyage(f"ASTRA-{number + 1}", everywhere[number * 5 % len(everywhere)], share, refuel_at=share[:1])
        )
    response = DispatchFleetResponse(
        voyages=voyages, unreachable_stops=everywhere[-3:], idle_ship_symbols=[f"ASTRA-{ships + 1}"]
    )
    return fleet_chart(response, FleetWishes(["ASTRA-1"], stops), real_graph(system))


def texts(document: str) -> list[str]:
    written = ElementTree.fromstring(document).iter(f"{SVG}text")
    return ["".join(text.itertext()) for text in written if text.get("aria-hidden") is None]


def of_class(document: str, name: str) -> list[ElementTree.Element]:
    return [e for e in ElementTree.fromstring(document).iter() if name in e.get("class", "").split()]


def numbers_of_stops(document: str) -> list[str]:
    marks = [mark for mark in of_class(document, "mark") if mark.findall(f"{SVG}circle[@class='stop']")]
    return ["".join(mark.find(f"{SVG}text").itertext()) for mark in marks]  # type: ignore[union-attr] # it has one


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_tour_shows_every_stop_in_order_every_mode_and_every_refuel(system: str) -> None:
    stops = random.Random(1).sample(symbols(system)[1:], 20)

    document = draw(tour_of(system, stops))

    assert sorted(map(int, numbers_of_stops(document))) == list(range(1, 21))
    flown = [mode for leg in of_class(document, "leg") for mode in leg.get("class", "").split()[1:]]
    assert set(flown) == MODES
    assert set(texts(document)) >= MODES
    refuelling = [mark for mark in of_class(document, "mark") if mark.findall(f"{SVG}polygon[@class='refuel']")]
    assert len(refuelling) == 10
    for number, stop in enumerate(stops, start=1):
        name = stop.rpartition("-")[2]
        assert any(words.startswith(f"{name} {_after(number)}") for words in texts(document))


def _after(number: int) -> str:
    minutes, seconds = divmod(number * 100, 60)
    return f"{minutes}m{seconds:02d}s"


def test_the_words_say_whose_where_how_long_how_much_and_how_good() -> None:
    document = draw(tour_of("X1-VB74", symbols("X1-VB74")[1:13]))

    assert "ASTRA-1: 12 stops in X1-VB74" in texts(document)
    assert "20 min 00 s · 600 fuel · 6 refuel stops · OPTIMAL" in texts(document)


def test_a_route_is_drawn_with_its_times() -> None:
    there = symbols("X1-VB74")[40]
    route = tour_voyage("ASTRA-1", symbols("X1-VB74")[0], ["X1-VB74-B6", there], refuel_at=["X1-VB74-B6"]).route

    document = draw(route_chart("ASTRA-1", route, RouteWishes(), real_graph("X1-VB74")))

    assert f"ASTRA-1: A1 to {there.rpartition('-')[2]} in X1-VB74" in texts(document)
    assert "B6 +100 fuel" in texts(document)
    assert "3 min 20 s" in texts(document)
    assert numbers_of_stops(document) == ["1"]


def test_every_waypoint_is_there_and_fuel_sellers_can_be_told() -> None:
    document = draw(tour_of("X1-VB74", symbols("X1-VB74")[1:6]))

    titles = [title.text or "" for title in ElementTree.fromstring(document).iter(f"{SVG}title")]
    drawn = {title.removesuffix(" sells fuel") for title in titles}
    assert set(symbols("X1-VB74")) <= drawn
    fuel = {title.removesuffix(" sells fuel") for title in titles if title.endswith(" sells fuel")}
    assert fuel == set(sellers("X1-VB74")) - set(symbols("X1-VB74")[:6])


def test_a_fleet_has_a_colour_for_each_ship_and_names_what_is_left_out() -> None:
    chart = fleet_of("X1-VB74", 5, 6)

    document = draw(chart)

    colours = {leg.get("stroke") for leg in of_class(document, "leg")} - {"#222222"}
    assert colours == {ship_colour(number) for number in range(5)}
    assert len({ship_colour(number) for number in range(24)}) == 24
    assert "NOT VISITED: " + ", ".join(s.rpartition("-")[2] for s in symbols("X1-VB74")[-3:]) in texts(document)
    assert "IDLE: ASTRA-6" in texts(document)
    assert all(f"ASTRA-{number}" in texts(document) for number in range(1, 6))


def overlaps(labels: Sequence[Label]) -> float:
    boxes = [label.box for label in labels]
    return sum(one.overlap(other) for number, one in enumerate(boxes) for other in boxes[:number])


CROWDED = [
    *(pytest.param(tour_of(system, random.Random(2).sample(symbols(system)[1:], 20)), id=system) for system in SYSTEMS),
    *(pytest.param(tour_of(system, sellers(system)[1:21]), id=f"{system}-markets") for system in SYSTEMS),
    *(pytest.param(fleet_of(system, 5, 8), id=f"{system}-fleet") for system in SYSTEMS),
]


@pytest.mark.parametrize("chart", CROWDED)
def test_no_label_covers_another_label_or_a_mark_on_a_real_map(chart: Chart) -> None:
    drawn = draw_map(chart, MAP)

    named = [label for label in drawn.labels if label.wanted.name]
    assert {label.wanted.name for label in named} >= {s.rpartition("-")[2] for s in chart.touched}
    assert overlaps(drawn.labels) < 20.0
    assert all(MAP.contains(label.box) for label in drawn.labels)


@pytest.mark.parametrize("ships", [1, 12, 60])
def test_the_column_stays_above_the_legend(ships: int) -> None:
    stops = symbols("X1-VB74")[1:]
    chart = fleet_of("X1-VB74", ships, 1) if ships > 1 else tour_of("X1-VB74", stops)

    document = draw(chart)

    heights = [float(text.get("y", "0")) for text in ElementTree.fromstring(document).iter(f"{SVG}text")]
    assert max(heights) <= HEIGHT
    assert (" more" in document) == (ships != 12)


def test_a_stop_where_the_ship_is_already_is_listed_first() -> None:
    here, there = symbols("X1-VB74")[:2]
    stops = [Stop(1, here, 0.0), Stop(2, there, 60.0)]
    track = Track("ASTRA-1", here, [Leg(here, there, "CRUISE", 60.0, 60.0)], stops, {}, 60.0, 10)
    chart = replace(tour_of("X1-VB74", [there]), tracks=[track])

    listed = [words for words in texts(draw(chart)) if words in ("A1", "A2")]

    assert listed == ["A1", "A2"]


@pytest.mark.parametrize("legs", [36, 37, 39])
def test_a_long_tour_is_listed_to_its_end(legs: int) -> None:
    document = draw(tour_of("X1-VB74", symbols("X1-VB74")[1 : legs + 1]))

    assert " more" not in document


def test_text_is_never_under_its_own_outline() -> None:
    """Where `paint-order` is not known, a stroke is drawn over the letters that it belongs to."""
    document = draw(tour_of("X1-VB74", symbols("X1-VB74")[1:6]))

    written = list(ElementTree.fromstring(document).iter(f"{SVG}text"))
    outlined = [number for number, text in enumerate(written) if text.get("stroke")]

    assert outlined
    for number in outlined:
        assert written[number].get("fill") == written[number].get("stroke")
        assert "".join(written[number + 1].itertext()) == "".join(written[number].itertext())
        assert written[number + 1].get("stroke") is None


def test_equal_plans_give_equal_pictures() -> None:
    assert draw(fleet_of("X1-AD75", 4, 5)) == draw(fleet_of("X1-AD75", 4, 5))


def test_foreign_text_is_shown_and_not_obeyed() -> None:
    name = '<script>&"\x1b\ud800'
    track = Track(name, name, [Leg(name, "B", name, 1.0, 1.0)], [], {}, 1.0, 0)
    chart = Chart(name, name, [Place(name, 0, 0, True), Place("B", 1, 1, False)], [track], [name])

    document = draw(chart)

    document.encode()
    root = ElementTree.fromstring(document)
    assert root.findall(f".//{SVG}script") == []
    assert root.get("width") == str(WIDTH)


def test_a_leg_to_a_place_that_the_map_lacks_is_left_out() -> None:
    chart = tour_of("X1-VB74", ["X1-VB74-B6", "X1-VB74-NEW", "X1-VB74-B7"])

    assert len([leg for leg in of_class(draw(chart), "leg") if leg.get("stroke") == ship_colour(0)]) == 1


def test_a_ship_that_is_there_already_has_a_map_without_legs() -> None:
    chart = tour_of("X1-VB74", [])

    assert draw(replace(chart, tracks=[])) != draw(chart)
    assert marks_of(chart)[symbols("X1-VB74")[0]].starts == 1


def test_two_ships_on_one_leg_are_drawn_side_by_side() -> None:
    places = [Place("A", 0, 0, False), Place("B", 100, 0, False)]
    legs = [Leg("A", "B", "CRUISE", 1.0, 1.0), Leg("B", "A", "CRUISE", 1.0, 2.0)]
    chart = Chart("t", "s", places, [Track("S", "A", legs, [], {}, 2.0, 0), Track("T", "A", legs[:1], [], {}, 1.0, 0)])

    drawn = [leg.get("d") for leg in of_class(draw(chart), "leg") if leg.get("stroke") != "#222222"]

    assert len(set(drawn)) == 3
