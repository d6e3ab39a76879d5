"""Tables in one plain style, readable by people and by awk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table

_WIDEST = 10_000
_PROSE_WIDTH = 30


@dataclass(frozen=True)
class _AsWideAsNeeded:
    """A symbol that is folded can neither be read nor copied: a terminal that is too narrow gets longer lines."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        needed = Measurement.get(console, options.update(width=_WIDEST), self.table).minimum
        yield from console.render(self.table, options.update(width=max(options.max_width, needed)))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = (), prose: Sequence[str] = ()
) -> _AsWideAsNeeded:
    """Rows below upper-case headings; columns named in `right` are figures, and none but those in `prose` is folded."""
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    lines = list(rows)
    for column, *cells in zip(columns, *lines, strict=True):
        width, folds = max(map(cell_len, (column, *cells))), column in prose
        drawn.add_column(
            column,
            justify="right" if column in right else "left",
            no_wrap=not folds,
            min_width=min(width, _PROSE_WIDTH) if folds else width,
        )
    for line in lines:
        drawn.add_row(*line)
    return _AsWideAsNeeded(drawn)


def sheet(pairs: Iterable[tuple[str, str]]) -> Table:
    """Name and value, one pair a line."""
    drawn = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    drawn.add_column(style="bold", no_wrap=True)
    drawn.add_column(overflow="fold")
    for name, value in pairs:
        drawn.add_row(name, value)
    return drawn
