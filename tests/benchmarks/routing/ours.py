"""Ours, called through the objects that the service's solver processes hold."""

import hashlib
import time

from routing_service.adapters.fleet_worker import FleetJob, warm_worker
from routing_service.adapters.solve_control import SolveControl
from routing_service.adapters.tour_worker import TourJob
from routing_service.domain.fleet import FleetObjective, FleetPlan, FleetProblem, FleetShip
from routing_service.domain.problem import RouteOptions, ShipProfile, SystemGraph
from routing_service.domain.tour import SolveBudget, Status, TourPlan, TourProblem
from shared_kernel.physics import FlightMode
from tests.benchmarks.routing.full_tank import FullTankTimes
from tests.benchmarks.routing.instances import PlanCase, Rules, Ship
from tests.benchmarks.routing.peers.peer import Answer, Contender
from tests.benchmarks.routing.systems import SystemMap


class CpuControl(SolveControl):
    """Ends a solve by its CPU seconds, as the peers' are counted, whatever else the machine does."""

    def __init__(self, seconds: float) -> None:
        super().__init__(time.monotonic())
        self._end = time.process_time() + seconds

    @property
    def remaining(self) -> float:
        return max(0.0, self._end - time.process_time())

    def share(self, part: float) -> SolveControl:
        return CpuControl(part * self.remaining)


class Ours(Contender):
    """One worker, warm, as between two calls; what it prepares per system it keeps."""

    name = "ours"

    def __init__(self, seed: int = 1) -> None:
        self._worker = warm_worker()
        self._seed = seed

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        budget, control = SolveBudget(seconds, self._seed), CpuControl(seconds)
        job = TourJob(tour_of(case), budget) if len(case.ships) == 1 else FleetJob(fleet_of(case), budget)
        return _answer(case, self._worker(job, control))


def _answer(case: PlanCase, plan: TourPlan | FleetPlan) -> Answer:
    tours = [plan] if isinstance(plan, TourPlan) else plan.tours
    position = {symbol: number for number, symbol in enumerate(case.system.symbols)}
    return Answer(
        orders=tuple(tuple(position[symbol] for symbol in tour.visit_order) for tour in tours),
        durations=tuple(tour.route.duration for tour in tours),
        proven=plan.status is Status.OPTIMAL,
        lower_bound=plan.lower_bound,
    )


def tour_of(case: PlanCase) -> TourProblem:
    ship = case.ships[0]
    return TourProblem(
        graph_of(case.system), ship_of(ship), options_of(case.rules), ship.origin, case.stops, case.closed
    )


def fleet_of(case: PlanCase) -> FleetProblem:
    ships = [
        FleetShip(f"SHIP-{number:X}", ship_of(ship), ship.origin, ship.available_in)
        for number, ship in enumerate(case.ships, 1)
    ]
    objective = FleetObjective.MAKESPAN if case.makespan else FleetObjective.TOTAL_TIME
    return FleetProblem(graph_of(case.system), tuple(ships), case.stops, case.closed, objective, options_of(case.rules))


def graph_of(system: SystemMap) -> SystemGraph:
    content = [system.name.encode(), system.x.tobytes(), system.y.tobytes(), system.sells_fuel.tobytes()]
    return SystemGraph(
        system_symbol=system.name,
        symbols=system.symbols,
        x=system.x,
        y=system.y,
        sells_fuel=system.sells_fuel,
        content_key=hashlib.blake2b(b"".join(content), digest_size=16).digest(),
    )


def ship_of(ship: Ship) -> ShipProfile:
    return ShipProfile(ship.fuel, ship.capacity, ship.speed)


def options_of(rules: Rules) -> RouteOptions:
    modes = tuple(mode for mode in FlightMode if mode.value in rules.modes)
    return RouteOptions(modes, rules.refuel, rules.departure)
