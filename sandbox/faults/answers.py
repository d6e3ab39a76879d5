"""Faults of the server: answers that are errors, or are wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar, Final

from sandbox.call import Answer, Call, refused
from sandbox.errors import RefusedError
from sandbox.faults.fault import Fault
from sandbox.log import REFUSED
from sandbox.render import Json

HTML: Final = "text/html; charset=utf-8"
LIST_ACTIONS: Final = ("list_ships", "list_systems", "list_waypoints")
FUEL_ACTIONS: Final = ("list_ships", "get_ship", "navigate", "refuel", "set_flight_mode")
OVERFULL_BY: Final = 7


@dataclass
class ServerError(Fault):
    """A 5xx with an HTML body, as the hosting edge sends it; before or after the effect, by a coin."""

    name: ClassVar[str] = "error_5xx"
    status: int = 502
    when: str = "either"

    def settled(self, rng: Random) -> Fault:
        """Toss the coin."""
        return replace(self, when=rng.choice(("before", "after"))) if self.when == "either" else self

    async def before(self, call: Call) -> Answer | None:
        """The error, with nothing done."""
        return self._error() if self.when == "before" else None

    async def after(self, call: Call, answer: Answer) -> Answer:
        """The error, in place of the answer."""
        return self._error() if self.when == "after" else answer

    def _error(self) -> Answer:
        page = f"<html><head><title>{self.status}</title></head><body><h1>Bad gateway</h1></body></html>"
        return Answer(None, self.status, REFUSED, self.status, raw=page.encode(), content_type=HTML)


@dataclass
class RateStorm(Fault):
    """A 429 though the caller is within its limits, with a Retry-After of `seconds`, and without any rate header."""

    name: ClassVar[str] = "rate_storm"
    seconds: float = 1.0

    async def before(self, call: Call) -> Answer | None:
        """The 429."""
        data = {"retryAfter": self.seconds}
        refusal = RefusedError(429, "Too many requests reach the server. Try again after the given time.", data)
        call.rate_headers = []
        return refused(refusal, call.request_id, [("retry-after", f"{self.seconds:.3f}")])


@dataclass
class OverfullTank(Fault):
    """Answers show a little more fuel than the tank holds; the ship itself is as it should be."""

    name: ClassVar[str] = "overfull_tank"

    def concerns(self, call: Call) -> bool:
        """Requests whose answers show a tank."""
        return call.action in FUEL_ACTIONS

    async def after(self, call: Call, answer: Answer) -> Answer:
        """Overfill every tank in the answer that holds anything."""
        if not isinstance(answer.payload, dict) or answer.code is not None:
            return answer
        shown = answer.payload["data"]
        for ship in shown if isinstance(shown, list) else [shown]:
            _overfill(ship["fuel"])
        return answer


def _overfill(fuel: Json) -> None:
    if fuel["capacity"]:
        fuel["current"] = int(str(fuel["capacity"])) + OVERFULL_BY


@dataclass
class PoisonedPage(Fault):
    """Page `page` of a list (0: any page) answers 500, while the others are fine."""

    name: ClassVar[str] = "poisoned_page"
    page: int = 0

    def concerns(self, call: Call) -> bool:
        """List requests for that page."""
        asked = (call.query("page") or ["1"])[-1]
        return call.action in LIST_ACTIONS and self.page in (0, int(asked) if asked.isdigit() else 0)

    async def before(self, call: Call) -> Answer | None:
        """The 500."""
        return refused(RefusedError(500, "Something unexpected went wrong."), call.request_id)
