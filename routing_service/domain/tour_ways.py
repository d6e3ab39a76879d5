"""The tables of a tour, thinned out and packed for its search: what is hardly thriftier is left to the last flight.

Nodes are those of the tour's model, and one more: the end, which lies at the origin, at a destination, or wherever
the last stop is. A cost is one number here: time, or with LEAST_FUEL fuel, time breaking ties.
"""

from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import compiled
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_tables import BURNT, NEVER, PRIMARY, SECONDARY, Entries, TourTables

# Stations at which a ship that leaves a node may refuel first, as far as the search is concerned.
_NEAR = 10
# Ways that spare less than one unit of fuel in so many are left out, but for the thriftiest.
_SPARED = 12
_HARDLY, _EVERY_UNIT = 5, 62
# Stands for NEVER in floors, so that some of them can be added up.
FAR = 1 << 58
# Greatest cost of a whole tour that leaves room for ties to count.
_ROOM = 1 << 61


class Packed(NamedTuple):
    """Ways from i to j: the rows (cost, burnt) `first[i, j]` to before `first[i, j + 1]`, in order of rising cost and
    of falling fuel."""

    first: IntArray
    rows: IntArray


class Ways(NamedTuple):
    """`direct` leads from node to node without a refuel, `reach` from a node to each of its stations in `near`, `away`
    from a full tank at a station to a node; `chains` are costs from full tank to full tank. `floors[i, j]` is the least
    cost, whatever was flown before. `place[i]` is the node at which node i lies, -1 for an end that is anywhere.
    `refuel` is what one costs. Differences in fuel beyond `hardly` binary digits are passed over."""

    direct: Packed
    reach: Packed
    away: Packed
    chains: IntArray
    near: IntArray
    floors: IntArray
    place: IntArray
    capacity: int
    refuel: int
    hardly: int


def ways_of(tables: TourTables, floors: IntArray, end: int, *, every: bool = False) -> Ways:
    """`end` is the node at which a tour ends, -1 for anywhere. With `every`, no way is left out, and each unit of fuel
    counts: several times the labels."""
    some = _as_they_are if every else thinned
    weight, divisor = _weights(tables)
    near = np.ascontiguousarray(tables.begin[:, :_NEAR])
    least = np.where(floors < NEVER, floors * weight, FAR)
    np.fill_diagonal(least, 0)
    chains = tables.chains[:, :, 0] * weight + tables.chains[:, :, 1] // divisor
    return Ways(
        direct=Packed(*some(*_packed(tables.to_nodes, weight, divisor))),
        reach=Packed(*some(*_gathered(*_packed(tables.to_stations, weight, divisor), near))),
        away=Packed(*some(*_packed(tables.refuelled, weight, divisor))),
        chains=np.where(tables.chains[:, :, 0] < NEVER, chains, NEVER),
        near=near,
        floors=np.minimum(least, FAR),
        place=np.array([*range(len(floors)), end], np.int64),
        capacity=tables.capacity,
        refuel=int(tables.refuel[0] * weight + tables.refuel[1] // divisor),
        hardly=_EVERY_UNIT if every else _HARDLY,
    )


def exacting(ways: Ways) -> Ways:
    """The same ways, for orders in which every unit of fuel counts."""
    return ways._replace(hardly=_EVERY_UNIT)


def _weights(tables: TourTables) -> tuple[int, int]:
    """What a unit of primary cost counts, and by what a secondary one is divided. Where time comes first, ties are too
    rare to count."""
    rows = tables.to_nodes.rows
    if not len(rows) or (rows[:, PRIMARY] != rows[:, BURNT]).any():
        return 1, NEVER
    most = int(max(rows[:, SECONDARY].max(), 1)) * 16 * len(tables.begin)
    burnt = int(rows[:, PRIMARY].max() + 1) * 16 * len(tables.begin)
    divisor = max(1, most * burnt // _ROOM + 1)
    return most // divisor + 1, divisor


def _packed(entries: Entries, weight: int, divisor: int) -> tuple[IntArray, IntArray]:
    costs = entries.rows[:, PRIMARY] * weight + entries.rows[:, SECONDARY] // divisor
    return entries.first, np.stack([costs, entries.rows[:, BURNT]], axis=1)


def _gathered(first: IntArray, rows: IntArray, near: IntArray) -> tuple[IntArray, IntArray]:
    """The ways to stations, by node and place in `near`."""
    bounds = np.zeros((len(near), near.shape[1] + 1), np.int64)
    parts, used = [rows[:0]], 0
    for node, stations in enumerate(near.tolist()):
        bounds[node, 0] = used
        for position, station in enumerate(stations):
            low, high = first[node, station : station + 2]
            parts.append(rows[low:high])
            used += int(high - low)
            bounds[node, position + 1] = used
    return bounds, np.concatenate(parts)


def _as_they_are(first: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    return first, rows


@compiled
def thinned(first: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Of each pair the ways that spare much, and the thriftiest."""
    bounds, kept, used = np.zeros_like(first), np.empty_like(rows), 0
    for i in range(first.shape[0]):
        bounds[i, 0] = used
        for j in range(first.shape[1] - 1):
            low = used
            for row in range(first[i, j], first[i, j + 1]):
                burnt = rows[row, 1]
                if used > low and burnt >= kept[used - 1, 1]:
                    continue
                last = row == first[i, j + 1] - 1
                if used == low or last or burnt < kept[used - 1, 1] - kept[used - 1, 1] // _SPARED:
                    kept[used, 0], kept[used, 1] = rows[row, 0], burnt
                    used += 1
            bounds[i, j + 1] = used
    return bounds, kept[:used].copy()
