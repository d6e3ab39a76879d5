"""One fleet's problem as its solvers see it: what is in reach, tables, and the way back from orders to a plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.fleet import FleetPlan, FleetProblem, FleetShip, ShipTour, objective_of
from routing_service.domain.fleet_effort import legs_for, model_seconds
from routing_service.domain.fleet_kinds import grouped, kind_of, kinds_of
from routing_service.domain.fleet_labels import Crew
from routing_service.domain.fleet_region import what_matters, within_reach
from routing_service.domain.fleet_stretches import ShortStretches, TimelyStretches
from routing_service.domain.fleet_tables import FleetTables, full_tank_times, joined, single_legs, uncoupled
from routing_service.domain.flight import Flight, flight_of
from routing_service.domain.planner import plan_route
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import (
    NANOS_PER_SECOND,
    BoolArray,
    IntArray,
    Objective,
    RouteOptions,
    ShipProfile,
    SystemGraph,
)
from routing_service.domain.reach import Reach
from routing_service.domain.route import Move, Refuel, Route, route_of
from routing_service.domain.stretches import Stretches
from routing_service.domain.tour import Status, TourProblem
from routing_service.domain.tour_flight import floors
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_tables import ALL_STATIONS, TourModel
from routing_service.domain.travel_times import SECONDS_PER_SOURCE, times_from
from shared_kernel.physics import FlightMode

# From thrifty to thirsty; of equally thrifty ones the faster first.
_THRIFTIEST = (FlightMode.DRIFT, FlightMode.CRUISE, FlightMode.STEALTH, FlightMode.BURN)

# The part of the time that tables for all kinds of ships may take, and do where every stop sells fuel, which makes them
# less important.
_MODELS_PART, _HURRIED_PART = 0.6, 0.25
# Seconds per two places and one between, about, where flights may have two legs.
_SECONDS_PER_TRIPLE = 4e-9
# Seconds that it takes to plan a leg, about, per place squared.
_LEG_SECONDS = 5e-8
# The parts of the time for finding out what matters, and for thorough tables: where few stops sell fuel, the best
# flights may have more legs between refuels than two.
_PART_FOR_THE_REGION, _PART_FOR_TABLES, _PART_AMONG_FEW = 0.1, 0.16, 0.22

Orders = Sequence[Sequence[int]]


@dataclass(frozen=True, eq=False)
class FleetTask:
    """`prepared` and `problem` may be about the part of the system that matters. `within[k, u]` is whether ship k can
    get to stop u (closed: and back). `stops` are those that are searched for: in reach of some ship, and not `given` to
    a ship that stands there; `stops_asked` are the same in the whole system. `spots` are the stops and the origins.
    `whole` is whether all of the system is looked at. `kinds` are tank and speed of each kind of ship; where they are
    too many, some stand for several (`group_of` tells which), with the least tank and speed among them. `legs` is how
    many legs a flight between refuels may have in the tables, 0 for any number. `hurried` is whether every stop sells
    fuel, and there is no time for tables of more than what a full tank allows. With `until`, in the tables' units, they
    have all that a plan worth less can be made of."""

    prepared: PreparedGraph
    problem: FleetProblem
    within: BoolArray
    stops: tuple[int, ...]
    stops_asked: tuple[int, ...]
    given: tuple[int | None, ...]
    spots: tuple[int, ...]
    whole: bool
    legs: int
    kinds: tuple[tuple[int, int], ...]
    group_of: tuple[int, ...]
    hurried: bool
    until: int | None = None

    @classmethod
    def of(cls, prepared: PreparedGraph, problem: FleetProblem, seconds: float) -> "FleetTask":
        """`seconds` is what the whole solve may take."""
        within = within_reach(prepared, problem)
        local, near = what_matters(prepared, problem, within, _PART_FOR_THE_REGION * seconds)
        given = _given(near)
        chosen = [at for at, stop in enumerate(near.stops) if within[:, at].any() and stop not in given]
        stops = [near.stops[at] for at in chosen]
        spots = tuple(dict.fromkeys([*stops, *(ship.origin for ship in near.ships)]))
        kinds, per_kind = kinds_of(near), model_seconds(local, len(spots))
        sells = all(near.graph.sells_fuel[stop] for stop in stops) and problem.options.objective is Objective.FASTEST
        part = _PART_FOR_TABLES if sells else _PART_AMONG_FEW
        legs = legs_for(local, len(spots), kinds, seconds, part)
        hurried = sells and (legs == 1 or len(kinds) * per_kind > _HURRIED_PART * seconds)
        most_kinds = len(kinds) if hurried else max(2, int(_MODELS_PART * seconds / per_kind))
        chosen_kinds, group_of = grouped(kinds, most_kinds)
        return cls(
            prepared=local,
            problem=near,
            # What is chosen by column lies in memory by column, but for one ship or one stop: kernels would be compiled
            # for both.
            within=np.ascontiguousarray(within[:, chosen]),
            stops=tuple(stops),
            stops_asked=tuple(problem.stops[at] for at in chosen),
            given=given,
            spots=spots,
            whole=local is prepared,
            legs=legs_for(local, len(spots), chosen_kinds, seconds, part),
            kinds=chosen_kinds,
            group_of=group_of,
            hurried=hurried,
        )

    @cached_property
    def kind(self) -> IntArray:
        """The kind of each ship."""
        kinds = kinds_of(self.problem)
        return np.array([self.group_of[kinds.index(kind_of(ship))] for ship in self.problem.ships], np.int64)

    def for_a_proof(self, prepared: PreparedGraph, problem: FleetProblem, until: int) -> "FleetTask":
        """The same in the whole system, for plans that are worth less than `until`."""
        kinds = tuple(kinds_of(problem))
        return replace(
            self,
            prepared=prepared,
            problem=problem,
            stops=self.stops_asked,
            given=_given(problem),
            spots=tuple(dict.fromkeys([*self.stops_asked, *(ship.origin for ship in problem.ships)])),
            whole=True,
            legs=0,
            kinds=kinds,
            group_of=tuple(range(len(kinds))),
            hurried=False,
            until=until,
        )

    @cached_property
    def stretches(self) -> tuple[Stretches, ...]:
        """Per kind of ship its flights without a refuel."""
        return tuple(self._stretches(number, flight) for number, flight in enumerate(self._flights))

    def _stretches(self, kind: int, flight: Flight) -> Stretches:
        if self.legs:
            return ShortStretches(self.prepared, flight, legs=self.legs)
        if self.until is None:
            return Stretches(self.prepared, flight, through=True)
        ships, waits = np.flatnonzero(self.kind == kind).tolist(), self.problem.counts_waiting
        starts = [(self.problem.ships[ship].origin, int(self.crew.free_at[ship]) if waits else 0) for ship in ships]
        ends = [origin for origin, _ in starts] if self.problem.return_to_origin else self.stops
        return TimelyStretches(self.prepared, flight, starts, ends, self.until)

    @cached_property
    def models(self) -> tuple[TourModel, ...]:
        """Per kind of ship its tables."""
        kinds = zip(self._flights, self.stretches, strict=True)
        return tuple(self._model(flight, self.spots, stretches) for flight, stretches in kinds)

    def _model(self, flight: Flight, spots: Sequence[int], stretches: Stretches) -> TourModel:
        exact, most = not self.legs, ALL_STATIONS if self.until is None else len(self.prepared.stations)
        return TourModel(self.prepared, flight, spots, stretches, exact=exact, all_stations=most)

    @property
    def exact(self) -> bool:
        grouped = len(self.kinds) < len(self.group_of)
        certain = self.whole and not grouped and not self.thrifty and not self.hurried
        # Tables of few legs need not be made for the answer.
        return certain and not self.legs and all(model.exact for model in self.models)

    @cached_property
    def second(self) -> int:
        return flight_of(self.problem.ships[0].profile, self.problem.options).second

    @cached_property
    def unit(self) -> int:
        """Nanoseconds per unit of time in the tables."""
        return NANOS_PER_SECOND // self.second

    @cached_property
    def sells_everywhere(self) -> bool:
        """Whether every stop sells fuel, so that a ship can always go on with a full tank."""
        return all(self.problem.graph.sells_fuel[stop] for stop in self.stops)

    @cached_property
    def coupled(self) -> bool:
        """Whether it matters how a ship came to a stop: not if its tank is full again at once, everywhere. Who is
        hurried takes it for full."""
        sells, ships = self.problem.graph.sells_fuel, [ship for ship in self.problem.ships if kind_of(ship)[0]]
        full = all(sells[ship.origin] or ship.profile.fuel == ship.profile.fuel_capacity for ship in ships)
        free = self.problem.options.refuel_duration == 0 and self.sells_everywhere and full
        return bool(ships) and not free and not self.hurried

    @property
    def flying_seconds(self) -> float:
        """What it takes, about, to plan all flights leg by leg."""
        return _LEG_SECONDS * len(self.stops) * len(self.problem.graph.symbols) ** 2

    @cached_property
    def floors(self) -> list[IntArray]:
        """Per kind the least time from spot to spot on a full tank, 0 on the diagonal."""
        found = []
        for model in self.models:
            least = floors(model.tables, np.full(len(self.spots), model.tables.capacity, np.int64))
            np.fill_diagonal(least, 0)
            found.append(least)
        return found

    def tables(self) -> FleetTables:
        """For judging orders with fuel carried."""
        hops = [single_legs(flight, self.prepared.distance, self.prepared.stations) for flight in self._flights]
        return joined(self.models, self.floors, hops, int(self.models[0].tables.refuel[0]))

    def full_tank_tables(self, seconds: float) -> FleetTables:
        """For judging orders as if every flight began with a full tank, refuelled for it. Takes about so long at most:
        all flights there are, or refuels with one leg or two between them."""
        flights, distance, spots = self._flights, self.prepared.distance, np.array(self.spots, np.int64)
        if self.full_times_seconds > seconds:
            stations = self.prepared.stations
            triples = (len(spots) + len(stations)) ** 2 * len(distance)
            two_legs = len(flights) * triples * _SECONDS_PER_TRIPLE <= seconds
            return uncoupled([full_tank_times(flight, distance, stations, spots, two_legs) for flight in flights])
        refuels = [flight.refuel * (spots[:, None] != spots) for flight in flights]
        return uncoupled([times + refuel for times, refuel in zip(self.full_times, refuels, strict=True)])

    @property
    def full_times_seconds(self) -> float:
        """What it takes, about, to find `full_times`."""
        return len(self.kinds) * len(self.spots) * len(self.prepared.distance) ** 2 * SECONDS_PER_SOURCE

    @cached_property
    def full_times(self) -> list[IntArray]:
        """Per kind the least time from spot to spot, full tanks at both."""
        distance, sells_fuel, spots = self.prepared.distance, self.prepared.graph.sells_fuel, list(self.spots)
        return [
            np.array([times_from(each, distance, sells_fuel, spot, each.capacity)[spots] for spot in spots], np.int64)
            for each in self._flights
        ]

    @cached_property
    def _flights(self) -> list[Flight]:
        """Of each kind of ship, as it is searched for."""
        options = self.problem.options
        return [flight_of(ShipProfile(kind[0], *kind), _search_options(options, kind)) for kind in self.kinds]

    @cached_property
    def closest(self) -> IntArray:
        """Per stop all stops, the nearest (itself) first."""
        stops = list(self.stops)
        apart = self.prepared.metric[np.ix_(stops, stops)].astype(np.int64)
        np.fill_diagonal(apart, -1)
        return np.argsort(apart, axis=1, kind="stable").astype(np.int64)

    @cached_property
    def remote(self) -> NDArray[np.float64]:
        """Per stop how far it is from the nearest origin: by distance, or where fuel is carried, by the least time,
        which tells where ships drift to."""
        origins, stops = [ship.origin for ship in self.problem.ships], len(self.stops)
        away = self.prepared.metric[np.ix_(origins, self.stops)].astype(np.float64)
        if self.coupled:
            spots = map(self.spots.index, origins)
            away[:] = [self.floors[kind][spot, :stops] for kind, spot in zip(self.kind, spots, strict=True)]
        nearest: NDArray[np.float64] = away.min(axis=0)
        return nearest

    @cached_property
    def crew(self) -> Crew:
        ships = self.problem.ships
        origins = [self.spots.index(ship.origin) for ship in ships]
        ends = origins if self.problem.return_to_origin else [-1] * len(ships)
        return Crew(
            kind=self.kind,
            fuel=np.array(
                [min(ship.profile.fuel, self.kinds[self.kind[k]][0]) for k, ship in enumerate(ships)], np.int64
            ),
            free_at=np.array([ship.available_in // self.unit for ship in ships], np.int64),
            spot=np.array([*range(len(self.stops)), *origins, *ends], np.int64),
            allowed=self.within,
            makespan=self.problem.counts_waiting,
            second=self.second,
        )

    def model_from(self, ship: int) -> TourModel:
        """Tables in which this ship's origin is the first node, and the stops follow in order."""
        kind, nodes = self.kind[ship], [self.problem.ships[ship].origin, *self.stops]
        return self._model(self._flights[kind], nodes, self.stretches[kind])

    def plan(self, orders: Orders, status: Status, lower_bound: int) -> FleetPlan:
        """Fly these orders of stops, positions among `stops`. `lower_bound` in nanoseconds."""
        tours, durations, busy = [], [], []
        for ship, order, given in zip(range(len(orders)), orders, self.given, strict=True):
            places = [self.stops[stop] for stop in order]
            tour = self._tour(ship, places, given)
            tours.append(tour)
            durations.append(tour.route.duration)
            busy.append(bool(tour.visit_order))
        objective = objective_of(self.problem, tuple(durations), tuple(busy))
        served = {stop for tour in tours for stop in tour.visit_order}
        symbols = [self.problem.graph.symbols[stop] for stop in self.problem.stops]
        missed = tuple(symbol for symbol in symbols if symbol not in served)
        bound = objective if status is Status.OPTIMAL else min(lower_bound, objective)
        return FleetPlan(tuple(tours), missed, Status.OPTIMAL if bound == objective else status, objective, bound)

    def _tour(self, ship: int, places: list[int], given: int | None) -> ShipTour:
        fleet_ship = self.problem.ships[ship]
        problem = self.tour_problem(fleet_ship, tuple(places) if given is None else (given, *places))
        first = [self.spots.index(fleet_ship.origin)]
        if not self.coupled and not self.thrifty:
            return ShipTour(fleet_ship.symbol, *self._leg_by_leg(problem, places))
        nodes = [self.spots.index(place) for place in places if place != fleet_ship.origin]
        last = first if nodes and self.problem.return_to_origin else []
        route = self._flown(ship, problem, np.array([*first, *nodes, *last], np.int64))
        return ShipTour(fleet_ship.symbol, problem.visit_order([self.spots[node] for node in nodes], route), route)

    def _leg_by_leg(self, problem: TourProblem, places: list[int]) -> tuple[tuple[str, ...], Route]:
        """Where a full tank costs no time, the best tour is made of the best flights on a full tank."""
        prepared, options = self.prepared, problem.options
        capacity, speed = problem.ship.fuel_capacity, problem.ship.engine_speed
        goals = [place for place in places if place != problem.origin]
        at, fuel, moves = problem.origin, problem.ship.fuel, list[Move]()
        for goal in [*goals, *([problem.origin] if goals and problem.return_to_origin else [])]:
            full = capacity if problem.graph.sells_fuel[at] else fuel
            leg = plan_route(prepared, ShipProfile(full, capacity, speed), options, at, goal)
            if fuel < full:
                flown = _planned(prepared, ShipProfile(fuel, capacity, speed), options, at, goal)
                if flown is None or flown.duration > leg.duration:
                    moves.append((None, at))
                else:
                    leg = flown
            moves += _moves_of(problem.graph, leg)
            at, fuel = goal, leg.fuel_at_arrival
        route = route_of(problem.graph, problem.ship, options, problem.origin, moves)
        return problem.visit_order(goals, route), route

    def tour_problem(self, ship: FleetShip, stops: tuple[int, ...]) -> TourProblem:
        problem = self.problem
        return TourProblem(problem.graph, ship.profile, problem.options, ship.origin, stops, problem.return_to_origin)

    def _flown(self, ship: int, problem: TourProblem, sequence: IntArray) -> Route:
        """As the kind that stands for the ship would fly; a larger tank and a higher speed do no harm."""
        capacity, speed = self.kinds[self.kind[ship]]
        like = ShipProfile(min(problem.ship.fuel, capacity), capacity, speed)
        flight = flight_of(like, problem.options, least_fuel=self.thrifty)
        task = TourTask(self.prepared, replace(problem, ship=like), self._flown_models[self.kind[ship]], flight)
        route = task.flown(sequence)
        if like == problem.ship:
            return route
        moves = _moves_of(problem.graph, route)
        return route_of(problem.graph, problem.ship, problem.options, problem.origin, moves)

    @property
    def thrifty(self) -> bool:
        return self.problem.options.objective is Objective.LEAST_FUEL

    @cached_property
    def _flown_models(self) -> tuple[TourModel, ...]:
        """The tables with which orders are flown in the end. Where fuel comes first, legs on the way bring nothing."""
        if not self.thrifty:
            return self.models
        flights = [flight_of(ShipProfile(k[0], *k), self.problem.options, least_fuel=True) for k in self.kinds]
        prepared = self.prepared
        return tuple(self._model(each, self.spots, ShortStretches(prepared, each, legs=1)) for each in flights)


def _moves_of(graph: SystemGraph, route: Route) -> list[Move]:
    return [
        (None, graph.index[step.waypoint])
        if isinstance(step, Refuel)
        else (step.flight_mode, graph.index[step.to_waypoint])
        for step in route.steps
    ]


def _planned(prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, origin: int, goal: int) -> Route | None:
    if not Reach(prepared, options).within(origin, ship.fuel, ship.fuel_capacity, and_back=False)[goal]:
        return None
    return plan_route(prepared, ship, options, origin, goal)


def _given(problem: FleetProblem) -> tuple[int | None, ...]:
    """Per ship the stop that it stands at, where that costs nothing: one ship is enough for each."""
    taken: dict[int, int] = {}
    for number, ship in enumerate(problem.ships):
        free = ship.available_in == 0 or not problem.counts_waiting
        if free and ship.origin in problem.stops and ship.origin not in taken:
            taken[ship.origin] = number
    return tuple(ship.origin if taken.get(ship.origin) == number else None for number, ship in enumerate(problem.ships))


def _search_options(options: RouteOptions, kind: tuple[int, int]) -> RouteOptions:
    """Where fuel comes first, the thriftiest of the modes alone; a ship without a tank burns nothing in any."""
    if options.objective is Objective.FASTEST:
        return options
    mode = next(mode for mode in _THRIFTIEST if mode in options.flight_modes)
    return replace(options, flight_modes=(mode,) if kind[0] else options.flight_modes, objective=Objective.FASTEST)
