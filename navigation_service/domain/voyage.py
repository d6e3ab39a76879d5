"""The voyage: a route being flown, as a value. Every transition gives a new voyage and records what it tells."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Self

from navigation_service.domain.events import (
    Accepted,
    Arrived,
    Departed,
    Ended,
    EventDetail,
    Failure,
    Refuelled,
    Replanned,
    RoundCompleted,
    VoyageEvent,
    VoyageState,
    Waiting,
)
from navigation_service.domain.route import Navigate, Refuel, Route, RouteOptions, Step
from navigation_service.domain.ship import Ship, Sighting

# A round that takes less would mostly cost requests.
SHORTEST_ROUND = timedelta(seconds=60)
# A game action is sent within this time after its intent was stored, or not at all.
SEND_WINDOW_SECONDS = 1.0


class GameAction(Enum):
    ORBIT = "ORBIT"
    DOCK = "DOCK"
    NAVIGATE = "NAVIGATE"
    REFUEL = "REFUEL"
    SET_FLIGHT_MODE = "SET_FLIGHT_MODE"


@dataclass(frozen=True)
class Stop:
    waypoint_symbol: str
    visit_time: datetime | None = None


@dataclass(frozen=True)
class Intent:
    """A game action that is about to be sent, or was and whose outcome nobody has seen yet.

    `target` is a waypoint for NAVIGATE and a flight mode for SET_FLIGHT_MODE. `waypoint` and `fuel` are the
    ship's as it was seen before. Whatever the action does is done by `settle_time`.
    """

    action: GameAction
    target: str
    step_index: int
    waypoint: str
    fuel: int
    attempt: int
    settle_time: datetime


@dataclass(frozen=True)
class Lease:
    """One worker's right to act for a voyage, from `since` until `until`. A larger `fence` voids all smaller ones."""

    owner: str
    fence: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Voyage:
    """Times are on the database's clock. `pending_events` are those not stored yet.

    `departed`: the departure of the present leg is on record. `replanned_at`: (waypoint, fuel) of the last
    replanning since the last departure. `doubts_physics`: the game refused the present leg for want of fuel
    that the plan says is enough. `setbacks`: waits in a row for reasons outside the voyage.
    `keep_order`: the stops count in their order alone. `home`: where each round of a closed tour ends, empty for
    others. `round_start_time`: when the present round began, or is to begin; of the first one the create_time.
    """

    voyage_id: str
    player_id: int
    agent_symbol: str
    ship_symbol: str
    universe: str
    system_symbol: str
    stops: tuple[Stop, ...]
    options: RouteOptions
    route: Route
    create_time: datetime
    update_time: datetime
    next_action_time: datetime
    state: VoyageState = VoyageState.PLANNED
    step_index: int = 0
    repeat: bool = False
    round: int = 1
    round_start_time: datetime | None = None
    keep_order: bool = False
    home: str = ""
    end_time: datetime | None = None
    eta: datetime | None = None
    failure: Failure | None = None
    cancel_requested: bool = False
    intent: Intent | None = None
    departed: bool = False
    replanned_at: tuple[str, int] | None = None
    doubts_physics: bool = False
    attempt: int = 0
    setbacks: int = 0
    waiting_cause: str = ""
    last_error: str = ""
    last_event_number: int = 0
    request_id: str = ""
    lease: Lease | None = None
    pending_events: tuple[VoyageEvent, ...] = ()

    @property
    def step(self) -> Step | None:
        """The step to be done next; None after the last one."""
        return self.route.steps[self.step_index] if self.step_index < len(self.route.steps) else None

    @property
    def remaining_steps(self) -> tuple[Step, ...]:
        return self.route.steps[self.step_index :]

    @property
    def unvisited(self) -> tuple[str, ...]:
        return tuple(stop.waypoint_symbol for stop in self.stops if stop.visit_time is None)

    @property
    def begins_round(self) -> bool:
        """Whether the round before is completed and this one not planned yet."""
        return self.round > 1 and not self.route.steps

    def awaits(self, waypoint: str) -> bool:
        """Whether a ship at `waypoint` visits a stop there."""
        unvisited = self.unvisited
        return waypoint in (unvisited[:1] if self.keep_order else unvisited)

    def is_done(self, waypoint: str) -> bool:
        """Whether a ship at `waypoint` has nowhere to go in this round: all is visited, and it is home."""
        return not self.unvisited and self.home in ("", waypoint)

    def drained(self) -> Self:
        """The voyage once its pending events are stored."""
        return replace(self, pending_events=())

    def accepted(self, ship: Ship, now: datetime) -> Self:
        """The first event; a ship that is there already has nothing to fly."""
        voyage = self._telling(Accepted(self.route), now, f"planned {_told(self.route)}")
        if ship.in_transit:
            return voyage
        voyage = voyage.visiting(ship.waypoint_symbol, now)
        return voyage if voyage.route.steps else voyage.completed(now)

    def begun(self, intent: Intent, now: datetime) -> Self:
        return replace(self, intent=intent, state=VoyageState.UNDER_WAY, update_time=now)

    def retracted(self, now: datetime, error: str = "") -> Self:
        """The intended action had no effect."""
        return replace(self, intent=None, last_error=error or self.last_error, update_time=now)

    def took_effect(self, seen: Sighting, credits: int | None, now: datetime) -> Self:
        """The intended action is done, as its answer or a later look at the ship shows."""
        intent = self.intent
        voyage = replace(self, intent=None, last_error="", setbacks=0, waiting_cause="", update_time=now)
        if intent is None or intent.step_index != self.step_index:
            return voyage
        if intent.action is GameAction.NAVIGATE:
            return voyage.under_flight(seen, now)
        if intent.action is GameAction.REFUEL:
            return voyage._refuelled(seen.ship, intent.fuel, credits, now)
        return voyage

    def under_flight(self, seen: Sighting, now: datetime) -> Self:
        """The ship flies the present leg, by whoever's hand."""
        step = self.step
        if self.departed or not isinstance(step, Navigate):
            return self
        arrival = max(seen.arrival_due, now) if seen.ship.in_transit else now
        detail = Departed(step.from_waypoint, step.to_waypoint, step.flight_mode, arrival, seen.ship.fuel)
        voyage = replace(self, departed=True, replanned_at=None, doubts_physics=False)
        return voyage._telling(detail, now, f"left {step.from_waypoint} for {step.to_waypoint}")

    def arrived(self, ship: Ship, now: datetime) -> Self:
        """The present leg is done; also when a foreign hand brought the ship."""
        detail = Arrived(ship.waypoint_symbol, ship.fuel)
        voyage = self._advanced().visiting(ship.waypoint_symbol, now)
        return voyage._telling(detail, now, f"arrived at {ship.waypoint_symbol}")

    def visiting(self, waypoint: str, now: datetime) -> Self:
        """Mark the stop at `waypoint`, if it is one and its turn, as visited."""
        if not self.awaits(waypoint):
            return self
        stops = tuple(
            replace(stop, visit_time=now) if stop.waypoint_symbol == waypoint and stop.visit_time is None else stop
            for stop in self.stops
        )
        return replace(self, stops=stops)

    def refuel_skipped(self, now: datetime) -> Self:
        return replace(self._advanced(), update_time=now)

    def replanned(self, route: Route, cause: str, seen: Ship, now: datetime) -> Self:
        """Go on by `route` from where the ship stands, over what was not visited yet."""
        voyage = self._at_beginning_of(route).visiting(seen.waypoint_symbol, now)._in_order_of(route)
        voyage = replace(voyage, replanned_at=(seen.waypoint_symbol, seen.fuel))
        return voyage._telling(Replanned(route, cause), now, f"planned anew, {_told(route)}: {cause}")

    def round_completed(self, ship: Ship, now: datetime) -> Self:
        """All is to be visited again, by a plan to be made when the next round begins."""
        voyage = self._telling(RoundCompleted(self.round), now, f"completed round {self.round}")
        return replace(
            voyage._at_beginning_of(Route.of_nothing(ship.waypoint_symbol, ship.fuel)),
            stops=tuple(Stop(stop.waypoint_symbol) for stop in self.stops),
            round=self.round + 1,
            round_start_time=max(now, (self.round_start_time or self.create_time) + SHORTEST_ROUND),
            replanned_at=None,
        )

    def waiting(self, until: datetime, cause: str, now: datetime, *, setback: bool = False) -> Self:
        """Sleep until `until`. A new cause is told once, waiting for an arrival not at all (Departed told it)."""
        voyage = replace(
            self,
            next_action_time=until,
            setbacks=self.setbacks + 1 if setback else self.setbacks,
            last_error=cause if setback else self.last_error,
            update_time=now,
        )
        if not cause or cause == self.waiting_cause:
            return voyage
        return replace(voyage, waiting_cause=cause)._telling(Waiting(until, cause), now, f"waiting: {cause}")

    def due(self, now: datetime) -> Self:
        """To be taken up by whoever comes first."""
        return replace(self, next_action_time=now)

    def refused(self, error: str, now: datetime) -> Self:
        """The game refused an action for a reason that the ship's state does not show; this counts."""
        return replace(self, intent=None, attempt=self.attempt + 1, last_error=error, update_time=now)

    def doubting_physics(self, error: str, now: datetime) -> Self:
        return replace(self, intent=None, doubts_physics=True, last_error=error, update_time=now)

    def with_eta(self, ready_time: datetime, time_scale: float) -> Self:
        """`ready_time`: when the ship can begin the present step, or arrives if it flies it already.

        None between rounds: the next one is not planned yet.
        """
        if self.begins_round:
            return replace(self, eta=None)
        rest = self.remaining_steps[1:] if self.departed else self.remaining_steps
        seconds = 0.0
        for step in rest:
            if isinstance(step, Navigate):
                seconds += step.duration / 1e9 / time_scale + self.options.departure_overhead / 1e9
            else:
                seconds += self.options.refuel_duration / 1e9
        return replace(self, eta=ready_time + timedelta(seconds=seconds))

    def completed(self, now: datetime) -> Self:
        return self._ended(VoyageState.COMPLETED, None, "completed", now)

    def failed(self, failure: Failure, now: datetime) -> Self:
        return self._ended(VoyageState.FAILED, failure, f"failed: {failure.message}", now)

    def cancelled(self, now: datetime) -> Self:
        return self._ended(VoyageState.CANCELLED, None, "cancelled", now)

    def _ended(self, state: VoyageState, failure: Failure | None, message: str, now: datetime) -> Self:
        voyage = replace(self, state=state, failure=failure, end_time=now, eta=None, intent=None)
        return voyage._telling(Ended(failure), now, message)

    def _refuelled(self, ship: Ship, fuel_before: int, credits: int | None, now: datetime) -> Self:
        added = ship.fuel - fuel_before
        if added <= 0 and not ship.tank_full:
            metadata = (("waypoint", ship.waypoint_symbol), ("fuel", str(ship.fuel)))
            message = f"the market at {ship.waypoint_symbol} took the order but added no fuel"
            return self.failed(Failure("REFUEL_REFUSED", message, metadata), now)
        detail = Refuelled(ship.waypoint_symbol, max(added, 0), credits)
        return self._telling(detail, now, f"refuelled at {ship.waypoint_symbol}")._advanced()

    def _advanced(self) -> Self:
        return self._at_step(self.step_index + 1)

    def _at_beginning_of(self, route: Route) -> Self:
        return replace(self, route=route)._at_step(0)

    def _in_order_of(self, route: Route) -> Self:
        """With the stops that are left in the order in which the route passes them."""
        turn = {place: index for index, place in reversed([*enumerate(route.places)])}
        visited = [stop for stop in self.stops if stop.visit_time is not None]
        left = [stop for stop in self.stops if stop.visit_time is None]
        if not self.keep_order:
            left.sort(key=lambda stop: turn.get(stop.waypoint_symbol, len(turn)))
        return replace(self, stops=(*visited, *left))

    def _at_step(self, step_index: int) -> Self:
        return replace(
            self,
            step_index=step_index,
            departed=False,
            doubts_physics=False,
            attempt=0,
            setbacks=0,
            waiting_cause="",
        )

    def _telling(self, detail: EventDetail, now: datetime, message: str) -> Self:
        number = self.last_event_number + 1
        event = VoyageEvent(number, self.voyage_id, now, self.state, self.step_index, message, detail)
        changes: dict[str, Any] = {"last_event_number": number, "update_time": now}
        return replace(self, pending_events=(*self.pending_events, event), **changes)


def _told(route: Route) -> str:
    legs = sum(isinstance(step, Navigate) for step in route.steps)
    refuels = sum(isinstance(step, Refuel) for step in route.steps)
    return f"{legs} leg{'s' * (legs != 1)}, {refuels} refuel{'s' * (refuels != 1)}"
