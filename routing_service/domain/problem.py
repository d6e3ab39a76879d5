"""What a route is planned over: a system as arrays, a ship's figures, and what the caller allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shared_kernel.physics import DEFAULT_FLIGHT_MODES, FlightMode

IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
FloatArray: TypeAlias = NDArray[np.float64]

MAX_WAYPOINTS = 2_000
MAX_STOPS = 200
MAX_COORDINATE = 1_000_000
MAX_FUEL_CAPACITY = 100_000

NANOS_PER_SECOND = 1_000_000_000


class Objective(Enum):
    """What a plan minimises first. The other quantity breaks ties, then the number of steps does."""

    FASTEST = "FASTEST"
    LEAST_FUEL = "LEAST_FUEL"


@dataclass(frozen=True, eq=False)
class SystemGraph:
    """A system's waypoints, column by column: `x`, `y` (int64) and `sells_fuel` (bool) have one entry per symbol.

    Symbols are distinct. Graphs with equal `content_key` are equal, and may share what is derived from them.
    """

    system_symbol: str
    symbols: tuple[str, ...]
    x: IntArray
    y: IntArray
    sells_fuel: BoolArray
    content_key: bytes

    @classmethod
    def of_columns(
        cls,
        system_symbol: str,
        symbols: tuple[str, ...],
        x: Sequence[int],
        y: Sequence[int],
        sells_fuel: Sequence[bool],
        content_key: bytes,
    ) -> Self:
        arrays = np.array(x, np.int64), np.array(y, np.int64), np.array(sells_fuel, np.bool_)
        return cls(system_symbol, symbols, *arrays, content_key)

    @cached_property
    def places(self) -> tuple[tuple[int, int], ...]:
        """The coordinates again, for who looks at a few of them: taking numbers out of an array takes long."""
        return tuple(zip(self.x.tolist(), self.y.tolist(), strict=True))

    @cached_property
    def index(self) -> dict[str, int]:
        """The position of each symbol."""
        return {symbol: position for position, symbol in enumerate(self.symbols)}


@dataclass(frozen=True)
class ShipProfile:
    """What physics needs to know of a ship. A ship with a capacity of 0 flies for nothing, in every mode."""

    fuel: int
    fuel_capacity: int
    engine_speed: int


@dataclass(frozen=True)
class RouteOptions:
    """What the caller allows and pays: nanoseconds per refuel stop and per leg, on top of the game's flight times.

    `flight_modes` are in the kernel's order and without repeats, so that equal wishes are equal.
    """

    flight_modes: tuple[FlightMode, ...] = DEFAULT_FLIGHT_MODES
    refuel_duration: int = 0
    departure_overhead: int = 0
    objective: Objective = Objective.FASTEST
