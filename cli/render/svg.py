"""A plan as a picture: the system's map with the tracks, a column with the times, a legend. Pure: chart in, SVG out."""

from collections.abc import Iterator

from cli.render.svg_chart import Chart
from cli.render.svg_elements import FONT_FAMILY, Box, Point, clipped, element, text, wrapped
from cli.render.svg_legend import draw_legend, legend_height
from cli.render.svg_map import draw_map
from cli.render.svg_marks import INK, PAPER
from cli.render.svg_panel import draw_panel

WIDTH, HEIGHT = 1_200, 900
_HEAD = 70.0
MAP = Box(8.0, _HEAD, 838.0, HEIGHT - 4.0)
_COLUMN = Box(862.0, _HEAD + 14.0, WIDTH - 18.0, HEIGHT - 8.0)
_WARNING, _WARNING_SIZE = "#b00020", 12.0
_MOST_WARNING_LINES = 6


def draw(chart: Chart) -> str:
    """A complete SVG document, readable at 1200 pixels of width, on white."""
    body = "\n".join(_parts(chart))
    return element(
        "svg",
        f"\n{body}\n",
        xmlns="http://www.w3.org/2000/svg",
        width=WIDTH,
        height=HEIGHT,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        font_family=FONT_FAMILY,
        role="img",
        aria_label=chart.title,
    )


def _parts(chart: Chart) -> Iterator[str]:
    yield element("rect", width=WIDTH, height=HEIGHT, fill=PAPER)
    yield draw_map(chart, MAP).markup
    yield text(clipped(chart.title, WIDTH - 36.0, 21, bold=True), Point(18.0, 30.0), 21, fill=INK, bold=True)
    yield text(chart.subtitle, Point(18.0, 54.0), 14, fill="#4a4f57")
    top = _COLUMN.top
    for line in _warning_lines(chart):
        yield text(line, Point(_COLUMN.left, top), _WARNING_SIZE, fill=_WARNING, bold=True)
        top += 18.0
    legend_top = _COLUMN.bottom - legend_height(chart)
    yield from draw_panel(chart, Box(_COLUMN.left, top, _COLUMN.right, legend_top - 12.0))
    yield from draw_legend(chart, Box(_COLUMN.left, legend_top, _COLUMN.right, _COLUMN.bottom))


def _warning_lines(chart: Chart) -> list[str]:
    width = _COLUMN.right - _COLUMN.left
    lines = [line for warning in chart.warnings for line in wrapped(warning, width, _WARNING_SIZE, bold=True)]
    return lines if len(lines) <= _MOST_WARNING_LINES else [*lines[: _MOST_WARNING_LINES - 1], "…"]
