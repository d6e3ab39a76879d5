"""Floors that know what fuel costs, for tours whose refuels take time: compiled.

A refuel adds no more than a tank holds. So if a unit of fuel costs, as it is burnt, what a refuel does by the unit of a
full tank, and refuels nothing, then no tour costs more than it does, but for the fuel with which it began.
"""

from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import compiled
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_tables import BURNT, NEVER, TourTables

# Parts of a unit of cost, so that rounding down loses little, and what all of them have to stay below.
_PARTS, _MOST = 256, 1 << 50


class FuelFloors(NamedTuple):
    """The least cost from node to node, in `parts` of a unit; `given` is what the fuel at the start is worth."""

    costs: IntArray
    parts: int
    given: int

    def length(self, cost: int) -> int:
        """What a tour of this primary cost measures by these floors, at most."""
        return cost * self.parts + self.given

    def bound(self, length: int) -> int:
        """What every tour costs at least, by primary cost, if none is shorter than so much."""
        return -((self.given - length) // self.parts)


def plain_floors(floors: IntArray) -> FuelFloors:
    """Floors that charge nothing for fuel."""
    return FuelFloors(floors, 1, 0)


def fuel_floors(tables: TourTables, floors: IntArray, most_fuel: IntArray, fuel: int) -> FuelFloors:
    """`most_fuel` is that with which a ship can stand at each node; `fuel` is that at the start."""
    refuel, capacity = int(tables.refuel[0]), max(1, tables.capacity)
    most = int(floors[floors < NEVER].max(initial=0)) + 2 * refuel
    parts = _PARTS if most * len(floors) * _PARTS < _MOST else 1
    given = -(-refuel * fuel * parts // capacity)
    return FuelFloors(_least(tables, most_fuel, parts, refuel * parts, capacity), parts, given)


@compiled
def _least(tables: TourTables, most_fuel: IntArray, parts: int, refuel: int, capacity: int) -> IntArray:
    """`refuel` is what one costs, in parts."""
    nodes = tables.begin.shape[0]
    least = np.full((nodes, nodes), NEVER, np.int64)
    for i in range(nodes):
        for j in range(nodes):
            for row in range(tables.to_nodes.first[i, j], tables.to_nodes.first[i, j + 1] if i != j else 0):
                burnt = tables.to_nodes.rows[row, BURNT]
                if burnt <= most_fuel[i]:
                    least[i, j] = min(least[i, j], tables.to_nodes.rows[row, 0] * parts + refuel * burnt // capacity)
        for position in range(tables.begin.shape[1]):
            station, full = tables.begin[i, position], NEVER
            for row in range(tables.to_stations.first[i, station], tables.to_stations.first[i, station + 1]):
                burnt = tables.to_stations.rows[row, BURNT]
                if burnt <= most_fuel[i]:
                    full = min(full, tables.to_stations.rows[row, 0] * parts + refuel * burnt // capacity)
            for j in range(nodes if full < NEVER else 0):
                for row in range(tables.refuelled.first[station, j], tables.refuelled.first[station, j + 1]):
                    burnt = tables.refuelled.rows[row, BURNT]
                    cost = tables.refuelled.rows[row, 0] * parts + refuel * burnt // capacity
                    least[i, j] = min(least[i, j], full + cost)
    for node in range(nodes):
        least[node, node] = NEVER
    return least
