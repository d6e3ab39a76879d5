"""An independent search for stops anywhere, fuel carried: the yardstick where full-tank times mislead."""

from time import process_time

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.routing.full_tank import FullTankTimes
from tests.benchmarks.routing.instances import SECOND, PlanCase
from tests.benchmarks.routing.peers.fuel_labels import Fleet, empty_plan
from tests.benchmarks.routing.peers.fuel_search import begin, improve
from tests.benchmarks.routing.peers.fuel_tables import kinds_of, nodes_of, tables_of
from tests.benchmarks.routing.peers.peer import Answer, Contender
from tests.benchmarks.routing.systems import IntArray

_CHUNK_SECONDS = 0.02
# Shares of the first plan's value at which worse plans are taken, at the start and at the end.
_HOT, _COLD = 0.01, 0.0001


class FuelCarriedSearch(Contender):
    """Ruin and recreate with annealing. Keeps to CPU time, of which its tables are a part."""

    name = "fuel-carried search"

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        start = process_time()
        tables, fleet = tables_of(case), _fleet_of(case)
        neighbours, distance = _geometry(case)
        shape = len(case.ships), len(case.stops), tables.near.shape[2], tables.away.first.shape[1]
        current, trial = empty_plan(*shape), empty_plan(*shape)
        if not begin(tables, fleet, current, trial, self._seed, distance):
            return None
        best, count = current.sequence.copy(), current.visits.copy()
        values = np.full(2, np.inf)
        ends = current.duration.tolist()
        first, iterations = (max(ends) if case.makespan else sum(ends)) / SECOND, 1
        while (spent := (process_time() - start) / seconds) < 1:
            temperature = first * _HOT * (_COLD / _HOT) ** spent
            begun = process_time()
            improve(tables, fleet, current, trial, best, count, values, neighbours, distance, temperature, iterations)
            used = process_time() - begun
            iterations = max(1, int(iterations * min(4.0, _CHUNK_SECONDS / max(used, 1e-6))))
        orders = [tuple(case.stops[node] for node in row[1 : n + 1]) for row, n in zip(best, count, strict=True)]
        return Answer(tuple(orders))


def _fleet_of(case: PlanCase) -> Fleet:
    nodes, kinds = nodes_of(case), kinds_of(case.ships)
    origins = [nodes.index(ship.origin, len(case.stops)) for ship in case.ships]
    return Fleet(
        kind=np.array([kinds.index((ship.capacity, ship.speed)) for ship in case.ships]),
        origin=np.array(origins),
        end=np.array(origins if case.closed else [len(nodes)] * len(origins)),
        fuel=np.array([ship.fuel for ship in case.ships]),
        available=np.array([ship.available_in for ship in case.ships]),
        makespan=case.makespan,
    )


def _geometry(case: PlanCase) -> tuple[IntArray, NDArray[np.float64]]:
    """Each stop's neighbours, itself first, and every stop's distance from the nearest origin."""
    stops, origins = list(case.stops), [ship.origin for ship in case.ships]
    x, y = case.system.x.astype(float), case.system.y.astype(float)
    apart = np.hypot(x[stops][:, None] - x[stops], y[stops][:, None] - y[stops])
    np.fill_diagonal(apart, -1)
    away = np.hypot(x[stops][:, None] - x[origins], y[stops][:, None] - y[origins])
    return np.argsort(apart, axis=1, kind="stable"), away.min(axis=1)
