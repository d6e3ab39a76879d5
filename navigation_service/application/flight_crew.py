"""Who and what flights need: the same for all of them, and one claim for each."""

from collections.abc import Callable
from dataclasses import dataclass

from navigation_service.application.ports import (
    GameGateway,
    Permit,
    PlayerDirectory,
    RequestBudget,
    ShipRepository,
    SystemGraphRepository,
    UnitOfWork,
    VoyageLog,
    VoyageRepository,
)
from navigation_service.application.runner_signals import RunnerSignals
from navigation_service.application.sightings import RecentSightings
from navigation_service.application.voyage_planning import VoyagePlanning
from navigation_service.domain.voyage import Voyage
from shared_kernel.clock import Clock


@dataclass(frozen=True)
class FlightSettings:
    """`call_seconds`: when a call to the game is given up. `time_scale`: of the game, for ETAs alone."""

    call_seconds: float = 5.0
    lease_seconds: float = 10.0
    time_scale: float = 1.0


@dataclass(frozen=True)
class FlightCrew:
    """All that flights need from outside, the same for every one of them."""

    unit_of_work: UnitOfWork
    voyages: VoyageRepository
    ships: ShipRepository
    graphs: SystemGraphRepository
    game: GameGateway
    players: PlayerDirectory
    budget: RequestBudget
    planning: VoyagePlanning
    sightings: RecentSightings
    signals: RunnerSignals
    log: VoyageLog
    clock: Clock
    settings: FlightSettings
    chance: Callable[[float, float], float]
    """A number between two bounds, for jitter."""


@dataclass(frozen=True)
class Claim:
    """A voyage that this worker may act for, and leave for the first request that this takes.

    `asked` is the monotonic time before the claim: the lease's `since` was read from the database after it.
    """

    voyage: Voyage
    permit: Permit
    asked: float
