"""Voyages to be killed: what befalls each, and at which points."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any

from navigation_service.domain.route import Route
from tests.e2e.crash.proving_ground import Passage

# Several such calls outlast the third of a lease after which it is renewed.
SLOW_SECONDS = 0.4

Points = Sequence[str]


def every_instant(points: Points) -> Points:
    """All points, but where one call ends and the next begins: nothing lies between, so that one crash is both."""
    ends = [point for point in points if point.startswith(("before", "after"))]
    pairs = zip(ends, [*ends[1:], ""], strict=True)
    return [point for point, then in pairs if not (point.startswith("after") and then.startswith("before"))]


def until_it_acts(points: Points) -> Points:
    """Up to the first call that changes anything: what follows is the same in every scenario."""
    return every_instant(list(takewhile(lambda point: not point.startswith("before perform"), points)))


def from_answer_to(deed: str, points: Points) -> Points:
    """From the answer to the first `deed` until the next call that could do it again."""
    return until_it_acts(points[points.index(f"after perform {deed} 1") :])


def renewals(points: Points) -> Points:
    return [point for point in points if "voyages.renew" in point]


def amid_actions(points: Points) -> Points:
    return [point for point in points if point.startswith("amid perform")]


@dataclass(frozen=True)
class Scenario:
    """`faults` strike each flight of it; `points` chooses where it is killed."""

    name: str
    route: Callable[[Passage], Route] = lambda passage: passage.whole
    points: Callable[[Points], Points] = every_instant
    faults: Sequence[dict[str, Any]] = ()
    in_flight: bool = False
    mapped: bool = True

    def __str__(self) -> str:
        return self.name


def lost_answer(action: str, deed: str) -> Scenario:
    return Scenario(
        f"the answer to {action} lost",
        points=partial(from_answer_to, deed),
        faults=[{"name": "drop_after", "action": action}],
    )


def slow(action: str, times: int = 1, when: str = "after") -> dict[str, Any]:
    return {"name": "latency", "seconds": SLOW_SECONDS, "when": when, "action": action, "next": times}


ACTIONS = {"orbit": 2, "navigate": 2, "dock": 1, "refuel": 1, "set_flight_mode": 1}
SCENARIOS = [
    Scenario("two legs and a refuelling"),
    Scenario(
        "accepted in flight, on a map that nobody has read",
        lambda passage: passage.second_leg,
        points=until_it_acts,
        in_flight=True,
        mapped=False,
    ),
    lost_answer("navigate", "NAVIGATE"),
    lost_answer("refuel", "REFUEL"),
    Scenario(
        "a game that acts after the process is gone",
        points=amid_actions,
        faults=[slow(action, times, "before") for action, times in ACTIONS.items()],
    ),
    Scenario(
        "a slow game, so that the lease is renewed",
        points=renewals,
        faults=[slow("dock"), slow("refuel"), slow("set_flight_mode"), slow("orbit", 2)],
    ),
]
