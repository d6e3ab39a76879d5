"""What a voyage tells about itself, numbered 1, 2, 3 … in the transaction of each change."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from navigation_service.domain.route import Route
from shared_kernel.physics import FlightMode

# What is kept for those who look later: the last so many events of a voyage that goes on, and for so long after its end
# all those of one that has ended.
EVENTS_KEPT = 10_000
EVENTS_KEPT_FOR = timedelta(days=30)


class VoyageState(Enum):
    """PLANNED: no game action was sent yet."""

    PLANNED = "PLANNED"
    UNDER_WAY = "UNDER_WAY"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_active(self) -> bool:
        return self in (VoyageState.PLANNED, VoyageState.UNDER_WAY)


@dataclass(frozen=True)
class Failure:
    """Why a voyage ended early; `reason` is one of the error table's, or of the three that only voyages have."""

    reason: str
    message: str
    metadata: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Accepted:
    route: Route


@dataclass(frozen=True)
class Replanned:
    route: Route
    cause: str


@dataclass(frozen=True)
class Departed:
    """`fuel` is what is left after the departure; `arrival_time` is on our clock."""

    from_waypoint: str
    to_waypoint: str
    flight_mode: FlightMode
    arrival_time: datetime
    fuel: int


@dataclass(frozen=True)
class Arrived:
    waypoint: str
    fuel: int


@dataclass(frozen=True)
class Refuelled:
    """`credits` is None when the answer of the purchase was lost."""

    waypoint: str
    fuel_added: int
    credits: int | None


@dataclass(frozen=True)
class Waiting:
    until: datetime
    cause: str


@dataclass(frozen=True)
class RoundCompleted:
    round: int


@dataclass(frozen=True)
class Ended:
    failure: Failure | None = None


EventDetail = Accepted | Replanned | Departed | Arrived | Refuelled | Waiting | RoundCompleted | Ended


@dataclass(frozen=True)
class VoyageEvent:
    number: int
    voyage_id: str
    time: datetime
    state: VoyageState
    step_index: int
    message: str
    detail: EventDetail
