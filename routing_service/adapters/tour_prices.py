"""Prices on a tour's stops under which the cheapest walk says most, and the proof to which they lead.

Subgradient steps raise the bound, with walks that remember little at first. Below it there is no tour; how far above
it there is none, a search tells that follows only what may yet end there.
"""

import numpy as np

from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_layers import advance, best_of, first_labels, in_order
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_walks import cheapest, finish, lengthen, remembering, walks_of

# Stops for which walks take neither too long nor too much memory.
MOST_STOPS = 40
# How many stops walks remember, one stage after the other, and the steps of each.
_STAGES = ((2, 60), (5, 60), (7, 40))
# How far the first prices go, when they go less far, and how far is too little; and how much of the way they keep on.
_STRIDE, _IDLE_STEPS, _LEAST_STRIDE, _MOMENTUM = 1.0, 8, 0.02, 0.6
# Labels for which there is room.
MOST_LABELS = 1_000_000
# The part of the gap that the search closes first.
_FIRST_PART = 8


class PricedWalks:
    """`bound` is what every tour costs at least, by primary cost. The model has to be exact."""

    def __init__(self, task: TourTask, control: SolveControl) -> None:
        self._task, self._control = task, control
        closed, nodes = task.problem.return_to_origin, len(task.model.nodes)
        end = 0 if closed else task.end_node or -1
        self._walks = walks_of(task.model.tables, task.floors, task.problem.ship.fuel, end)
        self._prices, self._visits = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
        self._stops = len(self._walks.value) - 1
        self.bound = 0

    def ascend(self, known: int, most: int, control: SolveControl) -> None:
        """Raise the bound by so many steps at most, within a share of the time; `known` is what a tour costs."""
        for memory, steps in _STAGES:
            if self.bound >= known or control.expired():
                return
            self._walks = remembering(self._walks, self._task.floors, memory)
            self._ascend(known, min(most, steps), control)
            most -= min(most, steps)

    def _ascend(self, known: int, most: int, control: SolveControl) -> None:
        prices, stride, idle = self._prices, _STRIDE, 0
        stops, way = slice(1, self._stops + 1), np.zeros(self._stops)
        for _ in range(most):
            cost = self._cheapest(prices, control)
            if cost == NEVER:
                break
            bound = cost + int(prices.sum())
            idle += 1
            if bound > self.bound:
                self.bound, self._prices, idle = bound, prices, 0
            missing = 1 - self._visits[stops]
            if self.bound >= known or stride < _LEAST_STRIDE or not missing.any():
                break
            if idle == _IDLE_STEPS:
                stride, idle, prices, way = stride / 2, 0, self._prices, 0 * way
            way = missing + _MOMENTUM * way
            step = (1 - _MOMENTUM) * stride * (known - bound) / int((missing**2).sum())
            prices = prices.copy()
            prices[stops] += np.rint(step * way).astype(np.int64)

    def _cheapest(self, prices: IntArray, control: SolveControl) -> int:
        """NEVER if the time does not suffice, or there is no walk."""
        finish(self._walks)
        for length in range(1, self._stops + 1):
            if control.expired():
                return NEVER
            lengthen(self._walks, length, prices)
        return cheapest(self._walks, prices, self._visits)

    def best_below(self, known: int, most: int = MOST_LABELS) -> IntArray | None:
        """The nodes of the best order that costs less than `known`, without entries if there is none; None if it
        takes too long, or more labels than `most`, to tell. Raises the bound as far as it gets."""
        if self._cheapest(self._prices, self._control) == NEVER:
            return None
        part = _FIRST_PART
        while True:
            limit = min(known, self.bound + (known - self.bound) // part + 1)
            order = self._best_below(limit, most)
            if order is None or order.size:
                return order
            self.bound = limit
            if limit == known:
                return order
            part = max(1, part // 2)

    def _best_below(self, limit: int, most: int) -> IntArray | None:
        task, walks, tables = self._task, self._walks, self._task.model.tables
        rows, groups, used = *first_labels(task.problem.ship.fuel), 1
        for left in range(self._stops - 1, -1, -1):
            found, count, begin = np.empty((1024, 4), np.int64), 0, 0
            while begin < len(groups):
                rows, used, found, count, begin = advance(
                    tables, walks, task.floors, self._prices, groups, begin, left, rows, used, found, count, limit
                )
                if used < 0 or used > most or self._control.expired():
                    return None
            groups = in_order(found[:count])
        order = best_of(tables, rows, used, groups, walks.end, limit)
        end = [task.end_node] if task.end_node and order.size else []
        return np.array([*order, *end], np.int64)
