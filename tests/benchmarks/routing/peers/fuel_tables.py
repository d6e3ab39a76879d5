"""What ships can do between nodes, whatever fuel they have when they set out.

Nodes are the stops, then the ships' origins, then one that stands for "wherever the last stop is", at which open
tours end. From node to node a ship flies one stretch (legs without a refuel), or one to a station, and from a full
tank there on to the node, by way of further stations where that pays.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.routing.instances import PlanCase, Ship
from tests.benchmarks.routing.physics import NEVER, World, kernel, world_of
from tests.benchmarks.routing.systems import IntArray

# The part of a large system that a search looks at: the nodes, and what sells fuel nearest to them.
_PLACES = 160
# Stations at which a ship that leaves a node, or that ends at one, may refuel first or last.
_NEAR = 16
_MOST_LEGS = 2


class Ways(NamedTuple):
    """Ways of a ship of kind `k` from `i` to `j`: the rows `first[k, i, j]` to before `first[k, i, j + 1]`. In order
    of time; of rows (time, fuel), none is slower than another one and no better in fuel."""

    first: IntArray
    rows: IntArray


class Tables(NamedTuple):
    """`direct` are stretches from node to node, `reach` those from a node to each of its stations in `near` (-1: no
    such station), both with the fuel burnt; `away` are ways from a full tank at a station to a node, with the fuel
    left. `least` is the least time from node to node with any fuel, NEVER if there is no way. `capacity` is each kind's
    tank, `refuel` what a refuel takes."""

    direct: Ways
    reach: Ways
    away: Ways
    near: IntArray
    least: IntArray
    capacity: IntArray
    refuel: int


def kinds_of(ships: tuple[Ship, ...]) -> list[tuple[int, int]]:
    """Ships of equal tank and speed are of one kind: each kind once, in the order of the ships."""
    return list(dict.fromkeys((ship.capacity, ship.speed) for ship in ships))


def nodes_of(case: PlanCase) -> list[int]:
    """The place of each node but the last: stops first, then every origin once."""
    return [*case.stops, *dict.fromkeys(ship.origin for ship in case.ships)]


def tables_of(case: PlanCase) -> Tables:
    nodes = nodes_of(case)
    places = _places_near(case, nodes)
    position = {place: number for number, place in enumerate(places)}
    at = np.array([position[node] for node in nodes], np.int64)
    stations = np.flatnonzero(case.system.sells_fuel[places]).astype(np.int64)
    kinds = []
    for capacity, speed in kinds_of(case.ships):
        world = _within(world_of(case.system, Ship(capacity, capacity, speed, 0), case.rules), places)
        kinds.append(_tables_of_kind(world, at, stations if capacity else stations[:0], len(stations)))
    direct, reach, away, near, least = zip(*kinds, strict=True)
    capacities = np.array([capacity for capacity, _ in kinds_of(case.ships)], np.int64)
    return Tables(
        direct=_joined(direct),
        reach=_joined(reach),
        away=_joined(away),
        near=np.array(near),
        least=np.array(least),
        capacity=capacities,
        refuel=case.rules.refuel,
    )


def _places_near(case: PlanCase, nodes: list[int]) -> list[int]:
    """All of a small system; of a large one the nodes, and then the stations nearest to any of them."""
    if len(case.system) <= _PLACES:
        return list(range(len(case.system)))
    x, y = case.system.x.astype(float), case.system.y.astype(float)
    distance = np.hypot(x[:, None] - x[nodes], y[:, None] - y[nodes]).min(axis=1)
    chosen = list(dict.fromkeys(nodes))
    nearest = sorted(set(case.system.stations) - set(chosen), key=lambda place: float(distance[place]))
    return chosen + nearest[: max(0, _PLACES - len(chosen))]


def _within(world: World, places: list[int]) -> World:
    return world._replace(distance=world.distance[np.ix_(places, places)], sells_fuel=world.sells_fuel[places])


def _joined(kinds: tuple[Ways, ...]) -> Ways:
    offsets = np.cumsum([0, *(len(ways.rows) for ways in kinds)])
    first = [ways.first + offset for ways, offset in zip(kinds, offsets, strict=False)]
    return Ways(np.array(first), np.concatenate([ways.rows for ways in kinds]))


def _tables_of_kind(
    world: World, nodes: IntArray, stations: IntArray, all_stations: int
) -> tuple[Ways, Ways, Ways, IntArray, IntArray]:
    """`stations` are none for a ship without a tank; its tables have the shape of the others' all the same."""
    bounds, stretches = _all_stretches(world, np.concatenate([nodes, stations]))
    near = np.full((len(nodes) + 1, min(_NEAR, all_stations)), -1, np.int64)
    if stations.size:
        nearest = np.argsort(world.distance[np.ix_(nodes, stations)], axis=1, kind="stable")
        near[:-1] = nearest[:, : near.shape[1]]
    direct = Ways(*_from_nodes(bounds, stretches, nodes))
    reach = Ways(*_to_near(bounds, stretches, stations, near))
    full = _full_to_full(world, bounds, stretches, len(nodes), stations)
    first, rows = _from_full(world, bounds, stretches, full, nodes, stations, near)
    away = Ways(np.zeros((all_stations, len(nodes) + 2), np.int64), rows)
    away.first[: len(stations)] = first
    least = _least(direct.first, direct.rows, reach.first, reach.rows, away.first, away.rows, near, world.refuel)
    return direct, reach, away, near, least


@kernel
def _grown(rows: NDArray[np.int64], needed: int) -> NDArray[np.int64]:
    larger = np.empty((2 * max(rows.shape[0], needed), rows.shape[1]), np.int64)
    larger[: rows.shape[0]] = rows
    return larger


@kernel
def _all_stretches(world: World, sources: IntArray) -> tuple[IntArray, IntArray]:
    """Flights without a refuel, of a few legs at most: rows (time, burn) for each source and place."""
    places = world.distance.shape[0]
    bounds = np.zeros((sources.size, places + 1), np.int64)
    rows = np.empty((4096, 2), np.int64)
    used = 0
    pending = np.full((world.capacity + 1, places), NEVER, np.int64)
    legs = np.zeros((world.capacity + 1, places), np.int8)
    for number in range(sources.size):
        labels = _stretches(world, sources[number], pending, legs)
        counts = np.zeros(places, np.int64)
        for label in range(labels.shape[0]):
            counts[labels[label, 0]] += 1
        if used + labels.shape[0] > rows.shape[0]:
            rows = _grown(rows, used + labels.shape[0])
        bounds[number, 0] = used
        for place in range(places):
            bounds[number, place + 1] = bounds[number, place] + counts[place]
        # Found in order of rising burn, and so of falling time.
        for label in range(labels.shape[0]):
            place = labels[label, 0]
            counts[place] -= 1
            rows[bounds[number, place] + counts[place]] = labels[label, 1:]
        used += labels.shape[0]
    return bounds, rows[:used].copy()


@kernel
def _stretches(world: World, source: int, pending: IntArray, legs: NDArray[np.int8]) -> IntArray:
    """Rows (end, time, burn) by dynamic programming over what is burnt, of which a full tank is the limit.

    `pending` is NEVER throughout, and left so.
    """
    places = world.distance.shape[0]
    least = np.full(places, NEVER, np.int64)
    pending[0, source], legs[0, source] = 0, 0
    labels = np.empty((4 * places, 3), np.int64)
    used = 0
    for burn in range(world.capacity + 1):
        again = True
        while again:
            # Without a tank nothing burns anything, and a place may come up once more, better.
            again = False
            for at in range(places):
                time = pending[burn, at]
                if time == NEVER:
                    continue
                pending[burn, at] = NEVER
                if time >= least[at]:
                    continue
                least[at] = time
                if legs[burn, at] < _MOST_LEGS:
                    _fly_on(world, pending, legs, least, at, burn)
                if world.capacity == 0:
                    again = True
                    continue
                if used == labels.shape[0]:
                    labels = _grown(labels, used)
                labels[used, 0], labels[used, 1], labels[used, 2] = at, time, burn
                used += 1
    if world.capacity == 0:
        for at in range(places):
            labels[at, 0], labels[at, 1], labels[at, 2] = at, least[at], 0
        used = places
    return labels[:used]


@kernel
def _fly_on(world: World, pending: IntArray, legs: NDArray[np.int8], least: IntArray, at: int, burn: int) -> None:
    time = least[at]
    for to in range(least.size):
        if to == at or least[to] <= time:
            continue
        for mode in range(world.time.shape[0]):
            total = burn + world.burn[mode, world.distance[at, to]]
            if total <= world.capacity:
                arrival = time + world.time[mode, world.distance[at, to]]
                if arrival < least[to] and arrival < pending[total, to]:
                    pending[total, to], legs[total, to] = arrival, legs[burn, at] + 1


@kernel
def _from_nodes(bounds: IntArray, stretches: IntArray, nodes: IntArray) -> tuple[IntArray, IntArray]:
    """Stretches from node to node, and nothing to fly to the last one."""
    count = nodes.size + 1
    first = np.zeros((count, count + 1), np.int64)
    rows = np.empty((4096, 2), np.int64)
    used = 0
    for i in range(count):
        for j in range(count):
            first[i, j] = used
            low, high = 0, 0
            if i < nodes.size and j < nodes.size:
                low, high = bounds[i, nodes[j]], bounds[i, nodes[j] + 1]
            if used + high - low + 1 > rows.shape[0]:
                rows = _grown(rows, used + high - low + 1)
            rows[used : used + high - low] = stretches[low:high]
            used += high - low
            if j == nodes.size:
                rows[used, 0], rows[used, 1] = 0, 0
                used += 1
        first[i, count] = used
    return first, rows[:used].copy()


@kernel
def _to_near(bounds: IntArray, stretches: IntArray, stations: IntArray, near: IntArray) -> tuple[IntArray, IntArray]:
    first = np.zeros((near.shape[0], near.shape[1] + 1), np.int64)
    rows = np.empty((4096, 2), np.int64)
    used = 0
    for node in range(near.shape[0]):
        for position in range(near.shape[1]):
            first[node, position] = used
            if near[node, position] >= 0:
                place = stations[near[node, position]]
                low, high = bounds[node, place], bounds[node, place + 1]
                if used + high - low > rows.shape[0]:
                    rows = _grown(rows, used + high - low)
                rows[used : used + high - low] = stretches[low:high]
                used += high - low
        first[node, near.shape[1]] = used
    return first, rows[:used].copy()


@kernel
def _full_to_full(world: World, bounds: IntArray, stretches: IntArray, nodes: int, stations: IntArray) -> IntArray:
    """The least time from a full tank at one station to a full tank at another."""
    count = stations.size
    full = np.full((count, count), NEVER, np.int64)
    for start in range(count):
        for end in range(count):
            row = bounds[nodes + start, stations[end]]
            if start == end:
                full[start, end] = 0
            elif row < bounds[nodes + start, stations[end] + 1]:
                full[start, end] = stretches[row, 0] + world.refuel
    for via in range(count):
        for start in range(count):
            if full[start, via] == NEVER:
                continue
            for end in range(count):
                if full[via, end] < NEVER:
                    full[start, end] = min(full[start, end], full[start, via] + full[via, end])
    return full


@kernel
def _from_full(
    world: World,
    bounds: IntArray,
    stretches: IntArray,
    full: IntArray,
    nodes: IntArray,
    stations: IntArray,
    near: IntArray,
) -> tuple[IntArray, IntArray]:
    """From a full tank at a station to a node, last refuelled at one near it: rows (time, left)."""
    first = np.zeros((stations.size, nodes.size + 2), np.int64)
    rows = np.empty((4096, 2), np.int64)
    used = 0
    for start in range(stations.size):
        for node in range(nodes.size):
            low = used
            first[start, node] = low
            for position in range(-1, near.shape[1]):
                end = start if position < 0 else near[node, position]
                if full[start, end] == NEVER:
                    continue
                row = nodes.size + end
                for stretch in range(bounds[row, nodes[node]], bounds[row, nodes[node] + 1]):
                    if used == rows.shape[0]:
                        rows = _grown(rows, used)
                    time = full[start, end] + stretches[stretch, 0]
                    used = _admit(rows, low, used, time, world.capacity - stretches[stretch, 1])
        first[start, nodes.size] = first[start, nodes.size + 1] = used
    return first, rows[:used].copy()


@kernel
def _admit(rows: IntArray, low: int, end: int, time: int, left: int) -> int:
    """Put (time, left) among the rows from `low` to before `end`, in order, unless one is as good; the new end."""
    place = end
    while place > low and rows[place - 1, 0] > time:
        place -= 1
    if place > low and rows[place - 1, 1] >= left:
        return end
    if place > low and rows[place - 1, 0] == time:
        place -= 1
    beaten = place
    while beaten < end and rows[beaten, 1] <= left:
        beaten += 1
    if beaten == place:
        for row in range(end, place, -1):
            rows[row, 0], rows[row, 1] = rows[row - 1, 0], rows[row - 1, 1]
        end += 1
    elif beaten > place + 1:
        gone = beaten - place - 1
        for row in range(beaten, end):
            rows[row - gone, 0], rows[row - gone, 1] = rows[row, 0], rows[row, 1]
        end -= gone
    rows[place, 0], rows[place, 1] = time, left
    return end


@kernel
def _least(
    direct_first: IntArray,
    direct: IntArray,
    reach_first: IntArray,
    reach: IntArray,
    away_first: IntArray,
    away: IntArray,
    near: IntArray,
    refuel: int,
) -> IntArray:
    """With a full tank, and so with any."""
    count = near.shape[0]
    least = np.full((count, count), NEVER, np.int64)
    for i in range(count):
        for j in range(count):
            if direct_first[i, j] < direct_first[i, j + 1]:
                least[i, j] = direct[direct_first[i, j], 0]
            for position in range(near.shape[1]):
                station, row = near[i, position], reach_first[i, position]
                if station < 0 or j == count - 1 or row == reach_first[i, position + 1]:
                    continue
                further = away_first[station, j]
                if further < away_first[station, j + 1]:
                    least[i, j] = min(least[i, j], reach[row, 0] + refuel + away[further, 0])
    return least
