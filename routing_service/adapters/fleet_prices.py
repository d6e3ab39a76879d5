"""Prices on a fleet's stops under which its ships collect least: duals of a linear program whose columns are walks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp

from routing_service.domain.fleet import FleetProblem
from routing_service.domain.fleet_collectors import Collectors, FleetFlights, Offers, grain_within
from routing_service.domain.fleet_planning import FleetTask
from routing_service.domain.fleet_walks import PRICES_IN_ALL
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import IntArray

# About how many looks at all walks it takes; walks per look and kind of ship; and a gap that is not worth another one.
_LOOKS, _WALKS_PER_LOOK, _LEAST_GAP = 40, 10, 0.002
# What is left uncovered of all stops where they are covered but for rounding.
_NOTHING_LEFT = 1e-6


@dataclass(frozen=True)
class Look:
    """About how long it is looked for prices, what tells to end, and how often at most."""

    seconds: float
    ended: Callable[[], bool]
    most: int = 400


def bound_by_collecting(
    prepared: PreparedGraph, problem: FleetProblem, task: FleetTask, known: int, at_least: int, look: Look
) -> int:
    """What the makespan of every plan is at least, in nanoseconds, where `known` is that of one and `at_least` a bound.
    `prepared` and `problem` are about the whole system."""
    grain = grain_within(task, len(prepared.stations), known, look.seconds, _LOOKS)
    if grain is None or at_least >= known:
        return at_least
    flights = FleetFlights(prepared, problem, task, grain.levels, look.seconds)
    collectors = Collectors(task, problem, flights, known, grain)
    shares = _Shares(len(task.stops), [each.count for each in collectors.alike])
    best, high, until = at_least, known, (at_least + known) // 2
    for _ in range(look.most):
        prices = shares.prices()
        if prices is None:
            # Walks that end by then cover all stops, in parts at least: less time has to be looked at.
            high, until = until, (best + until) // 2
            shares.leave_out_after(until)
        else:
            scaled = (prices * (PRICES_IN_ALL / prices.sum())).astype(np.int32)
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


class _Shares:
    """What part of each walk ships fly so that the stops are covered, as far as that can be. Ships that are alike fly
    as many walks as there are of them."""

    def __init__(self, stops: int, counts: list[int]) -> None:
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._many = self._solver.infinity()
        self._covered = [self._solver.Constraint(1.0, self._many) for _ in range(stops)]
        self._flown = [self._solver.Constraint(-self._many, float(count)) for count in counts]
        self._walks: list[tuple[pywraplp.Variable, int]] = []
        missed = self._solver.Objective()
        missed.SetMinimization()
        for covered in self._covered:
            left = self._solver.NumVar(0.0, self._many, "")
            covered.SetCoefficient(left, 1.0)
            missed.SetCoefficient(left, 1.0)

    def prices(self) -> NDArray[np.float64] | None:
        """What each stop is worth; None if nothing is, as all are covered."""
        if self._solver.Solve() != pywraplp.Solver.OPTIMAL or self._solver.Objective().Value() < _NOTHING_LEFT:
            return None
        return np.array([max(0.0, covered.dual_value()) for covered in self._covered])

    def add(self, offers: Offers, until: int) -> None:
        """Walks that end by then."""
        for flown, visits in zip(self._flown, offers.visits, strict=True):
            for row in visits:
                self._add(flown, row, until)

    def _add(self, flown: pywraplp.Constraint, visits: IntArray, until: int) -> None:
        part = self._solver.NumVar(0.0, self._many, "")
        flown.SetCoefficient(part, 1.0)
        for stop in np.flatnonzero(visits).tolist():
            self._covered[stop].SetCoefficient(part, float(visits[stop]))
        self._walks.append((part, until))

    def leave_out_after(self, until: int) -> None:
        """Walks that may take longer are not to be flown."""
        for part, end in self._walks:
            part.SetUb(self._many if end <= until else 0.0)
