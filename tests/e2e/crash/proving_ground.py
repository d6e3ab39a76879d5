"""A sandbox, ships to be lost in it, and processes to fly them that end where they are told to."""

import asyncio
import multiprocessing
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from multiprocessing.connection import wait
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any, Protocol

from navigation_service.adapters.graphs_sql import SqlGraphs
from navigation_service.adapters.tables import VERSION_TABLE
from navigation_service.application.ports import AgentToken, Credential
from navigation_service.domain.graph import SystemGraph, Waypoint
from navigation_service.domain.route import Navigate, Refuel, Route, Step
from service_chassis.database import Database
from service_chassis.migrations import migrate
from shared_kernel.physics import FlightMode, charged_distance, euclidean_distance, fuel_required, travel_seconds
from tests.conftest import PostgresServer
from tests.e2e.crash.flying_process import Assignment, fly
from tests.fakes.sandbox_process import SandboxServer

AGENT = "PROVER"
SHIP_TYPE, TANK, SPEED = "SHIP_COMMAND_FRIGATE", 400, 36
FUEL_AT_START = 350
# A flight in CRUISE takes a fifth of a second, one in DRIFT about two.
TIME_SCALE = 600
SANDBOX = ("--no-rate-limit", "--time-scale", str(TIME_SCALE))
# Processes that run side by side.
AT_ONCE = 12
PROCESS_SECONDS = 120
# Nobody may be asked to fly so far that the tank does not do.
_NEAR, _FAR = 150, 190

Entry = dict[str, Any]


@dataclass(frozen=True)
class Passage:
    """From `start` to `stop` on a part of the tank, and on to `end` on more than is left: it takes a refuelling."""

    start: Waypoint
    stop: Waypoint
    end: Waypoint

    @property
    def whole(self) -> Route:
        """With a change of flight mode at the stop, so that it takes every action that there is."""
        first = _leg(self.start, self.stop, FlightMode.CRUISE)
        refuel = Refuel(self.stop.symbol, TANK - FUEL_AT_START + first.fuel)
        return _route(FUEL_AT_START, first, refuel, _leg(self.stop, self.end, FlightMode.BURN))

    @property
    def second_leg(self) -> Route:
        return _route(FUEL_AT_START, _leg(self.stop, self.end, FlightMode.CRUISE))


class Databases(Protocol):
    """Databases that are migrated, and know the map if `mapped`."""

    def make(self, name: str, *, mapped: bool) -> str:
        """The URL of a fresh one."""
        ...

    def drop(self, name: str) -> None: ...


class SqliteDatabases:
    """Copies of a file."""

    def __init__(self, directory: Path, graph: SystemGraph) -> None:
        self._directory = directory
        for mapped in (False, True):
            asyncio.run(_prepare(self._url(f"template_{mapped}"), graph if mapped else None))

    def make(self, name: str, *, mapped: bool) -> str:
        shutil.copy(self._file(f"template_{mapped}"), self._file(name))
        return self._url(name)

    def drop(self, name: str) -> None:
        for file in self._directory.glob(f"{name}.sqlite3*"):
            file.unlink()

    def _file(self, name: str) -> Path:
        return self._directory / f"{name}.sqlite3"

    def _url(self, name: str) -> str:
        return f"sqlite:///{self._file(name)}"


class PostgresDatabases:
    """Copies of a template database."""

    def __init__(self, server: PostgresServer, graph: SystemGraph) -> None:
        self._server = server
        self._templates = {mapped: server.create_database() for mapped in (False, True)}
        for mapped, name in self._templates.items():
            asyncio.run(_prepare(server.url(name), graph if mapped else None))

    def make(self, name: str, *, mapped: bool) -> str:
        self._server.execute(f'CREATE DATABASE "{name}" TEMPLATE {self._templates[mapped]}')
        return self._server.url(name)

    def drop(self, name: str) -> None:
        self._server.drop_database(f'"{name}"')


class ProvingGround:
    """One agent in a sandbox, and a new ship for each test flight."""

    def __init__(self, sandbox: SandboxServer, directory: Path) -> None:
        self._sandbox = sandbox
        self._directory = directory
        self._fork_server = multiprocessing.get_context("forkserver")
        # What every process imports is imported once, before they fork: pytest too, whose script they all load.
        self._fork_server.set_forkserver_preload(["pytest", "tests.e2e.crash.flying_process"])
        self._slots = BoundedSemaphore(AT_ONCE)
        # To start a process reads the exit codes of others too, and each of them can be read but once.
        self._exit_codes = Lock()
        enlisted = sandbox.call("POST", "/v2/register", {"symbol": AGENT, "faction": "COSMIC"})["data"]
        self._token = enlisted["token"]
        home = enlisted["agent"]["headquarters"]
        universe = f"127.0.0.1:{sandbox.port}/{sandbox.call('GET', '/v2/')['resetDate']}"
        self.credential = Credential(1, AGENT, AgentToken(self._token), 1, universe)
        self.graph = SystemGraph(universe, home.rpartition("-")[0], tuple(self._waypoints(home)), datetime.now(UTC))
        self.passage = _find_passage(self.graph, home)

    def launch(self) -> str:
        """A new ship, docked at the passage's start."""
        where = {"waypoint": self.passage.start.symbol, "fuel": FUEL_AT_START}
        ship = self._sandbox.call("POST", "/_sandbox/ships", {"agent": AGENT, "type": SHIP_TYPE, **where})["data"]
        return str(ship["symbol"])

    def arm(self, ship_symbol: str, **fault: Any) -> None:
        armed = self._sandbox.call("POST", "/_sandbox/faults", {"ship": ship_symbol, **fault})
        assert "data" in armed, armed

    def game_log(self, ship_symbol: str) -> list[Entry]:
        """What the sandbox saw of one ship, in order."""
        log = self._sandbox.call("GET", "/_sandbox/log?after=0")["data"]
        return [entry for entry in log if entry["ship"] == ship_symbol]

    def assignment(self, ship_symbol: str, database_url: str, route: Route) -> Assignment:
        return Assignment(
            database_url, self._sandbox.url, self.credential, ship_symbol, route, TIME_SCALE, self._directory
        )

    def run(self, assignment: Assignment, crash_at: str = "", *, in_flight: bool = False) -> int | None:
        """The exit code of a process that flies this voyage; None if it had to be killed for want of an end.

        `in_flight`: the ship is on its way to the passage's stop as the process begins.
        """
        with self._slots:
            if in_flight:
                self._depart_slowly(assignment.ship_symbol)
            return self._run(assignment, crash_at)

    def _run(self, assignment: Assignment, crash_at: str) -> int | None:
        process = self._fork_server.Process(target=fly, args=(assignment, crash_at))
        with self._exit_codes:
            process.start()
        ended = wait([process.sentinel], PROCESS_SECONDS)
        with self._exit_codes:
            if not ended:
                process.kill()
            process.join()
        return process.exitcode if ended else None

    def _depart_slowly(self, ship_symbol: str) -> None:
        """Set off for the passage's stop, as a foreign hand would."""
        for action, body in (
            ("PATCH nav", {"flightMode": "DRIFT"}),
            ("POST orbit", {}),
            ("POST navigate", {"waypointSymbol": self.passage.stop.symbol}),
        ):
            method, path = action.split()
            answer = self._sandbox.call(method, f"/v2/my/ships/{ship_symbol}/{path}", body, self._token)
            assert "data" in answer, answer

    def _waypoints(self, home: str) -> Iterator[Waypoint]:
        for page in count(1):
            path = f"/v2/systems/{home.rpartition('-')[0]}/waypoints?page={page}&limit=20"
            items = self._sandbox.call("GET", path)["data"]
            for item in items:
                market = any(trait["symbol"] == "MARKETPLACE" for trait in item["traits"])
                yield Waypoint(item["symbol"], item["x"], item["y"], sells_fuel=market)
            if not items:
                return


def _find_passage(graph: SystemGraph, home: str) -> Passage:
    start = graph.find(home)
    assert start is not None
    pumps = [waypoint for waypoint in graph.waypoints if waypoint.sells_fuel]
    for stop in pumps:
        for end in pumps:
            leaves = _NEAR < _distance(start, stop) < _FAR and end.symbol != start.symbol
            if leaves and FUEL_AT_START - _NEAR < 2 * _distance(stop, end) < TANK:
                return Passage(start, stop, end)
    raise AssertionError("this system has no passage for the test")


def _distance(one: Waypoint, other: Waypoint) -> int:
    return charged_distance(other.x - one.x, other.y - one.y)


def _leg(start: Waypoint, end: Waypoint, mode: FlightMode) -> Navigate:
    distance = _distance(start, end)
    nanos = travel_seconds(mode, distance, SPEED) * 1_000_000_000
    straight = euclidean_distance(end.x - start.x, end.y - start.y)
    return Navigate(start.symbol, end.symbol, mode, fuel_required(mode, distance, TANK), nanos, straight)


def _route(fuel: int, *steps: Step) -> Route:
    legs = [step for step in steps if isinstance(step, Navigate)]
    consumed, bought = sum(leg.fuel for leg in legs), sum(s.fuel_added for s in steps if isinstance(s, Refuel))
    return Route(
        legs[0].from_waypoint,
        legs[-1].to_waypoint,
        steps,
        duration=sum(leg.duration for leg in legs),
        fuel_consumed=consumed,
        distance=sum(leg.distance for leg in legs),
        fuel_at_arrival=fuel + bought - consumed,
    )


async def _prepare(url: str, graph: SystemGraph | None) -> None:
    database = Database(url)
    await migrate(database, "navigation_service", VERSION_TABLE)
    if graph is not None:
        async with database.transaction():
            await SqlGraphs(database).save(graph)
    await database.close()
