"""Ruin and recreate over the order of a tour's stops, cooling down, every change judged with fuel carried: compiled.

A step takes some stops that lie near each other out of the order, and puts each back where it costs least; or it
turns a part of the order round, or moves it elsewhere.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.chance import chance_of, random_below, shuffle
from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_labels import (
    LABELS,
    Labels,
    Order,
    begin_labels,
    bound_of,
    empty_labels,
    empty_order,
    judge,
    look_ahead,
    look_behind,
)
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_ways import FAR, Ways

# A stop is put next to one of so many closest ones, or at an end; and at so many places at most is it judged.
_BESIDE, _JUDGED = 10, 8
# One place in so many is passed over by chance.
_BLINKS = 100
# One step in so many takes stops out; the others turn a part of the order round, or move it.
_RUINS = 20
# What rearranging adds to floors tells about what it adds to the cost, within one part in so many and the temperature.
# One rearrangement in so many is tried even where floors say that it adds up to one part in 128, or in 64, 32, 16.
_LOOSE, _DOUBTED = 1024, 8
# One rearrangement in so many brings a part of the order to its end, wherever that lies.
_ENDS = 12
# The most stops that a step takes out, and the longest string of them.
_MOST, _LONGEST = 10, 10


class Search(NamedTuple):
    """The order at hand, and one that is tried out and equals it between steps. `closest` are each stop's neighbours
    (positions are nodes less one), itself first; `rank[i, j]` is the place of node j among those of node i; `remote` is
    how far each is from the origin; `away` are those that are taken out. The rest is room for a step's work."""

    labels: Labels
    current: Order
    trial: Order
    best: IntArray
    best_cost: IntArray
    closest: IntArray
    rank: IntArray
    remote: IntArray
    away: NDArray[np.bool_]
    chance: NDArray[np.uint64]
    removed: IntArray
    bounds: IntArray
    there: IntArray


def search_of(ways: Ways, movable: int, fuel: int, seed: int) -> Search:
    """A search whose order has no stops yet; the nodes from 1 to `movable` are to be put into it."""
    apart = np.minimum(ways.floors, ways.floors.T)[1 : movable + 1, 1 : movable + 1].copy()
    np.fill_diagonal(apart, -1)
    closest = (np.argsort(apart, axis=1, kind="stable") + 1).astype(np.int64)
    rank = np.zeros((movable + 1, len(ways.place)), np.int64)
    rank[1:, 1 : movable + 1] = np.argsort(closest, axis=1, kind="stable")
    labels = empty_labels(ways)
    begin_labels(ways, labels, fuel)
    return Search(
        labels=labels,
        current=empty_order(ways),
        trial=empty_order(ways),
        best=np.zeros(movable + 2, np.int64),
        best_cost=np.full(1, NEVER, np.int64),
        closest=closest,
        rank=rank,
        remote=ways.floors[0].copy(),
        away=np.zeros(len(ways.place), np.bool_),
        chance=chance_of(seed),
        removed=np.zeros(len(ways.place), np.int64),
        bounds=np.zeros((len(ways.place), 2), np.int64),
        there=np.zeros((LABELS, 2), np.int64),
    )


@borrowing
def _copy(source: Order, target: Order) -> None:
    for number in range(3):
        target.size[number] = source.size[number]
    target.cost[0] = source.cost[0]
    for position in range(source.size[0]):
        node = source.nodes[position]
        target.nodes[position], target.place[node] = node, position
        target.ahead[node, 0], target.ahead[node, 1] = source.ahead[node, 0], source.ahead[node, 1]
        target.behind[node, 0], target.behind[node, 1] = source.behind[node, 0], source.behind[node, 1]


@borrowing
def _best_place(ways: Ways, search: Search, stop: int, blinks: int, limit: int) -> tuple[int, int]:
    """Where the tour costs least with this stop put in, and what; -1 if that is nowhere less than `limit`."""
    trial, bounds, count, best = search.trial, search.bounds, 0, -1
    size, last = trial.size[0], search.rank.shape[1] - 1
    for position in range(1, size):
        before, after = trial.nodes[position - 1], trial.nodes[position]
        if blinks > 0:
            beside = before == 0 or after == last
            beside = beside or search.rank[stop, before] <= _BESIDE or search.rank[stop, after] <= _BESIDE
            if not beside or random_below(search.chance, blinks) == 0:
                continue
        bounds[count, 0], bounds[count, 1] = bound_of(ways, search.labels, trial, position, stop), position
        count += 1
    judged = 0
    while count > 0 and (blinks == 0 or judged < _JUDGED):
        least = 0
        for place in range(1, count):
            if bounds[place, 0] < bounds[least, 0]:
                least = place
        bound, position = bounds[least, 0], bounds[least, 1]
        count -= 1
        bounds[least, 0], bounds[least, 1] = bounds[count, 0], bounds[count, 1]
        if bound >= limit and blinks > 0:
            break
        look_ahead(ways, search.labels, search.current, trial, position - 1)
        look_behind(ways, search.labels, search.current, trial, position)
        if bound_of(ways, search.labels, trial, position, stop) >= limit:
            continue
        judged += 1
        cost = judge(ways, search.labels, trial, position, stop, limit, search.there)
        if cost < limit:
            limit, best = cost, position
    return best, limit


@borrowing
def _insert(search: Search, position: int, stop: int, cost: int) -> None:
    trial = search.trial
    size = trial.size[0]
    for place in range(size, position, -1):
        trial.nodes[place] = trial.nodes[place - 1]
    trial.nodes[position] = stop
    trial.size[0], trial.cost[0] = size + 1, cost
    trial.size[1], trial.size[2] = min(trial.size[1], position), min(trial.size[2], size - position)


@borrowing
def _remove(ways: Ways, search: Search) -> None:
    """Take the stops that are `away` out of the trial."""
    trial = search.trial
    size, end = trial.size[0], 0
    low, high = size, 0
    for position in range(size):
        if search.away[trial.nodes[position]]:
            low, high = min(low, position), position
    _settle(ways, search, low, high)
    for position in range(size):
        node = trial.nodes[position]
        if not search.away[node]:
            trial.nodes[end] = node
            end += 1
    trial.size[0] = end
    trial.size[1], trial.size[2] = min(trial.size[1], low), min(trial.size[2], size - 1 - high)


@borrowing
def _ruin(search: Search, removed: IntArray) -> int:
    """Choose stops near a random one: the closest, or strings of the order around these. How many they are."""
    current, stops = search.current, search.closest.shape[0]
    seed, count = random_below(search.chance, stops), 0
    goal = 1 + random_below(search.chance, min(stops, _MOST))
    longest = 1 + random_below(search.chance, min(goal, _LONGEST))
    if random_below(search.chance, 2) == 0:
        longest = 1
    for near in range(stops):
        stop = search.closest[seed, near]
        if count >= goal:
            break
        if search.away[stop]:
            continue
        length = min(longest, goal - count)
        first = max(1, current.place[stop] - random_below(search.chance, length))
        for position in range(first, min(first + length, current.size[0] - 1)):
            node = current.nodes[position]
            if not search.away[node]:
                search.away[node] = True
                removed[count] = node
                count += 1
    return count


@borrowing
def _put_in_order(search: Search, removed: IntArray, count: int) -> None:
    """Shuffled; or the most remote first, or the least."""
    shuffle(search.chance, removed, count)
    kind = random_below(search.chance, 4)
    if kind < 2:
        sign = 1 if kind == 0 else -1
        for place in range(1, count):
            stop, hole = removed[place], place
            while hole > 0 and sign * search.remote[removed[hole - 1]] < sign * search.remote[stop]:
                removed[hole] = removed[hole - 1]
                hole -= 1
            removed[hole] = stop


@compiled
def begin(ways: Ways, search: Search, stops: IntArray) -> IntArray:
    """Put the stops into an empty order one by one, each where it costs least; those that found no place."""
    trial, last = search.trial, ways.place.size - 1
    trial.size[0], trial.size[1], trial.size[2] = 2, 1, 1
    trial.nodes[0], trial.nodes[1] = 0, last
    _copy(trial, search.current)
    missed, count = np.empty(stops.size, np.int64), 0
    for stop in stops:
        place, cost = _best_place(ways, search, stop, 0, FAR)
        if place < 0:
            missed[count] = stop
            count += 1
        else:
            _insert(search, place, stop, cost)
    _copy(trial, search.current)
    if count == 0:
        _note(search)
    return missed[:count].copy()


@borrowing
def _note(search: Search) -> None:
    if search.current.cost[0] < search.best_cost[0]:
        search.best_cost[0] = search.current.cost[0]
        for position in range(search.best.size):
            search.best[position] = search.current.nodes[position]


@borrowing
def take_up(ways: Ways, search: Search, order: IntArray) -> bool:
    """Go on from an order that holds all stops, both ends left out; False if the labels do not suffice for it."""
    trial, last = search.trial, ways.place.size - 1
    skipped = order[order.size - 1]
    trial.size[0], trial.size[1], trial.size[2] = order.size + 1, 1, 1
    trial.nodes[0], trial.nodes[order.size] = 0, last
    for position in range(order.size - 1):
        trial.nodes[position + 1] = order[position]
    look_ahead(ways, search.labels, search.current, trial, order.size - 1)
    cost = judge(ways, search.labels, trial, order.size, skipped, FAR, search.there)
    _insert(search, order.size, skipped, cost)
    _copy(trial, search.current)
    _note(search)
    return bool(cost < FAR)


@borrowing
def _rearrange(ways: Ways, search: Search, limit: int, loose: int) -> bool:
    """Turn a part of the order round, or move it elsewhere, so that some stop comes to lie beside one close to it;
    False if the tour then costs `limit` or more, or would if it rose as the floors do, but for `loose`."""
    current, trial = search.current, search.trial
    size, stops = current.size[0], search.closest.shape[0]
    stop = 1 + random_below(search.chance, stops)
    near = search.closest[stop - 1, 1 + random_below(search.chance, min(_BESIDE, stops - 1))]
    i, j = current.place[stop], current.place[near] if random_below(search.chance, _ENDS) > 0 else size - 2
    kind = random_below(search.chance, 3)
    if kind == 0:
        low, high = (i + 1, j) if i < j else (j, i - 1)
        for offset in range(high - low + 1):
            trial.nodes[low + offset] = current.nodes[high - offset]
    else:
        # Half of the order at most; of all lengths below, short ones rather.
        longest = 1 + random_below(search.chance, max(1, stops // 2))
        last = min(i + random_below(search.chance, 1 + random_below(search.chance, longest)), size - 2)
        if i - 1 <= j <= last:
            return False
        low, high = (j + 1, last) if j < i else (i, j)
        _move(current, trial, i, last, j, kind == 2)
    floors = _floors(ways, trial, low, high)
    if low >= high or floors - _floors(ways, current, low, high) >= limit - current.cost[0] + loose:
        return False
    _settle(ways, search, low, high)
    return _judge_part(ways, search, low, high, floors, limit)


@borrowing
def _floors(ways: Ways, order: Order, low: int, high: int) -> int:
    """The least that it takes from the node before the position `low` to the one behind `high`."""
    floors, after = 0, ways.place[order.nodes[high + 1]]
    for position in range(low, high + 1):
        floors += ways.floors[ways.place[order.nodes[position - 1]], order.nodes[position]]
    return int(floors + (ways.floors[order.nodes[high], after] if after >= 0 else 0))


@borrowing
def _settle(ways: Ways, search: Search, low: int, high: int) -> None:
    """Bring labels of the order at hand up to date where nothing is to change, as they will be of use again."""
    current, trial = search.current, search.trial
    size, known, after = current.size[0], current.size[1], current.size[2]
    look_ahead(ways, search.labels, current, current, low - 1)
    look_behind(ways, search.labels, current, current, high + 1)
    for position in range(known, current.size[1]):
        node = current.nodes[position]
        trial.ahead[node, 0], trial.ahead[node, 1] = current.ahead[node, 0], current.ahead[node, 1]
    for position in range(size - current.size[2], size - after):
        node = current.nodes[position]
        trial.behind[node, 0], trial.behind[node, 1] = current.behind[node, 0], current.behind[node, 1]
    trial.size[1], trial.size[2] = current.size[1], current.size[2]


@borrowing
def _judge_part(ways: Ways, search: Search, low: int, high: int, floors: int, limit: int) -> bool:
    """Fly the part of the trial that differs from the order at hand; False if the tour then costs `limit` or more."""
    current, trial, labels = search.current, search.trial, search.labels
    size, after = current.size[0], current.nodes[high + 1]
    side, late = current.behind[after, 0], current.behind[after, 1]
    if labels.behind_count[side, after] == 0:
        return False
    rest = floors + labels.behind[side, after, 0, 0] + late
    trial.size[1], trial.size[2] = min(trial.size[1], low), min(trial.size[2], size - 1 - high)
    for position in range(low - 1, high):
        look_ahead(ways, labels, current, trial, position)
        node = trial.nodes[position]
        side, late = trial.ahead[node, 0], trial.ahead[node, 1]
        if labels.ahead_count[side, node] == 0 or labels.ahead[side, node, 0, 0] + late + rest >= limit:
            return False
        rest -= ways.floors[ways.place[node], trial.nodes[position + 1]]
    # The last of what has changed is put in once more, which tells what the tour costs.
    stop = trial.nodes[high]
    for position in range(high, size - 1):
        trial.nodes[position] = trial.nodes[position + 1]
    trial.size[0] = size - 1
    cost = judge(ways, labels, trial, high, stop, limit, search.there)
    if cost < limit:
        _insert(search, high, stop, cost)
    return bool(cost < limit)


@borrowing
def _move(current: Order, trial: Order, first: int, last: int, behind: int, turned: bool) -> None:
    """Take the nodes from `first` to `last` out and put them in behind the position `behind`."""
    length = last - first + 1
    position = behind + 1 if behind < first else first
    for taken in range(last + 1, behind + 1):
        trial.nodes[position] = current.nodes[taken]
        position += 1
    for offset in range(length):
        trial.nodes[position] = current.nodes[last - offset if turned else first + offset]
        position += 1
    for taken in range(behind + 1, first):
        trial.nodes[position] = current.nodes[taken]
        position += 1


@borrowing
def _ruin_and_recreate(ways: Ways, search: Search, limit: int) -> bool:
    """False if the tour then costs `limit` or more."""
    count = _ruin(search, search.removed)
    _remove(ways, search)
    _put_in_order(search, search.removed, count)
    complete = True
    for number in range(count):
        stop = search.removed[number]
        search.away[stop] = False
        if complete:
            place, cost = _best_place(ways, search, stop, _BLINKS, limit if number == count - 1 else FAR)
            complete = place >= 0
            if complete:
                _insert(search, place, stop, cost)
    return complete


@borrowing
def improve(ways: Ways, search: Search, steps: int, temperature: float) -> None:
    """So many steps. An order that is dearer by the temperature, in units of cost, is taken now and then."""
    for _ in range(steps):
        luck = (random_below(search.chance, 1 << 30) + 1) / (1 << 30)
        cost = search.current.cost[0]
        limit = cost + 1 + int(-temperature * np.log(luck))
        if random_below(search.chance, _RUINS) > 0:
            loose = int(temperature) + cost // _LOOSE
            if random_below(search.chance, _DOUBTED) == 0:
                loose += cost >> (4 + random_below(search.chance, 4))
            accepted = _rearrange(ways, search, limit, loose)
        else:
            accepted = _ruin_and_recreate(ways, search, limit)
        if accepted:
            _copy(search.trial, search.current)
            _note(search)
        else:
            _copy(search.current, search.trial)
