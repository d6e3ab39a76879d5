"""Outcomes as the Markdown tables of docs/benchmarks.md."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean, median

from tests.benchmarks.routing.contest import Duel, Outcome

_NONE = "–"


@dataclass(frozen=True)
class Findings:
    """What a section prints, and in words what in it is wrong or short of its target."""

    tables: list[str]
    missed: list[str] = field(default_factory=list)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def show_progress(what: str, done: int, of: int) -> None:
    """On standard error, in one line, where somebody looks on."""
    if not sys.stderr.isatty():
        return
    print(f"\r{what}: {done} of {of}", end="" if done < of else "\n", file=sys.stderr, flush=True)


def gaps_table(title: str, duels: Sequence[Duel]) -> str:
    """Per contender and size: the gap to the best known of the run, and the CPU seconds spent."""
    sizes = list(dict.fromkeys(duel.case.size for duel in duels))
    head = [title, *(f"{size}: gap mean / max (CPU s)" for size in sizes)]
    groups = [[duel for duel in duels if duel.case.size == size] for size in sizes]
    rows = [[name, *(_gap_cell(name, group) for group in groups)] for name in _contenders(duels)]
    return table(head, rows)


def each_table(duels: Sequence[Duel]) -> str:
    """Per case the best known in seconds, and everybody's gap to it."""
    names = _contenders(duels)
    rows = []
    for duel in duels:
        by_name = {outcome.contender: outcome for outcome in duel.outcomes}
        gaps = [_percent(duel.gap(by_name[name])) if name in by_name else _NONE for name in names]
        rows.append([duel.case.name, f"{duel.best / 1e9:,.1f}", *gaps])
    return table(["case", "best known, s", *names], rows)


def bounds_table(duels: Sequence[Duel], name: str) -> str:
    """How often a contender proves that its plan is optimal, and how far below the best its bound is on the whole."""
    rows = []
    for size in dict.fromkeys(duel.case.size for duel in duels):
        group = [(duel, o) for duel in duels for o in duel.outcomes if duel.case.size == size and o.contender == name]
        proven = sum(outcome.proven for _, outcome in group)
        slack = [1 - (outcome.lower_bound or 0) / duel.best for duel, outcome in group if duel.best]
        cpu = [outcome.cpu for _, outcome in group]
        figures = f"{_percent(mean(slack))} / {_percent(max(slack))}", f"{median(cpu):.2f} / {max(cpu):.2f}"
        rows.append([size, f"{proven} of {len(group)}", *figures])
    head = [f"{name}, stops", "proven optimal", "bound below best known, mean / max", "CPU s, median / max"]
    return table(head, rows)


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float], show: Callable[[float], str]) -> list[str]:
    """Median, p99 and maximum."""
    return [show(median(values)), show(quantile(values, 0.99)), show(max(values))]


def _contenders(duels: Sequence[Duel]) -> list[str]:
    return list(dict.fromkeys(outcome.contender for duel in duels for outcome in duel.outcomes))


def _gap_cell(name: str, duels: Sequence[Duel]) -> str:
    runs: list[tuple[Duel, Outcome]] = [
        (duel, outcome) for duel in duels for outcome in duel.outcomes if outcome.contender == name
    ]
    gaps = [gap for duel, outcome in runs if (gap := duel.gap(outcome)) is not None]
    if not gaps:
        return _NONE
    missing = f", {len(runs) - len(gaps)} without a plan" if len(gaps) < len(runs) else ""
    cpu = mean(outcome.cpu for _, outcome in runs)
    return f"{_percent(mean(gaps))} / {_percent(max(gaps))} ({cpu:.2f}{missing})"


def _percent(share: float | None) -> str:
    return _NONE if share is None else f"{100 * share:.2f} %"
