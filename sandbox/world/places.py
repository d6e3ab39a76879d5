"""Systems and waypoints: the nouns of the map."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A place a ship can stand at. `orbits` names the parent it shares its coordinates with."""

    symbol: str
    system: str
    type: str
    x: int
    y: int
    traits: tuple[str, ...]
    orbits: str | None = None
    orbitals: tuple[str, ...] = ()
    faction: str | None = None
    charted: bool = True
    under_construction: bool = False

    @property
    def is_market(self) -> bool:
        """Whether a market stands here; all of them sell FUEL."""
        return "MARKETPLACE" in self.traits

    @property
    def is_shipyard(self) -> bool:
        """Whether ships are sold here."""
        return "SHIPYARD" in self.traits


@dataclass(frozen=True, slots=True)
class System:
    """A star and its waypoints. `faction` owns it, where anyone does; agents start where `is_start` is set."""

    symbol: str
    type: str
    x: int
    y: int
    waypoints: tuple[Waypoint, ...]
    faction: str | None = None
    is_start: bool = False

    def first(self, waypoint_type: str) -> Waypoint | None:
        """The first waypoint of a type, in the order of the map."""
        return next((w for w in self.waypoints if w.type == waypoint_type), None)


def system_of(waypoint_symbol: str) -> str:
    """The system part of a waypoint symbol: its first two dash-separated parts."""
    return "-".join(waypoint_symbol.split("-")[:2])
