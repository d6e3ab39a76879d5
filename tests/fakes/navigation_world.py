"""The navigation context with everything outside it in memory: one player, one system, a clock that stands still."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from navigation_service.application.commands.advance_voyage import AdvanceVoyageCommand
from navigation_service.application.commands.claim_voyage import ClaimVoyageCommand, Idle
from navigation_service.application.commands.dispatch_fleet import DispatchFleetCommand
from navigation_service.application.commands.navigate_ship import NavigateShipCommand
from navigation_service.application.commands.start_tour import StartTourCommand
from navigation_service.application.flight_crew import Claim, FlightSettings
from navigation_service.application.ports import Credential, PlayerKey
from navigation_service.application.runner_signals import RunnerSignals
from navigation_service.application.started_voyages import StartedVoyages
from navigation_service.application.system_graphs import SystemGraphs
from navigation_service.bootstrap import Ports, create_mediator
from navigation_service.domain.events import EventDetail, VoyageEvent
from navigation_service.domain.graph import SystemGraph, Waypoint
from navigation_service.domain.ship import Ship
from navigation_service.domain.voyage import Voyage
from pymediatr import Mediator
from tests.fakes.navigation_budget import FakeBudget
from tests.fakes.navigation_game import FakeGame, Place
from tests.fakes.navigation_memory import MemoryDatabase, MemoryOutcomes
from tests.fakes.navigation_planner import FakePlanner
from tests.fakes.navigation_players import FakePlayers
from tests.fakes.navigation_repositories import MemoryGraphs, MemoryShips, MemoryVoyages
from tests.fakes.player_clock import SteppedClock

UNIVERSE = "fake.game/2026-11-01"
SHIP = "ACE-1"
HOME, PUMP, FAR, DRY, LOST = (f"X1-AB-{name}" for name in ("A1", "B2", "C3", "D4", "E5"))
# From HOME, FAR is too far for one tank of 400 in CRUISE, and PUMP is on the way.
PLACES = (
    Place(HOME, 0, 0, sells_fuel=True),
    Place(PUMP, 300, 0, sells_fuel=True),
    Place(FAR, 600, 0, sells_fuel=True),
    Place(DRY, 20, 0),
    Place(LOST, 0, 5_000),
)


class RecordingLog:
    """Satisfies VoyageLog."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def tell(self, voyage: Voyage, events: Sequence[VoyageEvent]) -> None:
        self.messages += [event.message for event in events]


class CachingPlayers(FakePlayers):
    """Keeps what it read first until it is told to read afresh, as the real directory does for a minute."""

    def __init__(self, *credentials: Credential) -> None:
        super().__init__(*credentials)
        self._kept: Credential | None = None

    async def credential(self, player: PlayerKey, *, fresh: bool = False) -> Credential:
        if fresh or self._kept is None:
            self._kept = await super().credential(player)
        return self._kept


@dataclass
class NavigationWorld:
    """`process` builds what one process has; a second one after it is a restart over the same database and game."""

    clock: SteppedClock = field(default_factory=SteppedClock)
    budget: FakeBudget = field(default_factory=FakeBudget)
    planner: FakePlanner = field(default_factory=FakePlanner)
    log: RecordingLog = field(default_factory=RecordingLog)
    settings: FlightSettings = field(default_factory=FlightSettings)
    seconds_left: float | None = None

    def __post_init__(self) -> None:
        self.database = MemoryDatabase()
        self.voyages = MemoryVoyages(self.database, self.clock, lease_seconds=self.settings.lease_seconds)
        self.ships = MemoryShips(self.database, self.clock)
        self.graphs = MemoryGraphs(self.database)
        self.game = FakeGame(self.clock, budget=self.budget, database=self.database, universe=UNIVERSE)
        self.game.chart(*PLACES)
        self.credential = self.game.enlist("ACE")
        self.players = FakePlayers(self.credential)
        self.game.launch(SHIP, HOME)
        self.restart()

    def restart(self) -> None:
        """Forget everything that a process keeps in memory."""
        self.signals = RunnerSignals()
        ports = Ports(
            unit_of_work=self.database,
            voyages=self.voyages,
            ships=self.ships,
            graphs=self.graphs,
            outcomes=MemoryOutcomes(self.database, self.clock),
            game=self.game,
            players=self.players,
            planner=self.planner,
            budget=self.budget,
            log=self.log,
            clock=self.clock,
            time_left=lambda: self.seconds_left,
            chance=lambda low, high: high,
        )

        async def no_pause(_: float) -> None:
            pass

        self.system_graphs = SystemGraphs(
            self.database, self.graphs, self.game, self.clock, ports.time_left, sleep=no_pause
        )
        self.mediator: Mediator = create_mediator(ports, self.system_graphs, self.signals, self.settings)

    async def know_the_map(self, *places: Place) -> None:
        """As if it had been read long ago, and its markets been asked; those of `places` have not."""
        waypoints = [Waypoint(p.symbol, p.x, p.y, p.sells_fuel or p.marketplace) for p in (*PLACES, *places)]
        self.game.chart(*places)
        unknown = tuple(place.symbol for place in places if place.marketplace)
        async with self.database.transaction():
            await self.graphs.save(SystemGraph(UNIVERSE, "X1-AB", tuple(waypoints), self.clock.now(), unknown))

    async def navigate(self, destination: str = FAR, ship_symbol: str = SHIP, **fields: Any) -> Voyage:
        return await self.mediator.send(NavigateShipCommand(ship_symbol, destination=destination, **fields))

    async def tour(self, *waypoints: str, ship_symbol: str = SHIP, **fields: Any) -> StartedVoyages:
        return await self.mediator.send(StartTourCommand(ship_symbol, waypoints=waypoints, **fields))

    async def dispatch(self, ship_symbols: Sequence[str], waypoints: Sequence[str], **fields: Any) -> StartedVoyages:
        return await self.mediator.send(DispatchFleetCommand(tuple(ship_symbols), tuple(waypoints), **fields))

    async def voyage(self, voyage_id: str) -> Voyage:
        async with self.database.reading():
            found = await self.voyages.get(voyage_id)
        assert found is not None
        return found

    async def claim(self) -> Claim:
        claim = await self.mediator.send(ClaimVoyageCommand("worker"))
        assert isinstance(claim, Claim), claim
        return claim

    async def turn(self) -> bool:
        """One turn of what is due now; False if an outage set it back."""
        return await self.mediator.send(AdvanceVoyageCommand(await self.claim()))

    async def wait_until_due(self) -> None:
        idle = await self.mediator.send(ClaimVoyageCommand("nobody"))
        assert isinstance(idle, Idle), "something is due already"
        assert idle.seconds is not None, "there is no voyage to wait for"
        self.clock.step(idle.seconds)

    async def fly(self, voyage_id: str, *, most_turns: int = 200, until_round: int = 0) -> Voyage:
        """Turns of whatever is due, and waits, until the voyage has ended or `until_round` is planned."""
        for _ in range(most_turns):
            voyage = await self.voyage(voyage_id)
            reached = until_round and voyage.round == until_round and not voyage.begins_round
            if reached or not voyage.state.is_active:
                return voyage
            due = await self.mediator.send(ClaimVoyageCommand("worker"))
            if isinstance(due, Claim):
                await self.mediator.send(AdvanceVoyageCommand(due))
            else:
                assert due.seconds is not None, "there is no voyage to wait for"
                self.clock.step(due.seconds)
        raise AssertionError(f"never ends: {await self.voyage(voyage_id)}")

    async def flown(self, destination: str = FAR) -> Voyage:
        """A voyage from its start to its end, which leaves no permit open."""
        ended = await self.fly((await self.navigate(destination)).voyage_id)
        assert self.budget.open_permits == 0
        return ended

    async def events(self, voyage_id: str) -> list[EventDetail]:
        async with self.database.reading():
            return [event.detail for event in await self.voyages.events_after(voyage_id, 0, 1_000)]

    @property
    def ship(self) -> Ship:
        """The truth."""
        return self.game.ships[SHIP]

    @property
    def actions(self) -> list[str]:
        """What the game was asked, in order."""
        return [call.action for call in self.game.calls]


def failure_reason(voyage: Voyage) -> str:
    assert voyage.failure is not None, f"{voyage.state}: {voyage.last_error}"
    return voyage.failure.reason
