"""Faults of the wire: answers that never arrive, or arrive late."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar

from sandbox.call import DROPPED, Answer, Call
from sandbox.faults.fault import Fault
from sandbox.log import REFUSED


@dataclass
class DropBefore(Fault):
    """The connection is cut before the request has an effect."""

    name: ClassVar[str] = "drop_before"

    async def before(self, call: Call) -> Answer | None:
        """Cut, with nothing done."""
        return Answer(status=DROPPED, result=REFUSED)


@dataclass
class DropAfter(Fault):
    """The connection is cut after the effect: the answer is lost."""

    name: ClassVar[str] = "drop_after"

    async def after(self, call: Call, answer: Answer) -> Answer:
        """Cut, with everything done."""
        return Answer(status=DROPPED)


@dataclass
class Latency(Fault):
    """The answer takes `seconds` longer, of real time; the effect happens before or after the wait, by a coin."""

    name: ClassVar[str] = "latency"
    seconds: float = 1.0
    when: str = "either"

    def settled(self, rng: Random) -> Fault:
        """Toss the coin."""
        return replace(self, when=rng.choice(("before", "after"))) if self.when == "either" else self

    async def before(self, call: Call) -> Answer | None:
        """Wait, when the effect comes late."""
        if self.when == "before":
            await asyncio.sleep(self.seconds)
        return None

    async def after(self, call: Call, answer: Answer) -> Answer:
        """Wait, when only the answer comes late."""
        if self.when == "after":
            await asyncio.sleep(self.seconds)
        return answer
