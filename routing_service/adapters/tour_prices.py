"""Prices on a tour's stops under which the cheapest walk says most, and the proof to which they lead.

Trees and combs give the first prices, the fees on flights of which no tour has many, and the flights that are left to
try. Subgradient steps raise the bound from there, with walks that remember little at first; after each, flights that no
tour below the best known has are left out. Below it there is no tour; how far above
it there is none, a search tells that follows only what may yet end there.
"""

from math import ceil
from typing import NamedTuple, TypeAlias

import numpy as np

from routing_service.adapters.branch_and_cut import FloorCombs, combs_of
from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_fees import edge_fees, fees_of, no_fees, tree_fees
from routing_service.domain.tour_fuel_floors import FuelFloors
from routing_service.domain.tour_layers import COLUMNS_OF_GROUPS, advance, best_of, first_labels, in_order
from routing_service.domain.tour_narrowing import narrowed
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_trees import Trees, may_be_flown, trees_of, with_fees
from routing_service.domain.tour_walks import cheapest, finish, flown, lengthen, remembering, walks_of

# Stops for which walks take neither too long nor too much memory, and for which it is worth while to raise their prices
# far.
MOST_STOPS, MOST_STOPS_OF_LONG = 100, 60
# The part of the time until a search for orders that goes into prices.
_PRICES_PART = 0.5
# How far the first prices go, and those after trees; when they go less far, and how far is too little; and how
# much of the way they keep on.
_STRIDE, _STRIDE_OF_TREES, _IDLE_STEPS, _LEAST_STRIDE, _MOMENTUM = 1.0, 0.3, 8, 0.02, 0.6
# Trees tell of prices where they come to this part of what a tour costs. Where fuel makes tours several times as dear
# as floors, prices have a better start from nothing.
_NEAR = 0.88
# Labels for which there is room.
_MOST_LABELS = 1_000_000
# The search closes the gap that walks leave to so many eighths, one after the other; each takes several times as long
# as the one before.
_EIGHTHS = (1, 3, 5, 8)
# Parts of a unit in which prices are given, so that rounding them loses little, and what sums of them stay below.
_PARTS, _MOST = 64, 1 << 50


class Stage(NamedTuple):
    """How many stops walks remember, the steps to raise their prices, and the labels that the search for orders may
    have after that: few, as the next stage needs fewer."""

    memory: int
    steps: int
    labels: int


Stages: TypeAlias = tuple[Stage, ...]
LONG_STAGES: Stages = (Stage(2, 60, 0), Stage(5, 60, 0), Stage(7, 40, _MOST_LABELS))
# Of walks that begin where trees end.
SHORT_STAGES: Stages = (Stage(0, 6, 0), Stage(4, 16, 100_000), Stage(6, 16, 300_000))
SECOND_STAGES: Stages = (Stage(6, 20, 0), Stage(8, 20, _MOST_LABELS))


class PricedWalks:
    """`bound` is what every tour costs at least, by primary cost. `floors` are the least costs from node to node, and
    `trees` those of them, if they are at hand; tours that cost `limit` or more do not count. The model has to be
    exact."""

    def __init__(
        self, task: TourTask, control: SolveControl, floors: FuelFloors, limit: int, trees: Trees | None = None
    ) -> None:
        self._task = task
        closed, nodes = task.problem.return_to_origin, len(task.model.nodes)
        end = 0 if closed else task.end_node or -1
        self._stops = nodes - 1 - (end > 0)
        self._fees, self._prices, self._stride, self._parts = no_fees(nodes), np.zeros(nodes, np.int64), _STRIDE, 1
        kept = np.ones((nodes, nodes), np.bool_)
        if limit < NEVER:
            known = floors.length(limit)
            if trees is None:
                trees = trees_of(floors.costs, known, closed=closed, end_node=task.end_node, expired=control.expired)
            combs = combs_of(trees, known, control) if trees.bound >= _NEAR * known else None
            if combs is not None:
                trees, known = self._begin_with(trees, combs, floors, known, control)
            kept = may_be_flown(trees, known)
        fuel, tables = task.problem.ship.fuel, task.model.tables
        self._walks = walks_of(tables, fuel, end, self._fees, kept, self._parts, control.expired)
        self._visits, self._limit = np.zeros(nodes, np.int64), limit
        self.bound = 0

    def _begin_with(
        self, trees: Trees, combs: FloorCombs, floors: FuelFloors, known: int, control: SolveControl
    ) -> tuple[Trees, int]:
        """Returns the trees that know of fees, and what a tour is known to cost with these."""
        most, nodes = int(self._task.floors[self._task.floors < NEVER].max(initial=0)), len(self._prices)
        self._parts = _PARTS if most * nodes * _PARTS < _MOST else 1
        scale = self._parts / floors.parts
        cuts = [(comb, round(scale * worth)) for comb, worth in combs.worth]
        known += ceil(sum(fee * comb.most for comb, fee in cuts) / scale)
        trees = with_fees(trees, edge_fees(cuts, nodes) / scale, combs.kept, known, control.expired)
        self._fees, self._stride = fees_of([*tree_fees(trees, scale), *cuts], nodes, self._stops), _STRIDE_OF_TREES
        self._prices[1:] = np.rint(-2 * scale * trees.prices[1:nodes]).clip(-_MOST, _MOST)
        return trees, known

    def prove(
        self, limit: int, control: SolveControl, stages: Stages, steps: int, labels: int = _MOST_LABELS
    ) -> IntArray | None:
        """As `best_below`, by stages, with so many steps and labels at most."""
        self._limit, order = min(self._limit, limit), None
        prices = control.share(_PRICES_PART)
        for stage in stages:
            if self.bound < limit and not control.expired():
                self._walks = remembering(self._walks, self._task.floors, stage.memory)
                self._ascend(limit, min(steps, stage.steps), prices)
                steps -= min(steps, stage.steps)
            if self.bound >= limit or min(labels, stage.labels):
                order = self.best_below(limit, control, min(labels, stage.labels))
                prices = control.share(_PRICES_PART)
            if order is not None:
                break
        return order

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
            bound = self._bound(cost, prices)
            idle += 1
            if bound > highest:
                highest, self._prices, idle = bound, prices, 0
                # Walks know nothing of tours that cost as much as is known.
                self.bound = max(self.bound, min(known, -(-bound // parts)))
                if self._limit < NEVER and bound > _NEAR * self._limit * parts:
                    self._walks = narrowed(self._walks, prices, self._limit * parts + cost - bound, control.expired)
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

    def best_below(self, limit: int, control: SolveControl, most: int = _MOST_LABELS) -> IntArray | None:
        """The nodes of the best order that costs less than `limit`, without entries if there is none; None if it
        takes too long, or more labels than `most`, to tell. Raises the bound as far as it gets."""
        if self.bound >= limit:
            return np.empty(0, np.int64)
        cost = self._cheapest(self._prices, control)
        if cost is None:
            return None
        told = limit if cost == NEVER else min(limit, self._bound(cost, self._prices) // self._parts)
        order: IntArray | None = np.empty(0, np.int64)
        for eighths in _EIGHTHS:
            below = told + (limit - told) * eighths // 8
            # Hardly more than is known would take as long as all of it.
            if below == limit or 8 * (below - self.bound) > limit - self.bound:
                order = self._best_below(below, control, most)
                if order is None or order.size:
                    break
                self.bound = below
        return order

    def _bound(self, cost: int, prices: IntArray) -> int:
        """By what the cheapest walk costs, in parts."""
        return cost + int(prices[1 : self._stops + 1].sum()) - self._fees.given_back

    def _best_below(self, limit: int, control: SolveControl, most: int) -> IntArray | None:
        task, walks, tables = self._task, self._walks, self._task.model.tables
        rows, groups, used = *first_labels(task.problem.ship.fuel), 1
        floors = np.where(flown(walks), task.floors, NEVER)
        for left in range(self._stops - 1, -1, -1):
            found, count, begin = np.empty((1024, COLUMNS_OF_GROUPS), np.int64), 0, 0
            while begin < len(groups):
                rows, used, found, count, begin = advance(
                    tables, walks, floors, self._prices, groups, begin, left, rows, used, found, count, limit
                )
                if used < 0 or used > most or control.expired():
                    return None
            groups = in_order(found[:count])
        order = best_of(tables, rows, used, groups, walks.end, limit)
        end = [task.end_node] if task.end_node and order.size else []
        return np.array([*order, *end], np.int64)
