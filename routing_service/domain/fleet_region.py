"""Which part of a system a fleet's problem is about: the stops in reach, and the places that can matter."""

from dataclasses import replace

import numpy as np

from routing_service.domain.fleet import FleetProblem
from routing_service.domain.fleet_tables import stations_on_the_way
from routing_service.domain.flight import flight_of
from routing_service.domain.prepared import PreparedGraph, prepare
from routing_service.domain.problem import BoolArray, IntArray, SystemGraph
from routing_service.domain.reach import Reach

# The part of a large system that a search looks at: so many places, or at least so many more than are to be visited.
_PLACES, _STATIONS = 200, 40
# Seconds that each step of the search for fastest ways takes, about.
_SECONDS_PER_STEP = 1e-9


def within_reach(prepared: PreparedGraph, problem: FleetProblem) -> BoolArray:
    reach = Reach(prepared, problem.options)
    rows: dict[tuple[int, int, int], BoolArray] = {}
    for ship in problem.ships:
        key = ship.origin, ship.profile.fuel, ship.profile.fuel_capacity
        if key in rows:
            continue
        if ship.profile.fuel_capacity == 0:
            rows[key] = np.ones(len(problem.stops), np.bool_)
        else:
            rows[key] = reach.within(*key, and_back=problem.return_to_origin)[list(problem.stops)]
    return np.array(
        [rows[ship.origin, ship.profile.fuel, ship.profile.fuel_capacity] for ship in problem.ships], np.bool_
    )


def what_matters(
    prepared: PreparedGraph, problem: FleetProblem, within: BoolArray, seconds: float
) -> tuple[PreparedGraph, FleetProblem]:
    """The part of a large system that holds all origins and stops, the stations nearest to them, and those on the way
    from one to another. Takes about so long at most."""
    places = len(problem.graph.symbols)
    nodes = list(dict.fromkeys([*problem.stops, *(ship.origin for ship in problem.ships)]))
    wanted = max(_PLACES, len(nodes) + _STATIONS)
    if wanted >= places:
        return prepared, problem
    chosen = _in_order(prepared, problem, nodes, seconds)
    while wanted < places:
        part = prepare(_part(problem.graph, chosen[:wanted]))
        near = _moved(problem, part.graph)
        if np.array_equal(within_reach(part, near), within):
            return part, near
        wanted *= 2
    return prepared, problem


def _in_order(prepared: PreparedGraph, problem: FleetProblem, nodes: list[int], seconds: float) -> IntArray:
    """All places: first what is to be visited, then stations, near ones and such as are on the way by turns."""
    away = prepared.metric[:, nodes].min(axis=1).astype(np.int64)
    away[~problem.graph.sells_fuel] = np.iinfo(np.int64).max
    by_turns = _rank(away)
    stations, kinds = prepared.stations, {ship.profile.fuel_capacity: ship.profile for ship in problem.ships}
    work = (len(nodes) + len(stations)) ** 2 * len(stations)
    for capacity in sorted(kinds)[:: max(1, len(kinds) - 1)]:
        seconds -= work * _SECONDS_PER_STEP
        if capacity and seconds > 0:
            flight = flight_of(kinds[capacity], problem.options)
            used = np.zeros(len(away), np.int64)
            used[stations] = stations_on_the_way(flight, prepared.distance, stations, np.array(nodes, np.int64))
            by_turns = np.minimum(by_turns, np.where(used > 0, _rank(-used), len(away)))
    by_turns[nodes] = -1
    return np.argsort(by_turns, kind="stable").astype(np.int64)


def _rank(values: IntArray) -> IntArray:
    rank = np.empty(len(values), np.int64)
    rank[np.argsort(values, kind="stable")] = np.arange(len(values))
    return rank


def _part(graph: SystemGraph, places: IntArray) -> SystemGraph:
    symbols = tuple(graph.symbols[place] for place in places.tolist())
    columns = graph.x[places], graph.y[places], graph.sells_fuel[places]
    return SystemGraph(graph.system_symbol, symbols, *columns, content_key=b"")


def _moved(problem: FleetProblem, graph: SystemGraph) -> FleetProblem:
    """The same problem in a part of the system."""
    symbols = problem.graph.symbols
    return replace(
        problem,
        graph=graph,
        ships=tuple(replace(ship, origin=graph.index[symbols[ship.origin]]) for ship in problem.ships),
        stops=tuple(graph.index[symbols[stop]] for stop in problem.stops),
    )
