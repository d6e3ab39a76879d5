"""Measures routing: ours and its peers on the same instances. Prints the tables of docs/benchmarks.md.

    python -m tests.benchmarks.routing [--quick] [--section NAME ...] [--seconds S] [--each]

Ends with status 1 where ours is wrong or short of a target; standard error names each.
"""

import argparse
import sys
from collections.abc import Callable

from tests.benchmarks.routing.chart import BUDGETS, FILE, draw
from tests.benchmarks.routing.instances import FULL, QUICK, PlanCase, fleet_cases, tour_cases
from tests.benchmarks.routing.ours import Ours
from tests.benchmarks.routing.peers.cp_sat import CpSatCircuit
from tests.benchmarks.routing.peers.elkai import Elkai
from tests.benchmarks.routing.peers.fast_tsp import FastTsp
from tests.benchmarks.routing.peers.fuel_carried import FuelCarriedSearch
from tests.benchmarks.routing.peers.ortools_routing import ParallelInsertion, PathCheapestArc
from tests.benchmarks.routing.peers.peer import Contender
from tests.benchmarks.routing.peers.pyvrp import PyVrp
from tests.benchmarks.routing.peers.ruin_recreate import RuinAndRecreate
from tests.benchmarks.routing.peers.vroom import Vroom
from tests.benchmarks.routing.report import Findings
from tests.benchmarks.routing.sections.flood import flood
from tests.benchmarks.routing.sections.matrix import matrix
from tests.benchmarks.routing.sections.plans import Targets, contest
from tests.benchmarks.routing.sections.routes import routes
from tests.benchmarks.routing.sections.rpc import rpc

TOURS = Targets(proven=("10", "20", "50"), gaps=(("100", 0.001),))
TOURS_ANYWHERE = Targets(proven=("12",), rival=FuelCarriedSearch.name)
FLEETS = Targets(proven=("3 x 10",), gaps=(("3 x 30", 0.005), ("5 x 50", 0.005), ("10 x 100", 0.005)))
FLEETS_ANYWHERE = Targets(proven=("3 x 10",), rival=FuelCarriedSearch.name)


def sections(options: argparse.Namespace) -> dict[str, Callable[[], Findings]]:
    extent = QUICK if options.quick else FULL

    def tours(title: str, targets: Targets, *, anywhere: bool) -> Findings:
        cases = list(tour_cases(extent, anywhere=anywhere))
        return contest(title, cases, contenders(), options.seconds, targets, each=options.each)

    def fleets(title: str, targets: Targets, *, anywhere: bool) -> Findings:
        cases = list(fleet_cases(extent, anywhere=anywhere))
        planners = [contender for contender in contenders() if contender.fleets]
        return contest(title, cases, planners, options.seconds, targets, each=options.each)

    return {
        "routes": lambda: routes(extent),
        "rpc": lambda: rpc(extent),
        "flood": lambda: flood(extent),
        "matrix": matrix,
        "tours": lambda: tours("tours, stops sell fuel", TOURS, anywhere=False),
        "fleets": lambda: fleets("fleets, stops sell fuel", FLEETS, anywhere=False),
        "tours-anywhere": lambda: tours("tours, stops anywhere", TOURS_ANYWHERE, anywhere=True),
        "fleets-anywhere": lambda: fleets("fleets, stops anywhere", FLEETS_ANYWHERE, anywhere=True),
        "chart": lambda: draw(largest_cases(), contenders(), BUDGETS[:4] if options.quick else BUDGETS, FILE),
    }


def contenders() -> list[Contender]:
    peers: list[Contender] = [FuelCarriedSearch(), PathCheapestArc(), ParallelInsertion(), CpSatCircuit(), PyVrp()]
    return [Ours(), *peers, FastTsp(), Vroom(), Elkai(), RuinAndRecreate()]


def largest_cases() -> list[PlanCase]:
    """A tour and a fleet whose stops sell fuel, and a fleet of differing ships whose stops are anywhere."""
    tour = next(case for case in tour_cases(QUICK, anywhere=False) if case.size == "100")
    fleet, anywhere = (list(fleet_cases(QUICK, anywhere=anywhere)) for anywhere in (False, True))
    return [tour, fleet[-2], next(case for case in anywhere if case.size == "10 x 80" and "mixed" in case.name)]


def main() -> int:
    parser = argparse.ArgumentParser(description="Ours and its peers on the same routes, tours and fleets.")
    parser.add_argument("--quick", action="store_true", help="a few instances of each kind")
    parser.add_argument("--each", action="store_true", help="also print every single tour and fleet")
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds per tour or fleet (default: 1)")
    parser.add_argument("--section", action="append", metavar="NAME", help="one of several; default: all")
    options = parser.parse_args()
    known = sections(options)
    for name in options.section or known:
        if name not in known:
            parser.error(f"--section: there is no {name}; choose among {', '.join(known)}")

    missed: list[str] = []
    for name in options.section or known:
        findings = known[name]()
        print("\n\n".join(findings.tables), end="\n\n", flush=True)
        missed.extend(f"{name}: {shortcoming}" for shortcoming in findings.missed)
    for shortcoming in missed:
        print(f"MISSED {shortcoming}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
