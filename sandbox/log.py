"""The request log: what every game request asked, and what it did."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sandbox.render import Json

KEPT: Final = 200_000

READ: Final = "read"
APPLIED: Final = "applied"
NO_OP: Final = "no_op"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request. `code` is the game's error code; fuel is the named ship's, credits the agent's afterwards."""

    number: int
    time: str
    agent: str | None
    ship: str | None
    action: str
    destination: str | None
    result: str
    code: int | None
    fuel_before: int | None
    fuel_after: int | None
    credits: int | None
    request_id: str
    status: int
    fault: str | None

    def to_json(self) -> Json:
        """The entry under its field names."""
        return {name: getattr(self, name) for name in self.__slots__}


class RequestLog:
    """The last entries, in order, without gaps in their numbers."""

    def __init__(self) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=KEPT)
        self.last_number = 0

    def append(self, entry: LogEntry) -> None:
        """Keep an entry, which carries the next number."""
        self._entries.append(entry)
        self.last_number = entry.number

    def after(self, number: int, limit: int) -> list[LogEntry]:
        """The kept entries with higher numbers, oldest first."""
        if not self._entries:
            return []
        skip = max(0, number + 1 - self._entries[0].number)
        return list(islice(self._entries, skip, skip + limit))
