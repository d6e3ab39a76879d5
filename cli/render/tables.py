"""Tables in one plain style, readable by people and by awk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table

_WIDEST = 10_000
_PROSE_WIDTH = 30


@dataclass(frozen=True)
class _AsWideAsNeeded:
    """A symbol that is folded can neither be read nor copied: a terminal that is too narrow gets longer lines.

    They end with their last word: spaces beyond the terminal's edge would look like empty lines.
    """

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        needed = Measurement.get(console, options.update(width=_WIDEST), self.table).minimum
        for line in console.render_lines(self.table, options.update(width=max(options.max_width, needed))):
            yield from _without_trailing_spaces(line)
            yield Segment.line()


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


def sheet(pairs: Iterable[tuple[str, str]]) -> _AsWideAsNeeded:
    """Name and value, one pair a line. Values are folded at spaces alone."""
    drawn, lines = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0)), list(pairs)
    drawn.add_column(style="bold", no_wrap=True, min_width=max((cell_len(name) for name, _ in lines), default=0))
    drawn.add_column(min_width=max((cell_len(word) for _, value in lines for word in value.split()), default=0))
    for name, value in lines:
        drawn.add_row(name, value)
    return _AsWideAsNeeded(drawn)


def _without_trailing_spaces(line: Sequence[Segment]) -> Iterator[Segment]:
    end = max((number for number, segment in enumerate(line) if segment.text.strip()), default=-1)
    yield from line[:end]
    for last in line[end : end + 1]:
        yield Segment(last.text.rstrip(), last.style)
