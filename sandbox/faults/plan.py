"""Which faults are set, and when each strikes."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from sandbox.call import Call
from sandbox.faults.fault import Fault
from sandbox.render import Json


@dataclass
class FaultRule:
    """A fault with its trigger: a probability, or the next so many requests. Filters left None match everything."""

    fault: Fault
    probability: float | None = None
    remaining: int | None = None
    action: str | None = None
    ship: str | None = None
    agent: str | None = None
    struck: int = 0
    number: int = 0

    def matches(self, call: Call) -> bool:
        """Whether the request passes the filters."""
        return (
            self.action in (None, call.action)
            and self.ship in (None, call.path.get("ship", "").upper())
            and (self.agent is None or self.agent == call.game.tokens.identify(call.authorization).agent)
            and self.fault.concerns(call)
        )

    def strikes(self, rng: Random) -> bool:
        """Whether it hits a request that matches; a counted one is used up."""
        if self.probability is not None:
            hit = rng.random() < self.probability
        else:
            hit = bool(self.remaining)
            self.remaining = (self.remaining or 0) - hit
        self.struck += hit
        return hit

    @property
    def spent(self) -> bool:
        """Whether it will never strike again."""
        return self.probability is None and not self.remaining

    def to_json(self) -> Json:
        """As the admin endpoints show it."""
        return {
            "number": self.number,
            "name": self.fault.name,
            "probability": self.probability,
            "next": self.remaining,
            "action": self.action,
            "ship": self.ship,
            "agent": self.agent,
            "struck": self.struck,
        }


@dataclass
class FaultPlan:
    """All rules in force. Chance comes from `rng` alone, so a seed repeats a run's faults."""

    rng: Random
    rules: list[FaultRule] = field(default_factory=list)
    _numbers: int = 0

    def add(self, rule: FaultRule) -> FaultRule:
        """Set a fault."""
        self._numbers += 1
        rule.number = self._numbers
        self.rules.append(rule)
        return rule

    def clear(self, name: str | None = None) -> None:
        """Take back the faults of a name, or all."""
        self.rules = [rule for rule in self.rules if name is not None and rule.fault.name != name]

    def draw(self, call: Call) -> list[Fault]:
        """The faults that strike this request, in the order they were set."""
        if not self.rules:
            return []
        drawn = [rule.fault.settled(self.rng) for rule in self.rules if rule.matches(call) and rule.strikes(self.rng)]
        self.rules = [rule for rule in self.rules if not rule.spent]
        return drawn
