"""elkai: Helsgaun's LKH. Licensed for non-commercial use, so it is measured here and used nowhere."""

from tests.benchmarks.routing.full_tank import FullTankTimes
from tests.benchmarks.routing.instances import PlanCase
from tests.benchmarks.routing.peers.peer import Answer, Contender


class Elkai(Contender):
    """Knows no time limit; ten runs, as is its default."""

    name = "elkai (LKH), 10 runs"
    module = "elkai"
    fleets = False

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        import elkai

        circuit = elkai.DistanceMatrix(times.legs(case.ships[0]).tolist()).solve_tsp()
        # Its last node is its first once more.
        return Answer((times.tour(circuit[:-1]),))
