"""The column beside the map: a ship's legs with their times, or each ship of a fleet with its stops."""

from collections.abc import Iterator, Sequence

from cli.render.svg_chart import Chart, Leg, Track
from cli.render.svg_elements import Box, Point, clipped, element, text, text_width
from cli.render.svg_layout import MARK_RADIUS
from cli.render.svg_marks import INK, PALE, passed_mark, refuel_mark, ship_colour, stop_mark
from cli.render.text import counted, duration_text, short_duration_text, short_name

_SIZE, _SMALL = 12.0, 10.5
_TALLEST_ROW, _LOWEST_ROW = 25.0, 13.5
_HEAD = 24.0
_NAME_AT, _MODE_AT, _FUEL_END, _LEG_END = 32.0, 84.0, 182.0, 248.0
# Of the largest badge, a refuel stop that is also a stop.
_BADGE_HEIGHT = 29.0
# Below this, a badge's number cannot be read, and is written without the badge.
_SMALLEST_SCALE = 0.65
_GAP = 10.0


def draw_panel(chart: Chart, area: Box) -> Iterator[str]:
    if len(chart.tracks) == 1:
        yield from _single(chart.tracks[0], area)
    else:
        yield from _fleet(chart.tracks, area)


def _single(track: Track, area: Box) -> Iterator[str]:
    """One row for each leg, before them one for a stop where the ship is already.

    Where they do not fit, one for each stop; where those do not, as many as fit.
    """
    room = area.bottom - area.top - 2 * _HEAD
    fitting = int(room / _LOWEST_ROW) - 2
    begins_at_stop = any(stop.waypoint == track.origin and stop.after == 0.0 for stop in track.stops)
    legs = [*([Leg(track.origin, track.origin, "", 0.0, 0.0)] if begins_at_stop else []), *track.legs]
    if len(legs) > fitting:
        stops = {stop.waypoint: stop.after for stop in track.stops}
        legs = [leg for leg in legs if stops.get(leg.target) == leg.after]
    shown = legs if len(legs) <= fitting else legs[:fitting]
    height = min(_TALLEST_ROW, room / (len(shown) + 2))
    yield _heading(area)
    for number, leg in enumerate(shown):
        middle = Point(area.left, area.top + _HEAD + (number + 0.5) * height)
        yield from _leg_row(track, leg, middle, area.right, min(0.9, height / _BADGE_HEIGHT))
    y = area.top + _HEAD + (len(shown) + 0.7) * height
    if len(shown) < len(legs):
        yield text(f"… and {len(legs) - len(shown)} more", Point(area.left + _NAME_AT, y), _SMALL, fill=PALE)
        y += height
    yield text("total", Point(area.left + _NAME_AT, y), _SIZE, fill=INK, bold=True)
    yield text(duration_text(track.seconds), Point(area.right, y), _SIZE, fill=INK, bold=True, anchor="end")


def _heading(area: Box) -> str:
    y = area.top + 10
    return "".join(
        (
            text("to", Point(area.left + _NAME_AT, y), _SMALL, fill=PALE),
            text("fuel", Point(area.left + _FUEL_END, y), _SMALL, fill=PALE, anchor="end"),
            text("flight", Point(area.left + _LEG_END, y), _SMALL, fill=PALE, anchor="end"),
            text("after", Point(area.right, y), _SMALL, fill=PALE, anchor="end"),
        )
    )


def _leg_row(track: Track, leg: Leg, middle: Point, right: float, scale: float) -> Iterator[str]:
    y = middle.y + _SIZE * 0.36
    number = next((s.number for s in track.stops if s.waypoint == leg.target and s.after == leg.after), None)
    place = f"translate({middle.x + MARK_RADIUS + 4:.1f} {middle.y:.1f}) scale({scale:.2f})"
    if scale >= _SMALLEST_SCALE:
        yield element("g", _badge(leg, number), transform=place)
    elif number is not None:
        right_of_badge = Point(middle.x + _NAME_AT - 8, y)
        yield text(str(number), right_of_badge, _SIZE, fill=ship_colour(0), bold=True, anchor="end")
    name = clipped(short_name(leg.target), _MODE_AT - _NAME_AT - 4, _SIZE, bold=True)
    yield text(name, Point(middle.x + _NAME_AT, y), _SIZE, fill=INK, bold=number is not None)
    yield text(leg.mode, Point(middle.x + _MODE_AT, y), _SMALL, fill=PALE)
    if leg.fuel_added:
        yield text(f"+{leg.fuel_added}", Point(middle.x + _FUEL_END, y), _SIZE, fill=INK, anchor="end")
    yield text(short_duration_text(leg.seconds), Point(middle.x + _LEG_END, y), _SIZE, fill=INK, anchor="end")
    yield text(short_duration_text(leg.after), Point(right, y), _SIZE, fill=INK, anchor="end")


def _badge(leg: Leg, number: int | None) -> str:
    colour, here = ship_colour(0), Point(0.0, 0.0)
    diamond = refuel_mark(here, colour) if leg.fuel_added else ""
    if number is not None:
        return diamond + stop_mark(here, str(number), colour)
    return diamond or passed_mark(here, colour)


def _fleet(tracks: Sequence[Track], area: Box) -> Iterator[str]:
    """Each ship with its stops, in rows; where they do not fit, the ships alone; where those do not, as many as fit."""
    width = area.right - area.left
    rows = [_packed(track, width) for track in tracks]
    spacing = 20.0
    if sum(_HEAD + len(packed) * spacing + _GAP for packed in rows) > area.bottom - area.top:
        rows = [[] for _ in tracks]
    y = area.top
    for number, (track, packed) in enumerate(zip(tracks, rows, strict=True)):
        if y + _HEAD > area.bottom - _HEAD and number < len(tracks) - 1:
            yield text(
                f"… and {counted(len(tracks) - number, 'more ship')}", Point(area.left, y + 14), _SIZE, fill=PALE
            )
            return
        yield from _ship_row(track, number, Point(area.left, y), area.right)
        y += _HEAD
        for row in packed:
            for left, stop_number, words in row:
                yield stop_mark(Point(area.left + left + 9, y + 8), str(stop_number), ship_colour(number))
                yield text(words, Point(area.left + left + 22, y + 12), _SMALL, fill=INK)
            y += spacing
        y += _GAP if packed else 0.0


def _ship_row(track: Track, number: int, at: Point, right: float) -> Iterator[str]:
    colour = ship_colour(number)
    yield element("rect", x=at.x, y=at.y + 2, width=18, height=12, rx=2, fill=colour)
    summary = f"{counted(len(track.stops), 'stop')}, {track.fuel} fuel, {duration_text(track.seconds)}"
    room = right - at.x - 26 - text_width(summary, _SMALL) - _GAP
    yield text(clipped(track.ship, room, _SIZE, bold=True), Point(at.x + 26, at.y + 12), _SIZE, fill=INK, bold=True)
    yield text(summary, Point(right, at.y + 12), _SMALL, fill=INK, anchor="end")


def _packed(track: Track, width: float) -> list[list[tuple[float, int, str]]]:
    """Rows of (left edge, stop number, words), as many to a row as fit."""
    rows: list[list[tuple[float, int, str]]] = []
    left = width
    for stop in track.stops:
        words = f"{short_name(stop.waypoint)} {short_duration_text(stop.after)}"
        needed = 22 + text_width(words, _SMALL) + _GAP
        if left + needed - _GAP > width:
            rows.append([])
            left = 0.0
        rows[-1].append((left, stop.number, words))
        left += needed
    return rows
