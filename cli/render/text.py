"""Durations, moments, enum values and foreign text as words for people."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from service_chassis.wire import timestamp_to_datetime

NumberT = TypeVar("NumberT", bound=int)

NOTHING = "-"
_PREFIXES = ("FLIGHT_MODE_", "NAV_STATUS_", "STATE_", "STATUS_")


def duration_text(seconds: float) -> str:
    """`8.3 s`, `42 s`, `12 min 05 s`, `3 h 04 min`, `2 d 3 h`; a past moment is `0 s`."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3_600} h {whole % 3_600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3_600} h"


def short_duration_text(seconds: float) -> str:
    """`42s`, `12m05s`, `3h04m`, `2d03h`: where there is little room."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole}s"
    if whole < 3_600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86_400:
        return f"{whole // 3_600}h{whole % 3_600 // 60:02d}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3_600:02d}h"


def clock_text(timestamp: Timestamp, now: datetime) -> str:
    """Local time of day, with the date unless it is today's; `-` for an unset time."""
    if not timestamp.ByteSize():
        return NOTHING
    moment = timestamp_to_datetime(timestamp).astimezone()
    return moment.strftime("%H:%M:%S" if moment.date() == now.astimezone().date() else "%Y-%m-%d %H:%M:%S")


def seconds_until(timestamp: Timestamp, now: datetime) -> float:
    return (timestamp_to_datetime(timestamp) - now).total_seconds()


def moment_text(timestamp: Timestamp, now: datetime) -> str:
    """`14:03:22 (in 2 min 05 s)`, or `(3 min 10 s ago)`; `-` for an unset time."""
    if not timestamp.ByteSize():
        return NOTHING
    left = seconds_until(timestamp, now)
    distance = f"in {duration_text(left)}" if left >= 0 else f"{duration_text(-left)} ago"
    return f"{clock_text(timestamp, now)} ({distance})"


def name_of(full_name: Callable[[NumberT], str], number: NumberT) -> str:
    """An enum value (by its `Enum.Name`) without its prefix; the bare number for a value newer than this command."""
    try:
        name = full_name(number)
    except ValueError:
        return str(number)
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return NOTHING if name == "UNSPECIFIED" else name


def plain(text: str) -> str:
    """Foreign text made safe for a terminal: control characters are shown, not obeyed."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text) or NOTHING


def short_name(waypoint_symbol: str) -> str:
    """`C3` for `X1-AB12-C3`: what is left to say where the system is known."""
    return plain(waypoint_symbol.rpartition("-")[2])


def fuel_text(fuel: int, capacity: int) -> str:
    return f"{fuel}/{capacity}" if capacity else "needs none"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
