"""`python -m tests.fakes.routing_warmth`: what a warm worker still has to compile for plans of all kinds, by name.

A process of its own, as whatever ran before would have compiled it. What was stored by earlier runs does not count.
"""

import importlib
import itertools
import pkgutil
import time
from collections.abc import Iterator

import routing_service.domain as domain
from routing_service.adapters.fleet_worker import FleetJob, SolvingWorker, warm_worker
from routing_service.adapters.solve_control import SolveControl
from routing_service.adapters.tour_worker import TourJob
from routing_service.domain.fleet import FleetObjective, FleetProblem, FleetShip
from routing_service.domain.problem import Objective, RouteOptions, ShipProfile
from routing_service.domain.tour import SolveBudget, TourProblem
from tests.fakes.routing_systems import real_system

_SECONDS = 0.06
_ENDS = ((True, RouteOptions()), (False, RouteOptions(objective=Objective.LEAST_FUEL)))


def _kernels() -> set[tuple[str, str]]:
    """Name and types of every kernel that was called in this process."""
    modules = [
        importlib.import_module(f"{domain.__name__}.{found.name}") for found in pkgutil.iter_modules(domain.__path__)
    ]
    return {
        (name, str(types))
        for module in modules
        for name, kernel in vars(module).items()
        for types in getattr(kernel, "signatures", ())
    }


def _jobs() -> Iterator[FleetJob | TourJob]:
    graph, budget = real_system("X1-VB74"), SolveBudget(_SECONDS)
    frigate, poor, hauler, probe = (
        ShipProfile(*figures) for figures in ((400, 400, 36), (90, 400, 36), (600, 600, 15), (0, 0, 9))
    )
    sellers = [place for place, sells in enumerate(graph.sells_fuel) if sells]

    stops_of = (range(9, 10), range(9, 13), range(9, 40), sellers[:20])
    for (closed, options), stops in itertools.product(_ENDS, stops_of):
        for profiles in ([frigate], [frigate, frigate], [poor, hauler, probe]):
            ships = tuple(FleetShip(f"S-{number}", profile, number) for number, profile in enumerate(profiles))
            objective = FleetObjective.MAKESPAN if closed else FleetObjective.TOTAL_TIME
            yield FleetJob(FleetProblem(graph, ships, tuple(stops), closed, objective, options), budget)
        for profile in (frigate, probe):
            yield TourJob(TourProblem(graph, profile, options, 0, tuple(stops), closed), budget)


def main() -> None:
    work: SolvingWorker = warm_worker()
    warm = _kernels()
    for job in _jobs():
        work(job, SolveControl(time.monotonic() + _SECONDS))
    print(*sorted({name for name, _ in _kernels() - warm}), sep="\n")


if __name__ == "__main__":
    main()
