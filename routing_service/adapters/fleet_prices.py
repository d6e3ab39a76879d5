"""Prices on a fleet's stops that say most: duals of a linear program whose columns are walks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp

from routing_service.domain.fleet import FleetProblem
from routing_service.domain.fleet_collectors import Collectors, Offers, grain_within
from routing_service.domain.fleet_planning import FleetTask
from routing_service.domain.fleet_walks import MOST_PRICE
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import IntArray

# About how many looks at all walks it takes; walks per look and kind of ship; and a gap that is not worth another one.
_LOOKS, _WALKS_PER_LOOK, _LEAST_GAP = 20, 10, 0.002
# What is left uncovered of all stops where they are covered but for rounding.
_NOTHING_LEFT = 1e-6


@dataclass(frozen=True)
class Look:
    """About how long it is looked for prices, what tells to end, and how often at most. Times on a full tank are used
    if they take no more than `for_times`."""

    seconds: float
    for_times: float
    ended: Callable[[], bool]
    most: int = 400


def worth_a_look(prepared: PreparedGraph, task: FleetTask, at_least: int, seconds: float) -> bool:
    """Whether so many seconds may be enough, if no plan is worth less than `at_least`."""
    return grain_within(task, len(prepared.stations), at_least, seconds, _LOOKS) is not None


def bound_by_collecting(
    prepared: PreparedGraph, problem: FleetProblem, task: FleetTask, known: int, at_least: int, look: Look
) -> int:
    """What every plan is worth at least, in nanoseconds, where `known` is what one is worth and `at_least` a bound.
    `prepared` and `problem` are about the whole system."""
    grain = grain_within(task, len(prepared.stations), known, look.seconds, _LOOKS)
    if grain is None or at_least >= known:
        return at_least
    collectors = Collectors(prepared, problem, task, known, grain, look.for_times)
    least = _least_makespan if problem.counts_waiting else _least_total
    return least(collectors, known, at_least, look)


def _least_makespan(collectors: Collectors, known: int, at_least: int, look: Look) -> int:
    shares = _Shares(np.ones(collectors.stops), [each.count for each in collectors.alike])
    best, high, until = at_least, known, (at_least + known) // 2
    for _ in range(look.most):
        missed, prices = shares.best()
        if missed < _NOTHING_LEFT:
            # Walks that end by then cover all stops, in parts at least: less time has to be looked at.
            high, until = until, (best + until) // 2
            shares.leave_out_after(until)
        else:
            scaled = (prices * (MOST_PRICE / prices.sum())).astype(np.int32)
            offers = collectors.offers(scaled, until, _WALKS_PER_LOOK, look.ended)
            if offers is None:
                break
            best = max(best, collectors.least_makespan(offers, int(scaled.sum()), best, known))
            shares.add(offers, until)
            if best > until:
                high = max(high, best)
                until = (best + high) // 2
                shares.leave_out_after(until)
        if high - best <= _LEAST_GAP * known:
            break
    return best


def _least_total(collectors: Collectors, known: int, at_least: int, look: Look) -> int:
    shares = _Shares(collectors.alone().astype(np.float64), [each.count for each in collectors.alike])
    best = at_least
    for _ in range(look.most):
        paid, prices = shares.best()
        scaled = np.minimum(prices, MOST_PRICE).astype(np.int32)
        offers = collectors.offers(scaled, known, _WALKS_PER_LOOK, look.ended)
        if offers is None:
            break
        best = max(best, min(known, collectors.least_total(offers, int(scaled.sum()))))
        shares.add(offers, known)
        # What walks in parts cost is what can be proven with them at most.
        if paid / MOST_PRICE * known - best <= _LEAST_GAP * known:
            break
    return best


class _Shares:
    """What part of each walk ships fly so that the stops are covered at the least cost; a stop that is not is paid for.
    Ships that are alike fly as many walks as there are of them."""

    def __init__(self, missed: NDArray[np.float64], counts: list[int]) -> None:
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._many = self._solver.infinity()
        self._covered = [self._solver.Constraint(1.0, self._many) for _ in missed]
        self._flown = [self._solver.Constraint(-self._many, float(count)) for count in counts]
        self._walks: list[tuple[pywraplp.Variable, int]] = []
        self._cost = self._solver.Objective()
        self._cost.SetMinimization()
        for covered, cost in zip(self._covered, missed.tolist(), strict=True):
            left = self._solver.NumVar(0.0, self._many, "")
            covered.SetCoefficient(left, 1.0)
            self._cost.SetCoefficient(left, cost)

    def best(self) -> tuple[float, NDArray[np.float64]]:
        """The least cost, and what each stop is worth; nothing if that cannot be told."""
        if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
            return 0.0, np.zeros(len(self._covered))
        return self._cost.Value(), np.array([max(0.0, covered.dual_value()) for covered in self._covered])

    def add(self, offers: Offers, until: int) -> None:
        """Walks that end by then."""
        for flown, visits, paid in zip(self._flown, offers.visits, offers.paid, strict=True):
            for row, cost in zip(visits, paid.tolist(), strict=True):
                self._add(flown, row, float(cost), until)

    def _add(self, flown: pywraplp.Constraint, visits: IntArray, cost: float, until: int) -> None:
        part = self._solver.NumVar(0.0, self._many, "")
        flown.SetCoefficient(part, 1.0)
        self._cost.SetCoefficient(part, cost)
        for stop in np.flatnonzero(visits).tolist():
            self._covered[stop].SetCoefficient(part, float(visits[stop]))
        self._walks.append((part, until))

    def leave_out_after(self, until: int) -> None:
        """Walks that may take longer are not to be flown."""
        for part, end in self._walks:
            part.SetUb(self._many if end <= until else 0.0)
