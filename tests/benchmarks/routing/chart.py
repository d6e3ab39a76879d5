"""How plans get better with time: one picture of the three largest cases."""

import importlib.util
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.routing.contest import Duel, installed, run_duel, warm_up
from tests.benchmarks.routing.full_tank import FullTankTimes
from tests.benchmarks.routing.instances import PlanCase
from tests.benchmarks.routing.peers.peer import Contender
from tests.benchmarks.routing.report import Findings, show_progress

BUDGETS = (0.1, 0.3, 1.0, 3.0, 10.0)
DOCS = Path(__file__).parents[3] / "docs"
FILE = DOCS / "images" / "gap-over-time.svg"
# Gaps below this share are drawn here: the axis is logarithmic.
_FLOOR = 1e-4
_MARKERS = "osD^vP*X<>"


def draw(cases: Sequence[PlanCase], contenders: Iterable[Contender], budgets: Sequence[float], file: Path) -> Findings:
    """Every contender once per budget; the gap is to the best that anybody found in any."""
    if importlib.util.find_spec("matplotlib") is None:
        return Findings([], ["the chart is not drawn: matplotlib is not installed"])
    present = installed(contenders)
    warm_up(present, cases)
    panels = []
    for number, case in enumerate(cases):
        duels, times = [], FullTankTimes(case)
        for step, seconds in enumerate(budgets, 1):
            duels.append(run_duel(case, present, seconds, times))
            show_progress("chart", number * len(budgets) + step, len(cases) * len(budgets))
        panels.append(duels)
    plot(panels, file)
    return Findings([f"![Gap to the best known by CPU seconds]({file.relative_to(DOCS.parent)})"])


def plot(panels: Sequence[Sequence[Duel]], file: Path) -> None:
    """One panel per case; it holds that case's duels, one per budget."""
    import matplotlib as mpl

    mpl.use("svg")
    # The same figures give the same file.
    mpl.rcParams["svg.hashsalt"] = file.stem
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(panels), figsize=(4.6 * len(panels), 4.6), squeeze=False, layout="constrained")
    names = list(dict.fromkeys(o.contender for duels in panels for duel in duels for o in duel.outcomes))
    styles = {name: _style(number) for number, name in enumerate(names)}
    for axis, duels in zip(axes[0], panels, strict=True):
        _draw_panel(axis, duels, styles)
    axes[0][0].set_ylabel("gap to the best known")
    handles = [plt.Line2D([], [], **styles[name]) for name in names]
    figure.legend(handles, names, loc="outside lower center", ncols=4, frameon=False)
    file.parent.mkdir(exist_ok=True)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def _style(number: int) -> dict[str, Any]:
    """Ours is the thick black line."""
    colour = "black" if number == 0 else f"C{(number - 1) % 10}"
    width = 2.4 if number == 0 else 1.2
    return {"color": colour, "marker": _MARKERS[number % len(_MARKERS)], "markersize": 5, "linewidth": width}


def _draw_panel(axis: Any, duels: Sequence[Duel], styles: dict[str, dict[str, Any]]) -> None:
    from matplotlib.ticker import FuncFormatter

    best = min(duel.best for duel in duels)
    for name, style in styles.items():
        runs = [o for duel in duels for o in duel.outcomes if o.contender == name and o.objective is not None]
        gaps = [max(_FLOOR, (run.objective or 0) / best - 1) for run in runs]
        axis.plot([run.cpu for run in runs], gaps, **style, zorder=3 if name == next(iter(styles)) else 2)
    axis.set(xscale="log", yscale="log", xlabel="CPU seconds", title=_title(duels[0].case))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda gap, _: "≤ 0.01 %" if gap <= _FLOOR else f"{100 * gap:g} %"))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
    axis.grid(alpha=0.3)


def _title(case: PlanCase) -> str:
    ships = "1 ship" if len(case.ships) == 1 else f"{len(case.ships)} ships"
    stops = "drawn anywhere" if case.anywhere else "all selling fuel"
    return f"{ships}, {len(case.stops)} stops {stops}\n{len(case.system):,} waypoints, {case.system.kind}"
