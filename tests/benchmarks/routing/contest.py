"""Contenders on one case: what each plan is worth when flown, and what it cost to find."""

import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.benchmarks.routing.flying import flown, objective_of
from tests.benchmarks.routing.full_tank import FullTankTimes
from tests.benchmarks.routing.instances import PlanCase
from tests.benchmarks.routing.peers.peer import Answer, Contender

# Where other work takes the processor away, a contender that goes by the wall gets less than its share.
_FAIR_SHARE = 0.9


@dataclass(frozen=True)
class Outcome:
    """`objective` in nanoseconds, None where there is no plan that can be flown; `cpu` and `wall` in seconds."""

    case: PlanCase
    contender: str
    objective: int | None
    cpu: float
    wall: float
    proven: bool
    lower_bound: int | None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Duel:
    """All outcomes on one case."""

    case: PlanCase
    outcomes: tuple[Outcome, ...]

    @property
    def best(self) -> int:
        """The least objective that anybody flew; best known, as far as this run goes."""
        return min((outcome.objective for outcome in self.outcomes if outcome.objective is not None), default=0)

    def gap(self, outcome: Outcome) -> float | None:
        """How far above the best, as a share of it."""
        return None if outcome.objective is None else outcome.objective / self.best - 1 if self.best else 0.0

    @property
    def faults(self) -> list[str]:
        """Claims that the other outcomes refute, and whatever else is wrong, in words."""
        found = [f"{outcome.contender}: {fault}" for outcome in self.outcomes for fault in outcome.faults]
        for outcome in self.outcomes:
            if outcome.lower_bound is not None and outcome.lower_bound > self.best:
                found.append(f"{outcome.contender}: its lower bound {outcome.lower_bound} is above {self.best}")
            if outcome.proven and outcome.objective is not None and outcome.objective > self.best:
                found.append(f"{outcome.contender}: calls {outcome.objective} optimal, {self.best} was flown")
        return [f"{self.case.name}: {fault}" for fault in found]


def installed(contenders: Iterable[Contender]) -> list[Contender]:
    """Those that can run here; the others are named."""
    found = []
    for contender in contenders:
        if contender.installed:
            found.append(contender)
        else:
            print(
                f"SKIPPED {contender.name}: {contender.module} is not installed "
                "(pip install --require-hashes -r requirements-bench.lock)",
                file=sys.stderr,
            )
    return found


def run_duel(
    case: PlanCase, contenders: Sequence[Contender], seconds: float, times: FullTankTimes | None = None
) -> Duel:
    """`times` are the case's, where they are at hand from a duel before."""
    times = times or FullTankTimes(case)
    # Made beforehand, at nobody's expense.
    _ = times.by_kind
    able = [contender for contender in contenders if contender.fleets or len(case.ships) == 1]
    return Duel(case, tuple(_run(contender, case, times, seconds) for contender in able))


def warm_up(contenders: Sequence[Contender], cases: Iterable[PlanCase]) -> None:
    """What is compiled or imported at the first call is not what is measured."""
    smallest_last = sorted(cases, key=lambda case: -len(case.system) * len(case.stops))
    kinds = {(len(case.ships) > 1, case.makespan): case for case in smallest_last}
    for case in kinds.values():
        times = FullTankTimes(case)
        for contender in contenders:
            if contender.fleets or len(case.ships) == 1:
                contender.solve(case, times, 0.3)


def _run(contender: Contender, case: PlanCase, times: FullTankTimes, seconds: float) -> Outcome:
    answer, cpu, wall = _timed(contender, case, times, seconds)
    if wall >= 0.95 * seconds and cpu < _FAIR_SHARE * seconds:
        answer, cpu, wall = _timed(contender, case, times, seconds * seconds / cpu)
    if answer is None:
        return Outcome(case, contender.name, None, cpu, wall, False, None)
    visited = sorted(place for order in answer.orders for place in order)
    if visited != sorted(case.stops):
        return Outcome(case, contender.name, None, cpu, wall, False, None, ("does not visit every stop once",))
    faults, durations = _judged(case, answer)
    objective = None if durations is None else objective_of(case, durations, answer.orders)
    return Outcome(case, contender.name, objective, cpu, wall, answer.proven, answer.lower_bound, faults)


def _timed(
    contender: Contender, case: PlanCase, times: FullTankTimes, seconds: float
) -> tuple[Answer | None, float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    answer = contender.solve(case, times, seconds)
    return answer, time.process_time() - cpu, time.perf_counter() - wall


def _judged(case: PlanCase, answer: Answer) -> tuple[tuple[str, ...], tuple[int, ...] | None]:
    """Faults, and what each ship's tour takes: as planned by who plans flights, else as well as it can be flown."""
    best = flown(case, answer.orders)
    if answer.durations is None:
        return (), best
    if best is None:
        return ("plans flights that no tank allows",), None
    if any(planned < least for planned, least in zip(answer.durations, best, strict=True)):
        return ("plans flights that are faster than possible",), None
    return (), answer.durations
