"""Kills at every point of every scenario on both databases, side by side, and what came of them."""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import PostgresServer
from tests.e2e.crash.crash_points import CRASHED
from tests.e2e.crash.flying_process import LEASE_SECONDS
from tests.e2e.crash.proving_ground import (
    SANDBOX,
    Databases,
    Entry,
    PostgresDatabases,
    ProvingGround,
    SqliteDatabases,
)
from tests.e2e.crash.scenarios import SCENARIOS, Scenario
from tests.fakes.sandbox_process import SandboxServer

# They mostly wait for leases.
AT_ONCE = 48
ATTEMPTS = 8


@dataclass
class Trial:
    """One voyage that was killed at `point` (never, if that is empty) and then flown to its end."""

    point: str
    ship_symbol: str
    exit_codes: list[int | None]
    states: list[str]
    events: list[tuple[int, str]] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    log: list[Entry] = field(default_factory=list)

    @property
    def hit(self) -> bool:
        return self.exit_codes[0] == CRASHED

    @property
    def effects(self) -> list[tuple[Any, ...]]:
        """All that the game did for it, in order."""
        wanted = ("action", "destination", "fuel_before", "fuel_after")
        return [tuple(entry[key] for key in wanted) for entry in self.log if entry["result"] == "applied"]


def fly(ground: ProvingGround, databases: Databases, scenario: Scenario, point: str = "") -> Trial:
    """Once with a kill, and again without."""
    ship_symbol = ground.launch()
    url = databases.make(ship_symbol, mapped=scenario.mapped)
    try:
        assignment = ground.assignment(ship_symbol, url, scenario.route(ground.passage))
        for fault in scenario.faults:
            ground.arm(ship_symbol, **fault)
        codes = [ground.run(assignment, point, in_flight=scenario.in_flight)]
        if codes[0] == CRASHED:
            # All but the last of the dead process's lease is waited for here, as that is cheaper.
            time.sleep(0.9 * LEASE_SECONDS)
            codes.append(ground.run(assignment))
    finally:
        databases.drop(ship_symbol)
    if codes[-1] != 0:
        return Trial(point, ship_symbol, codes, states=[assignment.last_words()])
    report = json.loads(assignment.report.read_text())
    return Trial(point, ship_symbol, codes, report["states"], report["events"], report["points"])


def calmest(*flights: Trial) -> Trial:
    """A stall of the machine makes calls that other flights will not make."""
    return min(flights, key=lambda trial: (trial.exit_codes != [0], len(trial.reached)))


def kill(ground: ProvingGround, databases: Databases, scenario: Scenario, point: str) -> Trial:
    """Again if the point was not reached, for the same reason."""
    for _ in range(ATTEMPTS):
        trial = fly(ground, databases, scenario, point)
        if trial.hit:
            break
    return trial


@dataclass(frozen=True)
class Trials:
    undisturbed: Trial
    killed: Sequence[Trial]

    @property
    def all(self) -> Sequence[Trial]:
        return [self.undisturbed, *self.killed]


Results = dict[tuple[str, str], Trials]


def try_everything(directory: Path, postgres_server: PostgresServer) -> Results:
    """Every scenario on both databases, at every point."""
    with SandboxServer(*SANDBOX) as sandbox, ThreadPoolExecutor(AT_ONCE) as pool:
        ground = ProvingGround(sandbox, directory)
        kinds: dict[str, Databases] = {
            "sqlite": SqliteDatabases(directory, ground.graph),
            "postgresql": PostgresDatabases(postgres_server, ground.graph),
        }
        runs = [(kind, scenario) for kind in kinds for scenario in SCENARIOS]
        calm = list(pool.map(lambda run: fly(ground, kinds[run[0]], run[1]), [*runs, *runs]))
        undisturbed = list(map(calmest, calm[: len(runs)], calm[len(runs) :]))
        killed = [
            [pool.submit(kill, ground, kinds[kind], scenario, point) for point in scenario.points(trial.reached)]
            for (kind, scenario), trial in zip(runs, undisturbed, strict=True)
        ]
        found = {
            (kind, scenario.name): Trials(trial, [future.result() for future in futures])
            for (kind, scenario), trial, futures in zip(runs, undisturbed, killed, strict=True)
        }
        for trials in found.values():
            for trial in trials.all:
                trial.log = ground.game_log(trial.ship_symbol)
    return found
