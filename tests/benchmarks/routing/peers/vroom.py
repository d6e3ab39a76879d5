"""VROOM: minimises the total; a makespan by bisection on the longest tour allowed."""

from datetime import timedelta
from time import process_time
from typing import Any

import numpy as np

from tests.benchmarks.routing.full_tank import FullTankTimes, tenths
from tests.benchmarks.routing.instances import PlanCase
from tests.benchmarks.routing.peers.peer import Answer, Contender, Orders

_EXPLORATION = 5


class Vroom(Contender):
    name = "VROOM, exploration 5"
    module = "vroom"

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        start = process_time()
        orders = _solve(case, times, None, seconds)
        if not case.makespan or orders is None:
            return None if orders is None else Answer(orders)
        low, high = 0, _last_end(case, times, orders)
        while high - low > 10 and (left := seconds - (process_time() - start)) > 0.01:
            middle = (low + high) // 2
            found = _solve(case, times, middle, left)
            if found is None:
                low = middle
            else:
                orders, high = found, min(middle, _last_end(case, times, found))
        return Answer(orders)


def _solve(case: PlanCase, times: FullTankTimes, latest: int | None, seconds: float) -> Orders | None:
    """The orders of least total in which every ship ends by `latest`, in tenths of a second; None if not all fit."""
    import vroom

    problem = vroom.Input()
    for kind, matrix in enumerate(times.by_kind):
        problem.set_durations_matrix(f"kind-{kind}", matrix.astype(np.uint32))
    for number, ship in enumerate(case.ships):
        allowed = None if latest is None else latest - tenths(ship.available_in)
        if allowed is None or allowed > 0:
            problem.add_vehicle(_vehicle(vroom, case, times, number, allowed))
    problem.add_job([vroom.Job(stop, stop) for stop in range(times.stops)])
    solution = problem.solve(_EXPLORATION, 1, timedelta(seconds=seconds))
    if solution.summary.unassigned:
        return None
    jobs = solution.routes[solution.routes["type"] == "job"]
    orders: list[list[int]] = [[] for _ in case.ships]
    for ship, job in zip(jobs["vehicle_id"], jobs["id"], strict=True):
        orders[int(ship)].append(times.places[int(job)])
    return tuple(map(tuple, orders))


def _vehicle(vroom: Any, case: PlanCase, times: FullTankTimes, number: int, allowed: int | None) -> Any:
    ship = case.ships[number]
    origin = times.origin(ship)
    end = {"end": origin} if case.closed else {}
    limit = {} if allowed is None else {"max_travel_time": allowed}
    return vroom.Vehicle(number, start=origin, profile=f"kind-{times.kind(ship)}", **end, **limit)


def _last_end(case: PlanCase, times: FullTankTimes, orders: Orders) -> int:
    return max(times.end(ship, order) for ship, order in zip(case.ships, orders, strict=True))
