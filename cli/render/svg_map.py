"""The map: rings of equal distance, all waypoints, the tracks, their marks, and as many names as have room."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot

from cli.render.svg_chart import Chart
from cli.render.svg_elements import Box, Point, baseline, element, text, text_height, text_width
from cli.render.svg_labels import Clutter, Label, Wanted, place_labels
from cli.render.svg_layout import DOT_RADIUS, Layout, Ring, lay_out
from cli.render.svg_marks import INK, PALE, PAPER, Mark, colours_of, dot, mark_markup, marks_of, radii
from cli.render.svg_tracks import Curve, curve_markup, curves
from cli.render.text import short_duration_text, short_name

_NAME_SIZE, _TIME_SIZE, _FAINT_SIZE, _RING_SIZE = 12.0, 10.5, 9.0, 10.0
_MARGIN = 26.0
_ANCHORS_OF_TIMES = (0.44, 0.34, 0.68, 0.24)
_FAINT = "#9aa0a8"


@dataclass(frozen=True)
class SystemMap:
    """A drawn map, and its labels as they were placed."""

    markup: str
    labels: Sequence[Label]


def draw_map(chart: Chart, area: Box) -> SystemMap:
    """Everything within `area`. Unmarked waypoints are dots."""
    layout = lay_out(chart.places, chart.touched, area.grown(-_MARGIN))
    marks = {symbol: mark for symbol, mark in marks_of(chart).items() if symbol in layout.at}
    legs = curves(chart.tracks, layout.at, radii(marks), colours_of(chart))
    labels = _labels(chart, layout, marks, legs, area)
    parts = [
        *_rings(layout),
        *(element("circle", cx=c.x, cy=c.y, r=reach + 2, fill="#eef0f3") for c, reach in layout.clusters),
        *(dot(place, layout.at[place.symbol]) for place in chart.places if place.symbol not in marks),
        *(curve_markup(curve) for curve in legs),
        *(mark_markup(mark, layout.at[symbol]) for symbol, mark in marks.items()),
        *(_label_markup(label) for label in labels),
    ]
    return SystemMap("\n".join(parts), labels)


def _labels(chart: Chart, layout: Layout, marks: Mapping[str, Mark], legs: Sequence[Curve], area: Box) -> list[Label]:
    clutter = Clutter()
    clutter.add((layout.at[place.symbol] for place in chart.places), 1.0)
    for curve in legs:
        clutter.add(curve.samples(), 1.0)
    taken = [Box.around(layout.at[symbol], mark.radius) for symbol, mark in marks.items()]
    taken += [_ring_label_box(layout.centre, ring) for ring in layout.rings]
    wanted = [_name_of(mark, layout.at[symbol]) for symbol, mark in _most_crowded_first(marks, layout)]
    wanted += [_time_of(curve) for curve in legs if curve.has_room_for_time]
    wanted += [
        Wanted((layout.at[p.symbol],), DOT_RADIUS, "", short_name(p.symbol), _FAINT_SIZE, _FAINT, needed=False)
        for p in chart.places
        if p.sells_fuel and p.symbol not in marks
    ]
    return place_labels(wanted, taken, clutter, area)


def _most_crowded_first(marks: Mapping[str, Mark], layout: Layout) -> list[tuple[str, Mark]]:
    """Where marks are close together, labels have the least choice."""

    def room(item: tuple[str, Mark]) -> float:
        here = layout.at[item[0]]
        return sum(1 / (1 + hypot(here.x - there.x, here.y - there.y)) for there in map(layout.at.__getitem__, marks))

    return sorted(marks.items(), key=room, reverse=True)


def _name_of(mark: Mark, at: Point) -> Wanted:
    details = []
    if mark.stop is not None:
        details.append(short_duration_text(mark.after))
    if mark.starts and mark.stop is None:
        details.append("start" if mark.starts == 1 else f"{mark.starts} ships start")
    if mark.refuels:
        details.append(f"+{mark.fuel_added} fuel" if mark.refuels == 1 else f"{mark.refuels} refuels")
    matters = mark.stop is not None or mark.refuels > 0 or mark.starts > 0
    return Wanted((at,), mark.radius, short_name(mark.symbol), ", ".join(details), _NAME_SIZE, INK, needed=matters)


def _time_of(curve: Curve) -> Wanted:
    anchors = [curve.at(share) for share in _ANCHORS_OF_TIMES]
    return Wanted(anchors, 1.0, "", short_duration_text(curve.leg.seconds), _TIME_SIZE, curve.colour, needed=False)


def _rings(layout: Layout) -> Iterator[str]:
    for ring in layout.rings:
        yield element(
            "circle",
            cx=layout.centre.x,
            cy=layout.centre.y,
            r=ring.radius,
            fill="none",
            stroke="#e3e6ea",
            stroke_width=1,
        )
    for ring in layout.rings:
        box = _ring_label_box(layout.centre, ring)
        yield text(
            str(ring.distance), Point(box.left, baseline(box.top, _RING_SIZE)), _RING_SIZE, fill=PALE, halo=PAPER
        )
    yield element("path", d=_star(layout.centre), stroke=PALE, stroke_width=1.2, fill="none")


def _ring_label_box(centre: Point, ring: Ring) -> Box:
    """At the top of the ring."""
    width, height = text_width(str(ring.distance), _RING_SIZE), text_height(_RING_SIZE)
    left, top = centre.x - width / 2, centre.y - ring.radius - height / 2
    return Box(left, top, left + width, top + height)


def _star(centre: Point) -> str:
    x, y = centre
    return f"M{x - 5:.1f},{y:.1f} h10 M{x:.1f},{y - 5:.1f} v10"


def _label_markup(label: Label) -> str:
    wanted = label.wanted
    tie = ""
    if label.tie:
        start, end = label.tie
        tie = element("line", x1=start.x, y1=start.y, x2=end.x, y2=end.y, stroke=PALE, stroke_width=0.8)
    at = Point(label.box.left, baseline(label.box.top, wanted.size))
    words = text(wanted.detail, at, wanted.size, fill=wanted.colour, lead=wanted.name, halo=PAPER)
    return element("g", tie + words, class_="label")
