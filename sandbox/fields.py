"""Reading JSON bodies: every violation is collected, and named by its field."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from typing import TypeVar

from sandbox.errors import invalid

T = TypeVar("T", bound=object)


class Fields:
    """The fields of one body. Read all of them, then `check()`."""

    def __init__(self, body: Mapping[str, object]) -> None:
        self._body = body
        self._violations: dict[str, list[str]] = {}

    def check(self) -> None:
        """Refuse with 422 when any field was bad."""
        if self._violations:
            raise invalid(self._violations)

    def reject(self, name: str, reason: str) -> None:
        """Note a violation of a rule that only the reader knows."""
        self._violations.setdefault(name, []).append(reason)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._body.get(name) is not None

    def reject_unknown(self, known: Collection[str]) -> None:
        """Note every field that nobody reads."""
        for name in self._body:
            if name not in known:
                self.reject(name, f"{name} is not a field of this request. Fields: {', '.join(known)}.")

    def text(self, name: str, *, default: str | None = None) -> str:
        """A non-empty string; required without a default."""
        value = self._body.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.reject(name, f"{name} is required, as a non-empty string.")
        return ""

    def choice(self, name: str, choices: Collection[str], *, default: str | None = None) -> str:
        """One of some words."""
        value = self.text(name, default=default)
        if name not in self._violations and value not in choices:
            self.reject(name, f"{name} must be one of {', '.join(choices)}.")
        return value

    def member(self, name: str, known: Container[str]) -> str:
        """The symbol of something that exists, in upper case."""
        value = self.text(name).upper()
        if value and value not in known:
            self.reject(name, f"{name} {value} does not exist.")
        return value

    def whole(self, name: str, least: int, most: int = 2**53) -> int | None:
        """A whole number within bounds, None when absent."""
        value = self._body.get(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        too_large = isinstance(value, int) and value > most
        bounds = f"from {least} to {most}" if most < 2**53 or too_large else f"of at least {least}"
        self.reject(name, f"{name} must be a whole number {bounds}.")
        return None

    def required_whole(self, name: str, least: int) -> int:
        """A whole number that must be there."""
        value = self.whole(name, least)
        if value is None and not self.has(name):
            self.reject(name, f"{name} is required, as a whole number.")
        return value or 0

    def number(self, name: str, least: float, most: float) -> float | None:
        """A number within bounds, None when absent."""
        value = self._body.get(name)
        if value is None:
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most:
            return float(value)
        self.reject(name, f"{name} must be a number from {least:g} to {most:g}.")
        return None

    def flag(self, name: str) -> bool | None:
        """True or false, None when absent."""
        value = self._body.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.reject(name, f"{name} must be true or false.")
        return None
