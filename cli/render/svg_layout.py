"""Where the waypoints of a system are on the page.

Directions from the centre are kept; distances are drawn as their square roots. A system has most of its markets
within a tenth of its radius: to scale, they would be one blot. Waypoints at one place are fanned out around it, and
marked places are pushed apart until their marks do not touch.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import cos, floor, hypot, pi, sin, sqrt

from cli.render.svg_chart import Place
from cli.render.svg_elements import Box, Point

MARK_RADIUS = 9.5
DOT_RADIUS = 3.0
_BETWEEN_MARKS = 2 * MARK_RADIUS + 7.0
_BETWEEN_DOTS = 8.0
_ROUNDS = 60
_RING_DISTANCES = (10, 25, 50, 100, 200, 400, 800, 1_600, 3_200, 10_000, 100_000, 1_000_000)
_SMALLEST_RING = 70.0


@dataclass(frozen=True)
class Ring:
    """All points of the page that are `distance` units from the system's centre."""

    distance: int
    radius: float


@dataclass(frozen=True)
class Layout:
    """`at` has every waypoint; `clusters` are the places that more than one waypoint shares, with their radius."""

    centre: Point
    rings: Sequence[Ring]
    at: Mapping[str, Point]
    clusters: Sequence[tuple[Point, float]]


@dataclass
class _Cluster:
    """The waypoints of one place. `ring`: how far from its middle they are drawn."""

    members: Sequence[Place]
    middle: Point
    ring: float
    marked: bool

    @property
    def reach(self) -> float:
        return self.ring + (MARK_RADIUS + 1.0 if self.marked else DOT_RADIUS)

    def members_at(self) -> Iterator[tuple[str, Point]]:
        for number, place in enumerate(self.members):
            angle = 2 * pi * number / len(self.members) - pi / 2
            yield place.symbol, Point(self.middle.x + self.ring * cos(angle), self.middle.y + self.ring * sin(angle))


def lay_out(places: Sequence[Place], marked: Collection[str], area: Box) -> Layout:
    """Everything lies within `area`. North (y upwards in the game) is at the top."""
    centre = Point((area.left + area.right) / 2, (area.top + area.bottom) / 2)
    room = min(area.right - area.left, area.bottom - area.top) / 2
    middle_x, middle_y = _middle(places)
    farthest = max((hypot(p.x - middle_x, p.y - middle_y) for p in places), default=0.0) or 1.0
    by_place: dict[tuple[int, int], list[Place]] = defaultdict(list)
    for place in sorted(places, key=lambda place: (len(place.symbol), place.symbol)):
        by_place[place.x, place.y].append(place)
    clusters = []
    for (x, y), members in by_place.items():
        distance = hypot(x - middle_x, y - middle_y)
        stretch = room * sqrt(distance / farthest) / distance if distance else 0.0
        on_page = Point(centre.x + (x - middle_x) * stretch, centre.y - (y - middle_y) * stretch)
        clusters.append(_cluster(members, on_page, marked))
    _push_apart(clusters, area)
    return Layout(
        centre,
        [Ring(d, room * sqrt(d / farthest)) for d in _RING_DISTANCES if _is_worth_a_ring(d, farthest, room)],
        {symbol: point for cluster in clusters for symbol, point in cluster.members_at()},
        [(cluster.middle, cluster.reach) for cluster in clusters if len(cluster.members) > 1],
    )


def _middle(places: Sequence[Place]) -> tuple[float, float]:
    """The star, which the game puts at the origin; the middle of the map where the origin is outside of it."""
    if not places:
        return 0.0, 0.0
    left, right = min(p.x for p in places), max(p.x for p in places)
    low, high = min(p.y for p in places), max(p.y for p in places)
    if left <= 0 <= right and low <= 0 <= high:
        return 0.0, 0.0
    return (left + right) / 2, (low + high) / 2


def _is_worth_a_ring(distance: float, farthest: float, room: float) -> bool:
    return distance <= farthest * 1.05 and room * sqrt(distance / farthest) >= _SMALLEST_RING


def _cluster(members: Sequence[Place], middle: Point, marked: Collection[str]) -> _Cluster:
    marks = sum(place.symbol in marked for place in members)
    if len(members) == 1:
        return _Cluster(members, middle, 0.0, marks > 0)
    apart = (_BETWEEN_DOTS, MARK_RADIUS + DOT_RADIUS + 2.0)[marks] if marks < 2 else _BETWEEN_MARKS
    return _Cluster(members, middle, apart / (2 * sin(pi / len(members))), marks > 0)


def _push_apart(clusters: Sequence[_Cluster], area: Box) -> None:
    """Moves clusters, in place: two marked ones by half each, an unmarked one out of a marked one's way."""
    cell = 2 * max((cluster.reach for cluster in clusters), default=1.0)
    for _ in range(_ROUNDS):
        moved = False
        by_cell: dict[tuple[int, int], list[_Cluster]] = defaultdict(list)
        for cluster in clusters:
            by_cell[_cell(cluster.middle, cell)].append(cluster)
        for one in clusters:
            if one.marked:
                for other in _neighbours(one, by_cell, cell):
                    moved = _push(one, other, area) or moved
        if not moved:
            return


def _cell(point: Point, size: float) -> tuple[int, int]:
    return floor(point.x / size), floor(point.y / size)


def _neighbours(
    one: _Cluster, by_cell: Mapping[tuple[int, int], Sequence[_Cluster]], cell: float
) -> Iterator[_Cluster]:
    """All that may touch it: what touches is no farther away than a cell is wide."""
    column, row = _cell(one.middle, cell)
    for across in (-1, 0, 1):
        for down in (-1, 0, 1):
            yield from (other for other in by_cell.get((column + across, row + down), ()) if other is not one)


def _push(one: _Cluster, other: _Cluster, area: Box) -> bool:
    apart = one.reach + other.reach
    across, down = other.middle.x - one.middle.x, other.middle.y - one.middle.y
    if abs(across) >= apart or abs(down) >= apart:
        return False
    distance = hypot(across, down)
    missing = apart - distance
    if missing <= 0.1:
        return False
    across, down = (across / distance, down / distance) if distance else (1.0, 0.0)
    share = 0.5 if other.marked else 1.0
    other.middle = _within(area, other.middle.x + across * missing * share, other.middle.y + down * missing * share)
    if other.marked:
        one.middle = _within(area, one.middle.x - across * missing * share, one.middle.y - down * missing * share)
    return True


def _within(area: Box, x: float, y: float) -> Point:
    return Point(min(max(x, area.left), area.right), min(max(y, area.top), area.bottom))
