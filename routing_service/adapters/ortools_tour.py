"""Tours: all orders where stops are few; else ruin and recreate, and proofs by priced walks and by branch and cut.

Branch and cut, over OR-Tools' linear programs, solves the tour by floors, of which trees leave few edges. Where the
tank is always full, floors are times from stop to stop, and the optimum is the tour's; where every stop sells fuel, but
a refuel takes time, they pay for fuel as it is burnt, and the optimum is a bound, its order one to start from.
(OR-Tools' routing solver finds no bounds, and holds the interpreter's lock all the while.) Priced walks, which begin
where trees end, bound what is left: where every stop sells fuel, they prove most tours of 50 stops at once; elsewhere,
and of more stops, they may.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from routing_service.adapters.floor_circuit import FloorCircuit
from routing_service.adapters.solve_control import SolveControl
from routing_service.adapters.tour_prices import (
    LONG_STAGES,
    MOST_STOPS,
    MOST_STOPS_OF_LONG,
    SECOND_STAGES,
    SHORT_STAGES,
    PricedWalks,
    Stages,
)
from routing_service.adapters.tour_rounds import LONG, TourRounds
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import IntArray, Objective
from routing_service.domain.tour import SolveBudget, Status, TourPlan, TourProblem
from routing_service.domain.tour_floors import order_by_floors
from routing_service.domain.tour_fuel_floors import FuelFloors, fuel_floors, plain_floors
from routing_service.domain.tour_full_tank import FullTankTour, always_full
from routing_service.domain.tour_planning import TourTask
from routing_service.domain.tour_tables import NEVER
from routing_service.domain.tour_trees import Trees

# How many steps lead to the tour that an exhaustive search has to undercut.
_STEPS_BEFORE_PROOF = 1_000
# Steps of the search by floors, per stop, if it is to be short or but a start, and the part of the time for it where
# there is a bound to be found.
_FLOOR_STEPS, _START_STEPS, _FLOORS_PART = 50, 5, 0.3
# How many times starts are made where there are many steps.
_LOTS_OF_STARTS = 4
# The part of the time that is left, of which a round makes use, and where there is much.
_ROUND_PART, _ROUND_PART_OF_MUCH = 0.7, 0.35
# The time left, by pair of nodes, for which a proof is worth setting up, which alone takes a fifth of it.
_SECONDS_PER_PAIR = 2e-4
# Steps of a work limit for one step of prices, and labels of a proof for one step of it.
_STEPS_PER_PRICES, _LABELS_PER_STEP = 500, 20
# Time left for which trees and linear programs are worth setting up, which alone takes a fifth of it.
_SECONDS_PER_ARC = 1e-5
# The part of the time for proofs by floors that are not all there is to tell.
_FLOORS_PROOF_PART = 0.3
# The part of the time that times between all stops may take.
_TIMES_PART = 0.5
# Stops that are few enough to try all orders, and the steps of prices for that.
MAX_STOPS, _STEPS_OF_FEW = 12, 10


@dataclass(frozen=True)
class _Proof:
    """`search` is the part of the time left for the search before it, of so many `rounds` at most; `part` is that of
    the rest for the proof."""

    search: float
    rounds: int
    part: float
    stages: Stages


_ONLY_PROOF, _FIRST_PROOF = _Proof(0.05, 1, 0.9, SHORT_STAGES), _Proof(0.05, 1, 0.5, SHORT_STAGES)
_SECOND_PROOF = _Proof(0.5, NEVER, 1.0, SECOND_STAGES)
_LONG_PROOF = _Proof(0.5, NEVER, 1.0, LONG_STAGES)
# Of few stops, a proof finds the best order by itself.
_PROOF_OF_FEW, _FEW_TO_PROVE = replace(_LONG_PROOF, search=0.15), 20


class OrToolsTourSolver:
    """Stops at the proof, at the end of its budget, or when whole rounds of its search bring nothing."""

    def solve(
        self, prepared: PreparedGraph, problem: TourProblem, budget: SolveBudget, control: SolveControl
    ) -> TourPlan:
        movable = problem.distinct_stops
        if len(movable) > MAX_STOPS and not problem.keep_order and always_full(problem):
            tour = FullTankTour.of(prepared, problem)
            if tour.seconds_for_times < _TIMES_PART * control.remaining:
                return _shortest(tour, budget, control)
        task = TourTask.of(prepared, problem, control.share(0.4).expired)
        if len(task.model.nodes) == 1:
            return task.plan(task.sequence([0])[:1], Status.OPTIMAL, 0)
        if (given := task.given_sequence) is not None:
            return task.plan_given(given)
        solve = _Solve(task, budget, control)
        return solve.proven() or solve.searched()


def _shortest(tour: FullTankTour, budget: SolveBudget, control: SolveControl) -> TourPlan:
    """The shortest order by times that do not depend on each other, and the bound of branch and cut."""
    closed, fixed_end = tour.problem.return_to_origin, tour.problem.destination is not None
    bound = _least_into_each(tour.times, closed=closed)
    provable = control.remaining > _SECONDS_PER_ARC * tour.times.size
    share = control.share(_FLOORS_PART if provable else 1.0)
    first = np.arange(len(tour.nodes))
    steps = _FLOOR_STEPS * len(first)
    order = order_by_floors(tour.times, first, budget.seed, steps, share.expired, closed=closed, fixed_end=fixed_end)
    if provable:
        end_node = len(order) - 1 if fixed_end else 0
        circuit = FloorCircuit(tour.times, order, closed=closed, end_node=end_node, expired=control.expired)
        circuit.prove(control, budget)
        order, bound = circuit.order, max(bound, circuit.bound)
    return tour.plan(order, bound * tour.unit)


class _Solve:
    """One tour's solve."""

    def __init__(self, task: TourTask, budget: SolveBudget, control: SolveControl) -> None:
        self._task, self._budget, self._control = task, budget, control
        self._rounds = TourRounds(task, budget, control)
        self._floors = plain_floors(task.floors)
        self._trees: Trees | None = None
        self._walks: PricedWalks | None = None

    def proven(self) -> TourPlan | None:
        """By trying all orders; None if they are too many, or the time does not suffice."""
        task, rounds = self._task, self._rounds
        if len(task.model.nodes) - 1 > MAX_STOPS or not task.model.exact:
            return None
        rounds.round(self._control, most=_STEPS_BEFORE_PROOF)
        return task.plan(rounds.best, Status.OPTIMAL, 0) if self._try_all() else None

    def searched(self) -> TourPlan:
        """By rounds of a search, and as good a bound as there is time for."""
        task, rounds = self._task, self._rounds
        bound = self._bound()
        if rounds.cost > bound and not task.sells_everywhere:
            rounds.try_starts(self._control, self._starts())
        for proof in self._proofs:
            self._search(self._control.share(proof.search), bound, proof.rounds)
            if rounds.cost > bound and self._control.remaining > _SECONDS_PER_PAIR * task.floors.size:
                bound = self._by_walks(bound, proof)
        self._search(self._control, bound)
        status = Status.OPTIMAL if rounds.cost <= bound else Status.FEASIBLE
        return task.plan(rounds.best, status, max(task.least_duration, bound * task.unit))

    def _search(self, control: SolveControl, bound: int, most: int = NEVER) -> None:
        part, rounds = _ROUND_PART_OF_MUCH if self._rounds.many_steps else _ROUND_PART, 0
        while rounds < most and self._rounds.goes_on(bound) and not control.expired():
            self._rounds.round(control.share(part))
            rounds += 1

    @property
    def _proofs(self) -> Iterator[_Proof]:
        """Where every stop sells fuel, most tours are proven at once."""
        task = self._task
        stops = len(task.model.nodes) - 1
        if not task.model.exact or task.problem.options.objective is not Objective.FASTEST:
            return
        if task.sells_everywhere and stops <= MOST_STOPS:
            yield _ONLY_PROOF if self._budget.seconds < LONG else _FIRST_PROOF
        if self._budget.seconds < LONG:
            return
        if task.sells_everywhere and stops <= MOST_STOPS:
            yield _SECOND_PROOF
        elif stops <= MOST_STOPS_OF_LONG:
            yield _PROOF_OF_FEW if stops <= _FEW_TO_PROVE else _LONG_PROOF

    def _by_walks(self, bound: int, proof: _Proof) -> int:
        """A better bound by prices on stops, and a proof where they leave few labels."""
        task, rounds, work = self._task, self._rounds, self._budget.work_limit or NEVER
        control = self._control.share(proof.part)
        walks = self._walks or PricedWalks(task, control, self._floors, rounds.cost, self._trees)
        self._walks, walks.bound = walks, max(walks.bound, bound)
        steps, labels = max(1, work // _STEPS_PER_PRICES), work * _LABELS_PER_STEP
        order = walks.prove(rounds.cost, control, proof.stages, steps, labels)
        if order is None:
            return walks.bound
        if order.size:
            rounds.offer(task.sequence(order.tolist()))
        return rounds.cost

    def _starts(self) -> Iterator[IntArray]:
        """Sequences that differ as a whole: the search's own, short ones by floors, and these the other way round; more
        of the latter where there are many steps."""
        task, closed = self._task, self._task.problem.return_to_origin
        yield self._rounds.best
        for number in range(_LOTS_OF_STARTS if self._rounds.many_steps else 1):
            seed = self._budget.seed + number
            order = self._short_order(task.floors, _START_STEPS, seed, closed=closed)
            yield task.sequence(order.tolist())
            if task.end_node:
                continue
            if not closed:
                order = self._short_order(task.floors, _START_STEPS, seed, closed=True)
                yield task.sequence(order.tolist())
            yield task.sequence([0, *order[:0:-1].tolist()])

    def _short_order(self, floors: IntArray, steps: int, seed: int, *, closed: bool) -> IntArray:
        task, expired = self._task, self._control.share(_FLOORS_PART).expired
        first, fixed_end = np.array(task.first_order, np.int64), bool(task.end_node)
        return order_by_floors(floors, first, seed, steps * len(first), expired, closed=closed, fixed_end=fixed_end)

    def _bound_by_floors(self, fuel: FuelFloors, order: IntArray) -> int:
        """What every tour costs at least, and a better order for the search if there is one."""
        task, rounds = self._task, self._rounds
        closed, expired = task.problem.return_to_origin, self._control.expired
        circuit = FloorCircuit(fuel.costs, order, closed=closed, end_node=task.end_node, expired=expired)
        if fuel.bound(circuit.bound) < rounds.cost:
            circuit.prove(self._control, self._budget, _FLOORS_PROOF_PART)
            rounds.offer(task.sequence(circuit.order.tolist()))
        self._trees = circuit.trees
        return fuel.bound(circuit.bound)

    def _try_all(self) -> bool:
        """False if the time does not suffice."""
        task, rounds = self._task, self._rounds
        # What costs as much may burn less.
        limit = min(NEVER, rounds.cost + 1)
        walks = PricedWalks(task, self._control, plain_floors(task.floors), limit)
        order = walks.prove(limit, self._control, LONG_STAGES, _STEPS_OF_FEW)
        if order is None:
            return False
        if order.size:
            rounds.best = task.sequence(order.tolist())
        return True

    def _bound(self) -> int:
        """What every tour costs at least, by primary cost; offers the search a tour on the way. 0 where nothing is
        known."""
        task = self._task
        bound, fuel = 0, None
        if task.sells_everywhere:
            fuel = fuel_floors(task.model.tables, task.floors, task.most_fuel, task.problem.ship.fuel)
            order = self._short_order(fuel.costs, _FLOOR_STEPS, self._budget.seed, closed=task.problem.return_to_origin)
            self._rounds.offer(task.sequence(order.tolist()))
            self._floors = fuel
        if task.model.exact and task.problem.options.objective is Objective.FASTEST:
            bound = _least_into_each(task.floors, closed=task.problem.return_to_origin)
            if fuel is not None and self._control.remaining > _SECONDS_PER_ARC * task.floors.size:
                bound = max(bound, self._bound_by_floors(fuel, order))
        return bound


def _least_into_each(floors: IntArray, *, closed: bool) -> int:
    """Every node is come to from some other."""
    into = np.where(np.eye(len(floors), dtype=np.bool_), NEVER, floors).min(axis=0)
    return int(into[0 if closed else 1 :].sum())
