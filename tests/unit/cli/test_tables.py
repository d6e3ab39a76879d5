"""Tables on terminals that are too narrow for them."""

from io import StringIO

from rich.console import Console

from cli.render.tables import sheet, table

VOYAGE = "01920000-0000-7000-8000-000000000001"
ERROR = "the game does not answer (ReadTimeout); it is tried again"


def drawn(width: int, error: str = ERROR) -> list[str]:
    console = Console(file=StringIO(), width=width)
    columns, row = ("VOYAGE", "FUEL", "SHIP", "LAST ERROR"), (VOYAGE, "needs none", "ASTRA-1", error)
    console.print(table(columns, [row], right=("FUEL",), prose=("LAST ERROR",)), crop=False)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_symbols_and_figures_are_never_folded_however_narrow_the_terminal() -> None:
    heading, first, *_ = drawn(40)

    assert heading.split() == ["VOYAGE", "FUEL", "SHIP", "LAST", "ERROR"]
    assert first.startswith(f"{VOYAGE}  needs none  ASTRA-1  ")


def test_prose_is_folded_at_words_where_there_is_no_room_for_it() -> None:
    lines = drawn(100)

    assert " ".join(line[len(VOYAGE) + 23 :].strip() for line in lines[1:]) == ERROR
    assert len(lines) == 3


def test_lines_end_with_their_last_word() -> None:
    console = Console(file=StringIO(), width=40)
    console.print(sheet([("role, frame", "COMMAND"), ("voyage", VOYAGE)]), crop=False)
    assert isinstance(console.file, StringIO)

    lines = [*drawn(40, error=""), *drawn(100), *console.file.getvalue().splitlines()]

    assert lines == [line.rstrip() for line in lines]
    assert lines[-2:] == ["role, frame  COMMAND", f"voyage       {VOYAGE}"]


def test_a_row_takes_one_line_where_there_is_room() -> None:
    assert len(drawn(200)) == len(drawn(40, error="-")) == 2
