"""fast-tsp: symmetric distances below 2**16 only, so times are averaged over both directions and scaled down."""

import numpy as np

from tests.benchmarks.routing.full_tank import FAR, FullTankTimes
from tests.benchmarks.routing.instances import PlanCase
from tests.benchmarks.routing.peers.peer import Answer, Contender
from tests.benchmarks.routing.systems import IntArray

_LARGEST = 2**16 - 1


class FastTsp(Contender):
    name = "fast-tsp"
    module = "fast_tsp"
    fleets = False

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        import fast_tsp

        legs = times.of(case.ships[0])
        rows = [*range(times.stops), times.origin(case.ships[0])]
        legs = np.minimum(legs[np.ix_(rows, rows)], FAR)
        legs = (legs + legs.T) // 2
        circuit = fast_tsp.find_tour(_scaled(legs if case.closed else _with_an_end(legs)).tolist(), seconds)
        return Answer((times.tour(circuit) if case.closed else _opened(times, circuit),))


def _with_an_end(legs: IntArray) -> IntArray:
    """One node more, next to which the origin is made to stand by being nearest by far: there the circuit is cut."""
    nodes, far = len(legs), int(legs.max())
    larger = np.full((nodes + 1, nodes + 1), far, np.int64)
    larger[:nodes, :nodes] = legs
    larger[nodes, nodes] = larger[nodes, nodes - 1] = larger[nodes - 1, nodes] = 0
    return larger


def _scaled(legs: IntArray) -> IntArray:
    scale = min(1.0, _LARGEST / int(legs.max()))
    return (legs * scale + 0.5).astype(np.int64)


def _opened(times: FullTankTimes, circuit: list[int]) -> tuple[int, ...]:
    start = circuit.index(times.stops)
    path = [*circuit[start:], *circuit[:start]]
    if path[1] == times.stops + 1:
        path = [path[0], *path[:0:-1]]
    return tuple(times.places[node] for node in path[1:] if node < times.stops)
