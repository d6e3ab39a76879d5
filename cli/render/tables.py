"""Tables in one plain style, readable by people and by awk."""

from collections.abc import Iterable, Sequence

from rich.table import Table


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> Table:
    """Rows below upper-case headings; the columns named in `right` are figures. The first column is never folded."""
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for index, column in enumerate(columns):
        drawn.add_column(column, justify="right" if column in right else "left", no_wrap=index == 0, overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    return drawn


def sheet(pairs: Iterable[tuple[str, str]]) -> Table:
    """Name and value, one pair a line."""
    drawn = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    drawn.add_column(style="bold", no_wrap=True)
    drawn.add_column(overflow="fold")
    for name, value in pairs:
        drawn.add_row(name, value)
    return drawn
