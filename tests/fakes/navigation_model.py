"""A ship on a line of places: a second, much simpler model of the game, to hold voyages to.

It shares no code with the decisions under test: places are numbers, a unit of distance costs a unit of fuel.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from navigation_service.domain.outcome import Done, Outcome, Refused
from navigation_service.domain.route import Navigate, Refuel, Route, Step
from navigation_service.domain.ship import NavStatus, Ship
from shared_kernel.physics import FlightMode

TANK = 100
PLACES = {"X1-AB-A": 0, "X1-AB-B": 60, "X1-AB-C": 110, "X1-AB-D": 150, "X1-AB-E": 240}
STATIONS = {"X1-AB-A", "X1-AB-B", "X1-AB-D"}
DRIFT_COST = 1


@dataclass
class ModelShip:
    """The truth. `paid` counts the refuels paid for in the present stay; a departure begins a new one.

    `departures`: where it ever left for.
    """

    place: str = "X1-AB-A"
    fuel: int = TANK
    docked: bool = True
    mode: FlightMode = FlightMode.STEALTH
    arrival: datetime | None = None
    paid: int = 0
    departures: list[str] = field(default_factory=list)

    def at(self, now: datetime) -> Ship:
        """What the game reports."""
        if self.arrival is not None and self.arrival <= now:
            self.arrival = None
        left = self.arrival - now if self.arrival else timedelta(0)
        status = NavStatus.IN_TRANSIT if self.arrival else NavStatus.DOCKED if self.docked else NavStatus.IN_ORBIT
        return Ship("ACE-1", "X1-AB", self.place, status, self.mode, self.fuel, TANK, 30, arrival_in=left)

    def act(self, action: str, target: str, now: datetime) -> Outcome:
        report = self.at(now)
        if report.in_transit:
            return Refused(4214, "in transit")
        match action:
            case "ORBIT" | "DOCK":
                self.docked = action == "DOCK"
            case "SET_FLIGHT_MODE":
                self.mode = FlightMode(target)
            case "REFUEL" if not self.docked:
                return Refused(4244, "in orbit")
            case "REFUEL" if self.place not in STATIONS:
                return Refused(4601, "no fuel here")
            case "REFUEL":
                self.fuel, self.paid = TANK, self.paid + 1
            case "NAVIGATE":
                return self._leave(target, now)
        return Done(self.at(now))

    def _leave(self, target: str, now: datetime) -> Outcome:
        if self.docked:
            return Refused(4236, "docked")
        if target == self.place:
            return Refused(4204, "there already")
        cost = _cost(self.place, target, self.mode)
        if cost > self.fuel:
            return Refused(4203, "not enough fuel")
        self.fuel, self.place, self.paid = self.fuel - cost, target, 0
        self.departures.append(target)
        self.arrival = now + timedelta(seconds=cost + 15)
        return Done(self.at(now))


def plan(origin: str, destination: str, fuel: int) -> Route | None:
    """Fewest steps, drifting only where nothing else leads there; None if nothing does."""
    return plan_tour(origin, (destination,), fuel)


def plan_tour(
    origin: str, stops: tuple[str, ...], fuel: int, *, in_order: bool = False, home: str = ""
) -> Route | None:
    """The same over several stops, and then home if there is one."""
    wish = _Wish(origin, stops, in_order, home)
    return _plan(wish, fuel, (FlightMode.CRUISE,)) or _plan(wish, fuel, (FlightMode.CRUISE, FlightMode.DRIFT))


@dataclass(frozen=True)
class _Wish:
    origin: str
    stops: tuple[str, ...]
    in_order: bool
    home: str

    def after(self, place: str, left: tuple[str, ...]) -> tuple[str, ...]:
        if self.in_order:
            return left[1:] if left[:1] == (place,) else left
        return tuple(stop for stop in left if stop != place)


def _plan(wish: _Wish, fuel: int, modes: tuple[FlightMode, ...]) -> Route | None:
    start = (wish.origin, fuel, wish.after(wish.origin, wish.stops))
    paths: list[tuple[tuple[str, int, tuple[str, ...]], tuple[Step, ...]]] = [(start, ())]
    known = {start}
    for (place, fuel_left, left), steps in paths:
        if not left and wish.home in ("", place):
            return Route(wish.origin, place, steps)
        for to, fuel_then, step in _moves(place, fuel_left, modes):
            reached = (to, fuel_then, wish.after(to, left))
            if reached not in known:
                known.add(reached)
                paths.append((reached, (*steps, step)))
    return None


def _moves(place: str, fuel: int, modes: tuple[FlightMode, ...]) -> list[tuple[str, int, Step]]:
    moves: list[tuple[str, int, Step]] = []
    if place in STATIONS and fuel < TANK:
        moves.append((place, TANK, Refuel(place, TANK - fuel)))
    for mode in modes:
        for other in PLACES:
            cost = _cost(place, other, mode)
            if other != place and cost <= fuel:
                moves.append((other, fuel - cost, Navigate(place, other, mode, cost, cost * 10**9, float(cost))))
    return moves


def _cost(start: str, end: str, mode: FlightMode) -> int:
    return DRIFT_COST if mode is FlightMode.DRIFT else abs(PLACES[start] - PLACES[end])
