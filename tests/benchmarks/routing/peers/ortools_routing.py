"""OR-Tools' routing solver: guided local search from two constructions, with a cost on the span for makespans."""

from typing import Any

from tests.benchmarks.routing.full_tank import FullTankTimes, tenths
from tests.benchmarks.routing.instances import PlanCase
from tests.benchmarks.routing.peers.peer import Answer, Contender

_HORIZON = 2_000_000_000
_SPAN_COST = 100


class OrToolsRouting(Contender):
    module = "ortools"

    def __init__(self, construction: str) -> None:
        self._construction = construction

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        from ortools.constraint_solver import pywrapcp, routing_enums_pb2

        origins, nodes = [times.origin(ship) for ship in case.ships], len(times.places)
        # One node more is where open tours end.
        ends = origins if case.closed else [nodes] * len(origins)
        index = pywrapcp.RoutingIndexManager(nodes + (not case.closed), len(case.ships), origins, ends)
        model = pywrapcp.RoutingModel(index)
        _add_times(model, case, times)
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = getattr(routing_enums_pb2.FirstSolutionStrategy, self._construction)
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        parameters.time_limit.FromMilliseconds(int(seconds * 1000))
        solution = model.SolveWithParameters(parameters)
        if solution is None:
            return None
        return Answer(tuple(_order(model, index, solution, ship, times) for ship in range(len(case.ships))))


class PathCheapestArc(OrToolsRouting):
    name = "OR-Tools routing, cheapest arc + GLS"

    def __init__(self) -> None:
        super().__init__("PATH_CHEAPEST_ARC")


class ParallelInsertion(OrToolsRouting):
    name = "OR-Tools routing, insertion + GLS"

    def __init__(self) -> None:
        super().__init__("PARALLEL_CHEAPEST_INSERTION")


def _add_times(model: Any, case: PlanCase, times: FullTankTimes) -> None:
    transits = []
    for matrix in times.by_kind:
        rows = [[*map(int, row), 0] for row in matrix]
        transits.append(model.RegisterTransitMatrix([*rows, [0] * len(rows[0])]))
    by_ship = [transits[times.kind(ship)] for ship in case.ships]
    for number, transit in enumerate(by_ship):
        model.SetArcCostEvaluatorOfVehicle(transit, number)
    if not case.makespan:
        return
    model.AddDimensionWithVehicleTransits(by_ship, 0, _HORIZON, False, "time")
    dimension = model.GetDimensionOrDie("time")
    dimension.SetGlobalSpanCostCoefficient(_SPAN_COST)
    for number, ship in enumerate(case.ships):
        # The span is measured from 0 to the latest end, and a ship starts when it is free.
        dimension.CumulVar(model.Start(number)).SetValue(tenths(ship.available_in))


def _order(model: Any, index: Any, solution: Any, ship: int, times: FullTankTimes) -> tuple[int, ...]:
    order, at = [], solution.Value(model.NextVar(model.Start(ship)))
    while not model.IsEnd(at):
        order.append(times.places[index.IndexToNode(at)])
        at = solution.Value(model.NextVar(at))
    return tuple(order)
