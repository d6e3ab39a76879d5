"""Ruin and recreate over a fleet's plan, cooling down: compiled.

A step takes strings of stops that lie near each other out of some ships' orders (`fleet_ruin`), and puts each back
where it costs least (`fleet_insertion`); ships that end late are charged more for another stop. Before, it moves whole
parts of orders, if that does not cost too much (`fleet_moves`).
"""

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.chance import chance_of, random_below
from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.fleet_changes import copy_tour, drop_stops, empty_draft, flown_tour
from routing_service.domain.fleet_insertion import SPREAD, Search, recreate, value_of
from routing_service.domain.fleet_labels import LABELS, Crew, Fleet, empty_fleet, set_out
from routing_service.domain.fleet_moves import rearrange
from routing_service.domain.fleet_ruin import put_in_order, ruin
from routing_service.domain.fleet_tables import FleetTables
from routing_service.domain.problem import FloatArray, IntArray
from routing_service.domain.tour_tables import NEVER

_BLINKS = 100
# So many moves of whole parts of orders for every ruin: with fuel carried, and where ruins are cheap.
_COUPLED_MOVES, _MOVES = 10, 1
# The share of the ships' mean time that counts beside the makespan for what is best.
_TIE = 1e-6


def search_of(crew: Crew, tables: FleetTables, closest: IntArray, remote: FloatArray, seed: int) -> Search:
    """A search whose ships have no stops yet."""
    shape = crew.kind.size, closest.shape[0], tables.near.shape[2], tables.away.first.shape[1]
    current, trial = (empty_fleet(*shape, coupled=tables.coupled) for _ in range(2))
    return Search(
        current=current,
        trial=trial,
        best=current.after.copy(),
        values=np.full(2, np.inf),
        closest=closest,
        remote=remote,
        rank=np.argsort(closest, axis=1).astype(np.int64),
        bounds=np.empty((len(current.ship), 2), np.int64),
        there=np.empty((LABELS, 2), np.int64),
        paid=np.empty(crew.kind.size),
        costs=np.empty(crew.kind.size),
        known=np.full((crew.kind.size, closest.shape[0], 2), -1, np.int64),
        draft=empty_draft(closest.shape[0]),
        chance=chance_of(seed),
    )


@borrowing
def _empty(tables: FleetTables, crew: Crew, fleet: Fleet) -> None:
    nodes, ships = fleet.ship.size, crew.kind.size
    for stop in range(nodes - 2 * ships):
        fleet.ship[stop] = -1
    for ship in range(ships):
        start, end = nodes - 2 * ships + ship, nodes - ships + ship
        fleet.after[start], fleet.before[end] = end, start
        fleet.visits[ship] = fleet.duration[ship] = 0
        if tables.coupled:
            set_out(tables, crew, fleet, ship, start, end, NEVER)


@borrowing
def take_up(tables: FleetTables, crew: Crew, search: Search, after: IntArray) -> None:
    """Go on from a known plan; its value is infinite if the labels do not suffice for it."""
    fleet, ships = search.trial, crew.kind.size
    stops = fleet.ship.size - 2 * ships
    _empty(tables, crew, fleet)
    for ship in range(ships):
        start, end = stops + ship, stops + ships + ship
        before, node = start, after[start]
        while node < stops:
            fleet.after[before], fleet.before[node], fleet.ship[node] = node, before, ship
            fleet.visits[ship] += 1
            before, node = node, after[node]
        fleet.after[before], fleet.before[end] = end, before
        if tables.coupled:
            set_out(tables, crew, fleet, ship, start, end, NEVER)
        else:
            fleet.duration[ship] = flown_tour(tables, crew, fleet, ship)
    _agree(tables, crew, search)


@borrowing
def _agree(tables: FleetTables, crew: Crew, search: Search) -> None:
    """Make the trial the plan at hand."""
    for stop in range(search.closest.shape[0]):
        search.current.ship[stop] = -1
    for ship in range(crew.kind.size):
        copy_tour(search.trial, search.current, crew, ship, tables.coupled)
        for stop in range(search.known.shape[1]):
            search.known[ship, stop, 0] = search.known[ship, stop, 1] = -1
    search.values[0] = value_of(crew, search.current, SPREAD)
    _note(crew, search)


@compiled
def begin(tables: FleetTables, crew: Crew, search: Search, stops: IntArray, power: int) -> IntArray:
    """Make a first plan, the stops put in in this order, at what `recreate` says; those that found no place."""
    touched = np.ones(crew.kind.size, np.bool_)
    _empty(tables, crew, search.trial)
    one, missed, count = np.empty(1, np.int64), np.empty(stops.size, np.int64), 0
    for stop in stops:
        one[0] = stop
        if not recreate(tables, crew, search, one, 1, power, 0, touched, np.inf):
            missed[count] = stop
            count += 1
    # A plan with fewer stops than one before it may be worth less.
    search.values[1] = np.inf
    _agree(tables, crew, search)
    return missed[:count]


@borrowing
def _note(crew: Crew, search: Search) -> None:
    value = value_of(crew, search.current, _TIE)
    if value < search.values[1]:
        search.values[1] = value
        for node in range(search.best.size):
            search.best[node] = search.current.after[node]


@borrowing
def _ruin_and_recreate(
    tables: FleetTables, crew: Crew, search: Search, touched: NDArray[np.bool_], removed: IntArray, threshold: float
) -> bool:
    count = ruin(crew, search, touched, removed)
    for ship in range(touched.size):
        if touched[ship]:
            drop_stops(tables, crew, search.trial, ship)
    put_in_order(search, removed, count)
    power = 1 << random_below(search.chance, 6) if crew.makespan else 1
    return recreate(tables, crew, search, removed, count, power, _BLINKS, touched, threshold)


@borrowing
def _settle(tables: FleetTables, crew: Crew, search: Search, touched: NDArray[np.bool_], accepted: bool) -> None:
    """Make the trial the plan at hand, or the plan at hand the trial."""
    for ship in range(touched.size):
        if touched[ship] and accepted:
            copy_tour(search.trial, search.current, crew, ship, tables.coupled)
            for stop in range(search.known.shape[1]):
                search.known[ship, stop, 0] = search.known[ship, stop, 1] = -1
        elif touched[ship]:
            copy_tour(search.current, search.trial, crew, ship, tables.coupled)
        touched[ship] = False
    if accepted:
        search.values[0] = value_of(crew, search.current, SPREAD)
        _note(crew, search)


@compiled
def improve(tables: FleetTables, crew: Crew, search: Search, step: int, until: int, steps: int, hot: float,
            cold: float) -> int:  # fmt: skip
    """Steps from number `step` to before `until`, of `steps` in all, while the temperature falls from `hot` to `cold`,
    in seconds: a ruin each, and some moves. The number of the next step."""
    removed = np.empty(search.closest.shape[0], np.int64)
    touched = np.zeros(crew.kind.size, np.bool_)
    moves = _COUPLED_MOVES if tables.coupled else _MOVES
    while step < until:
        temperature = hot * (cold / hot) ** (step / steps)
        step += 1
        for move in range(moves + 1):
            luck = (random_below(search.chance, 1 << 30) + 1) / (1 << 30)
            threshold = search.values[0] - temperature * np.log(luck)
            if move == moves:
                accepted = _ruin_and_recreate(tables, crew, search, touched, removed, threshold)
                _settle(tables, crew, search, touched, accepted and value_of(crew, search.trial, SPREAD) < threshold)
            elif rearrange(tables, crew, search, threshold, touched):
                _settle(tables, crew, search, touched, True)
    return step
