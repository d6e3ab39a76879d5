"""What a voyage does next, given what its ship was seen to be: a pure function, the heart of the reconciler."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from navigation_service.domain.events import Failure
from navigation_service.domain.outcome import shows_effect
from navigation_service.domain.route import Navigate, Refuel, flaw
from navigation_service.domain.ship import NavStatus, Ship, Sighting
from navigation_service.domain.voyage import GameAction, Intent, Voyage

# The game shows a ship as arrived at the first read after its arrival; a read too early costs a call.
ARRIVAL_BUFFER = timedelta(milliseconds=100)
STILL_FLYING_PAUSE = timedelta(milliseconds=400)
ODD_TANK_PAUSE = timedelta(seconds=1)


@dataclass(frozen=True)
class Send:
    """Call the game. `target` is a waypoint for NAVIGATE, a flight mode for SET_FLIGHT_MODE."""

    action: GameAction
    target: str = ""


@dataclass(frozen=True)
class Observe:
    """Look at the ship again; the last look proves nothing."""


@dataclass(frozen=True)
class Wait:
    """Do nothing before `until`. An empty cause: the ship flies its leg."""

    until: datetime
    cause: str = ""


@dataclass(frozen=True)
class Replan:
    cause: str


@dataclass(frozen=True)
class Become:
    """No call is needed: the voyage is as given now, and goes on."""

    voyage: Voyage


Decision = Send | Observe | Wait | Replan | Become


def next_action(voyage: Voyage, seen: Sighting, now: datetime) -> Decision:
    """Decide by the table in docs/architecture.md ("What a voyage does next").

    `step_index`, never the position alone, says where in the route the voyage is: a tour passes places twice.
    An ended voyage has no next action; calling this with one is a fault.
    """
    ship = seen.ship
    if voyage.cancel_requested:
        return Become(voyage.cancelled(now))
    if voyage.intent is not None:
        return _resolve_intent(voyage, voyage.intent, seen, now)
    if ship.in_transit:
        return _in_transit(voyage, seen, now)
    begins = voyage.step is not None and voyage.step_index == 0 and ship.waypoint_symbol == voyage.route.origin
    if begins and voyage.awaits(ship.waypoint_symbol):
        # Accepted in flight to a stop, it has arrived there.
        return Become(voyage.visiting(ship.waypoint_symbol, now))
    match voyage.step:
        case None:
            return _after_last_step(voyage, ship, now)
        case Navigate() as leg:
            return _at_leg(voyage, leg, ship, now)
        case Refuel() as refuel:
            return _at_refuel(voyage, refuel, ship, now)


def _resolve_intent(voyage: Voyage, intent: Intent, seen: Sighting, now: datetime) -> Decision:
    """Nothing is sent again before a look at the ship, made after the action must have settled, shows no effect."""
    if now < intent.settle_time:
        return Wait(intent.settle_time, f"the outcome of {intent.action.value} is not known yet")
    if seen.asked_time < intent.settle_time:
        return Observe()
    if intent.action is GameAction.REFUEL and seen.ship.overfull:
        return _wait_for_a_sound_tank(now)
    if shows_effect(intent, seen.ship):
        return Become(voyage.took_effect(seen, None, now))
    return Become(voyage.retracted(now))


def _in_transit(voyage: Voyage, seen: Sighting, now: datetime) -> Decision:
    step, ship = voyage.step, seen.ship
    flies_this_leg = isinstance(step, Navigate) and ship.waypoint_symbol == step.to_waypoint
    if flies_this_leg and not voyage.departed:
        return Become(voyage.under_flight(seen, now))
    until = max(seen.arrival_due + ARRIVAL_BUFFER, now + STILL_FLYING_PAUSE)
    return Wait(until, "" if flies_this_leg else f"the ship is in transit to {ship.waypoint_symbol}")


def _after_last_step(voyage: Voyage, ship: Ship, now: datetime) -> Decision:
    if voyage.round_start_time and now < voyage.round_start_time:
        return Wait(voyage.round_start_time, f"round {voyage.round} begins a minute after the last one began")
    there = voyage.visiting(ship.waypoint_symbol, now)
    if not there.is_done(ship.waypoint_symbol):
        begins = f"round {voyage.round} begins" if voyage.begins_round else f"the ship is at {ship.waypoint_symbol}"
        return _plan_anew(voyage, ship, begins, now)
    return Become(there.round_completed(ship, now) if there.repeat else there.completed(now))


def _at_leg(voyage: Voyage, leg: Navigate, ship: Ship, now: datetime) -> Decision:
    if ship.waypoint_symbol == leg.to_waypoint:
        return Become(voyage.arrived(ship, now))
    if fault := flaw(voyage.remaining_steps, ship.waypoint_symbol, ship.fuel, ship.fuel_capacity):
        return _plan_anew(voyage, ship, fault, now)
    if voyage.doubts_physics and ship.overfull:
        return _wait_for_a_sound_tank(now)
    if voyage.doubts_physics:
        return Become(voyage.failed(_physics_mismatch(leg, ship), now))
    if ship.flight_mode is not leg.flight_mode:
        return Send(GameAction.SET_FLIGHT_MODE, leg.flight_mode.value)
    if ship.nav_status is NavStatus.DOCKED:
        return Send(GameAction.ORBIT)
    return Send(GameAction.NAVIGATE, leg.to_waypoint)


def _at_refuel(voyage: Voyage, refuel: Refuel, ship: Ship, now: datetime) -> Decision:
    if fault := flaw(voyage.remaining_steps, ship.waypoint_symbol, ship.fuel, ship.fuel_capacity):
        return _plan_anew(voyage, ship, fault, now)
    if ship.needs_no_fuel:
        return Become(voyage.refuel_skipped(now))
    return Send(GameAction.DOCK) if ship.nav_status is NavStatus.IN_ORBIT else Send(GameAction.REFUEL)


def _wait_for_a_sound_tank(now: datetime) -> Decision:
    """Where the fuel decides, a report that cannot be true decides nothing."""
    return Wait(now + ODD_TANK_PAUSE, "the game shows more fuel than the tank can hold")


def _plan_anew(voyage: Voyage, ship: Ship, cause: str, now: datetime) -> Decision:
    """Plan anew, or end the voyage if that was done at this place with this fuel already, with no departure since."""
    if voyage.replanned_at == (ship.waypoint_symbol, ship.fuel):
        metadata = (("waypoint", ship.waypoint_symbol), ("fuel", str(ship.fuel)))
        message = f"a new plan from {ship.waypoint_symbol} with {ship.fuel} fuel cannot be flown either: {cause}"
        return Become(voyage.failed(Failure("REPLAN_LOOP", message, metadata), now))
    return Replan(cause)


def _physics_mismatch(leg: Navigate, ship: Ship) -> Failure:
    message = (
        f"the game refuses the leg to {leg.to_waypoint} for want of fuel, though the ship has {ship.fuel} "
        f"and {leg.fuel} should do"
    )
    return Failure("PHYSICS_MISMATCH", message, (("required", str(leg.fuel)), ("available", str(ship.fuel))))
