"""What the runner of this process and its use cases tell each other."""

import asyncio
from contextlib import suppress


class RunnerSignals:
    """One for each process. `stopping` is set for good when the process begins to drain."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self._work = asyncio.Event()

    def ring(self) -> None:
        """There is a voyage that is due now: nobody needs to wait for the next look at the table."""
        self._work.set()

    def stop(self) -> None:
        self.stopping.set()
        self._work.set()

    async def idle(self, seconds: float) -> None:
        """Return after `seconds`, or as soon as somebody rings or stops."""
        if not self.stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._work.wait(), seconds)
        self._work.clear()
