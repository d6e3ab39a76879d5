"""Reset dates: no two universes of one data directory share one, even when their state was deleted in between."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Protocol

FILE_NAME: Final = "reset-dates.txt"
DAYS_FOR_RUNS_IN_MEMORY: Final = 20_000


class ResetLedger(Protocol):
    """Hands out reset dates."""

    def next_date(self, now: int) -> str:
        """A date never handed out before; `now` in milliseconds since 1970."""


class MemoryLedger:
    """Dates for state in memory: made up from the second of the start, so that the next run differs from this one."""

    def __init__(self) -> None:
        self._last: date | None = None

    def next_date(self, now: int) -> str:
        """A date never handed out by this process."""
        start = date(1970, 1, 1) + timedelta(days=now // 1000 % DAYS_FOR_RUNS_IN_MEMORY)
        self._last = start if self._last is None else self._last + timedelta(days=1)
        return self._last.isoformat()


class FileLedger:
    """Dates for a data directory: today, or the day after the last one handed out."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME

    def next_date(self, now: int) -> str:
        """A date never handed out for this directory; on disk before it is used."""
        used = self._path.read_text().split() if self._path.exists() else []
        today = date(1970, 1, 1) + timedelta(days=now // 86_400_000)
        chosen = max([today, *(date.fromisoformat(day) + timedelta(days=1) for day in used)]).isoformat()
        with self._path.open("a") as ledger:
            ledger.write(f"{chosen}\n")
            ledger.flush()
            os.fsync(ledger.fileno())
        return chosen
