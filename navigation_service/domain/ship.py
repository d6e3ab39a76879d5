"""A ship as the game reports it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Self

from shared_kernel.physics import FlightMode


class NavStatus(Enum):
    DOCKED = "DOCKED"
    IN_ORBIT = "IN_ORBIT"
    IN_TRANSIT = "IN_TRANSIT"


@dataclass(frozen=True)
class Ship:
    """One report. While in transit `waypoint_symbol` is the destination already.

    `arrival_in` is the time left until arrival when the report was received, by the game's own clock; zero
    unless in transit. `departure_time` and `arrival_time` are the game's stamps, as they came.
    `fuel` never exceeds `fuel_capacity`, whatever the game said; `overfull` if it said so, and then what is in the
    tank is not known.
    """

    ship_symbol: str
    system_symbol: str
    waypoint_symbol: str
    nav_status: NavStatus
    flight_mode: FlightMode
    fuel: int
    fuel_capacity: int
    engine_speed: int
    origin_waypoint_symbol: str = ""
    departure_time: datetime | None = None
    arrival_time: datetime | None = None
    arrival_in: timedelta = timedelta(0)
    role: str = ""
    frame: str = ""
    overfull: bool = False

    @property
    def in_transit(self) -> bool:
        return self.nav_status is NavStatus.IN_TRANSIT

    @property
    def tank_full(self) -> bool:
        return self.fuel >= self.fuel_capacity

    @property
    def needs_no_fuel(self) -> bool:
        return self.tank_full and not self.overfull

    def after(self, elapsed: timedelta) -> Self:
        """What a report of that long ago says of the present: whatever is in transit arrives, and is in orbit then."""
        if not self.in_transit:
            return self
        if elapsed < self.arrival_in:
            return replace(self, arrival_in=self.arrival_in - elapsed)
        return replace(self, nav_status=NavStatus.IN_ORBIT, arrival_in=timedelta(0))


@dataclass(frozen=True)
class Sighting:
    """A report and when it was asked for and received, on the clock that leases go by."""

    ship: Ship
    asked_time: datetime
    receive_time: datetime

    @property
    def arrival_due(self) -> datetime:
        """When the ship arrives on our clock: receipt plus what the game said is left."""
        return self.receive_time + self.ship.arrival_in


@dataclass(frozen=True)
class ShipRecord:
    """What is known of a player's ship: `ship` is how it is now, by what was seen at `observe_time`."""

    universe: str
    player_id: int
    ship: Ship
    observe_time: datetime
    voyage_id: str = ""
