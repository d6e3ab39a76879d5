"""Changing a fleet's plan in place: compiled."""

from routing_service.domain.compiled import borrowing
from routing_service.domain.fleet_labels import Crew, Fleet, horizon, set_out
from routing_service.domain.fleet_tables import FleetTables
from routing_service.domain.tour_tables import NEVER


@borrowing
def copy_tour(source: Fleet, target: Fleet, crew: Crew, ship: int, coupled: bool) -> None:
    node = source.ship.size - 2 * crew.kind.size + ship
    while node >= 0:
        target.before[node], target.after[node], target.ship[node] = source.before[node], source.after[node], ship
        if coupled:
            target.ahead_count[node], target.behind_count[node] = source.ahead_count[node], source.behind_count[node]
            for label in range(source.ahead_count[node]):
                target.ahead[node, label, 0] = source.ahead[node, label, 0]
                target.ahead[node, label, 1] = source.ahead[node, label, 1]
            for label in range(source.behind_count[node]):
                target.behind[node, label, 0] = source.behind[node, label, 0]
                target.behind[node, label, 1] = source.behind[node, label, 1]
            for near in range(source.full.shape[1]):
                target.full[node, near] = source.full[node, near]
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


@borrowing
def exchange_tails(tables: FleetTables, crew: Crew, fleet: Fleet, after_one: int, after_other: int) -> bool:
    """Let two ships go on as the other does: one behind the node `after_one`, the other behind `after_other`; False if
    either may not visit a stop of it. Behind the starts these are whole tours, and either may be empty."""
    one, other = fleet.ship[after_one], fleet.ship[after_other]
    ships = crew.kind.size
    stops = fleet.ship.size - 2 * ships
    first, further = fleet.after[after_one], fleet.after[after_other]
    if not (_may_visit(crew, fleet, other, first, stops) and _may_visit(crew, fleet, one, further, stops)):
        return False
    limit = max(fleet.duration[one], fleet.duration[other])
    last, last_further = fleet.before[stops + ships + one], fleet.before[stops + ships + other]
    _go_on(fleet, after_one, further, last_further, stops + ships + one)
    _go_on(fleet, after_other, first, last, stops + ships + other)
    for ship in (one, other):
        start, end = stops + ship, stops + ships + ship
        fleet.visits[ship], node = 0, fleet.after[start]
        while node < stops:
            fleet.ship[node] = ship
            fleet.visits[ship] += 1
            node = fleet.after[node]
        if tables.coupled:
            set_out(tables, crew, fleet, ship, start, end, min(NEVER, 2 * horizon(crew, limit)))
        else:
            fleet.duration[ship] = flown_tour(tables, crew, fleet, ship)
    return True


@borrowing
def _may_visit(crew: Crew, fleet: Fleet, ship: int, node: int, stops: int) -> bool:
    """Whether a ship may visit this stop and those after it."""
    while node < stops:
        if not crew.allowed[ship, node]:
            return False
        node = fleet.after[node]
    return True


@borrowing
def _go_on(fleet: Fleet, at: int, first: int, last: int, end: int) -> None:
    """Behind the node `at`, visit the stops from `first` to `last`, none if `first` is an end."""
    stops = fleet.ship.size - 2 * fleet.visits.size
    if first >= stops:
        fleet.after[at], fleet.before[end] = end, at
        return
    fleet.after[at], fleet.before[first] = first, at
    fleet.after[last], fleet.before[end] = end, last
