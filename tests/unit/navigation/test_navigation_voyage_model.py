"""Whatever befalls it, a voyage arrives or says why not, looks before it repeats, and pays for fuel once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from navigation_service.domain.events import Failure, VoyageState
from navigation_service.domain.next_action import Become, Observe, Replan, Send, Wait, next_action
from navigation_service.domain.outcome import NotSent, Outcome, OutcomeUnknown, RateLimited, Refused, settle
from navigation_service.domain.ship import Sighting
from navigation_service.domain.voyage import GameAction, Intent, Voyage
from tests.fakes.navigation_model import PLACES, STATIONS, ModelShip, plan
from tests.fakes.navigation_samples import NOW, voyage

DESTINATION = "X1-AB-E"
CALL_SECONDS = 6
MOST_TURNS = 2_000


class Mishap(Enum):
    NONE = auto()
    LOST_AFTER = auto()
    LOST_BEFORE = auto()
    HAPPENS_LATE = auto()
    NOT_SENT = auto()
    RATE_LIMITED = auto()
    DIES_BEFORE_SENDING = auto()
    DIES_AFTER_SENDING = auto()
    DIES_AFTER_STORING = auto()


MISHAPS = st.lists(st.sampled_from(Mishap), max_size=25)
FOREIGN_HANDS = st.lists(
    st.sampled_from(["", "", "", "move", "fly", "dock", "orbit", "mode", "refuel", "drain"]), max_size=25
)
REFUSALS = st.lists(st.sampled_from([0, 0, 0, 4000, 4203, 4204, 4214, 4236, 4244, 4600, 4601, 404]), max_size=25)


class World:
    """Flies one voyage as a worker would, with a database that is one variable and a clock that waits skip over."""

    def __init__(self, mishaps: list[Mishap], foreign: list[str], refusals: list[int]) -> None:
        self.ship = ModelShip()
        self.now = NOW
        self.refusals: set[int] = set()
        self.refuels = 0
        self.disturbed = any(foreign)
        self.stored = self._planned()
        self.late: tuple[datetime, Send] | None = None
        self.unresolved: datetime | None = None
        self._mishaps, self._foreign, self._refusals = iter(mishaps), iter(foreign), iter(refusals)
        self._places = self._cycle()

    def fly(self) -> Voyage:
        turns = 0
        while self.stored.state.is_active:
            self._one_turn()
            turns += 1
            assert turns < MOST_TURNS, f"never ends: {self.stored}"
        return self.stored

    def _one_turn(self) -> None:
        """From a claim, as after any crash: all that is known is what was stored."""
        present, seen = self.stored, self._look()
        while present.state.is_active:
            self._let_a_foreign_hand_act()
            match next_action(present, seen, self.now):
                case Become(voyage=changed):
                    if changed.state is VoyageState.COMPLETED:
                        assert (seen.ship.waypoint_symbol, seen.ship.in_transit) == (DESTINATION, False)
                    present = self._store(changed)
                case Observe():
                    seen = self._look()
                case Wait(until=until):
                    assert until > self.now
                    self._store(present)
                    self._pass(until)
                    return
                case Replan(cause=cause):
                    present = self._replanned(present, seen, cause)
                case Send() as call:
                    following = self._send(present, seen, call)
                    if following is None:
                        return
                    present, seen = following

    def _send(self, present: Voyage, seen: Sighting, call: Send) -> tuple[Voyage, Sighting] | None:
        assert self.unresolved is None, "something is sent while the last outcome is unknown"
        assert present.intent is None
        settles = self.now + timedelta(seconds=CALL_SECONDS + 1)
        before = seen.ship
        intent = Intent(call.action, call.target, present.step_index, before.waypoint_symbol, before.fuel, 0, settles)
        self._store(present.begun(intent, self.now))
        mishap = next(self._mishaps, Mishap.NONE)
        if mishap in (Mishap.DIES_BEFORE_SENDING, Mishap.DIES_AFTER_SENDING):
            if mishap is Mishap.DIES_AFTER_SENDING:
                self._act(call)
            self.unresolved = settles
            return None
        outcome = self._outcome(mishap, call)
        settlement = settle(self.stored, seen, outcome, self.now, timedelta(seconds=2))
        if isinstance(outcome, OutcomeUnknown):
            self.unresolved = settles
        self._store(settlement.voyage)
        if settlement.pause:
            self._pass(settlement.voyage.next_action_time)
        if settlement.pause or mishap is Mishap.DIES_AFTER_STORING:
            return None
        if settlement.no_fuel_at:
            return self._replanned(self.stored, seen, "no fuel"), seen
        return self.stored, settlement.seen or self._look()

    def _outcome(self, mishap: Mishap, call: Send) -> Outcome:
        match mishap:
            case Mishap.NOT_SENT:
                return NotSent("no connection")
            case Mishap.RATE_LIMITED:
                return RateLimited(1.5)
            case Mishap.LOST_BEFORE:
                return OutcomeUnknown("time-out")
            case Mishap.HAPPENS_LATE:
                self.late = (self.now + timedelta(seconds=CALL_SECONDS), call)
                return OutcomeUnknown("time-out")
        code = next(self._refusals, 0)
        if code:
            self.refusals.add(code)
            return Refused(code, "no", 404 if code == 404 else 400)
        outcome = self._act(call)
        return OutcomeUnknown("reset") if mishap is Mishap.LOST_AFTER else outcome

    def _act(self, call: Send) -> Outcome:
        if call.action is GameAction.REFUEL and self.ship.docked and self.ship.place in STATIONS:
            assert self.disturbed or self.ship.paid == 0, "fuel is paid for twice in one stay"
            self.refuels += 1
        return self.ship.act(call.action.value, call.target, self.now)

    def _look(self) -> Sighting:
        self._pass(self.now + timedelta(milliseconds=50))
        if self.unresolved is not None and self.now >= self.unresolved:
            self.unresolved = None
        return Sighting(self.ship.at(self.now), self.now, self.now)

    def _pass(self, until: datetime) -> None:
        self.now = max(self.now, until)
        if self.late is not None and self.late[0] <= self.now:
            call, self.late = self.late[1], None
            self._act(call)

    def _store(self, changed: Voyage) -> Voyage:
        numbers = [told.number for told in changed.pending_events]
        assert numbers == [*range(self.stored.last_event_number + 1, changed.last_event_number + 1)]
        self.stored = changed.drained()
        return self.stored

    def _replanned(self, present: Voyage, seen: Sighting, cause: str) -> Voyage:
        route = plan(seen.ship.waypoint_symbol, DESTINATION, seen.ship.fuel)
        if route is None:
            return self._store(present.failed(Failure("NO_ROUTE", "no route"), self.now))
        return self._store(present.replanned(route, cause, seen.ship, self.now))

    def _planned(self) -> Voyage:
        route = plan(self.ship.place, DESTINATION, self.ship.fuel)
        assert route is not None
        return voyage(route, (DESTINATION,)).accepted(self.ship.at(self.now), self.now).drained()

    def _let_a_foreign_hand_act(self) -> None:
        ship, deed = self.ship, next(self._foreign, "")
        if ship.at(self.now).in_transit:
            return
        match deed:
            case "move":
                ship.place, ship.docked = next(self._places), False
            case "fly":
                ship.docked = False
                ship.act("NAVIGATE", next(self._places), self.now)
            case "dock" | "orbit":
                ship.docked = deed == "dock"
            case "mode":
                ship.act("SET_FLIGHT_MODE", "DRIFT", self.now)
            case "refuel":
                ship.fuel = 100
            case "drain":
                ship.fuel //= 2

    def _cycle(self) -> Iterator[str]:
        while True:
            yield from PLACES


@given(MISHAPS)
@example([])
@example([mishap for mishap in Mishap for _ in range(3)])
@settings(max_examples=300, deadline=None)
def test_arrives_through_lost_answers_and_crashes(mishaps: list[Mishap]) -> None:
    world = World(mishaps, [], [])

    ended = world.fly()

    assert ended.state is VoyageState.COMPLETED
    assert world.ship.place == DESTINATION
    assert world.refuels == 2


@given(MISHAPS, FOREIGN_HANDS)
@settings(max_examples=300, deadline=None)
def test_absorbs_foreign_hands_or_says_why_not(mishaps: list[Mishap], foreign: list[str]) -> None:
    ended = World(mishaps, foreign, []).fly()

    event(ended.failure.reason if ended.failure else "arrived")
    if ended.state is not VoyageState.COMPLETED:
        assert ended.failure is not None
        assert ended.failure.reason in {"NO_ROUTE", "REPLAN_LOOP", "INVALID_SHIP_STATE", "PHYSICS_MISMATCH"}


@given(MISHAPS, REFUSALS)
@settings(max_examples=300, deadline=None)
def test_gives_up_only_for_refusals_that_explain_it(mishaps: list[Mishap], refusals: list[int]) -> None:
    world = World(mishaps, [], refusals)

    ended = world.fly()

    event(ended.failure.reason if ended.failure else "arrived")
    explained = {"INVALID_SHIP_STATE"} if world.refusals else set[str]()
    explained |= {"INSUFFICIENT_CREDITS"} if 4600 in world.refusals else set()
    explained |= {"PHYSICS_MISMATCH"} if 4203 in world.refusals else set()
    if ended.state is not VoyageState.COMPLETED:
        assert ended.failure is not None
        assert ended.failure.reason in explained


@given(MISHAPS, FOREIGN_HANDS, REFUSALS)
@settings(max_examples=300, deadline=None)
def test_always_ends_and_always_says_how(mishaps: list[Mishap], foreign: list[str], refusals: list[int]) -> None:
    ended = World(mishaps, foreign, refusals).fly()

    assert ended.end_time is not None
    assert (ended.failure is not None) == (ended.state is VoyageState.FAILED)
    assert replace(ended, intent=None) == ended
