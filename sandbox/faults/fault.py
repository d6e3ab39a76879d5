"""What a fault is: it may step in before a request is handled, and after."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import ClassVar

from sandbox.call import Answer, Call


@dataclass
class Fault:
    """One way to go wrong. Subclasses override what they need; `by_probability` ones may be given a probability."""

    name: ClassVar[str]
    by_probability: ClassVar[bool] = True

    def concerns(self, call: Call) -> bool:
        """Whether a request is one that this fault could hit; others are not counted."""
        return True

    def settled(self, rng: Random) -> Fault:
        """The fault as it hits one request, with the coins tossed."""
        return self

    async def before(self, call: Call) -> Answer | None:
        """Step in before the request has any effect. An answer returned here is the final one."""
        return None

    async def after(self, call: Call, answer: Answer) -> Answer:
        """Change the answer of a request that was handled."""
        return answer
