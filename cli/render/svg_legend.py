"""The legend: what line styles and marks mean. Only what the chart shows is explained."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from cli.render.svg_chart import Chart
from cli.render.svg_elements import Box, Point, element, text
from cli.render.svg_marks import (
    INK,
    PALE,
    fuel_dot,
    passed_mark,
    plain_dot,
    refuel_mark,
    start_mark,
    stop_mark,
)
from cli.render.svg_tracks import MODES, sample_line

_ROW = 25.0
_SIZE = 11.5
_LINE = 46.0
_COLUMNS = 2
_NOTE = "Rings: distance from the centre; drawn by its square root."

Sample = tuple[Callable[[Point], str], str]


def legend_height(chart: Chart) -> float:
    rows = -(-len(_samples(chart)) // _COLUMNS)
    return rows * _ROW + 46.0


def draw_legend(chart: Chart, area: Box) -> Iterator[str]:
    """At the top of `area`."""
    yield element("line", x1=area.left, y1=area.top, x2=area.right, y2=area.top, stroke="#d5d9de", stroke_width=1)
    width = (area.right - area.left) / _COLUMNS
    samples = _samples(chart)
    rows = -(-len(samples) // _COLUMNS)
    for number, (draw, meaning) in enumerate(samples):
        at = Point(area.left + number // rows * width, area.top + 22 + number % rows * _ROW)
        yield draw(at)
        yield text(meaning, Point(at.x + _LINE + 10, at.y + _SIZE * 0.36), _SIZE, fill=INK)
    yield text(_NOTE, Point(area.left, area.top + rows * _ROW + 28), 10.5, fill=PALE)


def _samples(chart: Chart) -> Sequence[Sample]:
    return [*_lines(chart), *_marks(chart)]


def _lines(chart: Chart) -> Iterator[Sample]:
    flown = {leg.mode for track in chart.tracks for leg in track.legs}
    for mode in [*(mode for mode in MODES if mode in flown), *sorted(flown.difference(MODES))]:
        yield (partial(_line, mode), mode)


def _marks(chart: Chart) -> Iterator[Sample]:
    stops = {stop.waypoint for track in chart.tracks for stop in track.stops}
    refuels = {waypoint for track in chart.tracks for waypoint in track.refuels}
    starts = {track.origin for track in chart.tracks}
    if starts:
        yield (lambda at: start_mark(_middle(at)), "start")
    if stops:
        yield (lambda at: stop_mark(_middle(at), "1", INK), "stop, in order")
    if refuels:
        yield (lambda at: refuel_mark(_middle(at), INK), "refuels here")
    if chart.touched - stops - refuels - starts:
        yield (lambda at: passed_mark(_middle(at), INK), "passed")
    if any(place.sells_fuel for place in chart.places):
        yield (lambda at: fuel_dot(_middle(at)), "sells fuel")
    if not all(place.sells_fuel for place in chart.places):
        yield (lambda at: plain_dot(_middle(at)), "no fuel")


def _line(mode: str, at: Point) -> str:
    return sample_line(mode, at, _LINE, INK)


def _middle(at: Point) -> Point:
    return Point(at.x + _LINE / 2, at.y)
