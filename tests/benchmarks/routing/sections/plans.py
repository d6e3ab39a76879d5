"""Tours and fleets: everybody on the same cases with the same CPU seconds."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from statistics import mean

from tests.benchmarks.routing.contest import Duel, duel, installed, warm_up
from tests.benchmarks.routing.instances import PlanCase
from tests.benchmarks.routing.peers.peer import Contender
from tests.benchmarks.routing.report import bounds_table, each_table, gaps_table

OURS = "ours"


def contest(
    title: str, cases: Sequence[PlanCase], contenders: Iterable[Contender], seconds: float, *, each: bool
) -> Iterator[str]:
    """The tables, one by one; what falls short goes to standard error."""
    present = installed(contenders)
    warm_up(present, cases[:1])
    duels = []
    for number, case in enumerate(cases, 1):
        duels.append(duel(case, present, seconds))
        print(f"\r{title}: {number} of {len(cases)}", end="", file=sys.stderr, flush=True)
        for fault in duels[-1].faults:
            print(f"\nFAULT {fault}", file=sys.stderr)
    print(file=sys.stderr)
    yield gaps_table(f"{title}, {seconds:g} s of CPU each", duels)
    if any(contender.name == OURS for contender in present):
        yield bounds_table(duels, OURS)
    if each:
        yield each_table(duels)


def shortfalls(duels: Sequence[Duel], rival: str) -> list[str]:
    """Where ours is not better on the mean than a rival, or more than 2 % worse anywhere; empty when all is well."""
    found, ours, theirs = [], [], []
    for each in duels:
        objectives = {outcome.contender: outcome.objective for outcome in each.outcomes}
        mine, other = objectives[OURS], objectives[rival]
        if mine is None or other is None:
            continue
        ours.append(mine / each.best)
        theirs.append(other / each.best)
        if mine > 1.02 * other:
            found.append(f"{each.case.name}: {100 * (mine / other - 1):.1f} % worse than {rival}")
    if ours and mean(ours) > mean(theirs):
        found.append(f"on the mean {100 * (mean(ours) - mean(theirs)):.2f} % worse than {rival}")
    return found
