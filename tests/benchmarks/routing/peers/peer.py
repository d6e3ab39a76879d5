"""What every contender is asked: orders of stops for the ships of a case, in so much time."""

import importlib.util
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from tests.benchmarks.routing.full_tank import FullTankTimes
from tests.benchmarks.routing.instances import PlanCase

# Per ship the places that it visits, in order.
Orders: TypeAlias = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Answer:
    """`durations` (nanoseconds, per ship) come from contenders that plan the flights themselves. `proven` is the claim
    that no plan is better, `lower_bound` what is claimed to be the least objective."""

    orders: Orders
    durations: tuple[int, ...] | None = None
    proven: bool = False
    lower_bound: int | None = None


class Contender:
    """`module` is what has to be installed; `fleets` is whether it plans for several ships."""

    name: ClassVar[str]
    module: ClassVar[str] = "numba"
    fleets: ClassVar[bool] = True

    @property
    def installed(self) -> bool:
        return importlib.util.find_spec(self.module) is not None

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        """The best orders found in about so many seconds, or None if there are none."""
        raise NotImplementedError
