"""Changing a fleet's plan in place: compiled."""

from typing import NamedTuple

import numpy as np

from routing_service.domain.compiled import borrowing
from routing_service.domain.fleet_labels import Crew, Fleet, horizon, set_out
from routing_service.domain.fleet_tables import FleetTables
from routing_service.domain.problem import IntArray


class Draft(NamedTuple):
    """Room for other orders of one ship or two that are thought of. `orders[0, r]` is what the ship of row r visits,
    `orders[1, r]` what it is to visit instead, both ends included; `sizes` says of how many nodes they are. Of row r,
    the first `spans[r, 0]` and the last `spans[r, 1]` nodes stay the same; it then flies `flown[r]`."""

    orders: IntArray
    sizes: IntArray
    spans: IntArray
    flown: IntArray


def empty_draft(stops: int) -> Draft:
    return Draft(
        orders=np.zeros((2, 2, stops + 2), np.int64),
        sizes=np.zeros((2, 2), np.int64),
        spans=np.zeros((2, 2), np.int64),
        flown=np.zeros(2, np.int64),
    )


@borrowing
def copy_ahead(source: Fleet, target: Fleet, node: int) -> None:
    """Take over what comes before a node, and its labels ahead."""
    target.before[node], target.ahead_count[node] = source.before[node], source.ahead_count[node]
    for label in range(source.ahead_count[node]):
        target.ahead[node, label, 0] = source.ahead[node, label, 0]
        target.ahead[node, label, 1] = source.ahead[node, label, 1]
    for near in range(source.full.shape[1]):
        target.full[node, near] = source.full[node, near]


@borrowing
def copy_tour(source: Fleet, target: Fleet, crew: Crew, ship: int, coupled: bool) -> None:
    node = source.ship.size - 2 * crew.kind.size + ship
    while node >= 0:
        target.before[node], target.after[node], target.ship[node] = source.before[node], source.after[node], ship
        if coupled:
            copy_ahead(source, target, node)
            target.behind_count[node] = source.behind_count[node]
            for label in range(source.behind_count[node]):
                target.behind[node, label, 0] = source.behind[node, label, 0]
                target.behind[node, label, 1] = source.behind[node, label, 1]
            for station in range(source.onward.shape[1]):
                target.onward[node, station] = source.onward[node, station]
        node = source.after[node]
    target.duration[ship], target.visits[ship] = source.duration[ship], source.visits[ship]


@borrowing
def flown_tour(tables: FleetTables, crew: Crew, fleet: Fleet, ship: int) -> int:
    """The sum of floors along a ship's order."""
    node, total = fleet.ship.size - 2 * crew.kind.size + ship, 0
    while fleet.after[node] >= 0:
        to = crew.spot[fleet.after[node]]
        if to >= 0 and fleet.visits[ship] > 0:
            total += tables.floors[crew.kind[ship], crew.spot[node], to]
        node = fleet.after[node]
    return total


@borrowing
def drop_stops(tables: FleetTables, crew: Crew, fleet: Fleet, ship: int) -> None:
    """Take the stops that have no ship any more out of this ship's order."""
    node = fleet.ship.size - 2 * crew.kind.size + ship
    low, high, kept = -1, node, node
    while node >= 0:
        following = fleet.after[node]
        if fleet.ship[node] >= 0:
            fleet.before[node] = kept if node != kept else -1
            if node != kept:
                fleet.after[kept] = node
            kept = node
        else:
            fleet.visits[ship] -= 1
            low, high = (kept if low < 0 else low), kept
        node = following
    if tables.coupled:
        set_out(tables, crew, fleet, ship, fleet.after[low], high, horizon(crew, fleet.duration[ship]))
    else:
        fleet.duration[ship] = flown_tour(tables, crew, fleet, ship)


@borrowing
def insert_stop(tables: FleetTables, crew: Crew, fleet: Fleet, before: int, stop: int, duration: int) -> None:
    after, ship = fleet.after[before], fleet.ship[before]
    fleet.before[stop], fleet.after[stop], fleet.ship[stop] = before, after, ship
    fleet.after[before], fleet.before[after] = stop, stop
    fleet.visits[ship] += 1
    fleet.duration[ship] = duration
    if tables.coupled:
        set_out(tables, crew, fleet, ship, stop, stop, horizon(crew, duration))
