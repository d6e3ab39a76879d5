"""The shortest order by floors alone, about: iterated local search (Lourenço, Martin and Stützle 2003), compiled.

Where every stop sells fuel and refuels take no time, floors are what flights cost; elsewhere it is a beginning. A
descent turns parts of the order round and moves short ones (2-opt and Or-opt, among close stops alone, and only where
something has changed: Bentley 1992). A double bridge between places that lie near each other leads on from its end
(Martin, Otto and Felten 1991).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.chance import chance_of, random_below
from routing_service.domain.compiled import borrowing
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_ways import FAR

_CLOSEST, _LEAST_STOPS = 8, 3
# The longest part of the order that a descent moves.
_MOVED = 3
# The longest part that a double bridge moves; one in so many moves any, as whole clusters have to be.
_BRIDGED, _FAR_OFF = 10, 10
# The temperature at which a longer order is gone on from, as a part of the mean from stop to stop.
_WARM = 0.3
# Steps between two looks at the clock.
_AT_ONCE = 500


class _Tour(NamedTuple):
    """`sequence` ends at a node of its own, if it ends anywhere or at the origin. `closest` are each stop's neighbours.
    `room` has the positions of nodes, the sums of what leads to each position, there and back, and two rows to work in.
    `queue` are the stops whose neighbourhood has changed, those that are `waiting`."""

    between: IntArray
    closest: IntArray
    sequence: IntArray
    best: IntArray
    least: IntArray
    room: IntArray
    queue: IntArray
    waiting: NDArray[np.bool_]
    change: IntArray
    chance: NDArray[np.uint64]


def order_by_floors(
    floors: IntArray,
    order: IntArray,
    seed: int,
    steps: int,
    expired: Callable[[], bool],
    *,
    closed: bool,
    fixed_end: bool,
) -> IntArray:
    """`order` holds all nodes, the origin first. A closed tour ends at the origin, others at the last node if that is
    `fixed_end`, else anywhere. So many double bridges are tried, unless the time has expired before."""
    nodes, stops = len(floors), len(floors) - 1 - fixed_end
    if stops < _LEAST_STOPS:
        return order
    between = np.full((nodes + 1, nodes + 1), 0, np.int64)
    between[:nodes, :nodes] = np.where(floors < NEVER, floors, FAR // (2 * nodes))
    order = _nearest_first(between, order, stops)
    sequence = np.array([*order, *([] if fixed_end else [nodes])], np.int64)
    if closed:
        between[:nodes, nodes] = between[:nodes, 0]
    tour = _tour_of(between, sequence, stops, seed)
    warm = _WARM * max(1.0, float(between[sequence[:-1], sequence[1:]].clip(max=FAR // (4 * nodes)).mean()))
    _begin(tour)
    for done in range(0, steps, _AT_ONCE):
        if expired():
            break
        _go_on(tour, min(_AT_ONCE, steps - done), warm)
    return tour.best[: len(order)].copy()


def _tour_of(between: IntArray, sequence: IntArray, stops: int, seed: int) -> _Tour:
    apart = np.minimum(between, between.T)[1 : stops + 1, 1 : stops + 1].copy()
    np.fill_diagonal(apart, NEVER)
    return _Tour(
        between=between,
        closest=(np.argsort(apart, axis=1, kind="stable")[:, : min(_CLOSEST, stops - 1)] + 1).astype(np.int64),
        sequence=sequence,
        best=sequence.copy(),
        least=np.full(1, NEVER, np.int64),
        room=np.zeros((5, len(sequence)), np.int64),
        queue=np.arange(1, stops + 1, dtype=np.int64),
        waiting=np.zeros(len(between), np.bool_),
        change=np.zeros(5, np.int64),
        chance=chance_of(seed),
    )


def _nearest_first(between: IntArray, order: IntArray, stops: int) -> IntArray:
    left, found = set(range(1, stops + 1)), [0]
    while left:
        found.append(min(left, key=lambda stop: (int(between[found[-1], stop]), stop)))
        left.remove(found[-1])
    return np.array([*found, *order[stops + 1 :]], np.int64)


@borrowing
def _begin(tour: _Tour) -> None:
    """Descend from the first order."""
    _measure(tour.between, tour.sequence, tour.room)
    for stop in tour.queue:
        tour.waiting[stop] = True
    _descend(tour, tour.queue.size)
    _note(tour)


@borrowing
def _note(tour: _Tour) -> None:
    tour.least[0] = tour.room[1, tour.sequence.size - 1]
    _take(tour.sequence, tour.best)


@borrowing
def _go_on(tour: _Tour, steps: int, temperature: float) -> None:
    """So many times over a double bridge and down again."""
    sequence, room, last = tour.sequence, tour.room, tour.sequence.size - 1
    cost, before = room[1, last], room[4]
    _take(sequence, before)
    for _ in range(steps):
        _descend(tour, _bridge(tour))
        luck = (random_below(tour.chance, 1 << 30) + 1) / (1 << 30)
        if room[1, last] <= cost - temperature * np.log(luck):
            cost = room[1, last]
            _take(sequence, before)
            if cost < tour.least[0]:
                _note(tour)
        else:
            _take(before, sequence)
            _measure(tour.between, sequence, room)


@borrowing
def _take(source: IntArray, target: IntArray) -> None:
    for position in range(target.size):
        target[position] = source[position]


@borrowing
def _measure(between: IntArray, sequence: IntArray, room: IntArray) -> None:
    room[0, sequence[0]] = room[1, 0] = room[2, 0] = 0
    for position in range(1, sequence.size):
        before, node = sequence[position - 1], sequence[position]
        room[0, node] = position
        room[1, position] = room[1, position - 1] + between[before, node]
        room[2, position] = room[2, position - 1] + between[node, before]


@borrowing
def _bridge(tour: _Tour) -> int:
    """Three parts of the order that follow each other come to stand the other way about; how many stops now wait."""
    sequence, stops, parts = tour.sequence, tour.queue.size, tour.room[3]
    longest = min(stops if random_below(tour.chance, _FAR_OFF) == 0 else _BRIDGED, stops // 3)
    first = 1 + random_below(tour.chance, longest)
    second = first + 1 + random_below(tour.chance, longest)
    third = second + 1 + random_below(tour.chance, longest)
    low, count = 1 + random_below(tour.chance, stops - third + 1), 0
    for position in range(third):
        parts[position] = sequence[low + position]
    for begin, end in ((second, third), (first, second), (0, first)):
        count = _wait(tour, count, parts[begin])
        count = _wait(tour, count, parts[end - 1])
        for position in range(begin, end):
            sequence[low] = parts[position]
            low += 1
    count = _wait(tour, count, sequence[low])
    _measure(tour.between, sequence, tour.room)
    return _wait(tour, count, sequence[low - third - 1])


@borrowing
def _wait(tour: _Tour, count: int, node: int) -> int:
    """Let a node wait, if it is a stop that does not; how many do."""
    if 1 <= node <= tour.queue.size and not tour.waiting[node]:
        tour.waiting[node] = True
        tour.queue[count] = node
        count += 1
    return count


@borrowing
def _descend(tour: _Tour, count: int) -> None:
    """Make the best change around each stop that waits, until none makes the order shorter."""
    sequence, change = tour.sequence, tour.change
    while count > 0:
        count -= 1
        stop = tour.queue[count]
        tour.waiting[stop] = False
        _find_change(tour, stop)
        if change[0] < 0:
            first, last, behind = change[1], change[2], change[3]
            for position in (first - 1, first, last, last + 1, behind, behind + 1):
                count = _wait(tour, count, sequence[position])
            count = _wait(tour, count, stop)
            _rearrange(sequence, tour.room, first, last, behind, change[4] > 0)
            _measure(tour.between, sequence, tour.room)


@borrowing
def _find_change(tour: _Tour, stop: int) -> None:
    """The best change that brings the stop beside one close to it, or to an end of the order."""
    closest, place, end = tour.closest[stop - 1], tour.room[0], tour.sequence.size - 1
    i, tour.change[0] = place[stop], 0
    longest = max(tour.between[tour.sequence[i - 1], stop], tour.between[stop, tour.sequence[i + 1]])
    for number in range(-2, closest.size):
        j = place[closest[number]] if number >= 0 else (0 if number == -1 else end)
        if number >= 0 and min(tour.between[stop, closest[number]], tour.between[closest[number], stop]) >= longest:
            # To have these beside it would pay for the others alone, which wait in their turn.
            break
        low, high = min(i, j), max(i, j)
        _consider(tour, low + 1, high, low, True)
        _consider(tour, low, high - 1, low - 1, True)
        for length in range(1, _MOVED + 1):
            for first in (i, i - length + 1):
                for behind in (j, j - 1):
                    _consider(tour, first, first + length - 1, behind, False)
                    _consider(tour, first, first + length - 1, behind, True)


@borrowing
def _consider(tour: _Tour, first: int, last: int, behind: int, turned: bool) -> None:
    """Take note of a change, if it can be made and there is none better."""
    end, change = tour.sequence.size - 1, tour.change
    if first < 1 or last >= end or first > last or behind < 0 or behind >= end or first <= behind <= last:
        return
    if behind == first - 1 and not turned:
        return
    difference = _difference(tour.between, tour.sequence, tour.room, first, last, behind, turned)
    if difference < change[0]:
        change[0], change[1], change[2], change[3], change[4] = difference, first, last, behind, int(turned)


@borrowing
def _difference(
    between: IntArray, sequence: IntArray, sums: IntArray, first: int, last: int, behind: int, turned: bool
) -> int:
    """What it costs more to have the nodes from `first` to `last` behind the position `behind`."""
    before, after = sequence[first - 1], sequence[last + 1]
    low, high = (sequence[last], sequence[first]) if turned else (sequence[first], sequence[last])
    inner = sums[2, last] - sums[2, first] - sums[1, last] + sums[1, first] if turned else 0
    gone = between[before, sequence[first]] + between[sequence[last], after]
    if behind == first - 1:
        return int(inner - gone + between[before, low] + between[high, after])
    here, there = sequence[behind], sequence[behind + 1]
    closed_up = between[before, after] - gone
    return int(inner + closed_up + between[here, low] + between[high, there] - between[here, there])


@borrowing
def _rearrange(sequence: IntArray, room: IntArray, first: int, last: int, behind: int, turned: bool) -> None:
    length = last - first + 1
    for offset in range(length):
        room[3, offset] = sequence[last - offset if turned else first + offset]
    low = first
    if behind > last:
        for position in range(last + 1, behind + 1):
            sequence[position - length] = sequence[position]
        low = behind - length + 1
    elif behind < first - 1:
        low = behind + 1
        for position in range(first - 1, behind, -1):
            sequence[position + length] = sequence[position]
    for offset in range(length):
        sequence[low + offset] = room[3, offset]
