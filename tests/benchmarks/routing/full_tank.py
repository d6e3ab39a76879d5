"""What solvers get that know of nothing but travel times: those of exact routes from a full tank."""

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

from tests.benchmarks.routing.flying import full_tank_times
from tests.benchmarks.routing.instances import PlanCase, Ship
from tests.benchmarks.routing.physics import NEVER, world_of
from tests.benchmarks.routing.systems import IntArray

_TENTH = 100_000_000
# Stands for pairs between which there is no way: about eleven days.
FAR = 10_000_000


class FullTankTimes:
    """Nodes are the stops, in the case's order, and then every origin once. Times are in tenths of a second."""

    def __init__(self, case: PlanCase) -> None:
        self._case = case
        self.places = [*case.stops, *dict.fromkeys(ship.origin for ship in case.ships)]
        self.stops = len(case.stops)

    @cached_property
    def kinds(self) -> list[tuple[int, int]]:
        """Ships of equal tank and speed are of one kind."""
        return list(dict.fromkeys((ship.capacity, ship.speed) for ship in self._case.ships))

    @cached_property
    def by_kind(self) -> list[IntArray]:
        """A square matrix for every kind of ship."""
        return [self._times(capacity, speed) for capacity, speed in self.kinds]

    def kind(self, ship: Ship) -> int:
        return self.kinds.index((ship.capacity, ship.speed))

    def of(self, ship: Ship) -> IntArray:
        return self.by_kind[self.kind(ship)]

    def origin(self, ship: Ship) -> int:
        """The node from which the ship starts."""
        return self.places.index(ship.origin, self.stops)

    def legs(self, ship: Ship) -> IntArray:
        """For one ship alone: stops first, the origin last; open tours get there for nothing."""
        rows = [*range(self.stops), self.origin(ship)]
        times = self.of(ship)[np.ix_(rows, rows)].copy()
        if not self._case.closed:
            times[:, -1] = 0
        return times

    def tour(self, circuit: list[int]) -> tuple[int, ...]:
        """The places of a circuit over the nodes of `legs`, from the origin on."""
        start = circuit.index(self.stops)
        return tuple(self.places[node] for node in [*circuit[start + 1 :], *circuit[:start]])

    def end(self, ship: Ship, order: Sequence[int]) -> int:
        """When a ship that visits these places would be done, its waiting included; 0 if there are none."""
        if not order:
            return 0
        origin, times = self.origin(ship), self.of(ship)
        path = [origin, *(self.places.index(place) for place in order), *([origin] if self._case.closed else [])]
        return tenths(ship.available_in) + sum(int(times[leg]) for leg in pairwise(path))

    def _times(self, capacity: int, speed: int) -> IntArray:
        world = world_of(self._case.system, Ship(capacity, capacity, speed, 0), self._case.rules)
        times = full_tank_times(world, self.places)
        return np.where(times == NEVER, FAR, (times + _TENTH // 2) // _TENTH)


def tenths(nanoseconds: int) -> int:
    return nanoseconds // _TENTH
