"""Flies voyages through mishaps as a worker would, against the model of a ship: no database, no clock, no network."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from navigation_service.domain.events import Failure, RoundCompleted, VoyageState
from navigation_service.domain.next_action import Become, Observe, Replan, Send, Wait, next_action
from navigation_service.domain.outcome import NotSent, Outcome, OutcomeUnknown, RateLimited, Refused, settle
from navigation_service.domain.ship import Sighting
from navigation_service.domain.voyage import GameAction, Intent, Voyage
from tests.fakes.navigation_model import PLACES, STATIONS, ModelShip, plan_tour
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


@dataclass(frozen=True)
class Itinerary:
    """`rounds`: of a repeating tour, after which it is cancelled; 0 for one that ends by itself."""

    stops: tuple[str, ...] = (DESTINATION,)
    in_order: bool = False
    closed: bool = False
    rounds: int = 0


class World:
    """Flies one voyage as a worker would, with a database that is one variable and a clock that waits skip over."""

    def __init__(
        self,
        mishaps: Iterable[Mishap],
        foreign: Iterable[str],
        refusals: Iterable[int],
        itinerary: Itinerary = Itinerary(),
    ) -> None:
        """Lists, or queues that never end: then whoever fills them says whether the ship is `disturbed`."""
        self.ship = ModelShip()
        self.itinerary = itinerary
        self.home = self.ship.place if itinerary.closed else ""
        self.visited: list[str] = []
        self.round_starts = [NOW]
        self.now = NOW
        self.refusals: Counter[int] = Counter()
        self.refuels = 0
        self.disturbed = isinstance(foreign, list) and any(foreign)
        self.places_seen = {self.ship.place}
        self.stored = self._planned()
        self.cancel = False
        self.late: tuple[datetime, Send] | None = None
        self.unresolved: datetime | None = None
        self._mishaps, self._foreign, self._refusals = iter(mishaps), iter(foreign), iter(refusals)
        self._places = self._cycle()

    def fly(self) -> Voyage:
        turns = 0
        while self.stored.state.is_active:
            self.take_turn()
            turns += 1
            assert turns < MOST_TURNS, f"never ends: {self.stored}"
        return self.stored

    def take_turn(self) -> None:
        """From a claim, as after any crash: all that is known is what was stored."""
        self.stored = replace(self.stored, cancel_requested=self.cancel)
        present, seen = self.stored, self._look()
        while present.state.is_active:
            self._let_a_foreign_hand_act()
            if not seen.ship.in_transit:
                self.places_seen.add(seen.ship.waypoint_symbol)
                if self.visited[-1:] != [seen.ship.waypoint_symbol]:
                    self.visited.append(seen.ship.waypoint_symbol)
            match next_action(present, seen, self.now):
                case Become(voyage=changed):
                    self._check(changed, seen)
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
                return RateLimited(3.0 if self.refuels else 1.0)
            case Mishap.LOST_BEFORE:
                return OutcomeUnknown("time-out")
            case Mishap.HAPPENS_LATE:
                self.late = (self.now + timedelta(seconds=CALL_SECONDS), call)
                return OutcomeUnknown("time-out")
        code = next(self._refusals, 0)
        if code:
            self.refusals[code] += 1
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

    def let_pass(self, time: timedelta) -> None:
        self._pass(self.now + time)

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
        there = seen.ship.waypoint_symbol
        if present.begins_round:
            self.round_starts.append(self.now)
        left = tuple(s.waypoint_symbol for s in present.stops if s.visit_time is None)
        route = plan_tour(there, left, seen.ship.fuel, in_order=self.itinerary.in_order, home=self.home)
        if route is None:
            return self._store(present.failed(Failure("NO_ROUTE", "no route"), self.now))
        return self._store(present.replanned(route, cause, seen.ship, self.now))

    def _planned(self) -> Voyage:
        wish = self.itinerary
        route = plan_tour(self.ship.place, wish.stops, self.ship.fuel, in_order=wish.in_order, home=self.home)
        assert route is not None
        planned = voyage(route, wish.stops)
        planned = replace(planned, keep_order=wish.in_order, home=self.home, repeat=wish.rounds > 0)
        return planned.accepted(self.ship.at(self.now), self.now).drained()

    def _check(self, changed: Voyage, seen: Sighting) -> None:
        """A round, or the voyage, is over only where all was visited since it began, and the ship is home."""
        rounds = [told.detail for told in changed.pending_events if isinstance(told.detail, RoundCompleted)]
        if changed.state is not VoyageState.COMPLETED and not rounds:
            return
        there, arrived = seen.ship.waypoint_symbol, [*self.visited]
        assert not seen.ship.in_transit
        assert there == self.home if self.home else there in self.itinerary.stops
        if self.itinerary.in_order:
            passed = iter(arrived)
            assert all(stop in passed for stop in self.itinerary.stops), f"not in order: {arrived}"
        assert set(self.itinerary.stops) <= set(arrived), f"not all visited: {arrived}"
        self.visited = [there]
        if rounds and len(self.round_starts) >= self.itinerary.rounds:
            self.cancel = True

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
