"""The game as navigation knows it, in memory: real physics, every precondition, and answers that get lost.

Stricter than the real one: it refuses to be called under an open database scope, without a permit, or with a
permit that was used before.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto

from navigation_service.application.ports import (
    AgentToken,
    ChartedWaypoint,
    Credential,
    Permit,
    ShipList,
    Urgency,
)
from navigation_service.domain.errors import (
    GameUnavailableError,
    ShipNotFoundError,
    SystemNotFoundError,
    TokenRejectedError,
    UniverseResetError,
)
from navigation_service.domain.outcome import Done, NotSent, Outcome, OutcomeUnknown, RateLimited, Refused
from navigation_service.domain.ship import NavStatus, Ship
from navigation_service.domain.voyage import GameAction
from shared_kernel.clock import Clock
from shared_kernel.physics import FlightMode, charged_distance, fuel_required, travel_seconds
from tests.fakes.navigation_budget import FakeBudget
from tests.fakes.navigation_memory import MemoryDatabase

FUEL_PRICE = 72
READ_ATTEMPTS = 3


class Fault(Enum):
    """What may befall one call. LOST_AFTER: it takes effect and its answer is lost; LOST_BEFORE: no effect."""

    LOST_AFTER = auto()
    LOST_BEFORE = auto()
    NOT_SENT = auto()
    RATE_LIMITED = auto()
    DOWN = auto()


@dataclass(frozen=True)
class Place:
    symbol: str
    x: int
    y: int
    sells_fuel: bool = False
    marketplace: bool = False


@dataclass(frozen=True)
class Call:
    """One request that reached the game. `action` is READ for reads; `applied` tells whether it changed anything."""

    action: str
    ship_symbol: str = ""
    target: str = ""
    applied: bool = False
    code: int = 0


class FakeGame:
    """Satisfies GameGateway over a world of its own, on `clock`; `time_scale` shortens flights.

    `calls` lists all that reached the game. `fail(action, fault)` arms a fault for the next call of a GameAction
    or of "READ". `down` makes every call fail.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        budget: FakeBudget | None = None,
        database: MemoryDatabase | None = None,
        universe: str = "fake.game/2026-11-01",
        time_scale: float = 1.0,
    ) -> None:
        self.calls: list[Call] = []
        self.down = False
        self.universe = universe
        self.refuse_refuel_silently = False
        self.ships: dict[str, Ship] = {}
        self.credits: dict[str, int] = {}
        self._clock = clock
        self._budget = budget or FakeBudget()
        self._database = database
        self.time_scale = time_scale
        self._places: dict[str, Place] = {}
        self._agents: dict[str, str] = {}
        self._refused: dict[str, int] = {}
        self._faults: dict[str, deque[Fault | Outcome]] = defaultdict(deque)

    # What a test arranges.

    def enlist(self, agent_symbol: str, player_id: int = 1, token_version: int = 1) -> Credential:
        """A new agent with 100,000 credits and no ships."""
        token = f"token-{len(self._agents)}-of-{agent_symbol}"
        self._agents[token] = agent_symbol
        self.credits[agent_symbol] = 100_000
        return Credential(player_id, agent_symbol, AgentToken(token), token_version, self.universe)

    def chart(self, *places: Place) -> None:
        self._places |= {place.symbol: place for place in places}

    def launch(
        self,
        ship_symbol: str,
        waypoint: str,
        *,
        fuel: int = 400,
        fuel_capacity: int = 400,
        engine_speed: int = 36,
        nav_status: NavStatus = NavStatus.DOCKED,
        flight_mode: FlightMode = FlightMode.CRUISE,
    ) -> Ship:
        """A new ship; the place must be charted."""
        now, system = self._clock.now(), _system_of(self._places[waypoint].symbol)
        ship = Ship(
            ship_symbol,
            system,
            waypoint,
            nav_status,
            flight_mode,
            fuel,
            fuel_capacity,
            engine_speed,
            waypoint,
            now,
            now,
        )
        self.ships[ship_symbol] = replace(ship, role="COMMAND", frame="FRAME_FRIGATE")
        return self.ships[ship_symbol]

    def fail(self, action: GameAction | str, *faults: Fault | Outcome) -> None:
        """Arm faults for the next calls of this action, one each; an Outcome is answered as it is."""
        self._faults[action if isinstance(action, str) else action.value].extend(faults)

    def refuse_token(self, credential: Credential, code: int = 4104) -> None:
        self._agents.pop(credential.token.reveal(), None)
        self._refused[credential.token.reveal()] = code

    def move(self, ship_symbol: str, waypoint: str, **changes: object) -> None:
        """A foreign hand: the ship stands in orbit elsewhere, without any call."""
        moved = replace(self.ships[ship_symbol], waypoint_symbol=waypoint, nav_status=NavStatus.IN_ORBIT)
        self.ships[ship_symbol] = replace(moved, **changes)  # type: ignore[arg-type]  # any field of Ship

    def applied(self, action: GameAction) -> list[Call]:
        """The calls of this action that changed something, in order."""
        return [call for call in self.calls if call.action == action.value and call.applied]

    # GameGateway

    async def get_ship(
        self, credential: Credential, ship_symbol: str, urgency: Urgency, permit: Permit | None = None
    ) -> Ship:
        await self._read(credential, urgency, permit, ship_symbol)
        return self._own_ship(credential, ship_symbol)

    async def list_ships(self, credential: Credential) -> ShipList:
        await self._read(credential, Urgency.CALLER)
        mine = [symbol for symbol in self.ships if symbol.rpartition("-")[0] == credential.agent_symbol]
        return ShipList([self._present(symbol) for symbol in mine])

    async def perform(
        self, credential: Credential, ship: Ship, action: GameAction, target: str, *, permit: Permit, send_by: float
    ) -> Outcome:
        await self._arrive()
        if self._clock.monotonic() >= send_by:
            permit.give_back()
            return NotSent("it was too late to send it")
        fault = self._next_fault(action.value)
        if fault is Fault.NOT_SENT:
            permit.give_back()
            return NotSent("the game cannot be reached")
        permit.spend(credential.agent_symbol)
        if fault is Fault.RATE_LIMITED:
            await self._budget.pause(1.0)
            return RateLimited(1.0)
        if fault in (Fault.LOST_BEFORE, Fault.DOWN):
            return OutcomeUnknown("no answer in time")
        if fault is not None and not isinstance(fault, Fault):
            self.calls.append(Call(action.value, ship.ship_symbol, target))
            return fault
        outcome = self._act(credential, ship.ship_symbol, action, target)
        return OutcomeUnknown("no answer in time") if fault is Fault.LOST_AFTER else outcome

    async def accepts_token(self, credential: Credential) -> bool:
        try:
            await self._read(credential, Urgency.CALLER)
        except TokenRejectedError:
            return False
        return True

    async def read_waypoints(self, credential: Credential, system_symbol: str) -> Sequence[ChartedWaypoint]:
        await self._read(credential, Urgency.CALLER, None, system_symbol)
        found = [place for place in self._places.values() if _system_of(place.symbol) == system_symbol]
        if not found:
            message = f"the game knows no system {system_symbol}"
            raise SystemNotFoundError(message, {"system_symbol": system_symbol})
        return [ChartedWaypoint(p.symbol, p.x, p.y, p.sells_fuel or p.marketplace) for p in found]

    async def market_sells_fuel(self, credential: Credential, waypoint_symbol: str) -> bool | None:
        await self._read(credential, Urgency.SURVEY, None, waypoint_symbol)
        return waypoint_symbol in self._places and self._places[waypoint_symbol].sells_fuel

    # How it behaves.

    async def _arrive(self) -> None:
        if self._database is not None and self._database.in_scope:
            raise AssertionError("the game was called under an open database scope")
        await asyncio.sleep(0)

    async def _read(
        self, credential: Credential, urgency: Urgency, permit: Permit | None = None, target: str = ""
    ) -> None:
        """As often as the real one: a few attempts, each with a permit of its own."""
        for _ in range(READ_ATTEMPTS):
            await self._arrive()
            permit = permit or await self._budget.acquire(urgency, credential.agent_symbol)
            fault = self._next_fault("READ")
            if fault is Fault.NOT_SENT:
                permit.give_back()
            else:
                permit.spend(credential.agent_symbol)
            permit = None
            if fault is None:
                self.calls.append(Call("READ", target=target))
                self._require_token(credential)
                return
            if fault is Fault.RATE_LIMITED:
                await self._budget.pause(1.0)
        raise GameUnavailableError("the game does not answer; try again")

    def _next_fault(self, action: str) -> Fault | Outcome | None:
        if self.down:
            return Fault.DOWN
        armed = self._faults[action]
        return armed.popleft() if armed else None

    def _require_token(self, credential: Credential) -> None:
        token = credential.token.reveal()
        if token in self._agents:
            return
        code = self._refused.get(token, 4104)
        metadata = {"agent_symbol": credential.agent_symbol, "game_error_code": str(code)}
        if code == 4113:
            raise UniverseResetError("the game's universe was reset", metadata)
        raise TokenRejectedError(f"the game refuses the token of {credential.agent_symbol}", metadata)

    def _own_ship(self, credential: Credential, ship_symbol: str) -> Ship:
        if ship_symbol not in self.ships or ship_symbol.rpartition("-")[0] != credential.agent_symbol:
            message = f"the game knows no ship {ship_symbol} of {credential.agent_symbol}"
            raise ShipNotFoundError(message, {"ship_symbol": ship_symbol})
        return self._present(ship_symbol)

    def _present(self, ship_symbol: str) -> Ship:
        ship, now = self.ships[ship_symbol], self._clock.now()
        if not ship.in_transit:
            return ship
        assert ship.arrival_time is not None
        if ship.arrival_time > now:
            return replace(ship, arrival_in=ship.arrival_time - now)
        self.ships[ship_symbol] = replace(ship, nav_status=NavStatus.IN_ORBIT)
        return self.ships[ship_symbol]

    def _act(self, credential: Credential, ship_symbol: str, action: GameAction, target: str) -> Outcome:
        before = self.ships.get(ship_symbol)
        outcome = self._outcome(credential, ship_symbol, action, target)
        code = outcome.code if isinstance(outcome, Refused) else 0
        changed = self.ships.get(ship_symbol) != before and not code
        self.calls.append(Call(action.value, ship_symbol, target, changed, code))
        return outcome

    def _outcome(self, credential: Credential, ship_symbol: str, action: GameAction, target: str) -> Outcome:
        if credential.token.reveal() not in self._agents:
            return Refused(self._refused.get(credential.token.reveal(), 4104), "the token is not valid", 401)
        try:
            ship = self._own_ship(credential, ship_symbol)
        except ShipNotFoundError as error:
            return Refused(404, str(error), 404)
        match action:
            case GameAction.ORBIT | GameAction.DOCK:
                return self._orbit_or_dock(ship, action)
            case GameAction.SET_FLIGHT_MODE:
                return self._set_mode(ship, FlightMode(target))
            case GameAction.NAVIGATE:
                return self._navigate(ship, target)
            case GameAction.REFUEL:
                return self._refuel(credential.agent_symbol, ship)

    def _orbit_or_dock(self, ship: Ship, action: GameAction) -> Outcome:
        if ship.in_transit:
            return Refused(4214, "the ship is in transit")
        status = NavStatus.DOCKED if action is GameAction.DOCK else NavStatus.IN_ORBIT
        return self._done(replace(ship, nav_status=status))

    def _set_mode(self, ship: Ship, mode: FlightMode) -> Outcome:
        if ship.in_transit:
            return Refused(4269, "a ship in transit cannot slow down")
        return self._done(replace(ship, flight_mode=mode))

    def _navigate(self, ship: Ship, target: str) -> Outcome:
        if ship.in_transit:
            return Refused(4214, "the ship is in transit")
        if ship.nav_status is NavStatus.DOCKED:
            return Refused(4236, "the ship is docked")
        if target not in self._places:
            return Refused(4201, "there is no such waypoint")
        if _system_of(target) != ship.system_symbol:
            return Refused(4202, "the waypoint lies in another system")
        if target == ship.waypoint_symbol:
            return Refused(4204, "the ship is there already")
        start, end = self._places[ship.waypoint_symbol], self._places[target]
        distance = charged_distance(end.x - start.x, end.y - start.y)
        fuel = fuel_required(ship.flight_mode, distance, ship.fuel_capacity)
        if ship.fuel < fuel:
            required = {"fuel_required": str(fuel), "fuel_available": str(ship.fuel)}
            return Refused(4203, "the ship has not enough fuel", metadata=required)
        now = self._clock.now()
        seconds = travel_seconds(ship.flight_mode, distance, ship.engine_speed) / self.time_scale
        flying = replace(
            ship,
            waypoint_symbol=target,
            origin_waypoint_symbol=ship.waypoint_symbol,
            nav_status=NavStatus.IN_TRANSIT,
            fuel=ship.fuel - fuel,
            departure_time=now,
            arrival_time=now + timedelta(seconds=seconds),
        )
        return self._done(flying)

    def _refuel(self, agent_symbol: str, ship: Ship) -> Outcome:
        if ship.in_transit:
            return Refused(4214, "the ship is in transit")
        if ship.nav_status is NavStatus.IN_ORBIT:
            return Refused(4244, "the ship is not docked")
        if not self._places[ship.waypoint_symbol].sells_fuel:
            return Refused(4601, "no FUEL is sold here")
        price = -(-(ship.fuel_capacity - ship.fuel) // 100) * FUEL_PRICE
        if self.refuse_refuel_silently:
            return self._done(ship, credits=0)
        if self.credits[agent_symbol] < price:
            return Refused(4600, "the agent has not enough credits")
        self.credits[agent_symbol] -= price
        return self._done(replace(ship, fuel=ship.fuel_capacity), credits=price)

    def _done(self, ship: Ship, credits: int | None = None) -> Done:
        self.ships[ship.ship_symbol] = replace(ship, arrival_in=timedelta(0))
        return Done(self._present(ship.ship_symbol), credits)


def _system_of(waypoint: str) -> str:
    return "-".join(waypoint.split("-")[:2])
