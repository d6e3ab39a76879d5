"""A plain ruin-and-recreate in Python, on full-tank times: what an afternoon's work achieves."""

import math
from itertools import pairwise
from random import Random
from time import process_time

from tests.benchmarks.routing.full_tank import FullTankTimes, tenths
from tests.benchmarks.routing.instances import PlanCase
from tests.benchmarks.routing.peers.peer import Answer, Contender

_MOST_REMOVED = 12
# Shares of the plan's value at which worse plans are taken, at the start and at the end.
_HOT, _COLD = 0.01, 0.0001


class RuinAndRecreate(Contender):
    name = "plain ruin and recreate"

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        start = process_time()
        fleet, chance = _Fleet(case, times), Random(1)
        stops = list(range(times.stops))
        current = fleet.recreate([[] for _ in case.ships], stops)
        value = best_value = first = fleet.value(current)
        best = current
        neighbours = [sorted(stops, key=fleet.near(stop).__getitem__) for stop in stops]
        while (spent := (process_time() - start) / seconds) < 1:
            gone = set(neighbours[chance.choice(stops)][: chance.randint(1, min(_MOST_REMOVED, len(stops)))])
            kept = [[stop for stop in order if stop not in gone] for order in current]
            removed = list(gone)
            chance.shuffle(removed)
            trial = fleet.recreate(kept, removed)
            trial_value = fleet.value(trial)
            temperature = first * _HOT * (_COLD / _HOT) ** spent
            if trial_value < value - temperature * math.log(1 - chance.random()):
                current, value = trial, trial_value
            if trial_value < best_value:
                best, best_value = trial, trial_value
        return Answer(tuple(tuple(times.places[stop] for stop in order) for order in best))


class _Fleet:
    """Costs of orders: lists of stops, one per ship."""

    def __init__(self, case: PlanCase, times: FullTankTimes) -> None:
        self._times = [times.of(ship).tolist() for ship in case.ships]
        self._origins = [times.origin(ship) for ship in case.ships]
        self._free = [tenths(ship.available_in) for ship in case.ships]
        self._closed, self._makespan = case.closed, case.makespan

    def near(self, stop: int) -> list[int]:
        return list(self._times[0][stop])

    def value(self, orders: list[list[int]]) -> float:
        durations = [self._duration(ship, order) for ship, order in enumerate(orders)]
        if not self._makespan:
            return sum(durations)
        ends = [self._free[ship] + durations[ship] if order else 0 for ship, order in enumerate(orders)]
        return max(ends) + 0.01 * sum(durations)

    def recreate(self, orders: list[list[int]], removed: list[int]) -> list[list[int]]:
        """Each stop where it costs least: the sum of squares of when ships end, for a makespan."""
        orders = [list(order) for order in orders]
        durations = [self._duration(ship, order) for ship, order in enumerate(orders)]
        for stop in removed:
            _, ship, place, added = min(self._insertions(orders, durations, stop))
            orders[ship].insert(place, stop)
            durations[ship] += added
        return orders

    def _insertions(
        self, orders: list[list[int]], durations: list[int], stop: int
    ) -> list[tuple[float, int, int, int]]:
        found: list[tuple[float, int, int, int]] = []
        for ship, order in enumerate(orders):
            times, here = self._times[ship], self._times[ship][stop]
            path = [self._origins[ship], *order]
            ahead = [*order, self._origins[ship]]
            ends = [times[a][stop] + here[b] - times[a][b] for a, b in zip(path, ahead, strict=True)]
            if not self._closed:
                ends[-1] = times[path[-1]][stop]
            added = min(ends)
            before = self._free[ship] + durations[ship] if order else 0
            after = self._free[ship] + durations[ship] + added
            cost = after**2 - before**2 if self._makespan else added
            found.append((cost, ship, ends.index(added), added))
        return found

    def _duration(self, ship: int, order: list[int]) -> int:
        if not order:
            return 0
        times, path = self._times[ship], [self._origins[ship], *order]
        if self._closed:
            path.append(self._origins[ship])
        return sum(times[a][b] for a, b in pairwise(path))
