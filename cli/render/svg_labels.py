"""Puts labels beside what they name, so that none covers another, a mark, or the edge of the map."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, cos, floor, hypot, pi, sin

from cli.render.svg_elements import Box, Point, text_height, text_width

_CELL = 8.0
_DIRECTIONS = 16
_GAPS = (3.0, 10.0, 20.0, 34.0, 52.0, 74.0, 100.0)
_FARTHER_GAPS = (130.0, 165.0, 205.0, 250.0, 300.0)
# A label that is farther away than this from what it names is tied to it by a line.
_TIE_BEYOND = 8.0
# What one crossed line costs, in pixels of distance.
_CROSSING = 7.0
# A label that could do without its place does not take one on top of more lines than this.
_MOST_CROSSINGS = 1.0
_PADDING = 1.5


@dataclass(frozen=True)
class Wanted:
    """A label for what is drawn with that radius at `anchors`: at the first of them that has room.

    `name` is written bold, before `detail`. One that is not `needed` is left out where there is no room.
    """

    anchors: Sequence[Point]
    radius: float
    name: str
    detail: str
    size: float
    colour: str
    needed: bool = True

    @property
    def width(self) -> float:
        between = text_width(" ", self.size) if self.name and self.detail else 0.0
        return text_width(self.name, self.size, bold=True) + between + text_width(self.detail, self.size)


@dataclass(frozen=True)
class Label:
    """A label with its place. `tie` is the line to it from what it names, if that is far away."""

    wanted: Wanted
    box: Box
    tie: tuple[Point, Point] | None


class Clutter:
    """What labels had better not cover, counted in small squares: points of lines, and dots."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], float] = defaultdict(float)

    def add(self, points: Iterable[Point], weight: float) -> None:
        for point in points:
            self._cells[floor(point.x / _CELL), floor(point.y / _CELL)] += weight

    def under(self, box: Box) -> float:
        columns = range(floor(box.left / _CELL), ceil(box.right / _CELL))
        rows = range(floor(box.top / _CELL), ceil(box.bottom / _CELL))
        return sum(self._cells.get((column, row), 0.0) for column in columns for row in rows)


def place_labels(wanted: Sequence[Wanted], taken: Sequence[Box], clutter: Clutter, area: Box) -> list[Label]:
    """Needed labels first, then the others in the order given. `taken` boxes stay free, and so does what is outside.

    A needed label without any free place gets the one where it covers least.
    """
    occupied = list(taken)
    placed: list[Label] = []
    for label in sorted(wanted, key=lambda label: not label.needed):
        found = _best_place(label, occupied, clutter, area)
        if found is not None:
            occupied.append(found.box.grown(_PADDING))
            placed.append(found)
    return placed


def _best_place(wanted: Wanted, occupied: Sequence[Box], clutter: Clutter, area: Box) -> Label | None:
    for anchor in wanted.anchors:
        best, lowest = None, float("inf")
        for gap, box in _candidates(wanted, anchor, _GAPS if wanted.needed else _GAPS[:2]):
            if gap >= lowest:
                break
            crossed = clutter.under(box)
            cost = gap + _CROSSING * crossed
            if crossed > _MOST_CROSSINGS and not wanted.needed:
                continue
            if cost < lowest and area.contains(box) and not any(box.overlap(other) for other in occupied):
                best, lowest = _label(wanted, anchor, box), cost
        if best is not None:
            return best
    return _least_bad_place(wanted, occupied, area) if wanted.needed else None


def _least_bad_place(wanted: Wanted, occupied: Sequence[Box], area: Box) -> Label | None:
    anchor = wanted.anchors[0]
    boxes = [box for _, box in _candidates(wanted, anchor, _GAPS + _FARTHER_GAPS) if area.contains(box)]
    least = min(boxes, key=lambda box: sum(box.overlap(other) for other in occupied), default=None)
    return _label(wanted, anchor, least) if least else None


def _candidates(wanted: Wanted, anchor: Point, gaps: Sequence[float]) -> Iterator[tuple[float, Box]]:
    """Boxes around what is named, the nearest first; to the right and left before above and below."""
    width, height = wanted.width, text_height(wanted.size)
    turns = sorted(range(_DIRECTIONS), key=lambda turn: (abs(sin(2 * pi * turn / _DIRECTIONS)), turn))
    for gap in gaps:
        for turn in turns:
            across, down = cos(2 * pi * turn / _DIRECTIONS), sin(2 * pi * turn / _DIRECTIONS)
            reach = wanted.radius + gap
            left = anchor.x + across * reach - width * (1 - across) / 2
            top = anchor.y + down * reach - height * (1 - down) / 2
            yield gap, Box(left, top, left + width, top + height)


def _label(wanted: Wanted, anchor: Point, box: Box) -> Label:
    nearest = Point(min(max(anchor.x, box.left), box.right), min(max(anchor.y, box.top), box.bottom))
    distance = hypot(nearest.x - anchor.x, nearest.y - anchor.y) - wanted.radius
    tie = (_towards(anchor, nearest, wanted.radius), nearest) if distance > _TIE_BEYOND else None
    return Label(wanted, box, tie)


def _towards(start: Point, end: Point, distance: float) -> Point:
    length = hypot(end.x - start.x, end.y - start.y)
    return Point(start.x + (end.x - start.x) / length * distance, start.y + (end.y - start.y) / length * distance)
