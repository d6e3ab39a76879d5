"""What users type inside options: lists of flight modes, metadata as JSON or as KEY=VALUE. Errors name the option."""

import json
import math
from collections.abc import Iterable
from typing import Any

from cli.errors import wrong_usage
from cli.options import ModeChoice

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
