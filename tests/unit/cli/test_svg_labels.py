"""Labels keep clear of each other, of marks and of the edge; those that can be spared make way."""

import pytest

from cli.render.svg_elements import Box, Point, clipped, text_width, wrapped
from cli.render.svg_labels import Clutter, Wanted, place_labels

AREA = Box(0.0, 0.0, 400.0, 300.0)


def wanted(x: float, y: float, *, needed: bool = True, detail: str = "12m05s") -> Wanted:
    return Wanted((Point(x, y),), 10.0, "H51", detail, 12.0, "#000000", needed)


def test_the_place_beside_it_is_taken_first() -> None:
    [label] = place_labels([wanted(200, 150)], (), Clutter(), AREA)

    assert label.box.left == pytest.approx(213.0)
    assert label.tie is None


def test_crowded_labels_spread_out_and_are_tied_to_what_they_name() -> None:
    crowd = [wanted(200 + 3 * number, 150) for number in range(12)]
    marks = [Box.around(label.anchors[0], label.radius) for label in crowd]

    labels = place_labels(crowd, marks, Clutter(), AREA)

    boxes = [label.box for label in labels]
    assert len(labels) == 12
    assert sum(one.overlap(other) for one in boxes for other in [*boxes, *marks] if one is not other) == 0
    assert any(label.tie for label in labels)
    assert all(AREA.contains(box) for box in boxes)


def test_a_label_at_the_edge_stays_inside() -> None:
    labels = place_labels([wanted(398, 2), wanted(2, 298)], (), Clutter(), AREA)

    assert all(AREA.contains(label.box) for label in labels)


def test_what_can_be_spared_is_left_out_where_there_is_no_room() -> None:
    everywhere = [Box(0, 0, 400, 300)]

    labels = place_labels([wanted(200, 150), wanted(100, 100, needed=False)], everywhere, Clutter(), AREA)

    assert [label.wanted.needed for label in labels] == [True]


def test_lines_are_crossed_only_where_the_other_places_are_worse() -> None:
    clutter = Clutter()
    clutter.add((Point(x, 150.0) for x in range(210, 400, 6)), 1.0)

    [label] = place_labels([wanted(200, 150)], (), clutter, AREA)

    assert label.box.right <= 200 or label.box.bottom <= 150 or label.box.top >= 150


def test_texts_are_clipped_and_wrapped_to_their_room() -> None:
    assert clipped("ASTRA-1", 200, 12) == "ASTRA-1"
    short = clipped("A-VERY-LONG-SYMBOL", 60, 12)
    assert short.endswith("…")
    assert text_width(short, 12) <= 60
    lines = wrapped("NOT VISITED: A1, B2, C3, D4", 80, 12)
    assert " ".join(lines) == "NOT VISITED: A1, B2, C3, D4"
    assert all(text_width(line, 12) <= 80 for line in lines)
