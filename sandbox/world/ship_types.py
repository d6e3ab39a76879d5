"""The ship types of the game: what each is built of, what it costs, and which shipyard sells it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sandbox.world import parts as p
from sandbox.world.places import Waypoint


@dataclass(frozen=True, slots=True)
class ShipType:
    """A ship as it leaves the yard. Tank, speed and hold follow from its parts."""

    symbol: str
    role: str
    frame: p.Frame
    reactor: p.Reactor
    engine: p.Engine
    modules: tuple[p.Module, ...]
    mounts: tuple[p.Mount, ...]
    crew_required: int
    crew_capacity: int
    price: int

    @property
    def cargo_capacity(self) -> int:
        """Units the holds carry."""
        return sum(m.capacity or 0 for m in self.modules if m.symbol.startswith("MODULE_CARGO_HOLD"))

    @property
    def warp_range(self) -> int | None:
        """How far its warp drive reaches; None without one."""
        return max((m.range for m in self.modules if m.range is not None), default=None)


def _catalogue(*types: ShipType) -> MappingProxyType[str, ShipType]:
    return MappingProxyType({ship_type.symbol: ship_type for ship_type in types})


SHIP_TYPES: Final = _catalogue(
    ShipType(
        "SHIP_PROBE", "SATELLITE", p.FRAME_PROBE, p.REACTOR_SOLAR_I, p.ENGINE_IMPULSE_DRIVE_I, (), (), 0, 0, 23_000
    ),
    ShipType(
        "SHIP_MINING_DRONE", "EXCAVATOR", p.FRAME_DRONE, p.REACTOR_CHEMICAL_I, p.ENGINE_IMPULSE_DRIVE_I,
        (p.CARGO_HOLD_I, p.MINERAL_PROCESSOR_I), (p.MINING_LASER_I,), 0, 0, 45_000,
    ),
    ShipType(
        "SHIP_SIPHON_DRONE", "EXCAVATOR", p.FRAME_DRONE, p.REACTOR_CHEMICAL_I, p.ENGINE_IMPULSE_DRIVE_I,
        (p.CARGO_HOLD_I, p.GAS_PROCESSOR_I), (p.GAS_SIPHON_I,), 0, 0, 42_000,
    ),
    ShipType(
        "SHIP_SURVEYOR", "SURVEYOR", p.FRAME_DRONE, p.REACTOR_CHEMICAL_I, p.ENGINE_IMPULSE_DRIVE_I, (),
        (p.SURVEYOR_I,), 0, 0, 33_000,
    ),
    ShipType(
        "SHIP_INTERCEPTOR", "INTERCEPTOR", p.FRAME_INTERCEPTOR, p.REACTOR_FISSION_I, p.ENGINE_ION_DRIVE_I,
        (p.CREW_QUARTERS_I,), (p.TURRET_I,), 15, 40, 160_000,
    ),
    ShipType(
        "SHIP_LIGHT_SHUTTLE", "TRANSPORT", p.FRAME_SHUTTLE, p.REACTOR_CHEMICAL_I, p.ENGINE_ION_DRIVE_I,
        (p.CARGO_HOLD_II,), (), 0, 0, 89_000,
    ),
    ShipType(
        "SHIP_ORE_HOUND", "EXCAVATOR", p.FRAME_MINER, p.REACTOR_FISSION_I, p.ENGINE_ION_DRIVE_I,
        (p.CARGO_HOLD_II, p.CREW_QUARTERS_I, p.MINERAL_PROCESSOR_I), (p.MINING_LASER_II, p.SURVEYOR_I), 33, 40, 230_000,
    ),
    ShipType(
        "SHIP_COMMAND_FRIGATE", "COMMAND", p.FRAME_FRIGATE, p.REACTOR_FISSION_I, p.ENGINE_ION_DRIVE_II,
        (p.CARGO_HOLD_II, p.CREW_QUARTERS_I, p.CREW_QUARTERS_I, p.MINERAL_PROCESSOR_I, p.GAS_PROCESSOR_I),
        (p.SENSOR_ARRAY_II, p.GAS_SIPHON_II, p.MINING_LASER_II, p.SURVEYOR_II), 57, 80, 640_000,
    ),
    ShipType(
        "SHIP_LIGHT_HAULER", "HAULER", p.FRAME_LIGHT_FREIGHTER, p.REACTOR_FISSION_I, p.ENGINE_ION_DRIVE_I,
        (p.CARGO_HOLD_II, p.CARGO_HOLD_II, p.CREW_QUARTERS_I, p.CREW_QUARTERS_I), (), 57, 80, 273_000,
    ),
    ShipType(
        "SHIP_EXPLORER", "EXPLORER", p.FRAME_EXPLORER, p.REACTOR_FUSION_I, p.ENGINE_ION_DRIVE_II,
        (p.CARGO_HOLD_II, p.CREW_QUARTERS_I, p.CREW_QUARTERS_I, p.WARP_DRIVE_I), (p.SENSOR_ARRAY_II,), 48, 80, 723_000,
    ),
    ShipType(
        "SHIP_REFINING_FREIGHTER", "REFINERY", p.FRAME_HEAVY_FREIGHTER, p.REACTOR_FUSION_I, p.ENGINE_ION_DRIVE_II,
        (p.CARGO_HOLD_III, p.CARGO_HOLD_III, p.ORE_REFINERY_I, *(p.CREW_QUARTERS_I,) * 2), (), 80, 80, 1_800_000,
    ),
    ShipType(
        "SHIP_HEAVY_FREIGHTER", "HAULER", p.FRAME_HEAVY_FREIGHTER, p.REACTOR_FUSION_I, p.ENGINE_ION_DRIVE_II,
        (*(p.CARGO_HOLD_III,) * 3, *(p.CREW_QUARTERS_I,) * 2), (), 80, 80, 2_070_000,
    ),
    ShipType(
        "SHIP_BULK_FREIGHTER", "HAULER", p.FRAME_BULK_FREIGHTER, p.REACTOR_FUSION_I, p.ENGINE_ION_DRIVE_I,
        (*(p.CARGO_HOLD_III,) * 6, *(p.CREW_QUARTERS_I,) * 3), (), 120, 120, 3_400_000,
    ),
)  # fmt: skip

FLEET_TURN: Final = ("SHIP_COMMAND_FRIGATE", "SHIP_LIGHT_HAULER", "SHIP_PROBE")

_OFFERS: Final = MappingProxyType(
    {
        "A": ("SHIP_PROBE", "SHIP_LIGHT_SHUTTLE", "SHIP_LIGHT_HAULER", "SHIP_INTERCEPTOR"),
        "H": ("SHIP_PROBE", "SHIP_MINING_DRONE", "SHIP_SIPHON_DRONE", "SHIP_SURVEYOR"),
        "C": ("SHIP_EXPLORER", "SHIP_ORE_HOUND", "SHIP_REFINING_FREIGHTER", "SHIP_HEAVY_FREIGHTER"),
    }
)


def ships_sold_at(waypoint: Waypoint) -> tuple[str, ...]:
    """The ship types a shipyard offers, told by the orbit it stands in."""
    return _OFFERS.get(waypoint.symbol.split("-")[-1][0], ("SHIP_PROBE",)) if waypoint.is_shipyard else ()
