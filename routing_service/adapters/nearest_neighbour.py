"""The baseline: always to the stop that is reached at the least cost, fuel carried."""

from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.tour import SolveBudget, Status, TourPlan, TourProblem
from routing_service.domain.tour_planning import TourTask


class NearestNeighbourTourSolver:
    """Raises NoRouteFoundError also where it merely gets stuck."""

    def solve(
        self, prepared: PreparedGraph, problem: TourProblem, budget: SolveBudget, control: SolveControl
    ) -> TourPlan:
        task = TourTask.of(prepared, problem, control.expired)
        given = task.given_sequence
        sequence = task.sequence(task.first_order) if given is None else given
        return task.plan(sequence, Status.FEASIBLE, task.least_duration)
