"""What no plan of a fleet can do better than, whatever its flights: from times on a full tank, and from geometry."""

import numpy as np

from routing_service.domain.compiled import compiled
from routing_service.domain.fleet import FleetProblem
from routing_service.domain.flight import TWICE_FACTOR, flight_of
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import NANOS_PER_SECOND, FloatArray, IntArray, Objective, RouteOptions, ShipProfile
from routing_service.domain.travel_times import NEVER, SECONDS_PER_SOURCE, times_from
from shared_kernel.physics import DEPARTURE_SECONDS

_ROUNDS = 150
_FAR = 1e17


def lower_bound(prepared: PreparedGraph, problem: FleetProblem, stops: tuple[int, ...], seconds: float) -> int:
    """Nanoseconds that every plan is worth in which these stops are visited. Takes about `seconds` at most."""
    if not stops:
        return 0
    sources = int(seconds / (SECONDS_PER_SOURCE * len(prepared.graph.symbols) ** 2))
    bounds = _Bounds(prepared, problem, stops, exact=len(stops) + len(problem.ships) <= sources)
    few = sources - len(problem.ships)
    if few <= 0 or few >= len(stops):
        return bounds.least
    # Whoever visits all stops visits those that are far off.
    remote = [stops[at] for at in np.argsort(-bounds.alone, kind="stable")[:few].tolist()]
    return max(bounds.least, _Bounds(prepared, problem, tuple(remote), exact=True).least)


class _Bounds:
    """`between` are least times from stop to stop for the best ship there could be; `out[k]` those of ship k from its
    origin to each stop, `back[k]` from each stop to where it has to be in the end. Nanoseconds."""

    def __init__(self, prepared: PreparedGraph, problem: FleetProblem, stops: tuple[int, ...], *, exact: bool) -> None:
        self._prepared, self._problem, self._stops, self._exact = prepared, problem, stops, exact
        profiles = [ship.profile for ship in problem.ships]
        capacity = 0 if any(not each.fuel_capacity for each in profiles) else max(p.fuel_capacity for p in profiles)
        best = ShipProfile(capacity, capacity, max(profile.engine_speed for profile in profiles))
        rows = [self._times(best, stop, capacity) for stop in stops]
        self.between = np.array([row[list(stops)] for row in rows], np.int64)
        out = {
            (ship.profile, ship.origin): self._times(ship.profile, ship.origin, ship.profile.fuel)[list(stops)]
            for ship in problem.ships
        }
        self.out = np.array([out[ship.profile, ship.origin] for ship in problem.ships], np.int64)
        self.back = np.zeros_like(self.out)
        if problem.return_to_origin:
            origins = [ship.origin for ship in problem.ships]
            self.back = np.array([row[origins] for row in rows], np.int64).T

    def _times(self, ship: ShipProfile, source: int, fuel: int) -> IntArray:
        if not self._exact:
            return self._geometry(ship, source)
        options = RouteOptions(
            self._problem.options.flight_modes,
            self._problem.options.refuel_duration,
            self._problem.options.departure_overhead,
            Objective.FASTEST,
        )
        flight = flight_of(ship, options)
        times = times_from(flight, self._prepared.distance, self._prepared.graph.sells_fuel, source, fuel)
        times[times < NEVER] *= NANOS_PER_SECOND // flight.second
        possible: IntArray = np.minimum(times, NEVER // 4)
        return possible

    def _geometry(self, ship: ShipProfile, source: int) -> IntArray:
        flight = flight_of(ship, self._problem.options)
        rate = flight.modes[:, TWICE_FACTOR].min() / (2.0 * flight.speed)
        metric = self._prepared.metric[source].astype(np.float64)
        seconds = (rate * metric + DEPARTURE_SECONDS - 0.5) * (1 - 1e-9)
        times: IntArray = (seconds * NANOS_PER_SECOND).astype(np.int64) + self._problem.options.departure_overhead
        times[source] = 0
        return times

    @property
    def least(self) -> int:
        return self.makespan if self._problem.counts_waiting else self.total

    @property
    def alone(self) -> IntArray:
        """Per stop when the best ship for it is done, if it serves no other."""
        free_at = np.array([[ship.available_in if self._problem.counts_waiting else 0] for ship in self._problem.ships])
        alone: IntArray = (free_at + self.out + self.back).min(axis=0)
        return alone

    @property
    def total(self) -> int:
        """All flights taken together: a tree that spans all stops and one root for all origins, and a flight back."""
        root = self.out.min(axis=0)
        weights = np.zeros((len(self._stops) + 1,) * 2)
        weights[1:, 1:] = np.minimum(self.between, self.between.T)
        weights[0, 1:] = weights[1:, 0] = root
        closed = self._problem.return_to_origin
        back = self.back.min(axis=0) if closed else np.zeros(len(self._stops), np.int64)
        if closed:
            weights[0, 1:] = weights[1:, 0] = np.minimum(root, back)
        step = float(weights[weights < _FAR].max(initial=0)) / 20
        spanned = _spanned(weights, back.astype(np.float64), len(self._problem.ships), closed, step, _ROUNDS)
        return max(self.farthest_alone, int(spanned * (1 - 1e-9)))

    @property
    def farthest_alone(self) -> int:
        return int((self.out + self.back).min(axis=0).max())

    @property
    def makespan(self) -> int:
        """The farthest stop, or all flights spread evenly over the ships from when they are free."""
        free_at = sorted(ship.available_in for ship in self._problem.ships)
        total, even = self.total, 0
        for count in range(1, len(free_at) + 1):
            level = -(-(total + sum(free_at[:count])) // count)
            if count == len(free_at) or level <= free_at[count]:
                even = level
                break
        return max(int(self.alone.max()), even)


@compiled
def _spanned(weights: FloatArray, back: FloatArray, ships: int, closed: bool, step: float, rounds: int) -> float:
    """The least spanning tree, nodes priced so that stops get to have two neighbours (open: two at most); every price
    gives a bound, and they are improved step by step. Closed: and the cheapest flight back."""
    nodes = weights.shape[0]
    price, degree = np.zeros(nodes), np.zeros(nodes, np.int64)
    near, parent, done = np.empty(nodes), np.empty(nodes, np.int64), np.empty(nodes, np.bool_)
    best = 0.0
    for _ in range(rounds):
        total = 0.0
        for node in range(nodes):
            near[node], parent[node], done[node] = weights[0, node] + price[node], 0, False
            degree[node] = 0
            total -= 2 * price[node]
        done[0] = True
        for _ in range(nodes - 1):
            nearest = -1
            for node in range(nodes):
                if not done[node] and (nearest < 0 or near[node] < near[nearest]):
                    nearest = node
            done[nearest] = True
            total += near[nearest]
            degree[nearest] += 1
            degree[parent[nearest]] += 1
            for node in range(1, nodes):
                span = weights[nearest, node] + price[nearest] + price[node]
                if not done[node] and span < near[node]:
                    near[node], parent[node] = span, nearest
        if closed:
            home = 1
            for node in range(2, nodes):
                if back[node - 1] + price[node] < back[home - 1] + price[home]:
                    home = node
            least = back[home - 1] + price[home]
            # Ships that fly back are one at least; where prices make it pay, all of them.
            total += least if least >= 0 else least * ships
            degree[home] += 1
        best = max(best, total)
        for node in range(1, nodes):
            price[node] += step * (degree[node] - 2)
            if not closed:
                price[node] = max(0.0, price[node])
        step *= 0.96
    return best
