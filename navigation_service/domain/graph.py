"""A system as a ship's captain sees it: places, and where fuel is sold."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Waypoint:
    """`sells_fuel` is the best knowledge: a MARKETPLACE is taken to sell fuel until its market says otherwise."""

    symbol: str
    x: int
    y: int
    sells_fuel: bool


@dataclass(frozen=True)
class SystemGraph:
    """`unknown_fuel_waypoints`: where fuel sale is an assumption, not something that a market has said."""

    universe: str
    system_symbol: str
    waypoints: tuple[Waypoint, ...]
    fetch_time: datetime
    unknown_fuel_waypoints: tuple[str, ...] = ()

    def find(self, symbol: str) -> Waypoint | None:
        return next((waypoint for waypoint in self.waypoints if waypoint.symbol == symbol), None)
