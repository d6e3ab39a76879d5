"""Legs as curves: one line style for each flight mode, an arrow for the direction, side by side where they repeat."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import atan2, cos, hypot, pi, sin

from cli.render.svg_chart import Leg, Track
from cli.render.svg_elements import Point, element, points, tooltip

# Width, dashes. DRIFT is slow: dots. BURN is fast: a broad line. A mode newer than this command has its own dashes.
_STYLES: Mapping[str, tuple[float, str | None]] = {
    "CRUISE": (2.0, None),
    "BURN": (4.6, None),
    "DRIFT": (2.8, "0.1 6.5"),
    "STEALTH": (2.0, "9 4"),
}
_OTHER_STYLE: tuple[float, str | None] = (2.4, "2 3")
MODES = tuple(_STYLES)
_APART, _WIDEST_BUNDLE = 13.0, 90.0
_ARROW = 6.5
_ARROW_AT = 0.56
# Below this length, in pixels, there is no room for an arrow.
_SHORTEST_WITH_ARROW = 22.0
_SHORTEST_WITH_TIME = 46.0
_SAMPLE_EVERY = 6.0


@dataclass(frozen=True)
class Curve:
    """A leg from mark to mark, as a quadratic Bezier curve."""

    leg: Leg
    colour: str
    start: Point
    bend: Point
    end: Point

    def at(self, share: float) -> Point:
        """`share` 0 is the start, 1 the end."""
        a, b, c = (1 - share) ** 2, 2 * share * (1 - share), share**2
        return Point(
            a * self.start.x + b * self.bend.x + c * self.end.x, a * self.start.y + b * self.bend.y + c * self.end.y
        )

    @property
    def length(self) -> float:
        return hypot(self.end.x - self.start.x, self.end.y - self.start.y)

    @property
    def has_room_for_time(self) -> bool:
        return self.length >= _SHORTEST_WITH_TIME

    def samples(self) -> Iterator[Point]:
        count = max(int(self.length / _SAMPLE_EVERY), 1)
        return (self.at(number / count) for number in range(count + 1))


def curves(
    tracks: Sequence[Track], at: Mapping[str, Point], radius: Mapping[str, float], colours: Sequence[str]
) -> list[Curve]:
    """All legs between the marks, whose `radius` is kept clear. Legs between the same two places do not coincide.

    A leg to or from a place that is not on the map is left out.
    """
    legs = [
        (leg, colour)
        for track, colour in zip(tracks, colours, strict=True)
        for leg in track.legs
        if leg.origin in at and leg.target in at
    ]
    together = Counter(frozenset((leg.origin, leg.target)) for leg, _ in legs)
    seen: dict[frozenset[str], int] = defaultdict(int)
    drawn = []
    for leg, colour in legs:
        pair = frozenset((leg.origin, leg.target))
        bow = (seen[pair] - (together[pair] - 1) / 2) * min(_APART, _WIDEST_BUNDLE / together[pair])
        seen[pair] += 1
        # Measured from the same end for both directions, or there and back would bow to the same side.
        if leg.origin > leg.target:
            bow = -bow
        drawn.append(_curve(leg, colour, at, radius, bow))
    return drawn


def curve_markup(curve: Curve) -> str:
    """The line on a white bed, which keeps crossings apart."""
    width, dashes = _STYLES.get(curve.leg.mode, _OTHER_STYLE)
    path = _path(curve)
    bed = element("path", d=path, fill="none", stroke="#ffffff", stroke_width=width + 3, stroke_opacity=0.85)
    line = element(
        "path",
        tooltip(curve.leg.mode),
        d=path,
        fill="none",
        stroke=curve.colour,
        stroke_width=width,
        stroke_dasharray=dashes,
        stroke_linecap="round" if curve.leg.mode == "DRIFT" else "butt",
        class_=f"leg {curve.leg.mode}",
    )
    return bed + line + (_arrow(curve, width) if curve.length >= _SHORTEST_WITH_ARROW else "")


def sample_line(mode: str, start: Point, length: float, colour: str) -> str:
    """A piece of a line of that mode, for the legend."""
    end = Point(start.x + length, start.y)
    middle = Point(start.x + length / 2, start.y)
    return curve_markup(Curve(Leg("", "", mode, 0.0, 0.0), colour, start, middle, end))


def _curve(leg: Leg, colour: str, at: Mapping[str, Point], radius: Mapping[str, float], bow: float) -> Curve:
    start, end = at[leg.origin], at[leg.target]
    length = hypot(end.x - start.x, end.y - start.y) or 1.0
    across, down = (end.x - start.x) / length, (end.y - start.y) / length
    # A quadratic curve comes half as far to the side as its control point.
    middle = Point((start.x + end.x) / 2 - down * bow * 2, (start.y + end.y) / 2 + across * bow * 2)
    before, behind = radius.get(leg.origin, 0.0), radius.get(leg.target, 0.0)
    if before + behind < length:
        start, end = _towards(start, middle, before), _towards(end, middle, behind)
    return Curve(leg, colour, start, middle, end)


def _towards(start: Point, end: Point, distance: float) -> Point:
    length = hypot(end.x - start.x, end.y - start.y) or 1.0
    return Point(start.x + (end.x - start.x) / length * distance, start.y + (end.y - start.y) / length * distance)


def _path(curve: Curve) -> str:
    start, bend, end = points(curve.start), points(curve.bend), points(curve.end)
    return f"M{start} Q{bend} {end}"


def _arrow(curve: Curve, width: float) -> str:
    tip, tail = curve.at(_ARROW_AT), curve.at(_ARROW_AT - 0.04)
    heading = atan2(tip.y - tail.y, tip.x - tail.x)
    size = _ARROW + width / 2
    corners = [
        Point(tip.x + size * 1.25 * cos(heading + turn), tip.y + size * 1.25 * sin(heading + turn))
        for turn in (0.0, pi * 0.78, -pi * 0.78)
    ]
    return element("polygon", points=points(*corners), fill=curve.colour)
