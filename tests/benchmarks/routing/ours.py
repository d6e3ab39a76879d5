"""Ours, called through the objects that the service's solver processes hold."""

import hashlib
import time
from typing import Any

from tests.benchmarks.routing.full_tank import FullTankTimes
from tests.benchmarks.routing.instances import PlanCase, Rules, Ship
from tests.benchmarks.routing.peers.peer import Answer, Contender
from tests.benchmarks.routing.systems import SystemMap


class OursTours(Contender):
    """One worker, warm, as between two calls; what it prepares per system it keeps."""

    name = "ours"
    fleets = False

    def __init__(self, seed: int = 1) -> None:
        from routing_service.adapters.tour_worker import warm_tour_worker

        self._worker = warm_tour_worker()
        self._seed = seed

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        from routing_service.adapters.solve_control import SolveControl
        from routing_service.adapters.tour_worker import TourJob
        from routing_service.domain.tour import SolveBudget, Status, TourProblem

        problem = TourProblem(
            graph_of(case.system),
            ship_of(case.ships[0]),
            options_of(case.rules),
            case.ships[0].origin,
            case.stops,
            case.closed,
        )
        control = SolveControl(time.monotonic() + seconds)
        plan = self._worker(TourJob(problem, SolveBudget(seconds, self._seed)), control)
        position = problem.graph.index
        order = tuple(position[symbol] for symbol in plan.visit_order)
        return Answer((order,), (plan.route.duration,), plan.status is Status.OPTIMAL, plan.lower_bound)


def graph_of(system: SystemMap) -> Any:
    from routing_service.domain.problem import SystemGraph

    content = [system.name.encode(), system.x.tobytes(), system.y.tobytes(), system.sells_fuel.tobytes()]
    return SystemGraph(
        system_symbol=system.name,
        symbols=system.symbols,
        x=system.x,
        y=system.y,
        sells_fuel=system.sells_fuel,
        content_key=hashlib.blake2b(b"".join(content), digest_size=16).digest(),
    )


def ship_of(ship: Ship) -> Any:
    from routing_service.domain.problem import ShipProfile

    return ShipProfile(ship.fuel, ship.capacity, ship.speed)


def options_of(rules: Rules) -> Any:
    from routing_service.domain.problem import RouteOptions
    from shared_kernel.physics import FlightMode

    modes = tuple(mode for mode in FlightMode if mode.value in rules.modes)
    return RouteOptions(modes, rules.refuel, rules.departure)
