"""A tour's search: rounds of ruin and recreate, the first of which begins hot."""

from collections.abc import Iterable, Iterator

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
_HOT, _HOT_FOR_FEW, _WARM, _COLD = 0.05, 0.008, 0.004, 0.0001
# A short round from each of several starts: its part of the time or of a work limit, at most so many steps per pair of
# stops, and its temperature; and the part of the time after which no other begins.
_START_PART, _START_STEPS, _START_WARM, _STARTS_PART = 0.12, 3, 0.006, 0.6
# What leaves time for bounds besides: so many seconds.
LONG = 2.0
# How many rounds begin hot where there are many steps but no starts: no single one is sure to end near the best tour.
_HOT_ROUNDS = 3
# What makes many steps: seconds per stop squared.
_MANY = 1 / 2_500
# Parts of a work limit that go into the first round, and into each later one.
_FIRST_PART, _LATER_PART = 0.6, 0.2
# A round has no more steps than so many per stop; where whole rounds bring nothing, no more improvement is expected.
_ROUND_STEPS_PER_STOP, _LEAST_STEPS = 6_000, 400
_IDLE_ROUNDS = 3
# Steps between two looks at the clock.
_AT_ONCE = 64
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
        self._end = 0 if task.problem.return_to_origin else task.end_node or -1
        self._hot_rounds = _HOT_ROUNDS if self.many_steps else 1
        self._ways, self._every_way = ways_of(task.model.tables, task.floors, self._end), False
        self.best = task.sequence(task.first_order)
        self.cost = cost_of(task.model.tables, self.best, task.problem.ship.fuel)
        self._search = self._empty()
        self._begin()

    @property
    def flyable(self) -> bool:
        return self.cost < NEVER

    @property
    def many_steps(self) -> bool:
        """Whether there is time for several rounds that begin hot."""
        return not self._budget.work_limit and self._budget.seconds >= _MANY * self._stops**2

    def goes_on(self, bound: int) -> bool:
        within = self._steps_left > 0 and not self._control.expired()
        return within and self.cost > bound and self._idle_rounds < _IDLE_ROUNDS and self.flyable

    def try_starts(self, control: SolveControl, starts: Iterable[IntArray]) -> None:
        """A short round from each, as long as there is time for more: a search that has few steps does not change a
        tour as a whole any more, and one that begins hot comes to the same valley again and again."""
        part, self._hot_rounds = control.share(_STARTS_PART), 1
        for start in starts:
            if part.expired():
                break
            if self._stops > 1 and take_up(self._ways, self._search, start[1 : self._stops + 1].copy()):
                most = min(self._most_steps(_START_PART), _START_STEPS * self._stops**2, self._steps_left)
                self._cool_down(control.share(_START_PART), most, _START_WARM)
                self.offer(self._sequence(self._search.best))

    def round(self, control: SolveControl, *, most: int = NEVER) -> None:
        """From the best sequence, for at most so many steps, while the temperature falls."""
        before, search = self.cost, self._search
        if self.flyable and self._stops > 1 and take_up(self._ways, search, self.best[1 : self._stops + 1].copy()):
            hot = self._hot if self._rounds < self._hot_rounds else _WARM
            part = _LATER_PART if self._rounds else _FIRST_PART
            self._cool_down(control, min(most, self._most_steps(part), self._steps_left), hot)
            self.offer(self._sequence(search.best))
        self._rounds += 1
        self._idle_rounds = self._idle_rounds + 1 if self.cost == before else 0
        if self._idle_rounds == _IDLE_ROUNDS and not self._every_way:
            self._look_closer()

    def _cool_down(self, control: SolveControl, steps: int, hot: float) -> None:
        """By the share of steps that are done or, without a limit to work, of the time that has gone."""
        scale, seconds, step = float(self._search.current.cost[0]), control.remaining, 0
        while step < steps and not control.expired() and not self._control.expired():
            part = step / steps
            if not self._budget.work_limit:
                part = max(part, 1 - control.remaining / seconds)
            at_once = min(_AT_ONCE, steps - step)
            improve(self._ways, self._search, at_once, scale * hot * (_COLD / hot) ** part)
            step += at_once
        self._steps_left -= step

    def offer(self, sequence: IntArray) -> None:
        """Another sequence, which may be the best."""
        cost = cost_of(self._task.model.tables, sequence, self._task.problem.ship.fuel)
        if cost < self.cost:
            self.cost, self.best = cost, sequence.copy()

    @property
    def _hot(self) -> float:
        if self._budget.work_limit:
            return _HOT_FOR_FEW
        return max(_HOT_FOR_FEW, min(_HOT, _HOT * (self._budget.seconds / (_MANY * self._stops**2)) ** 2))

    def _most_steps(self, part: float) -> int:
        most = _ROUND_STEPS_PER_STOP * self._stops
        return min(most, max(_LEAST_STEPS, int(part * self._budget.work_limit))) if self._budget.work_limit else most

    def _sequence(self, order: IntArray) -> IntArray:
        """A search's order holds the origin and the end, whether or not this is a place of its own."""
        end = self._ways.place[-1]
        return np.array([*order[:-1], *([end] if end >= 0 else [])], np.int64)

    def _empty(self) -> Search:
        return search_of(self._ways, self._stops, self._task.problem.ship.fuel, self._budget.seed)

    def _look_closer(self) -> None:
        """Go on with all that was left out for the sake of speed: it may hide the last half percent."""
        task = self._task
        self._ways, self._every_way = ways_of(task.model.tables, task.floors, self._end, every=True), True
        self._search, self._idle_rounds = self._empty(), 0

    def _begin(self) -> None:
        """With the best of a few tours that are made by putting in one stop after the other."""
        for number, order in enumerate(self._first_orders()):
            if number == _FIRST_TRIES // 2:
                self._ways = exacting(self._ways)
            self._missed = begin(self._ways, self._search, order)
            if not self._missed.size:
                self.offer(self._sequence(self._search.best))
                break
            if self._control.expired():
                break

    def _first_orders(self) -> Iterator[IntArray]:
        """The most remote stops first; and then, again and again, those first that found no place."""
        order = np.argsort(-self._search.remote[1 : self._stops + 1], kind="stable").astype(np.int64) + 1
        for _ in range(_FIRST_TRIES if self._stops > 0 else 0):
            yield order
            kept = np.isin(order, self._missed, invert=True)
            order = np.concatenate([self._missed, order[kept]])
