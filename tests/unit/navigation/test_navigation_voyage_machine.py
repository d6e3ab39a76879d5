"""A voyage, step by step, against a model: what its ship truly did, which no code of the voyage has a say in."""

from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from navigation_service.domain.events import VoyageState
from navigation_service.domain.voyage import Voyage
from tests.fakes.navigation_model import PLACES
from tests.fakes.navigation_voyage_world import Itinerary, Mishap, World

T = TypeVar("T")
HANDS = ("move", "fly", "dock", "orbit", "mode", "refuel", "drain")
CODES = (4000, 4203, 4204, 4214, 4236, 4244, 4600, 4601, 404)
MOST_REFUSALS = 5


def fed_by(queue: deque[T], otherwise: T) -> Iterator[T]:
    while True:
        yield queue.popleft() if queue else otherwise


class VoyageMachine(RuleBasedStateMachine):
    """Workers take turns, die and lose answers; others fly the ship; the game refuses; an operator cancels."""

    @initialize(
        stops=st.lists(st.sampled_from(sorted(PLACES)), min_size=1, max_size=3, unique=True),
        in_order=st.booleans(),
        closed=st.booleans(),
    )
    def accept(self, stops: list[str], in_order: bool, closed: bool) -> None:
        self.mishaps, self.hands, self.codes = deque[Mishap](), deque[str](), deque[int]()
        self.world = World(
            fed_by(self.mishaps, Mishap.NONE),
            fed_by(self.hands, ""),
            fed_by(self.codes, 0),
            Itinerary(tuple(stops), in_order, closed),
        )
        self.planned = [step for step in self.world.stored.route.steps if hasattr(step, "to_waypoint")]
        self.before = self.world.stored
        self.cancelled = False

    @property
    def voyage(self) -> Voyage:
        return self.world.stored

    @rule(mishap=st.sampled_from(Mishap))
    def a_call_will_go_wrong(self, mishap: Mishap) -> None:
        self.mishaps.append(mishap)

    @rule(hand=st.sampled_from(HANDS))
    def somebody_else_takes_the_helm(self, hand: str) -> None:
        self.hands.append(hand)
        self.world.disturbed = True

    @rule(code=st.sampled_from(CODES), times=st.sampled_from([1, 1, MOST_REFUSALS]))
    def the_game_will_refuse(self, code: int, times: int) -> None:
        self.codes.extend([code] * times)

    @rule(seconds=st.integers(1, 300))
    def time_goes_by(self, seconds: int) -> None:
        self.world.let_pass(timedelta(seconds=seconds))

    @precondition(lambda self: self.voyage.state.is_active)
    @rule()
    def an_operator_cancels(self) -> None:
        self.world.cancel = self.cancelled = True

    @precondition(lambda self: self.voyage.state.is_active)
    @rule(turns=st.integers(1, 5))
    def workers_take_turns(self, turns: int) -> None:
        for _ in range(turns):
            if self.voyage.state.is_active:
                self.world.take_turn()

    @invariant()
    def an_end_is_for_good_and_for_its_reason(self) -> None:
        before, self.before = self.before, self.voyage
        if not before.state.is_active:
            assert self.voyage == before
        if self.voyage.state is VoyageState.CANCELLED:
            assert self.cancelled
        if self.voyage.failure is not None:
            assert self.voyage.failure.reason in self.reasons_to_fail()

    def reasons_to_fail(self) -> set[str]:
        refusals, reasons = self.world.refusals, set[str]()
        if self.world.disturbed:
            reasons |= {"INVALID_SHIP_STATE", "NO_ROUTE", "REPLAN_LOOP", "PHYSICS_MISMATCH"}
        if refusals.total() >= MOST_REFUSALS:
            reasons.add("INVALID_SHIP_STATE")
        if refusals[4203]:
            reasons.add("PHYSICS_MISMATCH")
        if refusals[4600]:
            reasons.add("INSUFFICIENT_CREDITS")
        return reasons

    @invariant()
    def events_tell_all_that_was_stored(self) -> None:
        assert self.voyage.last_event_number >= self.before.last_event_number
        assert not self.voyage.pending_events

    @invariant()
    def a_visit_is_one(self) -> None:
        """A stop counts where the ship truly was."""
        visited = {stop.waypoint_symbol for stop in self.voyage.stops if stop.visit_time is not None}
        assert visited <= self.world.places_seen

    @invariant()
    def each_leg_is_flown_once(self) -> None:
        """As long as nobody interferes, the ship's true departures are the accepted plan's, in order."""
        if not self.world.disturbed and not self.world.refusals:
            targets = [step.to_waypoint for step in self.planned]
            assert self.world.ship.departures == targets[: len(self.world.ship.departures)]

    def teardown(self) -> None:
        """Left alone, every voyage ends; one that nobody interfered with, where it was to go."""
        if not hasattr(self, "world"):
            return
        for queue in (self.mishaps, self.hands, self.codes):
            queue.clear()
        self.world.fly()
        self.an_end_is_for_good_and_for_its_reason()
        if not (self.world.disturbed or self.world.refusals or self.cancelled):
            assert self.voyage.state is VoyageState.COMPLETED
            assert self.world.ship.departures == [step.to_waypoint for step in self.planned]


VoyageMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=25, deadline=None)
TestVoyageMachine = VoyageMachine.TestCase
