"""The shortest order by floors alone: trees tell what is left to try, and branch and cut tries it."""

from collections.abc import Callable
from math import ceil

import numpy as np

from routing_service.adapters.branch_and_cut import BranchAndCut
from routing_service.adapters.floor_program import MOST_KNOWN
from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.problem import IntArray
from routing_service.domain.tour import SolveBudget
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_trees import trees_of

# Steps of a work limit for one linear program.
_STEPS_PER_PROGRAM = 30


class FloorCircuit:
    """`order` is the shortest known, the origin first, and costs `cost`; none costs less than `bound`.

    Open tours get home for nothing, from `end_node` alone if that is not 0.
    """

    def __init__(
        self,
        floors: IntArray,
        order: IntArray,
        *,
        closed: bool,
        end_node: int,
        expired: Callable[[], bool] = lambda: False,
    ) -> None:
        self.order = order
        # What cannot be flown still has a place in sums.
        self._far = NEVER // (2 * len(floors))
        self._floors = np.minimum(floors, self._far)
        if not closed:
            self._floors[:, 0] = self._far if end_node else 0
            self._floors[end_node, 0] = 0
        self.cost = self._cost_of(order)
        self.trees = trees_of(floors, self.cost, closed=closed, end_node=end_node, expired=expired)
        self.bound = min(self.cost, max(0, ceil(self.trees.bound)))

    def prove(self, control: SolveControl, budget: SolveBudget, part: float = 0.9) -> None:
        """Raise the bound, find what is shorter, as far as this part of the time goes."""
        if self.bound == self.cost or self.cost >= MOST_KNOWN:
            return
        programs = max(1, budget.work_limit // _STEPS_PER_PROGRAM) if budget.work_limit else NEVER
        search = BranchAndCut(self.trees, self.cost, control.share(part), programs)
        with control.interrupting(search.interrupt):
            search.prove()
        self.bound = max(self.bound, search.bound)
        if search.order:
            self._take_up(np.array(search.order, np.int64))

    def _take_up(self, found: IntArray) -> None:
        if self._cost_of(found) < self.cost:
            self.order, self.cost = found, self._cost_of(found)

    def _cost_of(self, order: IntArray) -> int:
        return int(self._floors[order, np.roll(order, -1)].sum())
