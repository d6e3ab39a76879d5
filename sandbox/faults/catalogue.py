"""All faults by name, and how each is made from its options."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from sandbox.faults.answers import OverfullTank, PoisonedPage, RateStorm, ServerError
from sandbox.faults.armed import HANDS, ClockSkew, ForeignHand, TokenRejected, UniverseReset
from sandbox.faults.connection import DropAfter, DropBefore, Latency
from sandbox.faults.fault import Fault
from sandbox.fields import Fields

FAULTS: Final = MappingProxyType(
    {
        fault.name: fault
        for fault in (
            DropAfter, DropBefore, Latency, ServerError, RateStorm, OverfullTank, PoisonedPage,
            ClockSkew, UniverseReset, TokenRejected, ForeignHand,
        )
    }
)  # fmt: skip
BY_PROBABILITY: Final = tuple(name for name, fault in FAULTS.items() if fault.by_probability)
OPTIONS: Final = MappingProxyType(
    {
        "latency": ("seconds", "when"),
        "error_5xx": ("status", "when"),
        "rate_storm": ("seconds",),
        "poisoned_page": ("page",),
        "clock_skew": ("seconds",),
        "token_rejected": ("revoke",),
        "foreign_hand": ("hand", "waypoint"),
    }
)
DAY_SECONDS: Final = 86_400.0


def make_fault(name: str, fields: Fields) -> Fault:
    """A fault with its options read from a body; what is bad is noted in `fields`."""
    when = fields.choice("when", ("before", "after", "either"), default="either")
    if name == "latency":
        return Latency(_seconds(fields, 1.0, 0), when)
    if name == "error_5xx":
        return ServerError(fields.whole("status", 500, 599) or 502, when)
    if name == "rate_storm":
        return RateStorm(_seconds(fields, 1.0, 0))
    if name == "poisoned_page":
        return PoisonedPage(fields.whole("page", 0) or 0)
    if name == "clock_skew":
        return ClockSkew(_seconds(fields, 30.0, -DAY_SECONDS))
    if name == "token_rejected":
        return TokenRejected(bool(fields.flag("revoke")))
    if name == "foreign_hand":
        waypoint = fields.text("waypoint").upper() if fields.has("waypoint") else None
        return ForeignHand(fields.choice("hand", HANDS, default="navigate"), waypoint)
    return FAULTS[name]()


def _seconds(fields: Fields, default: float, least: float) -> float:
    value = fields.number("seconds", least, DAY_SECONDS)
    return default if value is None else value
