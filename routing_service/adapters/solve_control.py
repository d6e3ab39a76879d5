"""How a solve is told to end: its time is up, or nobody wants its answer any more."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class SolveControl:
    """`deadline` on the monotonic clock, which all processes of a machine share. `cancel` may come from a thread.
    One that is a part of a `whole` ends with it at the latest."""

    def __init__(self, deadline: float, whole: "SolveControl | None" = None) -> None:
        self._deadline = deadline
        self._whole = whole
        self._cancelled = False
        self._interrupt: Callable[[], object] | None = None
        self._lock = Lock()

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            if self._interrupt is not None:
                self._interrupt()

    @property
    def remaining(self) -> float:
        """Seconds left, at least 0."""
        ended = self._cancelled or (self._whole is not None and self._whole.expired())
        return 0.0 if ended else max(0.0, self._deadline - time.monotonic())

    def expired(self) -> bool:
        return self.remaining == 0.0

    def share(self, part: float) -> "SolveControl":
        """A control for a first part of the time that is left."""
        return SolveControl(time.monotonic() + part * self.remaining, self)

    @contextmanager
    def interrupting(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """Call `interrupt` on cancellation during the block, for solvers that poll no flag."""
        with self._lock:
            self._interrupt = interrupt
        try:
            yield
        finally:
            with self._lock:
                self._interrupt = None
