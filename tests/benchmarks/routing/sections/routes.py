"""Routes: ours against an exact search that shares no code with it, on every kind of system, tank and set of modes."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.planner import plan_route
from routing_service.domain.prepared import PreparedGraph, prepare
from routing_service.domain.verify import verify_route
from tests.benchmarks.routing.flying import least_time_by_labels
from tests.benchmarks.routing.instances import Extent, RouteCase, route_cases
from tests.benchmarks.routing.ours import graph_of, options_of, ship_of
from tests.benchmarks.routing.peers.exact_routes import least_time
from tests.benchmarks.routing.physics import NEVER, world_of
from tests.benchmarks.routing.report import Findings, quantile, show_progress, spread, table
from tests.benchmarks.routing.systems import SystemMap, clustered, start_systems, uniform

# Beyond so many waypoints the plain search over every (waypoint, fuel) takes minutes, and one over labels judges.
_PLAIN = 100
_REPEATS = 3
_MILLI = 1e-6
# Median and p99 in milliseconds of CPU.
_TARGETS = {
    "real start systems": (0.1, 1.0),
    "generated, 90 waypoints": (0.1, 1.0),
    "generated, 1,000 waypoints": (20.0, 20.0),
}


@dataclass(frozen=True)
class _Compared:
    """CPU nanoseconds, and the least duration in nanoseconds, None where there is no route."""

    case: RouteCase
    ours: int
    theirs: int
    duration: int | None
    least: int | None


def routes(extent: Extent) -> Findings:
    """In process and warm, as the service's planning threads call it, beside the exact search."""
    groups = {
        "real start systems": start_systems(),
        "generated, 90 waypoints": [make(90, seed) for seed in range(3) for make in (uniform, clustered)],
        "generated, 1,000 waypoints": [make(1_000, 0) for make in (uniform, clustered)],
    }
    head = ["systems", "instances", "equal to the exact search", "of these without a route"]
    head += ["ours, CPU ms, median / p99 / max", "the exact search, CPU ms, median / p99 / max"]
    findings, rows = Findings([]), []
    for name, systems in groups.items():
        count = extent.routes // 4 if "1,000" in name else extent.routes
        compared = _compare_all(name, systems, count)
        findings.missed.extend(_shortcomings(name, compared))
        rows.append([name, *_cells(compared)])
    findings.tables.append(table(head, rows))
    return findings


def _compare_all(name: str, systems: Sequence[SystemMap], count: int) -> list[_Compared]:
    prepared = {id(system): prepare(graph_of(system)) for system in systems}
    compared = []
    for number, case in enumerate(route_cases(systems, count, seed=len(name)), 1):
        compared.append(_compare(case, prepared[id(case.system)]))
        show_progress(f"routes, {name}", number, count)
    return compared


def _cells(compared: Sequence[_Compared]) -> list[str]:
    equal = [one for one in compared if one.duration == one.least]
    return [
        f"{len(compared):,}",
        f"{len(equal):,}",
        f"{sum(one.least is None for one in equal)}",
        " / ".join(spread([one.ours * _MILLI for one in compared], "{:.3f}".format)),
        " / ".join(spread([one.theirs * _MILLI for one in compared], "{:.1f}".format)),
    ]


def _shortcomings(name: str, compared: Sequence[_Compared]) -> Iterator[str]:
    for one in compared:
        if one.duration != one.least:
            yield f"routes, {one.case.system.name}: {one.duration} ns where {one.least} are exact: {one.case}"
    taken = [one.ours * _MILLI for one in compared]
    for what, figure, target in zip(
        ("median", "p99"), (median(taken), quantile(taken, 0.99)), _TARGETS[name], strict=True
    ):
        if figure > target:
            yield f"routes, {name}: {what} {figure:.3f} ms, the target is {target:g}"


def _compare(case: RouteCase, prepared: PreparedGraph) -> _Compared:
    """Ours counts with the median of a few calls, as the first may find its memory cold."""
    taken = sorted(_timed(case, prepared) for _ in range(_REPEATS))
    spent, duration = taken[_REPEATS // 2]
    world = world_of(case.system, case.ship, case.rules)
    exact = least_time if len(case.system) <= _PLAIN else least_time_by_labels
    exact(world, 0, 0, 0)
    begun = time.thread_time_ns()
    least = exact(world, case.ship.origin, case.ship.fuel, case.destination)
    return _Compared(case, spent, time.thread_time_ns() - begun, duration, None if least == NEVER else least)


def _timed(case: RouteCase, prepared: PreparedGraph) -> tuple[int, int | None]:
    ship, options, symbols = ship_of(case.ship), options_of(case.rules), case.system.symbols
    begun = time.thread_time_ns()
    try:
        route = plan_route(prepared, ship, options, case.ship.origin, case.destination)
    except NoRouteFoundError:
        return time.thread_time_ns() - begun, None
    spent = time.thread_time_ns() - begun
    ends = {"origin": symbols[case.ship.origin], "destination": symbols[case.destination]}
    verify_route(prepared.graph, ship, options, route, **ends)
    return spent, route.duration
