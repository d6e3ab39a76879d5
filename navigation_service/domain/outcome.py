"""How a call to the game may end, and what that makes of the voyage that made it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from navigation_service.domain.events import Failure
from navigation_service.domain.ship import NavStatus, Ship, Sighting
from navigation_service.domain.voyage import GameAction, Intent, Voyage

MAX_ATTEMPTS = 5
SHORT_PAUSE_SECONDS = 2.0

# The game's error codes (its public list of error codes).
IN_TRANSIT_CODES = frozenset({4200, 4214})
ALREADY_THERE = 4204
INSUFFICIENT_FUEL = 4203
NOT_IN_ORBIT = 4236
NOT_DOCKED = 4244
INSUFFICIENT_CREDITS = 4600
NOT_SOLD_HERE = 4601
UNIVERSE_RESET = 4113
TOKEN_CODES = frozenset({*range(4100, 4110), 4114, 4115}) - {4113}
NOT_FOUND = 404


@dataclass(frozen=True)
class Done:
    """The game did it. `ship` is the last report with the answer's nav and fuel in it."""

    ship: Ship
    credits: int | None = None


@dataclass(frozen=True)
class Refused:
    """The game said no, below HTTP 500 and with a code: nothing happened."""

    code: int
    message: str
    status: int = 400
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def rejects_token(self) -> bool:
        return self.status == 401 and self.code in TOKEN_CODES

    def __str__(self) -> str:
        return f"the game refused ({self.code}): {self.message}"


@dataclass(frozen=True)
class RateLimited:
    """HTTP 429: nothing happened. `retry_after` in seconds."""

    retry_after: float


@dataclass(frozen=True)
class NotSent:
    """The call did not reach the game: nothing happened."""

    cause: str


@dataclass(frozen=True)
class OutcomeUnknown:
    """Time-out or reset after the write, any 5xx, any unreadable body: it may have happened, or still happen."""

    cause: str


Outcome = Done | Refused | RateLimited | NotSent | OutcomeUnknown


def shows_effect(intent: Intent, ship: Ship) -> bool:
    """Whether a look at the ship, made after the action must have settled, proves that the action took effect."""
    match intent.action:
        case GameAction.ORBIT:
            return ship.nav_status is not NavStatus.DOCKED
        case GameAction.DOCK:
            return ship.nav_status is NavStatus.DOCKED
        case GameAction.SET_FLIGHT_MODE:
            return ship.flight_mode.value == intent.target
        case GameAction.NAVIGATE:
            return ship.waypoint_symbol == intent.target and intent.waypoint != intent.target
        case GameAction.REFUEL:
            return ship.waypoint_symbol == intent.waypoint and (ship.fuel > intent.fuel or ship.tank_full)


@dataclass(frozen=True)
class Settlement:
    """What follows from an outcome. Without a sighting the ship must be looked at before anything else is done.

    `no_fuel_at` names a waypoint that turned out to sell no fuel. `pause`: the voyage sleeps until its
    next_action_time.
    """

    voyage: Voyage
    seen: Sighting | None = None
    no_fuel_at: str = ""
    pause: bool = False


def settle(voyage: Voyage, seen: Sighting, outcome: Outcome, now: datetime, back_off: timedelta) -> Settlement:
    """Apply the outcome of the voyage's intended action. `seen` is the sighting from before the call.

    Refusals of the token and of the universe are not for the voyage alone to judge; they are settled elsewhere.
    """
    match outcome:
        case Done(ship=ship, credits=paid):
            fresh = Sighting(ship, asked_time=now, receive_time=now)
            return Settlement(voyage.took_effect(fresh, paid, now), fresh)
        case Refused():
            return _after_refusal(voyage, seen, outcome, now, back_off)
        case RateLimited(retry_after=seconds):
            return _after_rate_limit(voyage, seen, seconds, now)
        case NotSent(cause=cause):
            return Settlement(voyage.retracted(now).waiting(now + back_off, cause, now, setback=True), pause=True)
        case OutcomeUnknown(cause=cause):
            # The old sighting serves: with the intent open, nothing but waiting follows from it.
            return Settlement(replace(voyage, last_error=cause, update_time=now), seen)


def _after_rate_limit(voyage: Voyage, seen: Sighting, seconds: float, now: datetime) -> Settlement:
    """A short wait is over before the ship would need to be looked at again: the request budget keeps it."""
    cause = "the game's request limit is used up"
    if seconds <= SHORT_PAUSE_SECONDS:
        return Settlement(voyage.retracted(now, cause), seen)
    until = now + timedelta(seconds=seconds)
    return Settlement(voyage.retracted(now).waiting(until, cause, now, setback=True), pause=True)


def _after_refusal(voyage: Voyage, seen: Sighting, refusal: Refused, now: datetime, back_off: timedelta) -> Settlement:
    ship, error = seen.ship, str(refusal)
    match refusal.code:
        case code if code in IN_TRANSIT_CODES or code == ALREADY_THERE:
            return Settlement(_counted(voyage, refusal, now))
        case code if code == NOT_IN_ORBIT:
            return _seen_otherwise(voyage, seen, NavStatus.DOCKED, refusal, now)
        case code if code == NOT_DOCKED:
            return _seen_otherwise(voyage, seen, NavStatus.IN_ORBIT, refusal, now)
        case code if code == INSUFFICIENT_FUEL:
            return Settlement(voyage.doubting_physics(error, now))
        case code if code == INSUFFICIENT_CREDITS:
            failure = Failure("INSUFFICIENT_CREDITS", error, tuple(refusal.metadata.items()))
            return Settlement(voyage.failed(failure, now))
        case code if code == NOT_SOLD_HERE and voyage.intent and voyage.intent.action is GameAction.REFUEL:
            return Settlement(voyage.retracted(now, error), seen, no_fuel_at=ship.waypoint_symbol)
        case _:
            counted = _counted(voyage, refusal, now)
            if not counted.state.is_active:
                return Settlement(counted)
            return Settlement(counted.waiting(now + back_off, error, now, setback=True), pause=True)


def _seen_otherwise(voyage: Voyage, seen: Sighting, status: NavStatus, refusal: Refused, now: datetime) -> Settlement:
    """The ship is not in the nav status that was believed: orbit or dock live, then try again."""
    corrected = replace(seen, ship=replace(seen.ship, nav_status=status))
    return Settlement(_counted(voyage, refusal, now), corrected)


def _counted(voyage: Voyage, refusal: Refused, now: datetime) -> Voyage:
    voyage = voyage.refused(str(refusal), now)
    if voyage.attempt < MAX_ATTEMPTS:
        return voyage
    metadata = (("game_error_code", str(refusal.code)), ("attempts", str(voyage.attempt)))
    return voyage.failed(Failure("INVALID_SHIP_STATE", str(refusal), metadata), now)
