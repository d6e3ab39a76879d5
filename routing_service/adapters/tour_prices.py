"""Prices on a tour's stops under which the cheapest walk says most: subgradient steps."""

import numpy as np

from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.problem import IntArray
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_walks import Walks, cheapest, lengthen, set_out, walks_of

# Stops for which walks take neither too long nor too much memory.
MOST_STOPS = 40
# How far the first prices go, when they go less far, and how far is too little.
_STRIDE, _IDLE_STEPS, _LEAST_STRIDE = 1.0, 8, 0.02
_MOST_STEPS = 200


def bound_by_walks(task: TourTask, known: int, most: int, control: SolveControl) -> int:
    """What every tour costs at least, by primary cost; `known` is what one costs. Goes at most so many steps. The model
    has to be exact."""
    closed, nodes = task.problem.return_to_origin, len(task.model.nodes)
    walks = walks_of(task.model.tables, task.floors, task.problem.ship.fuel, 0 if closed else task.end_node or -1)
    prices, visits = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    stops = slice(1, len(walks.before))
    best, best_prices, stride, idle = 0, prices, _STRIDE, 0
    for _ in range(min(most, _MOST_STEPS)):
        cost = _cheapest(walks, prices, visits, control)
        if cost == NEVER:
            break
        bound = cost + int(prices.sum())
        idle += 1
        if bound > best:
            best, best_prices, idle = bound, prices, 0
        missing = 1 - visits[stops]
        if best >= known or stride < _LEAST_STRIDE or not missing.any():
            break
        if idle == _IDLE_STEPS:
            stride, idle, prices = stride / 2, 0, best_prices
        prices = prices.copy()
        prices[stops] += np.rint(stride * (known - bound) / int((missing**2).sum()) * missing).astype(np.int64)
    return best


def _cheapest(walks: Walks, prices: IntArray, visits: IntArray, control: SolveControl) -> int:
    """NEVER if the time does not suffice, or there is no walk."""
    set_out(walks)
    for length in range(1, len(walks.before)):
        if control.expired():
            return NEVER
        lengthen(walks, length, prices)
    return cheapest(walks, visits)
