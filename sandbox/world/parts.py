"""What ships are built of: frames, reactors, engines, modules and mounts, with the live server's figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a part takes from the ship that carries it."""

    power: int = 0
    crew: int = 0
    slots: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """The hull: it decides the tank."""

    symbol: str
    module_slots: int
    mounting_points: int
    fuel_capacity: int
    requirements: Requirements


@dataclass(frozen=True, slots=True)
class Reactor:
    """The power plant."""

    symbol: str
    power_output: int
    requirements: Requirements


@dataclass(frozen=True, slots=True)
class Engine:
    """The drive: it decides the speed."""

    symbol: str
    speed: int
    requirements: Requirements


@dataclass(frozen=True, slots=True)
class Module:
    """An inner part; `range` is a warp drive's reach in units of the system map."""

    symbol: str
    requirements: Requirements
    capacity: int | None = None
    range: int | None = None


@dataclass(frozen=True, slots=True)
class Mount:
    """An outer part."""

    symbol: str
    requirements: Requirements
    strength: int | None = None
    deposits: tuple[str, ...] = ()


FRAME_PROBE: Final = Frame("FRAME_PROBE", 0, 0, 0, Requirements(1, 0))
FRAME_DRONE: Final = Frame("FRAME_DRONE", 3, 2, 80, Requirements(1, -4))
FRAME_INTERCEPTOR: Final = Frame("FRAME_INTERCEPTOR", 2, 2, 160, Requirements(1, 5))
FRAME_SHUTTLE: Final = Frame("FRAME_SHUTTLE", 2, 0, 300, Requirements(1, 0))
FRAME_MINER: Final = Frame("FRAME_MINER", 5, 3, 300, Requirements(2, 15))
FRAME_FRIGATE: Final = Frame("FRAME_FRIGATE", 8, 5, 400, Requirements(8, 25))
FRAME_LIGHT_FREIGHTER: Final = Frame("FRAME_LIGHT_FREIGHTER", 6, 1, 600, Requirements(5, 40))
FRAME_EXPLORER: Final = Frame("FRAME_EXPLORER", 8, 2, 800, Requirements(3, 18))
FRAME_HEAVY_FREIGHTER: Final = Frame("FRAME_HEAVY_FREIGHTER", 8, 2, 2300, Requirements(6, 90))
FRAME_BULK_FREIGHTER: Final = Frame("FRAME_BULK_FREIGHTER", 12, 2, 3000, Requirements(8, 120))

REACTOR_SOLAR_I: Final = Reactor("REACTOR_SOLAR_I", 3, Requirements(0, 0))
REACTOR_CHEMICAL_I: Final = Reactor("REACTOR_CHEMICAL_I", 15, Requirements(0, 3))
REACTOR_FISSION_I: Final = Reactor("REACTOR_FISSION_I", 31, Requirements(0, 8))
REACTOR_FUSION_I: Final = Reactor("REACTOR_FUSION_I", 40, Requirements(0, 12))

ENGINE_IMPULSE_DRIVE_I: Final = Engine("ENGINE_IMPULSE_DRIVE_I", 9, Requirements(1, 0))
ENGINE_ION_DRIVE_I: Final = Engine("ENGINE_ION_DRIVE_I", 15, Requirements(3, 2))
ENGINE_ION_DRIVE_II: Final = Engine("ENGINE_ION_DRIVE_II", 36, Requirements(6, 8))

CARGO_HOLD_I: Final = Module("MODULE_CARGO_HOLD_I", Requirements(1, 0, 1), capacity=15)
CARGO_HOLD_II: Final = Module("MODULE_CARGO_HOLD_II", Requirements(2, 2, 2), capacity=40)
CARGO_HOLD_III: Final = Module("MODULE_CARGO_HOLD_III", Requirements(3, 4, 2), capacity=75)
CREW_QUARTERS_I: Final = Module("MODULE_CREW_QUARTERS_I", Requirements(1, 2, 1), capacity=40)
MINERAL_PROCESSOR_I: Final = Module("MODULE_MINERAL_PROCESSOR_I", Requirements(1, 0, 2))
GAS_PROCESSOR_I: Final = Module("MODULE_GAS_PROCESSOR_I", Requirements(1, 0, 2))
ORE_REFINERY_I: Final = Module("MODULE_ORE_REFINERY_I", Requirements(6, 2, 2))
WARP_DRIVE_I: Final = Module("MODULE_WARP_DRIVE_I", Requirements(3, 2, 1), range=2000)

MINING_LASER_I: Final = Mount("MOUNT_MINING_LASER_I", Requirements(1, 0), strength=10)
MINING_LASER_II: Final = Mount("MOUNT_MINING_LASER_II", Requirements(2, 2), strength=25)
GAS_SIPHON_I: Final = Mount("MOUNT_GAS_SIPHON_I", Requirements(1, 0), strength=10)
GAS_SIPHON_II: Final = Mount("MOUNT_GAS_SIPHON_II", Requirements(2, 2), strength=20)
SURVEYOR_I: Final = Mount("MOUNT_SURVEYOR_I", Requirements(1, 2), 1, ("QUARTZ_SAND", "SILICON_CRYSTALS", "ICE_WATER"))
SURVEYOR_II: Final = Mount("MOUNT_SURVEYOR_II", Requirements(3, 4), 2, ("IRON_ORE", "COPPER_ORE", "ALUMINUM_ORE"))
SENSOR_ARRAY_I: Final = Mount("MOUNT_SENSOR_ARRAY_I", Requirements(1, 0), strength=1)
SENSOR_ARRAY_II: Final = Mount("MOUNT_SENSOR_ARRAY_II", Requirements(2, 2), strength=4)
TURRET_I: Final = Mount("MOUNT_TURRET_I", Requirements(1, 1))
