"""Tours and fleets: everybody on the same cases with the same CPU seconds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from tests.benchmarks.routing.contest import Duel, installed, run_duel, warm_up
from tests.benchmarks.routing.instances import PlanCase
from tests.benchmarks.routing.peers.peer import Contender
from tests.benchmarks.routing.report import Findings, bounds_table, each_table, gaps_table, show_progress

OURS = "ours"
# Nowhere may ours be more than this share worse than the best peer.
_MOST_BEHIND = 0.02


@dataclass(frozen=True)
class Targets:
    """`proven` are the sizes of which every case is to be proven optimal; `gaps` the greatest mean gap to the best
    known, by size; `rival` a peer that ours is to beat on the mean."""

    proven: tuple[str, ...] = ()
    gaps: tuple[tuple[str, float], ...] = ()
    rival: str | None = None


def contest(
    title: str,
    cases: Sequence[PlanCase],
    contenders: Iterable[Contender],
    seconds: float,
    targets: Targets,
    *,
    each: bool,
) -> Findings:
    """`each` adds a table of every single case."""
    present = installed(contenders)
    warm_up(present, cases)
    duels: list[Duel] = []
    for number, case in enumerate(cases, 1):
        duels.append(run_duel(case, present, seconds))
        show_progress(title, number, len(cases))
    tables = [gaps_table(f"{title}, {seconds:g} s of CPU each", duels), bounds_table(duels, OURS)]
    if each:
        tables.append(each_table(duels))
    missed = [fault for duel in duels for fault in duel.faults] + list(shortcomings(duels, targets))
    return Findings(tables, missed)


def shortcomings(duels: Sequence[Duel], targets: Targets) -> Iterator[str]:
    """Where ours falls short, in words."""
    ours = [(duel, outcome) for duel in duels for outcome in duel.outcomes if outcome.contender == OURS]
    for duel, outcome in ours:
        if duel.case.size in targets.proven and not outcome.proven:
            yield f"{duel.case.name}: not proven optimal"
        rivals = [other.objective for other in duel.outcomes if other.contender != OURS and other.objective]
        if outcome.objective is None:
            yield f"{duel.case.name}: no plan"
        elif rivals and outcome.objective > (1 + _MOST_BEHIND) * min(rivals):
            yield f"{duel.case.name}: {100 * (outcome.objective / min(rivals) - 1):.1f} % worse than the best peer"
    for size, most in targets.gaps:
        gaps = [gap for duel, outcome in ours if duel.case.size == size and (gap := duel.gap(outcome)) is not None]
        if gaps and mean(gaps) > most:
            yield f"{size}: {100 * mean(gaps):.2f} % above the best known on the mean, the target is {100 * most:g} %"
    if targets.rival:
        yield from _behind(duels, targets.rival)


def _behind(duels: Sequence[Duel], rival: str) -> Iterator[str]:
    mine, theirs = [], []
    for duel in duels:
        gaps = {outcome.contender: duel.gap(outcome) for outcome in duel.outcomes}
        if gaps[OURS] is not None and gaps[rival] is not None:
            mine.append(gaps[OURS] or 0.0)
            theirs.append(gaps[rival] or 0.0)
    if mine and mean(mine) > mean(theirs):
        yield f"{100 * mean(mine):.2f} % above the best known on the mean, where {rival} is {100 * mean(theirs):.2f} %"
