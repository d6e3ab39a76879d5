"""Moves of parts of a fleet's orders: judged before they are made, and made as judged."""

import numpy as np
import pytest

from routing_service.domain.fleet_changes import copy_tour
from routing_service.domain.fleet_insertion import Search
from routing_service.domain.fleet_labels import Crew
from routing_service.domain.fleet_moves import rearrange
from routing_service.domain.fleet_planning import FleetTask
from routing_service.domain.fleet_search import begin, search_of
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


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("coupled", [True, False])
def test_a_move_takes_what_was_judged_and_one_that_is_not_made_leaves_no_trace(coupled: bool, closed: bool) -> None:
    problem = real_fleet(_SHIPS, _STOPS, seed=5, closed=closed, makespan=closed)
    task = FleetTask.of(prepare(problem.graph), problem, 1.0)
    tables = task.tables() if coupled else task.full_tank_tables(1.0)
    search = search_of(task.crew, tables, task.closest, task.remote, 3)
    assert not begin(tables, task.crew, search, np.arange(_STOPS), 2).size

    made = 0
    for _ in range(600):
        touched = np.zeros(_SHIPS, np.bool_)
        if rearrange(tables, task.crew, search, 1.1 * float(search.values[0]), touched):
            made += 1
            for row in range(int(touched.sum())):
                ship, judged = int(search.draft.orders[1, row, 0]) - _STOPS, int(search.draft.flown[row])
                # Labels pass over small differences in fuel, not the same ones from both sides.
                assert abs(int(search.trial.duration[ship]) - judged) <= judged // 20
            _agree(search, task.crew, coupled=coupled)
        for column in ("before", "after", "ship", "ahead_count", "duration"):
            assert np.array_equal(getattr(search.trial, column), getattr(search.current, column))
        assert sorted(stop for ship in range(_SHIPS) for stop in _visited(search, ship)) == list(range(_STOPS))
    assert made > 10
