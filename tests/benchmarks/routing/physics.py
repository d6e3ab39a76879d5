"""The game's physics once more, from the wiki's formulas alone: what judges ours must not share its code.

All times are nanoseconds, so that overheads of any size add up exactly.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np

from tests.benchmarks.routing.instances import Rules, Ship
from tests.benchmarks.routing.systems import BoolArray, IntArray, SystemMap

NEVER = 1 << 62
_SECOND = 1_000_000_000
# Seconds per unit of distance at speed 1, twice, and fuel per unit of distance (DRIFT burns 1 whatever the distance).
_TWICE_SECONDS = {"CRUISE": 50, "BURN": 25, "DRIFT": 500, "STEALTH": 60}
_FUEL = {"CRUISE": 1, "BURN": 2, "STEALTH": 1}

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def kernel(function: _Kernel) -> _Kernel:
    """Machine code, kept on disk for as long as its file does not change: all that it calls must be in that file."""
    return cast(_Kernel, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def composed_kernel(function: _Kernel) -> _Kernel:
    """Machine code, made anew in every process: it may call kernels of other files."""
    return cast(_Kernel, numba.njit(nogil=True, error_model="numpy")(function))


class World(NamedTuple):
    """A system as one kind of ship flies through it. `time` and `burn` have a row per mode, a column per distance."""

    distance: IntArray
    sells_fuel: BoolArray
    time: IntArray
    burn: IntArray
    capacity: int
    refuel: int


def world_of(system: SystemMap, ship: Ship, rules: Rules) -> World:
    dx, dy = (np.subtract.outer(axis, axis) for axis in (system.x, system.y))
    square = dx * dx + dy * dy
    root = np.sqrt(square).astype(np.int64)
    # Half up: the root's fraction is at least one half exactly if the square exceeds root * (root + 1).
    distance = np.maximum(1, root + (square > root * (root + 1)))
    spans = np.arange(distance.max() + 1)
    time = [
        ((spans * _TWICE_SECONDS[mode] + ship.speed) // (2 * ship.speed) + 15) * _SECOND + rules.departure
        for mode in rules.modes
    ]
    burn = [spans * _FUEL[mode] if mode in _FUEL else np.ones_like(spans) for mode in rules.modes]
    return World(
        distance=distance,
        # Nothing is ever missing in a tank that holds nothing.
        sells_fuel=system.sells_fuel & (ship.capacity > 0),
        time=np.array(time, np.int64),
        burn=np.array(burn, np.int64) * (ship.capacity > 0),
        capacity=ship.capacity,
        refuel=rules.refuel,
    )
