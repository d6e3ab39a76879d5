"""A tour's search: rounds of ruin and recreate, the first of which begins hot."""

from collections.abc import Iterator
from functools import cached_property
from math import floor, inf, log2

import numpy as np

from routing_service.adapters.solve_control import SolveControl
from routing_service.domain.problem import IntArray
from routing_service.domain.tour import SolveBudget
from routing_service.domain.tour_flight import cost_of
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_search import Search, begin, improve, search_of, take_up
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_ways import exacting, ways_of

# Temperatures, as parts of the best tour's cost: at the start, if there are many steps or few, at the start of later
# rounds, and at the end.
_HOT, _HOT_FOR_FEW, _WARM, _COLD = 0.05, 0.02, 0.004, 0.0001
# How many rounds begin hot where there are so many seconds: no single one is sure to end near the best tour.
_HOT_ROUNDS, LONG = 3, 2.0
# What makes many steps: seconds per stop squared.
_MANY = 1 / 2_500
# Parts of a work limit that go into the first round, and into each later one.
_FIRST_PART, _LATER_PART = 0.6, 0.2
# A round has no more steps than so many per stop; where whole rounds bring nothing, no more improvement is expected.
_ROUND_STEPS_PER_STOP, _LEAST_STEPS = 6_000, 400
_IDLE_ROUNDS = 3
# Tries of labels for which a second suffices on a machine of today, tables included. Searches cool down by these and
# not by the clock, so that it only decides how far they get: on a slower machine not all the way down, on a faster one
# on to further rounds. Between a time and its double, so many are told apart.
_TRIES_PER_SECOND, _TIMES_TOLD_APART, _LEAST_SECONDS = 42_000_000, 4, 0.01
# The part of what is left of them that a round makes use of, and where there is much; and the least part of all.
_ROUND_PART, _ROUND_PART_OF_MUCH, _LEAST_PART = 0.7, 0.35, 0.05
# Steps between two looks at the clock.
_AT_ONCE = 32
# Orders in which stops are put into the first tour, before it is taken for impossible.
_FIRST_TRIES = 24


class TourRounds:
    """One tour's search, carried on round by round, and its best sequence of nodes so far."""

    def __init__(self, task: TourTask, budget: SolveBudget, control: SolveControl) -> None:
        self._task, self._budget, self._control = task, budget, control
        self._steps_left = budget.work_limit or NEVER
        self._idle_rounds = self._rounds = 0
        self._missed = np.empty(0, np.int64)
        # A destination stays where it is, at the end.
        self._stops = len(task.model.nodes) - 1 - (task.problem.destination is not None)
        end = 0 if task.problem.return_to_origin else task.end_node or -1
        self._ways = ways_of(task.model.tables, task.floors, end)
        self.best = task.sequence(task.first_order)
        self.cost = cost_of(task.model.tables, self.best, task.problem.ship.fuel)
        self._search = self._begun()

    @property
    def flyable(self) -> bool:
        return self.cost < NEVER

    def goes_on(self, bound: int) -> bool:
        within = self._steps_left > 0 and not self._control.expired()
        return within and self.cost > bound and self._idle_rounds < _IDLE_ROUNDS and self.flyable

    def round(self, *, most: int = NEVER, share: float = 1.0) -> None:
        """From the best sequence, for at most so many steps, while the temperature falls; `share` is the part of the
        budget's time that all rounds have."""
        before, search = self.cost, self._search
        if self.flyable and self._stops > 1 and take_up(self._ways, search, self.best[1 : self._stops + 1].copy()):
            hot = self._hot if self._rounds < (_HOT_ROUNDS if self._long else 1) else _WARM
            tries = inf if self._budget.work_limit else share * self._part * self._seconds * _TRIES_PER_SECOND
            self._cool_down(min(most, self._most_steps(), self._steps_left), tries, hot)
            self.offer(self._sequence(search.best))
        self._rounds += 1
        self._idle_rounds = self._idle_rounds + 1 if self.cost == before else 0

    def _cool_down(self, steps: int, tries: float, hot: float) -> None:
        """By the share that is done of so many steps, or of so many tries of labels."""
        scale, tried, step, part = float(self._search.current.cost[0]), self._search.labels.tried, 0, 0.0
        begun = int(tried[0])
        while part < 1 and not self._control.expired():
            at_once = min(_AT_ONCE, steps - step)
            improve(self._ways, self._search, at_once, scale * hot * (_COLD / hot) ** part)
            step += at_once
            part = max(step / steps, (int(tried[0]) - begun) / tries)
        self._steps_left -= step

    @cached_property
    def _seconds(self) -> float:
        """The budget's time, about: such that runs that differ by little in it go the same way."""
        doublings = log2(max(self._budget.seconds, _LEAST_SECONDS))
        return float(2 ** (floor(_TIMES_TOLD_APART * doublings) / _TIMES_TOLD_APART))

    @property
    def _long(self) -> bool:
        return self._seconds >= LONG and not self._budget.work_limit

    @property
    def _part(self) -> float:
        """That of the next round in what is planned."""
        part = _ROUND_PART_OF_MUCH if self._long else _ROUND_PART
        return max(_LEAST_PART, part * (1 - part) ** self._rounds)

    def offer(self, sequence: IntArray) -> None:
        """Another sequence, which may be the best."""
        cost = cost_of(self._task.model.tables, sequence, self._task.problem.ship.fuel)
        if cost < self.cost:
            self.cost, self.best = cost, sequence.copy()

    @property
    def _hot(self) -> float:
        if self._budget.work_limit:
            return _HOT_FOR_FEW
        return max(_HOT_FOR_FEW, min(_HOT, _HOT * self._seconds / (_MANY * self._stops**2)))

    def _most_steps(self) -> int:
        most = _ROUND_STEPS_PER_STOP * self._stops
        part = _LATER_PART if self._rounds else _FIRST_PART
        return min(most, max(_LEAST_STEPS, int(part * self._budget.work_limit))) if self._budget.work_limit else most

    def _sequence(self, order: IntArray) -> IntArray:
        """A search's order holds the origin and the end, whether or not this is a place of its own."""
        end = self._ways.place[-1]
        return np.array([*order[:-1], *([end] if end >= 0 else [])], np.int64)

    def _begun(self) -> Search:
        """From the best of a few tours that are made by putting in one stop after the other."""
        search = search_of(self._ways, self._stops, self._task.problem.ship.fuel, self._budget.seed)
        for number, order in enumerate(self._first_orders(search)):
            if number == _FIRST_TRIES // 2:
                self._ways = exacting(self._ways)
            self._missed = begin(self._ways, search, order)
            if not self._missed.size:
                self.offer(self._sequence(search.best))
                break
            if self._control.expired():
                break
        return search

    def _first_orders(self, search: Search) -> Iterator[IntArray]:
        """The most remote stops first; and then, again and again, those first that found no place."""
        order = np.argsort(-search.remote[1 : self._stops + 1], kind="stable").astype(np.int64) + 1
        for _ in range(_FIRST_TRIES if self._stops > 0 else 0):
            yield order
            kept = np.isin(order, self._missed, invert=True)
            order = np.concatenate([self._missed, order[kept]])
