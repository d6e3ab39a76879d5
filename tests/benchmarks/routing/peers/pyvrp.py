"""PyVRP: minimises the total; for a makespan, what a ship flies beyond a limit is made dear, and the limit is moved."""

from collections.abc import Iterable
from time import process_time
from typing import Any

import numpy as np

from tests.benchmarks.routing.full_tank import FullTankTimes, tenths
from tests.benchmarks.routing.instances import PlanCase, Ship
from tests.benchmarks.routing.peers.peer import Answer, Contender, Orders

# What a tenth of a second beyond the limit costs, against 1 for one of flight.
_OVERTIME_PRICE = 100
_LONG = 100_000_000
_PARTS = 5


class PyVrp(Contender):
    name = "PyVRP"
    module = "pyvrp"

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        start, search = process_time(), _Search(case, times)
        if not case.makespan:
            return _answer(search.run(None, seconds))
        best, last, limit = None, _LONG * len(case.ships), 0
        for part in range(_PARTS):
            left = seconds - (process_time() - start)
            orders = search.run(limit, left / (_PARTS - part)) if left > 0 else None
            if orders is None:
                continue
            ends = [times.end(ship, order) for ship, order in zip(case.ships, orders, strict=True)]
            if max(ends) < last:
                best, last = orders, max(ends)
            # Even shares at first, and then what is nearer to the best so far than to these.
            mean = sum(ends) // len(ends)
            limit = mean if part == 0 else (mean + 3 * last) // 4
        return _answer(best)


def _answer(orders: Orders | None) -> Answer | None:
    return None if orders is None else Answer(orders)


class _Search:
    """Runs on one case; each run starts from where the one before ended."""

    def __init__(self, case: PlanCase, times: FullTankTimes) -> None:
        self._case, self._times = case, times
        # Equal ships are one type of vehicle.
        self._types = list(dict.fromkeys(case.ships))
        self._visits: list[tuple[int, list[int]]] = []

    def run(self, limit: int | None, seconds: float) -> Orders | None:
        import pyvrp
        from pyvrp.stop import MaxRuntime

        problem = self._problem(pyvrp, limit)
        known = [pyvrp.Route(problem, visits, kind) for kind, visits in self._visits]
        first = pyvrp.Solution(problem, known) if known else None
        best = pyvrp.solve(problem, MaxRuntime(seconds), seed=1, collect_stats=False, initial_solution=first).best
        if not best.is_feasible():
            return None
        self._visits = [
            (route.vehicle_type(), [activity.idx for activity in route if activity.is_client()])
            for route in best.routes()
        ]
        return self._orders()

    def _problem(self, pyvrp: Any, limit: int | None) -> Any:
        places, origins = len(self._times.places), sorted({self._times.origin(ship) for ship in self._types})
        # One location more is where open tours end.
        matrices = [np.pad(matrix, (0, 1)) for matrix in self._times.by_kind]
        for matrix in matrices:
            np.fill_diagonal(matrix, 0)
        depots = [*origins, places]
        return pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0) for _ in range(places + 1)],
            clients=[pyvrp.Client(stop) for stop in range(self._times.stops)],
            depots=[pyvrp.Depot(node) for node in depots],
            vehicle_types=[self._vehicle_type(pyvrp, ship, depots, limit) for ship in self._types],
            distance_matrices=matrices,
            duration_matrices=matrices,
        )

    def _vehicle_type(self, pyvrp: Any, ship: Ship, depots: list[int], limit: int | None) -> Any:
        depot = depots.index(self._times.origin(ship))
        overtime: dict[str, int] = {}
        if limit is not None:
            allowed = max(0, limit - tenths(ship.available_in))
            overtime = {"shift_duration": allowed, "max_overtime": _LONG, "unit_overtime_cost": _OVERTIME_PRICE}
        return pyvrp.VehicleType(
            num_available=self._case.ships.count(ship),
            start_depot=depot,
            end_depot=depot if self._case.closed else len(depots) - 1,
            profile=self._times.kind(ship),
            **overtime,
        )

    def _orders(self) -> Orders:
        orders: list[tuple[int, ...]] = [() for _ in self._case.ships]
        for number, visits in self._visits:
            free = self._free_ships(self._types[number], orders)
            orders[next(iter(free))] = tuple(self._times.places[node] for node in visits)
        return tuple(orders)

    def _free_ships(self, wanted: Ship, orders: list[tuple[int, ...]]) -> Iterable[int]:
        return (n for n, ship in enumerate(self._case.ships) if ship == wanted and not orders[n])
