"""What stands at a waypoint: a dot, or the mark of a start, a stop, a refuel stop or a place passed on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cli.render.svg_chart import Chart, Place
from cli.render.svg_elements import Point, element, points, text, tooltip
from cli.render.svg_layout import DOT_RADIUS, MARK_RADIUS

INK, PALE, PAPER = "#222222", "#8a8f98", "#ffffff"
FUEL = "#3d6b4f"
# Okabe and Ito's colours, without the yellow that white paper swallows; then darker ones, then lighter ones.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a4a00", "#56b4e9", "#e69f00", "#555555")
_SHADES = ((0, 0.0), (0, 0.45), (255, 0.4))
_DIAMOND = MARK_RADIUS + 5.0
_PASSED_RADIUS = 5.0


def ship_colour(number: int) -> str:
    """Of the `number`-th ship, from 0. Ships far apart in a large fleet share one."""
    towards, share = _SHADES[number // len(_COLOURS) % len(_SHADES)]
    channels = (
        round(channel * (1 - share) + towards * share) for channel in _channels(_COLOURS[number % len(_COLOURS)])
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def ink_on(colour: str) -> str:
    """Black or white, whichever can be read on it."""
    red, green, blue = _channels(colour)
    return PAPER if 0.299 * red + 0.587 * green + 0.114 * blue < 150 else INK


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@dataclass(frozen=True)
class Mark:
    """What the tracks make of a waypoint. `stop` is the number in its ship's visit order, None where nobody stops.

    `fuel_added` is the sum of all its `refuels`.
    """

    symbol: str
    colour: str
    stop: int | None = None
    after: float = 0.0
    fuel_added: int = 0
    refuels: int = 0
    starts: int = 0

    @property
    def radius(self) -> float:
        """What lines keep clear of."""
        if self.refuels:
            return _DIAMOND - 1.0
        return MARK_RADIUS + 1.5 if self.stop is not None or self.starts else _PASSED_RADIUS + 1.0


def marks_of(chart: Chart) -> dict[str, Mark]:
    """By waypoint. What several ships do at one place has no ship's colour."""
    marks: dict[str, Mark] = {}
    stops = {
        stop.waypoint: (stop, ship_colour(number)) for number, track in enumerate(chart.tracks) for stop in track.stops
    }
    for symbol in sorted(chart.touched):
        users = [n for n, track in enumerate(chart.tracks) if symbol in track.refuels or track.origin == symbol]
        passing = [n for n, track in enumerate(chart.tracks) if any(leg.target == symbol for leg in track.legs)]
        stop, colour = stops.get(symbol, (None, INK))
        if stop is None and len(set(users + passing)) == 1:
            colour = ship_colour((users + passing)[0])
        refuelling = [fuel for track in chart.tracks for fuel in track.refuels.get(symbol, ())]
        marks[symbol] = Mark(
            symbol,
            colour,
            stop=stop.number if stop else None,
            after=stop.after if stop else 0.0,
            fuel_added=sum(refuelling),
            refuels=len(refuelling),
            starts=sum(track.origin == symbol for track in chart.tracks),
        )
    return marks


def dot(place: Place, at: Point) -> str:
    """A waypoint that no track touches: filled and square where fuel is sold, a hollow circle where not."""
    title = tooltip(place.symbol + (" sells fuel" if place.sells_fuel else ""))
    if place.sells_fuel:
        return fuel_dot(at, title)
    return plain_dot(at, title)


def fuel_dot(at: Point, title: str = "") -> str:
    side = 2 * DOT_RADIUS
    return element(
        "rect", title, x=at.x - DOT_RADIUS, y=at.y - DOT_RADIUS, width=side, height=side, fill=FUEL, class_="fuel"
    )


def plain_dot(at: Point, title: str = "") -> str:
    return element("circle", title, cx=at.x, cy=at.y, r=2.2, fill=PAPER, stroke=PALE, stroke_width=1)


def mark_markup(mark: Mark, at: Point) -> str:
    """Diamond: refuels here. Square: starts here. Disc: a stop, by its number in the visit order. They may combine."""
    parts = [tooltip(mark.symbol)]
    if mark.refuels:
        parts.append(refuel_mark(at, mark.colour))
    if mark.starts:
        parts.append(start_mark(at, lettered=mark.stop is None))
    if mark.stop is not None:
        parts.append(stop_mark(at, str(mark.stop), mark.colour))
    elif mark.refuels and not mark.starts:
        parts.append(_letters("+", at, 17, mark.colour))
    elif not mark.starts:
        parts.append(passed_mark(at, mark.colour))
    return element("g", "".join(parts), class_="mark")


def refuel_mark(at: Point, colour: str) -> str:
    corners = [(0, -_DIAMOND), (_DIAMOND, 0), (0, _DIAMOND), (-_DIAMOND, 0)]
    return element(
        "polygon",
        points=points(*(Point(at.x + across, at.y + down) for across, down in corners)),
        fill=PAPER,
        stroke=colour,
        stroke_width=2.2,
        class_="refuel",
    )


def start_mark(at: Point, *, lettered: bool = True) -> str:
    side = 2 * MARK_RADIUS
    frame = element(
        "rect",
        x=at.x - MARK_RADIUS,
        y=at.y - MARK_RADIUS,
        width=side,
        height=side,
        rx=3,
        fill=PAPER,
        stroke=INK,
        stroke_width=2.2,
        class_="start",
    )
    return frame + (_letters("S", at, 12, INK) if lettered else "")


def stop_mark(at: Point, number: str, colour: str) -> str:
    disc = element(
        "circle", cx=at.x, cy=at.y, r=MARK_RADIUS, fill=colour, stroke=PAPER, stroke_width=1.2, class_="stop"
    )
    return disc + _letters(number, at, 11.5 if len(number) < 3 else 9, ink_on(colour))


def passed_mark(at: Point, colour: str) -> str:
    return element("circle", cx=at.x, cy=at.y, r=_PASSED_RADIUS, fill=PAPER, stroke=colour, stroke_width=2)


def _letters(content: str, at: Point, size: float, colour: str) -> str:
    return text(content, Point(at.x, at.y + size * 0.36), size, fill=colour, bold=True, anchor="middle")


def radii(marks: Mapping[str, Mark]) -> dict[str, float]:
    return {symbol: mark.radius for symbol, mark in marks.items()}


def colours_of(chart: Chart) -> Sequence[str]:
    return [ship_colour(number) for number in range(len(chart.tracks))]
