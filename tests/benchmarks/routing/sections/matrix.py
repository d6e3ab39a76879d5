"""Travel times between all waypoints: ours against the exact flights that peers are judged by, and what they take."""

import time
from statistics import median

import numpy as np

from routing_service.domain.prepared import prepare
from routing_service.domain.travel_times import travel_times_from
from tests.benchmarks.routing.flying import full_tank_times
from tests.benchmarks.routing.instances import TANKS, Rules, Ship
from tests.benchmarks.routing.ours import graph_of, options_of, ship_of
from tests.benchmarks.routing.physics import world_of
from tests.benchmarks.routing.report import Findings, table
from tests.benchmarks.routing.systems import IntArray, SystemMap, clustered, start_systems, uniform

_TARGET = 100


def matrix() -> Findings:
    """In process, for every tank."""
    findings, rows = Findings([]), []
    for system in [*start_systems()[:3], uniform(90, 0), clustered(90, 0)]:
        taken, equal = [], 0
        for tank in TANKS:
            ship = Ship(tank, tank, 30, 0)
            times, seconds = _timed(system, ship)
            exact = full_tank_times(world_of(system, ship, Rules()), list(range(len(system))))
            taken.append(seconds * 1e3)
            equal += np.array_equal(times, exact)
        if equal < len(TANKS):
            findings.missed.append(f"matrix, {system.name}: {len(TANKS) - equal} of {len(TANKS)} are not exact")
        if max(taken) > _TARGET:
            findings.missed.append(f"matrix, {system.name}: up to {max(taken):.0f} ms, the target is {_TARGET}")
        figures = f"{median(taken):.0f} / {max(taken):.0f}"
        rows.append([system.name, f"{len(system)} x {len(system)}", f"{equal} of {len(TANKS)}", figures])
    head = ["system", "pairs", "equal to the exact matrix, tanks", "ours, CPU ms, median / max over tanks"]
    findings.tables.append(table(head, rows))
    return findings


def _timed(system: SystemMap, ship: Ship) -> tuple[IntArray, float]:
    """The better of two calls, so that compilation does not count."""
    prepared, profile, options = prepare(graph_of(system)), ship_of(ship), options_of(Rules())
    taken = []
    for _ in range(2):
        begun = time.process_time()
        times = np.array([travel_times_from(prepared, profile, options, place) for place in range(len(system))])
        taken.append(time.process_time() - begun)
    return times, min(taken)
