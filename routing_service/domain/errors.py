"""What this context refuses.

NoRouteFoundError        (PreconditionFailed, NO_ROUTE)
QueueFullError           (Exhausted, QUEUE_FULL)
SolveTimedOutError       (DeadlineExceeded)
RoutingUnavailableError  (Unavailable, ROUTING_UNAVAILABLE)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Self

from shared_kernel.errors import DeadlineExceeded, Exhausted, PreconditionFailed, Unavailable


class Cause(Enum):
    """What is in the way.

    TANK_TOO_SMALL: not even a full tank at the origin would do; a ship with a larger tank, another origin, or a
    thriftier flight mode would.
    EMPTY_TANK: the tank is empty, the origin sells no fuel, and a full tank would do.
    FUEL_TOO_LOW: there is fuel, but too little, the origin sells none, and a full tank would do.
    """

    TANK_TOO_SMALL = "TANK_TOO_SMALL"
    EMPTY_TANK = "EMPTY_TANK"
    FUEL_TOO_LOW = "FUEL_TOO_LOW"


@dataclass(frozen=True)
class Shortage:
    """What would have to be different.

    `required_fuel_capacity` is the least capacity with which a ship that leaves the origin with a full tank
    succeeds. `required_fuel` is the least fuel at the origin with which a ship succeeds whose capacity is the
    larger of its present one and `required_fuel_capacity`; 0 where the origin sells fuel. With several goals out
    of reach, both figures are those that bring every one of them within reach.
    Where no order of several stops was found that the fuel allows, though each stop by itself is within reach, both
    are None: nobody knows them.
    `nearest_reachable` is the waypoint within reach (for closed tours: and back) nearest to the first goal that is
    out of reach, as the crow flies; it may be the origin itself.
    """

    cause: Cause
    nearest_reachable: str
    required_fuel: int | None = None
    required_fuel_capacity: int | None = None


_REMEDY = {
    Cause.TANK_TOO_SMALL: "no tank of this size gets there: it takes a fuel capacity of {capacity}, or another flight "
    "mode",
    Cause.EMPTY_TANK: "the tank is empty and no fuel is sold here: it takes {fuel} units at the origin",
    Cause.FUEL_TOO_LOW: "the fuel is too low and none is sold here: it takes {fuel} units at the origin",
}
_NO_ORDER = "each stop can be reached, but no order of all of them was found that the fuel allows; name fewer"


class NoRouteFoundError(PreconditionFailed):
    """Proven: no sequence of legs and refuels gets there. `unreachable` lists the goals that are out of reach."""

    reason = "NO_ROUTE"

    def __init__(self, origin: str, unreachable: Sequence[str], shortage: Shortage) -> None:
        self.unreachable = tuple(unreachable)
        self.shortage = shortage
        fuel, capacity = shortage.required_fuel, shortage.required_fuel_capacity
        known = fuel is not None and capacity is not None
        remedy = _REMEDY[shortage.cause].format(fuel=fuel, capacity=capacity) if known else _NO_ORDER
        listed = ", ".join(unreachable[:5]) + (", …" if len(unreachable) > 5 else "")
        super().__init__(
            f"no route from {origin} to {listed}: {remedy}",
            {
                "origin": origin,
                "destination": unreachable[0],
                "cause": shortage.cause.value,
                "unreachable": ",".join(unreachable),
                "nearest_reachable": shortage.nearest_reachable,
            }
            | ({"required_fuel": str(fuel), "required_fuel_capacity": str(capacity)} if known else {}),
        )

    def __reduce__(self) -> tuple[type[Self], tuple[str, tuple[str, ...], Shortage]]:
        # Worker processes send it home.
        return type(self), (self.metadata["origin"], self.unreachable, self.shortage)


class QueueFullError(Exhausted):
    """Too many solves are waiting, or the time left would not suffice after the wait."""

    reason = "QUEUE_FULL"


class SolveTimedOutError(DeadlineExceeded):
    """The caller's time ran out before there was any plan."""


class RoutingUnavailableError(Unavailable):
    """The processes that solve died over this call, one after the other, or one did not end when its time was up."""

    reason = "ROUTING_UNAVAILABLE"
