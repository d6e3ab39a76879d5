"""Moves of parts of a fleet's orders: judged before they are made, and made as judged."""

import numpy as np
import pytest

from routing_service.domain.fleet_changes import copy_tour, drop_stops
from routing_service.domain.fleet_insertion import SPREAD, Search, recreate, value_of
from routing_service.domain.fleet_labels import Crew
from routing_service.domain.fleet_moves import rearrange
from routing_service.domain.fleet_planning import FleetTask
from routing_service.domain.fleet_search import begin, search_of
from routing_service.domain.fleet_tables import FleetTables
from routing_service.domain.prepared import prepare
from tests.fakes.routing_fleets import real_fleet

_SHIPS, _STOPS = 4, 20


def _visited(search: Search, ship: int) -> list[int]:
    """The stops of the trial, in order, found by the links in one direction and checked by those in the other."""
    fleet, visited = search.trial, list[int]()
    node = int(fleet.after[_STOPS + ship])
    while node < _STOPS:
        assert fleet.ship[node] == ship
        assert fleet.after[fleet.before[node]] == node
        visited.append(node)
        node = int(fleet.after[node])
    assert node == _STOPS + _SHIPS + ship
    assert len(visited) == fleet.visits[ship]
    return visited


def _agree(search: Search, crew: Crew, *, coupled: bool) -> None:
    for ship in range(_SHIPS):
        copy_tour(search.trial, search.current, crew, ship, coupled)


def _begun(*, coupled: bool, closed: bool) -> tuple[FleetTables, Crew, Search]:
    problem = real_fleet(_SHIPS, _STOPS, seed=5, closed=closed, makespan=closed)
    task = FleetTask.of(prepare(problem.graph), problem, 1.0)
    tables = task.tables() if coupled else task.full_tank_tables(1.0)
    search = search_of(task.crew, tables, task.closest, task.remote, 3)
    assert not begin(tables, task.crew, search, np.arange(_STOPS), 2).size
    return tables, task.crew, search


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("coupled", [True, False])
def test_a_move_takes_what_was_judged_and_one_that_is_not_made_leaves_no_trace(coupled: bool, closed: bool) -> None:
    tables, crew, search = _begun(coupled=coupled, closed=closed)

    made = 0
    for _ in range(600):
        touched = np.zeros(_SHIPS, np.bool_)
        if rearrange(tables, crew, search, 1.1 * float(search.values[0]), touched):
            made += 1
            for row in range(int(touched.sum())):
                ship, judged = int(search.draft.orders[1, row, 0]) - _STOPS, int(search.draft.flown[row])
                # Labels pass over small differences in fuel, not the same ones from both sides.
                assert abs(int(search.trial.duration[ship]) - judged) <= judged // 20
            _agree(search, crew, coupled=coupled)
        for column in ("before", "after", "ship", "ahead_count", "duration"):
            assert np.array_equal(getattr(search.trial, column), getattr(search.current, column))
        assert sorted(stop for ship in range(_SHIPS) for stop in _visited(search, ship)) == list(range(_STOPS))
    assert made > 10


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("coupled", [True, False])
def test_stops_are_put_back_alike_far_below_a_threshold_and_not_at_all_beyond_it(coupled: bool, closed: bool) -> None:
    tables, crew, search = _begun(coupled=coupled, closed=closed)
    removed = np.array([3, 8, 13, 17], np.int64)
    found: dict[float, list[int]] = {}

    def put_back(threshold: float) -> float:
        touched = np.ones(_SHIPS, np.bool_)
        search.trial.ship[removed] = -1
        for ship in range(_SHIPS):
            drop_stops(tables, crew, search.trial, ship)
        done = recreate(tables, crew, search, removed, len(removed), 2, 0, touched, threshold)
        found[threshold] = search.trial.after.tolist()
        value = value_of(crew, search.trial, SPREAD)
        for ship in range(_SHIPS):
            copy_tour(search.current, search.trial, crew, ship, coupled)
        return value if done else np.inf

    value = put_back(np.inf)

    assert put_back(2 * value) == value < np.inf
    assert found[2 * value] == found[np.inf]
    assert put_back(0.1 * value) == np.inf
