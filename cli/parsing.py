"""What users type inside options: lists of modes and symbols, metadata as JSON or as KEY=VALUE.

Errors name the option.
"""

import json
import math
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from cli.errors import wrong_usage
from cli.options import ModeChoice

_LONGEST_LIST = 1_000_000
# What some editors begin a file with; nobody sees it.
_BYTE_ORDER_MARK = "\ufeff"
_EXAMPLE = """for example --metadata '{"fleet": "north"}'"""


def parse_modes(text: str | None) -> tuple[str, ...]:
    """`CRUISE,DRIFT`, in any case, as mode names; empty for None."""
    if text is None:
        return ()
    modes = tuple(dict.fromkeys(part.strip().upper() for part in text.split(",") if part.strip()))
    unknown = [mode for mode in modes if mode not in ModeChoice.__members__]
    if unknown or not modes:
        what = f"no flight mode is called {', '.join(unknown)}" if unknown else "no flight mode given"
        raise wrong_usage(f"--modes: {what}", f"choose from {', '.join(ModeChoice)}, separated by commas")
    return modes


def read_symbols(name: str, texts: Iterable[str]) -> list[str]:
    """The symbols in these texts, in capitals and in order; `name` is what an error calls them.

    A text is a symbol or a list with commas; `@FILE` stands for the lists in a file and `-` for those on standard
    input, where spaces and line ends separate too, and what follows a # is left out. At least one symbol.
    """
    symbols = [symbol for text in texts for symbol in _symbols_in(name, text)]
    if not symbols:
        raise wrong_usage(f"{name}: no symbol given", "give symbols, separated by commas, or @FILE, or - for stdin")
    return symbols


def ship_symbols(name: str, texts: Iterable[str]) -> list[str]:
    """As `read_symbols`; a ship without a dash is of the same agent as the one before it: `ASTRA-1,2,3`."""
    ships: list[str] = []
    for symbol in read_symbols(name, texts):
        if "-" in symbol:
            ships.append(symbol)
        elif ships:
            ships.append(f"{ships[-1].rpartition('-')[0]}-{symbol}")
        else:
            raise wrong_usage(f"{name}: {symbol} is not a ship's symbol", "name the first in full: ASTRA-1,2,3")
    return ships


def _symbols_in(name: str, text: str) -> Iterator[str]:
    listed = re.sub(r"#.*", "", _read(name, text)) if text == "-" or text.startswith("@") else text
    yield from (symbol.upper() for symbol in re.split(r"[,\s]+", listed) if symbol)


def _read(name: str, text: str) -> str:
    try:
        with nullcontext(sys.stdin) if text == "-" else Path(text[1:]).open(encoding="utf-8") as source:
            listed = source.read(_LONGEST_LIST + 1)
        if len(listed) > _LONGEST_LIST:
            raise wrong_usage(f"{name}: what {text} holds is too long", f"{_LONGEST_LIST:,} characters at most")
        # What Python could not decode on standard input, it may have let through as it was.
        listed.encode()
        return listed.removeprefix(_BYTE_ORDER_MARK)
    except OSError as error:
        raise wrong_usage(f"{name}: cannot read {text[1:]}: {error.strerror}", "check the path after the @") from error
    except UnicodeError as error:
        raise wrong_usage(f"{name}: what {text} holds is not text", "write it in UTF-8") from error


def parse_metadata(text: str | None) -> dict[str, Any]:
    """A JSON object; empty for None. Numbers are doubles, as in the store."""
    if text is None:
        return {}
    try:
        value = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_number)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise wrong_usage(f"--metadata is not valid JSON: {error}", _EXAMPLE) from error
    if not isinstance(value, dict):
        raise wrong_usage("--metadata must be a JSON object", _EXAMPLE)
    return value


def parse_assignments(settings: Iterable[str], removals: Iterable[str]) -> dict[str, str | None]:
    """`--set KEY=VALUE` and `--unset KEY` as metadata to merge, in which None removes a key."""
    changes: dict[str, str | None] = dict.fromkeys(removals)
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not key or not equals:
            raise wrong_usage(f"--set {setting}: not of the form KEY=VALUE", "for example --set fleet=north")
        if key in changes:
            raise wrong_usage(f"{key} is named twice", "name each key once, in --set or in --unset")
        changes[key] = value
    return changes


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is not a number that can be kept")
    return number
