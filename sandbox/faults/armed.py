"""Faults that change the world: they are armed one at a time, and fire at the next requests they concern."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar, Final
from uuid import uuid4

from sandbox import flight
from sandbox.call import Answer, Call, refused
from sandbox.errors import RefusedError
from sandbox.faults.fault import Fault
from sandbox.log import APPLIED, LogEntry
from sandbox.universe import Ship

HANDS: Final = ("navigate", "orbit", "dock")


@dataclass
class ClockSkew(Fault):
    """From the request on, every time stamp and Date header is off by `seconds`."""

    name: ClassVar[str] = "clock_skew"
    by_probability: ClassVar[bool] = False
    seconds: float = 30.0

    async def before(self, call: Call) -> Answer | None:
        """Skew the clock."""
        call.game.clock.skew = round(self.seconds * 1000)
        call.game.keep_clock()
        return None


@dataclass
class UniverseReset(Fault):
    """The universe is reset just before the request."""

    name: ClassVar[str] = "universe_reset"
    by_probability: ClassVar[bool] = False

    async def before(self, call: Call) -> Answer | None:
        """Reset."""
        call.game.reset()
        return None


@dataclass
class TokenRejected(Fault):
    """The request is refused with 401/4104 though its token is good; with `revoke` the token is dead from then on."""

    name: ClassVar[str] = "token_rejected"
    by_probability: ClassVar[bool] = False
    revoke: bool = False

    def concerns(self, call: Call) -> bool:
        """Requests with a good agent token."""
        return call.game.tokens.identify(call.authorization).agent is not None

    async def before(self, call: Call) -> Answer | None:
        """The refusal."""
        if self.revoke and call.authorization is not None:
            call.game.tokens.revoke(call.authorization)
        return refused(RefusedError(4104, "The token was rejected."), call.request_id)


@dataclass
class ForeignHand(Fault):
    """Someone else with the same token commands the ship just before the request: `navigate`, `orbit` or `dock`.

    A flight goes to `waypoint`, or to one of the system's waypoints that the tank covers.
    """

    name: ClassVar[str] = "foreign_hand"
    by_probability: ClassVar[bool] = False
    hand: str = "navigate"
    waypoint: str | None = None
    pick: float = 0.0

    def settled(self, rng: Random) -> Fault:
        """Pick among the possible destinations."""
        return replace(self, pick=rng.random())

    def concerns(self, call: Call) -> bool:
        """Requests that name a ship which is not under way."""
        ship = _named_ship(call)
        return ship is not None and call.now >= ship.arrival

    async def before(self, call: Call) -> Answer | None:
        """Command the ship, and log it like any request."""
        ship = _named_ship(call)
        if ship is None:
            return None
        fuel_before = ship.fuel
        if self._command(call, ship):
            call.game.universe.touch(ship)
            call.game.keep(self._entry(call, ship, fuel_before))
        return None

    def _command(self, call: Call, ship: Ship) -> bool:
        """Whether the ship did anything."""
        if self.hand != "navigate":
            docked, ship.docked = ship.docked, self.hand == "dock"
            return docked != ship.docked
        here = call.game.waypoint_of(ship)
        wanted = call.game.galaxy.waypoints.get(self.waypoint or "")
        within = [wanted] if wanted else call.game.system_of(here).waypoints
        reachable = [w for w in within if w.system == here.system and w != here and flight.covers(ship, here, w)]
        if reachable:
            there = reachable[int(self.pick * len(reachable))]
            flight.depart(ship, here, there, call.now, call.game.config.time_scale)
        return bool(reachable)

    def _entry(self, call: Call, ship: Ship, fuel_before: int) -> LogEntry:
        game = call.game
        return LogEntry(
            number=game.log.last_number + 1,
            time=game.clock.stamp(game.clock.now()),
            agent=ship.agent,
            ship=ship.symbol,
            action=self.hand,
            destination=ship.waypoint if self.hand == "navigate" else None,
            result=APPLIED,
            code=None,
            fuel_before=fuel_before,
            fuel_after=ship.fuel,
            credits=game.universe.agents[ship.agent].credits,
            request_id=str(uuid4()),
            status=200,
            fault=self.name,
        )


def _named_ship(call: Call) -> Ship | None:
    ship = call.game.universe.ships.get(call.path.get("ship", "").upper())
    caller = call.game.tokens.identify(call.authorization).agent
    return ship if ship is not None and ship.agent == caller else None
