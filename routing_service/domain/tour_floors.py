"""The shortest order by floors alone, about: annealing over changes whose difference is known at once, compiled.

Where every stop sells fuel and refuels take no time, floors are what flights cost; elsewhere it is a beginning.
"""

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.chance import chance_of, random_below
from routing_service.domain.compiled import borrowing
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_ways import FAR

# Temperatures: as a part of the mean of an order that always goes on to the nearest stop, and of the mean between a
# stop and its closest one.
_HOT, _COLD = 0.5, 0.02
_CLOSEST, _LEAST_STOPS = 8, 3
# One stop in so many is moved beside any other, as whole clusters have to be.
_FAR_OFF = 8


def order_by_floors(
    floors: IntArray, order: IntArray, seed: int, steps: int, *, closed: bool, fixed_end: bool
) -> IntArray:
    """`order` holds all nodes, the origin first. A closed tour ends at the origin, others at the last node if that is
    `fixed_end`, else anywhere."""
    nodes, stops = len(floors), len(floors) - 1 - fixed_end
    if stops < _LEAST_STOPS:
        return order
    between = np.full((nodes + 1, nodes + 1), 0, np.int64)
    between[:nodes, :nodes] = np.where(floors < NEVER, floors, FAR // (2 * nodes))
    order = _nearest_first(between, order, stops)
    sequence = np.array([*order, *([] if fixed_end else [nodes])], np.int64)
    if closed:
        between[:nodes, nodes] = between[:nodes, 0]
    apart = np.minimum(between, between.T)[1 : stops + 1, 1 : stops + 1].copy()
    np.fill_diagonal(apart, NEVER)
    closest = (np.argsort(apart, axis=1, kind="stable")[:, : min(_CLOSEST, stops - 1)] + 1).astype(np.int64)
    hot = _HOT * max(1.0, float(between[sequence[:-1], sequence[1:]].clip(max=FAR // (4 * nodes)).mean()))
    cold = _COLD * float(apart.min(axis=1).clip(1).mean())
    room = np.zeros((4, len(sequence)), np.int64)
    best = sequence.copy()
    _anneal(
        *(between, closest, sequence, best, room, chance_of(seed)),
        *(steps, hot, min(hot, cold)),
    )
    return best[: len(order)].copy()


def _nearest_first(between: IntArray, order: IntArray, stops: int) -> IntArray:
    left, found = set(range(1, stops + 1)), [0]
    while left:
        found.append(min(left, key=lambda stop: (int(between[found[-1], stop]), stop)))
        left.remove(found[-1])
    return np.array([*found, *order[stops + 1 :]], np.int64)


@borrowing
def _measure(between: IntArray, sequence: IntArray, sums: IntArray) -> None:
    """The places of nodes, and the sums of what leads to each position, there and back."""
    sums[0, sequence[0]] = sums[1, 0] = sums[2, 0] = 0
    for position in range(1, sequence.size):
        before, node = sequence[position - 1], sequence[position]
        if node < sums.shape[1]:
            sums[0, node] = position
        sums[1, position] = sums[1, position - 1] + between[before, node]
        sums[2, position] = sums[2, position - 1] + between[node, before]


@borrowing
def _anneal(
    between: IntArray,
    closest: IntArray,
    sequence: IntArray,
    best: IntArray,
    room: IntArray,
    chance: NDArray[np.uint64],
    steps: int,
    hot: float,
    cold: float,
) -> None:
    size, stops = sequence.size, closest.shape[0]
    _measure(between, sequence, room)
    least = room[1, size - 1]
    for step in range(steps):
        temperature = hot * (cold / hot) ** (step / steps)
        stop = 1 + random_below(chance, stops)
        near = closest[stop - 1, random_below(chance, closest.shape[1])]
        if random_below(chance, _FAR_OFF) == 0:
            near = 1 + random_below(chance, stops)
            if near == stop:
                continue
        i, j = room[0, stop], room[0, near]
        luck = (random_below(chance, 1 << 30) + 1) / (1 << 30)
        limit = int(-temperature * np.log(luck))
        length = 0
        turned = False
        if random_below(chance, 2) == 0:
            # What lies between is turned round: it changes places with nothing.
            first, last = (i + 1, j) if i < j else (j, i - 1)
            behind, turned = first - 1, True
        else:
            length = 1 + random_below(chance, stops // 2 if random_below(chance, 4) == 0 else min(3, stops // 2))
            first, last, behind = i, min(i + length - 1, size - 2), j
            if i - 1 <= j <= last:
                continue
            turned = random_below(chance, 2) == 0
        if first >= last and length == 0:
            continue
        if _difference(between, sequence, room, first, last, behind, turned) <= limit:
            _rearrange(sequence, room, first, last, behind, turned)
            _measure(between, sequence, room)
            if room[1, size - 1] < least:
                least = room[1, size - 1]
                for position in range(size):
                    best[position] = sequence[position]


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
