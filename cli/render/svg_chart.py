"""What a chart shows, in its own words: a system, and the tracks that ships fly through it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A waypoint, by the game's coordinates."""

    symbol: str
    x: int
    y: int
    sells_fuel: bool


@dataclass(frozen=True)
class Leg:
    """`mode` is a flight mode's short name; `seconds` is the flight alone, `after` from the start to its end.

    `fuel_added` is what the ship buys on arrival.
    """

    origin: str
    target: str
    mode: str
    seconds: float
    after: float
    fuel_added: int = 0


@dataclass(frozen=True)
class Stop:
    """The `number`-th stop of its ship, reached so many game seconds after the start."""

    number: int
    waypoint: str
    after: float


@dataclass(frozen=True)
class Track:
    """One ship's plan. `refuels`: what is bought each time, by waypoint. `seconds` and `fuel` are the whole route's."""

    ship: str
    origin: str
    legs: Sequence[Leg]
    stops: Sequence[Stop]
    refuels: Mapping[str, Sequence[int]]
    seconds: float
    fuel: int


@dataclass(frozen=True)
class Chart:
    """`title` and `subtitle` are the words above the map; `warnings` are shown in red."""

    title: str
    subtitle: str
    places: Sequence[Place]
    tracks: Sequence[Track]
    warnings: Sequence[str] = ()

    @property
    def touched(self) -> set[str]:
        """Every waypoint that some track begins at or flies to."""
        return {track.origin for track in self.tracks} | {leg.target for track in self.tracks for leg in track.legs}
