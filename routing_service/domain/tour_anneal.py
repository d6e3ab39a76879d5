"""A random walk over orders of stops that cools down, every order judged as it would be flown: compiled."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.compiled import compiled
from routing_service.domain.ordered_rows import less
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_flight import BLOCK, COLUMNS, cheapest, extend, refuels, start
from routing_service.domain.tour_tables import NEVER, TourTables

# Flying to one more node takes about ten times as long as trying an order by its floors; all of it some 10 ms.
_WORK_AT_ONCE, _WORK_PER_NODE = 5_000, 10


class Walk(NamedTuple):
    """A search's place: its sequence of nodes, flown, in one of two sets of blocks for each position; the floor of
    what follows each position; its cost, and the best sequence and cost so far. Costs begin with the number of
    positions that cannot be reached."""

    sequence: IntArray
    trial: IntArray
    labels: IntArray
    ends: IntArray
    side: IntArray
    rest: IntArray
    cost: IntArray
    best: IntArray
    best_cost: IntArray
    chance: NDArray[np.uint64]


@compiled
def _random(chance: NDArray[np.uint64], below: int) -> int:
    """Xorshift; a whole number from 0 to before `below`."""
    x = chance[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    chance[0] = x
    return int(np.int64((x >> np.uint64(11)) % np.uint64(below)))


def walk_of(sequence: IntArray, seed: int) -> Walk:
    """A walk that begins with this sequence; `settle` flies it."""
    size = sequence.size
    return Walk(
        sequence=sequence.copy(),
        trial=sequence.copy(),
        labels=np.zeros((2, size * BLOCK, COLUMNS), np.int64),
        ends=np.zeros((2, size), np.int64),
        side=np.zeros(size, np.int64),
        rest=np.zeros((2, size), np.int64),
        cost=np.full(4, NEVER, np.int64),
        best=sequence.copy(),
        best_cost=np.full(4, NEVER, np.int64),
        chance=np.array([(seed * 2 + 1) % 2**64], np.uint64) * np.uint64(0x9E3779B97F4A7C15),
    )


@compiled
def settle(tables: TourTables, least: IntArray, walk: Walk, fuel: int) -> None:
    """Fly `walk.trial` and go on from there, whatever it costs."""
    for side in range(2):
        start(walk.labels[side], 0, walk.trial[0], fuel)
        walk.ends[side, 0] = 1
    _sum_floors(least, walk)
    _fly_trial(tables, walk, 1, NEVER)
    _move_on(walk, 1)


@compiled
def _sum_floors(least: IntArray, walk: Walk) -> int:
    """The floor of the whole trial, and in `walk.rest[1]` of what follows each of its positions."""
    size = walk.trial.size
    walk.rest[1, size - 1] = 0
    for position in range(size - 2, -1, -1):
        floor = least[walk.trial[position], walk.trial[position + 1]]
        following = walk.rest[1, position + 1]
        walk.rest[1, position] = NEVER if floor == NEVER or following == NEVER else floor + following
    return int(walk.rest[1, 0])


@compiled
def _fly_trial(tables: TourTables, walk: Walk, first: int, limit: int) -> int:
    """Fly the trial from position `first` on, into the blocks that the sequence does not use; how far it gets.

    It goes no further than what could still end before `limit`.
    """
    size = walk.trial.size
    arrivals = np.empty((tables.begin.shape[1], 4), np.int64)
    reached = size
    for position in range(first, size):
        before = walk.side[position - 1] if position == first else 1 - walk.side[position - 1]
        side = 1 - walk.side[position]
        low, end, block = (position - 1) * BLOCK, walk.ends[before, position - 1], position * BLOCK
        node, to = walk.trial[position - 1], walk.trial[position]
        stop = block
        if end > low:
            refuels(tables, walk.labels[before], low, end, node, arrivals)
            bound = limit if limit == NEVER else limit - walk.rest[1, position]
            stop = extend(
                tables, walk.labels[before], low, end, arrivals, node, to, walk.labels[side], block, block, bound
            )
        walk.ends[side, position] = stop
        if stop == block:
            reached = min(reached, position)
            if limit < NEVER:
                break
    return reached


@compiled
def _move_on(walk: Walk, first: int) -> None:
    """Make the trial, flown from `first` on, the sequence; note it if it is the best so far."""
    size = walk.trial.size
    missed = 0
    for position in range(size):
        if position >= first:
            walk.side[position] = 1 - walk.side[position]
        walk.sequence[position] = walk.trial[position]
        walk.rest[0, position] = walk.rest[1, position]
        if walk.ends[walk.side[position], position] == position * BLOCK:
            missed += 1
    walk.cost[0] = missed
    side = walk.side[size - 1]
    for column in range(3):
        walk.cost[1 + column] = 0
        if missed == 0:
            row = cheapest(walk.labels[side], (size - 1) * BLOCK, walk.ends[side, size - 1])
            walk.cost[1 + column] = walk.labels[side, row, column]
    if walk.cost[0] < walk.best_cost[0] or (
        walk.cost[0] == walk.best_cost[0]
        and less(walk.cost[1], walk.cost[2], walk.cost[3], walk.best_cost[1], walk.best_cost[2], walk.best_cost[3])
    ):
        for position in range(size):
            walk.best[position] = walk.sequence[position]
        for column in range(4):
            walk.best_cost[column] = walk.cost[column]


@compiled
def anneal(
    tables: TourTables,
    least: IntArray,
    closest: IntArray,
    walk: Walk,
    step: int,
    steps: int,
    hot: float,
    cold: float,
) -> int:
    """Random moves from number `step` on, of `steps` in all, while the temperature falls from `hot` to `cold`, in
    units of primary cost. Stops after some milliseconds' work; the number of the next move.

    `closest[u]` are nodes that it pays to have beside u. A move makes one trial order; most are refused unflown, as
    the sum of their floors is too high.
    """
    stops, work = closest.shape[0] - 1, 0
    while step < steps and work < _WORK_AT_ONCE:
        temperature = hot * (cold / hot) ** (step / steps)
        step += 1
        work += 1
        first = _propose(walk, closest, stops)
        if first == 0:
            continue
        floor = _sum_floors(least, walk)
        limit = NEVER
        if walk.cost[0] == 0:
            luck = (_random(walk.chance, 1 << 30) + 1) / (1 << 30)
            limit = walk.cost[1] + 1 + int(-temperature * np.log(luck))
            if floor >= limit:
                continue
        reached = _fly_trial(tables, walk, first, limit)
        work += _WORK_PER_NODE * (reached - first + 1)
        if reached >= walk.sequence.size - walk.cost[0]:
            _move_on(walk, first)
    return step


@compiled
def _propose(walk: Walk, closest: IntArray, stops: int) -> int:
    """A neighbour of the sequence in `walk.trial`: the first position at which they differ, 0 if they do not.

    A random stop moves beside one of its closest nodes: alone, with what follows it, or by turning round all
    that lies between.
    """
    size = walk.sequence.size
    for position in range(size):
        walk.trial[position] = walk.sequence[position]
    i = 1 + _random(walk.chance, stops)
    neighbour = closest[walk.sequence[i], _random(walk.chance, closest.shape[1])]
    j = 0
    while walk.sequence[j] != neighbour:
        j += 1
    kind = _random(walk.chance, 3)
    if kind == 0:
        low, high = (j + 1, i) if j < i else (i, j - 1)
        if low >= high:
            return 0
        for offset in range(high - low + 1):
            walk.trial[low + offset] = walk.sequence[high - offset]
        return low
    length = 1 + _random(walk.chance, 3)
    last = min(i + length - 1, stops)
    if i - 1 <= j <= last:
        return 0
    turned = kind == 2
    return _relocate(walk, i, last, j, turned)


@compiled
def _relocate(walk: Walk, first: int, last: int, after: int, turned: bool) -> int:
    """Take the stops from `first` to `last` out of the sequence and put them in behind `after`."""
    length = last - first + 1
    low = after + 1 if after < first else first
    position = low
    if after > last:
        for taken in range(last + 1, after + 1):
            walk.trial[position] = walk.sequence[taken]
            position += 1
    for offset in range(length):
        walk.trial[position] = walk.sequence[last - offset if turned else first + offset]
        position += 1
    if after < first:
        for taken in range(after + 1, first):
            walk.trial[position] = walk.sequence[taken]
            position += 1
    return low
