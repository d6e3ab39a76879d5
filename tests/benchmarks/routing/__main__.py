"""Measures routing: ours and its peers, on the same instances, and prints the tables of docs/benchmarks.md.

python -m tests.benchmarks.routing [--quick] [--section NAME] [--seconds S] [--each]
"""

import argparse
import sys

from tests.benchmarks.routing.instances import FULL, QUICK, fleet_cases, tour_cases
from tests.benchmarks.routing.ours import OursTours
from tests.benchmarks.routing.peers.fuel_carried import FuelCarriedSearch
from tests.benchmarks.routing.peers.ortools_routing import ParallelInsertion, PathCheapestArc
from tests.benchmarks.routing.peers.ruin_recreate import RuinAndRecreate
from tests.benchmarks.routing.sections.plans import contest


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--each", action="store_true")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--section", action="append")
    options = parser.parse_args()
    extent = QUICK if options.quick else FULL
    peers = [FuelCarriedSearch(), PathCheapestArc(), ParallelInsertion(), RuinAndRecreate()]
    for section in options.section:
        anywhere = section.endswith("anywhere")
        if section.startswith("tours"):
            cases = list(tour_cases(extent, anywhere=anywhere))
            cont = [OursTours(), *peers]
        else:
            cases = list(fleet_cases(extent, anywhere=anywhere))
            cont = peers
        for t in contest(section, cases, cont, options.seconds, each=options.each):
            print(t)
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
