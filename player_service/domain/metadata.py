"""What callers note down about a player: JSON, small, theirs to give meaning to."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from shared_kernel.errors import InvalidInput

MAX_BYTES = 16 * 1024
MAX_KEY_LENGTH = 128
MAX_DEPTH = 10


@dataclass(frozen=True)
class Metadata:
    """JSON-like `entries`, no null at the top. Raises InvalidInput on field `metadata` if they are out of bounds."""

    entries: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "entries", {key: value for key, value in self.entries.items() if value is not None})
        if faults := list(metadata_faults(self.entries)):
            raise InvalidInput.of("metadata", "; ".join(faults))

    @cached_property
    def text(self) -> str:
        """Compact JSON, as it is stored and measured."""
        return _to_json(self.entries)

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(json.loads(text))

    def merged(self, patch: Mapping[str, Any]) -> "Metadata":
        """These entries with those of `patch` set over them; a null removes its key. Values are replaced whole."""
        return Metadata({**self.entries, **patch})


def metadata_faults(entries: Mapping[str, Any]) -> Iterator[str]:
    """What keeps `entries` from being kept, in words; nothing if all is well."""
    if any(not 1 <= len(key) <= MAX_KEY_LENGTH for key in entries):
        yield f"keys must have 1 to {MAX_KEY_LENGTH} characters"
    if _depth(entries) > MAX_DEPTH:
        yield f"must nest at most {MAX_DEPTH} levels"
    elif not _all_finite(entries):
        yield "numbers must be finite"
    elif (size := len(_to_json(entries).encode())) > MAX_BYTES:
        yield f"must take at most {MAX_BYTES} bytes as JSON, takes {size}; remove keys (null removes one when merging)"


def _to_json(entries: Mapping[str, Any]) -> str:
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":"))


def _children(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        level = [child for item in level for child in _children(item)]
        depth += 1
    return depth - 1


def _all_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return all(_all_finite(child) for child in _children(value))
