"""What a voyage's events add up to."""

from dataclasses import dataclass, field
from datetime import datetime

from protos.navigation.v1.navigation_pb2 import Failure, Voyage, VoyageEvent
from service_chassis.wire import timestamp_to_datetime


@dataclass
class Journey:
    """The tally of the events seen so far."""

    state: Voyage.State.ValueType = Voyage.STATE_UNSPECIFIED
    failure: Failure = field(default_factory=Failure)
    legs: int = 0
    refuels: int = 0
    fuel_added: int = 0
    started: datetime | None = None
    latest: datetime | None = None

    def record(self, event: VoyageEvent) -> None:
        self.state = event.state
        self.latest = timestamp_to_datetime(event.time)
        self.started = self.started or self.latest
        match event.WhichOneof("detail"):
            case "arrived":
                self.legs += 1
            case "refuelled":
                self.refuels += 1
                self.fuel_added += event.refuelled.fuel_added
            case "ended":
                self.failure = event.ended.failure

    def conclude(self, voyage: Voyage) -> None:
        """The end as the voyage itself tells it, where its events did not."""
        self.state, self.failure = voyage.state, voyage.failure

    @property
    def seconds(self) -> float:
        """Wall-clock time between the first and the latest event."""
        return (self.latest - self.started).total_seconds() if self.latest and self.started else 0.0
