"""What one process does in a crash test: accept a voyage, or find it accepted, and fly it to its end."""

import asyncio
import json
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from navigation_service.adapters.game_api import HttpGameGateway
from navigation_service.adapters.graphs_sql import SqlGraphs
from navigation_service.adapters.request_budget import LocalRequestBudget
from navigation_service.adapters.ships_sql import SqlShips
from navigation_service.adapters.tables import outcomes
from navigation_service.adapters.voyage_log import StructlogVoyageLog
from navigation_service.adapters.voyages_sql import SqlVoyages
from navigation_service.application.commands.navigate_ship import NavigateShipCommand
from navigation_service.application.flight_crew import FlightSettings
from navigation_service.application.ports import Credential, VoyageLog
from navigation_service.application.queries.list_voyages import ListVoyagesQuery
from navigation_service.application.queries.watch_voyage import WatchVoyageQuery
from navigation_service.application.runner_signals import RunnerSignals
from navigation_service.application.system_graphs import SystemGraphs
from navigation_service.bootstrap import Ports, create_mediator
from navigation_service.domain.events import VoyageEvent
from navigation_service.domain.route import Route
from navigation_service.domain.voyage import Voyage
from navigation_service.voyage_runner import VoyageRunner
from pymediatr import Mediator
from service_chassis.database import Database
from service_chassis.outcomes_sql import SqlOutcomes
from service_chassis.telemetry import configure_logging
from shared_kernel.clock import SystemClock
from shared_kernel.errors import RetryableError
from tests.e2e.crash.crash_points import CrashingPort, CrashingUnitOfWork, Fuse, NamedPort
from tests.fakes.navigation_planner import FakePlanner
from tests.fakes.navigation_players import FakePlayers

# Short, as each crash is followed by waiting for both; a lease must outlast the send window of 1 s and a call.
CALL_SECONDS = 1.0
LEASE_SECONDS = 3.6


@dataclass(frozen=True)
class Assignment:
    """A voyage of one ship by a route that is known beforehand, over a database of its own."""

    database_url: str
    game_url: str
    credential: Credential
    ship_symbol: str
    route: Route
    time_scale: float
    directory: Path

    @property
    def report(self) -> Path:
        return self.directory / f"{self.ship_symbol}.json"

    @property
    def log(self) -> Path:
        return self.directory / f"{self.ship_symbol}.log"

    def last_words(self) -> str:
        return self.log.read_text()[-2000:]


class OneMarket:
    """A game that lets one market alone be asked: they are all alike, and dozens of them would take their time."""

    def __init__(self, game: Any) -> None:
        self._game = game
        self._asked = False

    def __getattr__(self, method: str) -> Any:
        return getattr(self._game, method)

    async def market_sells_fuel(self, credential: Credential, waypoint_symbol: str) -> bool | None:
        asked, self._asked = self._asked, True
        return None if asked else cast(bool | None, await self._game.market_sells_fuel(credential, waypoint_symbol))


class EndOfVoyage:
    """Satisfies VoyageLog; `told` is set when a voyage has ended, so that nobody has to ask for it again and again."""

    def __init__(self) -> None:
        self.told = asyncio.Event()
        self._log = StructlogVoyageLog()

    def tell(self, voyage: Voyage, events: Sequence[VoyageEvent]) -> None:
        self._log.tell(voyage, events)
        if not voyage.state.is_active:
            self.told.set()


def fly(assignment: Assignment, crash_at: str = "") -> None:
    """Returns when the voyage has ended; `crash_at` names the point at which the process ends instead."""
    with assignment.log.open("a") as log:
        sys.stdout = sys.stderr = log
        configure_logging("INFO", "json", "crash_test")
        asyncio.run(_fly(assignment, Fuse(crash_at)))


async def _fly(assignment: Assignment, fuse: Fuse) -> None:
    signals, end = RunnerSignals(), EndOfVoyage()
    database = Database(assignment.database_url)
    mediator = _mediator(assignment, database, signals, end, fuse)
    destination = assignment.route.destination
    command = NavigateShipCommand(assignment.ship_symbol, destination=destination, request_id="the same")
    voyage = await _accepted(mediator, command)
    if voyage.state.is_active:
        await VoyageRunner(mediator, f"process {os.getpid()}", signals, random.uniform).run(end.told)
    events = [event async for event in mediator.stream(WatchVoyageQuery(voyage.voyage_id))]
    voyages = await mediator.send(ListVoyagesQuery(ship_symbol=assignment.ship_symbol))
    await database.close()
    assignment.report.write_text(
        json.dumps(
            {
                "points": fuse.reached,
                "states": [voyage.state.value for voyage in voyages.voyages],
                "events": [_told(event) for event in events],
            }
        )
    )


async def _accepted(mediator: Mediator, command: NavigateShipCommand) -> Voyage:
    """As callers do, again until there is an answer."""
    while True:
        try:
            return await mediator.send(command)
        except RetryableError:
            await asyncio.sleep(0.2)


def _told(event: VoyageEvent) -> tuple[int, str]:
    return event.number, type(event.detail).__name__


def _mediator(
    assignment: Assignment, database: Database, signals: RunnerSignals, log: VoyageLog, fuse: Fuse
) -> Mediator:
    """The service as bootstrap puts it together, with a point to crash at around everything outside it."""
    clock = SystemClock()
    budget = LocalRequestBudget(clock, per_second=0, burst=0)
    game = HttpGameGateway(assignment.game_url, CALL_SECONDS, budget, clock, random.uniform)
    planner = FakePlanner()
    planner.answer = assignment.route
    ports = Ports(
        unit_of_work=CrashingUnitOfWork(database, fuse),
        voyages=cast(Any, NamedPort(SqlVoyages(database, clock, lease_seconds=LEASE_SECONDS), "voyages")),
        ships=cast(Any, NamedPort(SqlShips(database, clock), "ships")),
        graphs=cast(Any, NamedPort(SqlGraphs(database), "graphs")),
        outcomes=cast(Any, NamedPort(SqlOutcomes(database, outcomes, clock), "outcomes")),
        game=cast(Any, OneMarket(CrashingPort(game, fuse))),
        players=cast(Any, CrashingPort(FakePlayers(assignment.credential), fuse)),
        planner=cast(Any, CrashingPort(planner, fuse)),
        budget=budget,
        log=log,
        clock=clock,
        time_left=lambda: None,
        chance=random.uniform,
    )
    graphs = SystemGraphs(ports.unit_of_work, ports.graphs, ports.game, clock, ports.time_left)
    settings = FlightSettings(CALL_SECONDS, LEASE_SECONDS, assignment.time_scale)
    return create_mediator(ports, graphs, signals, settings)
