"""Symbols: the game's identifiers, opaque but for the few rules that the game itself keeps."""

import re
from collections.abc import Collection
from typing import Self

from shared_kernel.errors import InvalidInput

SYMBOL_RULE = "1 to 64 characters of A-Z, 0-9, '-' and '_'"
AGENT_SYMBOL_RULE = "3 to 14 characters of A-Z, 0-9, '-' and '_'"
_SYMBOL = re.compile(r"[A-Z0-9_-]{1,64}\Z")
_AGENT_SYMBOL = re.compile(r"[A-Z0-9_-]{3,14}\Z")


def is_symbol(text: str) -> bool:
    return _SYMBOL.match(text) is not None


def are_distinct_symbols(texts: Collection[str]) -> bool:
    """Whether all of them are symbols, and none is there twice."""
    seen = set(texts)
    return len(seen) == len(texts) and all(map(_SYMBOL.match, seen))


def is_agent_symbol(text: str) -> bool:
    return _AGENT_SYMBOL.match(text) is not None


class Symbol(str):
    """A string that is a well-formed symbol; raises InvalidInput otherwise."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not is_symbol(text):
            raise InvalidInput.of("symbol", f"must be {SYMBOL_RULE}")
        return super().__new__(cls, text)


class AgentSymbol(Symbol):
    """An agent's call sign, upper case as the game stores it."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not is_agent_symbol(text):
            raise InvalidInput.of("agent_symbol", f"must be {AGENT_SYMBOL_RULE}")
        return super().__new__(cls, text)


class SystemSymbol(Symbol):
    __slots__ = ()


class WaypointSymbol(Symbol):
    __slots__ = ()

    @property
    def system_symbol(self) -> SystemSymbol:
        """The first two dash-separated parts: X1-VB74-A1 lies in X1-VB74."""
        return SystemSymbol("-".join(self.split("-")[:2]))
