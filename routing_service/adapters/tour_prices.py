"""Prices on a tour's stops under which the cheapest walk says most, and the proof to which they lead.

Trees give the first prices, the fees on flights within sets of stops, and the flights that are left to try. Subgradient
steps raise the bound from there, with walks that remember little at first. Below it there is no tour; how far above
it there is none, a search tells that follows only what may yet end there.
"""

from typing import TypeAlias

import numpy as np

from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_fees import fees_of, no_fees
from routing_service.domain.tour_fuel_floors import FuelFloors
from routing_service.domain.tour_layers import COLUMNS_OF_GROUPS, advance, best_of, first_labels, in_order
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_trees import Trees, may_be_flown, trees_of
from routing_service.domain.tour_walks import cheapest, finish, lengthen, remembering, walks_of

# Stops for which walks take neither too long nor too much memory, and for which it is worth while to raise their prices
# far.
MOST_STOPS, MOST_STOPS_OF_LONG = 100, 60
# How many stops walks remember, one stage after the other, and the steps of each.
Stages: TypeAlias = tuple[tuple[int, int], ...]
LONG_STAGES: Stages = ((2, 60), (5, 60), (7, 40))
SHORT_STAGES: Stages = ((4, 6),)
# How far the first prices go, and those after trees; when they go less far, and how far is too little; and how
# much of the way they keep on.
_STRIDE, _STRIDE_OF_TREES, _IDLE_STEPS, _LEAST_STRIDE, _MOMENTUM = 1.0, 0.3, 8, 0.02, 0.6
# Trees tell of prices where they come to this part of what a tour costs. Where fuel makes tours several times as dear
# as floors, prices have a better start from nothing.
_NEAR = 0.88
# Labels for which there is room.
MOST_LABELS = 1_000_000
# The part of the gap that the search closes first.
_FIRST_PART = 8
# Parts of a unit in which prices are given, so that rounding them loses little, and what sums of them stay below.
_PARTS, _MOST = 64, 1 << 50


class PricedWalks:
    """`bound` is what every tour costs at least, by primary cost. `floors` are the least costs from node to node;
    tours that cost `limit` or more do not count. The model has to be exact."""

    def __init__(self, task: TourTask, control: SolveControl, floors: FuelFloors, limit: int) -> None:
        self._task, self._control = task, control
        closed, nodes = task.problem.return_to_origin, len(task.model.nodes)
        end = 0 if closed else task.end_node or -1
        self._stops = nodes - 1 - (end > 0)
        self._fees, self._prices, self._stride, self._parts = no_fees(nodes), np.zeros(nodes, np.int64), _STRIDE, 1
        kept = np.ones((nodes, nodes), np.bool_)
        if limit < NEVER:
            known = floors.length(limit)
            trees = trees_of(floors.costs, known, closed=closed, end_node=task.end_node)
            kept = may_be_flown(trees, known)
            if trees.bound >= _NEAR * known:
                self._begin_with(trees, floors)
        fuel, tables = task.problem.ship.fuel, task.model.tables
        self._walks = walks_of(tables, task.floors, fuel, end, self._fees, kept, self._parts)
        self._visits = np.zeros(nodes, np.int64)
        self.bound = 0

    def _begin_with(self, trees: Trees, floors: FuelFloors) -> None:
        most, nodes = int(self._task.floors[self._task.floors < NEVER].max(initial=0)), len(self._prices)
        self._parts = _PARTS if most * nodes * _PARTS < _MOST else 1
        scale = self._parts / floors.parts
        self._fees, self._stride = fees_of(trees, scale, self._stops), _STRIDE_OF_TREES
        self._prices[1:] = np.rint(-2 * scale * trees.prices[1:nodes]).clip(-_MOST, _MOST)

    def ascend(self, known: int, most: int, control: SolveControl, stages: Stages) -> None:
        """Raise the bound by so many steps at most, within a share of the time; `known` is what a tour costs."""
        for memory, steps in stages:
            if self.bound >= known or control.expired():
                return
            self._walks = remembering(self._walks, self._task.floors, memory)
            self._ascend(known, min(most, steps), control)
            most -= min(most, steps)

    def _ascend(self, known: int, most: int, control: SolveControl) -> None:
        prices, stride, idle, highest = self._prices, self._stride, 0, -NEVER
        stops, way, parts = slice(1, self._stops + 1), np.zeros(self._stops), self._parts
        for _ in range(most):
            cost = self._cheapest(prices, control)
            if cost is None:
                break
            if cost == NEVER:
                self.bound = known
                break
            bound = cost + int(prices[stops].sum()) - self._fees.given_back
            idle += 1
            if bound > highest:
                highest, self._prices, idle = bound, prices, 0
                # Walks know nothing of tours that cost as much as is known.
                self.bound = max(self.bound, min(known, -(-bound // parts)))
            missing = 1 - self._visits[stops]
            if self.bound >= known or stride < _LEAST_STRIDE or not missing.any():
                break
            if idle == _IDLE_STEPS:
                stride, idle, prices, way = stride / 2, 0, self._prices, 0 * way
            way = missing + _MOMENTUM * way
            step = (1 - _MOMENTUM) * stride * (known * parts - bound) / int((missing**2).sum())
            prices = prices.copy()
            prices[stops] += np.rint(step * way).astype(np.int64)

    def _cheapest(self, prices: IntArray, control: SolveControl) -> int | None:
        """NEVER if there is no walk; None if the time does not suffice."""
        finish(self._walks)
        for length in range(1, self._stops + 1):
            if control.expired():
                return None
            lengthen(self._walks, length, prices)
        return cheapest(self._walks, prices, self._visits)

    def best_below(self, known: int, most: int = MOST_LABELS) -> IntArray | None:
        """The nodes of the best order that costs less than `known`, without entries if there is none; None if it
        takes too long, or more labels than `most`, to tell. Raises the bound as far as it gets."""
        if self.bound >= known:
            return np.empty(0, np.int64)
        if self._cheapest(self._prices, self._control) is None:
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
            found, count, begin = np.empty((1024, COLUMNS_OF_GROUPS), np.int64), 0, 0
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
