"""Bounds on what fleets can do: stops have prices, and no ship can collect more of them than its best walk does.

Where all ships together cannot collect in time what all stops are priced at, the time is too short to visit all. If
ships pay for their flights, what they cannot collect of it has to be paid for in any case.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from routing_service.domain.fleet import FleetProblem
from routing_service.domain.fleet_clusters import MOST_KINDS, FleetFlights
from routing_service.domain.fleet_flights import NEVER, LevelFlights
from routing_service.domain.fleet_kinds import kind_of, kinds_of
from routing_service.domain.fleet_planning import FleetTask
from routing_service.domain.fleet_walks import (
    BLOCK,
    MOST_PERIODS,
    MOST_PRICE,
    SmallInts,
    Walks,
    collect,
    dearest,
    memories,
    most_from,
    room_for,
    walks_of,
)
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import NANOS_PER_SECOND, IntArray
from shared_kernel.physics import DEPARTURE_SECONDS

# Seconds per flight, memory and period, about, that a look at all walks takes.
_SECONDS_PER_STEP = 1.1e-9
# And what bounds of flights take, about, per two states and a station on the way.
_SECONDS_PER_WAY = 2e-9
# Steps between two looks at the clock.
_STEPS_AT_ONCE = 2e7


@dataclass(frozen=True)
class Grain:
    """How fine walks are told apart: by levels of fuel, by periods of time, and by so many stops remembered at each.
    Stops count as one where a ship could just depart `near` times in the time from one to the other."""

    levels: int
    periods: int
    memory: int
    near: int = 2

    def in_all(self, *, paid: bool) -> int:
        """The periods of a plan. Close stops count as one, which says less of all flights than of one ship's."""
        return 2 * self.periods if paid else self.periods


_GRAINS = (
    Grain(1, 48, 0, near=6),
    Grain(2, 64, 0, near=4),
    Grain(3, 96, 1, near=3),
    Grain(4, 128, 2),
    Grain(6, 192, 2),
    Grain(6, 256, 3),
    Grain(8, 256, 4),
    Grain(8, 384, 4),
    Grain(10, 512, 5),
    Grain(12, 768, 6),
)


@dataclass(frozen=True, eq=False)
class Alike:
    """`count` ships that begin alike, in the state `start`, and are free at the same time, in nanoseconds."""

    walks: Walks
    start: int
    free_at: int
    count: int


@dataclass(frozen=True, eq=False)
class Offers:
    """By number of periods what each of the ships that are alike can collect; and by row, of some of their best walks,
    the visits, and what they pay for flights."""

    most: list[IntArray]
    visits: list[IntArray]
    paid: list[IntArray]


class Collectors:
    """The ships of a fleet, of which a plan of `known` nanoseconds is known, and their walks."""

    def __init__(
        self, prepared: PreparedGraph, problem: FleetProblem, task: FleetTask, known: int, grain: Grain, seconds: float
    ) -> None:
        """Takes about so many seconds at most for times on a full tank. `prepared` and `problem` are about the whole
        system."""
        paid = not problem.counts_waiting
        wanted = max(1, known // (grain.in_all(paid=paid) * task.unit))
        near = min(wanted, _least_period(problem, known, grain) // task.unit)
        flights = FleetFlights(prepared, problem, task, grain.levels, seconds, near)
        self.stops = stops = flights.stops
        period = min(wanted, *map(_shortest, flights.kinds))
        self._known = known
        self._nanos = period * task.unit
        self._periods = known // self._nanos
        self._at_stops = [each.at_stops for each in flights.kinds]
        apart = np.min([_apart(each, stops) for each in flights.kinds], axis=0)
        kept = memories(apart, grain.memory)
        room = room_for(max(self._at_stops), kept.shape[2], self._periods)
        walks: dict[tuple[int, int], Walks] = {}
        alike: dict[tuple[tuple[int, int], int, int], int] = {}
        for ship in problem.ships:
            group = flights.kind_of(ship), flights.place_of(ship) if task.problem.return_to_origin else -1
            if group not in walks:
                walks[group] = walks_of(
                    flights.kinds[group[0]], period, kept, group[1], room, known // task.unit + 1, paid=paid
                )
            key = group, flights.start_of(ship), 0 if paid else ship.available_in
            alike[key] = alike.get(key, 0) + 1
        self._keys = sorted(alike)
        self.alike = [Alike(walks[g], start, free_at, alike[g, start, free_at]) for g, start, free_at in self._keys]

    def offers(self, prices: SmallInts, until: int, count: int, stop: Callable[[], bool]) -> Offers | None:
        """What can be collected, and `count` of the best walks that end by `until`. None if told to stop."""
        offers = Offers([], [], [])
        worked_out: Walks | None = None
        for (group, _, _), each in zip(self._keys, self.alike, strict=True):
            if each.walks is not worked_out:
                worked_out = each.walks
                for low, high in self._parts(worked_out):
                    if stop():
                        return None
                    collect(worked_out, prices, self._at_stops[group[0]], low, high)
            offers.most.append(most_from(each.walks, prices, each.start, self._periods))
            periods = min(self._periods, (until - each.free_at) // self._nanos)
            visits, paid = dearest(each.walks, prices, each.start, max(0, periods), count if periods >= 0 else 0)
            offers.visits.append(visits)
            offers.paid.append(paid)
        return offers

    def _parts(self, walks: Walks) -> Iterator[tuple[int, int]]:
        end = walks.value.shape[2] - BLOCK
        steps = BLOCK * walks.kept.shape[2] * max(1, len(walks.to))
        size = BLOCK * max(1, int(_STEPS_AT_ONCE / steps))
        return ((low, min(end, low + size)) for low in range(0, end, size))

    def least_makespan(self, offers: Offers, total: int, low: int, high: int) -> int:
        """The least time, in nanoseconds, in which so much can be collected in all; within these limits."""
        if not self._collects(offers, total, high - 1):
            return high
        while low < high - 1:
            middle = (low + high - 1) // 2
            if self._collects(offers, total, middle):
                high = middle + 1
            else:
                low = middle + 1
        return low

    def least_total(self, offers: Offers, total: int) -> int:
        """The least time, in nanoseconds, that all flights take, if stops are priced at so much in all."""
        collected = sum(each.count * int(most[-1]) for each, most in zip(self.alike, offers.most, strict=True))
        return max(0, (total - collected) * self._known // MOST_PRICE)

    def alone(self) -> IntArray:
        """What it costs at least to visit each stop and no other; as much as the highest price if there is no way."""
        least = np.full(self.stops, MOST_PRICE, np.int64)
        for each in self.alike:
            walks = each.walks
            flights = slice(walks.first[each.start], walks.first[each.start + 1])
            to = walks.to[flights]
            np.minimum.at(least, walks.place[to], walks.cost[flights] - walks.ending[to])
        return least

    def _collects(self, offers: Offers, total: int, time: int) -> bool:
        collected = 0
        for each, most in zip(self.alike, offers.most, strict=True):
            if time >= each.free_at:
                collected += each.count * int(most[min(self._periods, (time - each.free_at) // self._nanos)])
        return collected >= total


def _least_period(problem: FleetProblem, known: int, grain: Grain) -> int:
    """Nanoseconds: stops that are closer count as one, no other flight takes less, and so no period need be shorter."""
    departures = grain.near * (DEPARTURE_SECONDS * NANOS_PER_SECOND + problem.options.departure_overhead)
    return max(departures, known // MOST_PERIODS)


def _shortest(flights: LevelFlights) -> int:
    """The shortest flight between stops."""
    return int(flights.rows[: flights.first[flights.at_stops], 1].min(initial=NEVER))


def _apart(flights: LevelFlights, stops: int) -> IntArray:
    """Between stops, with as much fuel as there can be."""
    times = flights.to_places[flights.state[:stops, -1], :stops]
    return np.minimum(times, times.T)


def grain_within(task: FleetTask, stations: int, known: int, seconds: float, looks: int) -> Grain | None:
    """The finest that allows so many looks at all walks of up to `known` nanoseconds in so many seconds; None if there
    is none."""
    paid = not task.problem.counts_waiting
    stops, kinds = len(task.stops), len(kinds_of(task.problem))
    groups = {(kind_of(ship), ship.origin) for ship in task.problem.ships}
    dry = stops - int(task.problem.graph.sells_fuel[list(task.stops)].sum())
    chosen = None
    for grain in _GRAINS:
        states = stops + dry * grain.levels
        flights = (stops - dry) * stops + dry * (grain.levels + 1) * stops * (1 + grain.levels / 4)
        periods = max(grain.in_all(paid=paid), known // _least_period(task.problem, known, grain))
        steps = flights * 2**grain.memory * periods
        look = (len(groups) if task.problem.return_to_origin else kinds) * steps * _SECONDS_PER_STEP
        bounding = min(kinds, MOST_KINDS) * stations * (stations + states) ** 2 * _SECONDS_PER_WAY
        if look * looks + bounding <= seconds:
            chosen = grain
    return chosen
