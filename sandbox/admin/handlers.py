"""What tests may ask of the sandbox itself."""

from __future__ import annotations

from typing import Final

from sandbox.admin.endpoint import AdminCall
from sandbox.call import Answer, read
from sandbox.errors import RefusedError, invalid
from sandbox.fields import Fields
from sandbox.log import KEPT
from sandbox.render import Json, agent_json, ship_json
from sandbox.universe import Ship
from sandbox.world.ship_types import SHIP_TYPES

LARGEST_STEP: Final = 10 * 365 * 86_400.0
HIGHEST_RATE: Final = 1e6


def read_log(call: AdminCall) -> Answer:
    """Requests with numbers above `after`, oldest first, at most `limit` of them when that is given."""
    bounds = {"after": 0, "limit": KEPT}
    for name in bounds:
        for text in call.query(name):
            if not (text.isascii() and text.isdigit()):
                raise invalid({name: [f"{name} must be a whole number of at least 0."]})
            bounds[name] = int(text[:15])
    entries = call.game.log.after(bounds["after"], bounds["limit"])
    return Answer({"data": [entry.to_json() for entry in entries], "meta": {"last": call.game.log.last_number}})


def read_clock(call: AdminCall) -> Answer:
    """Where the clock stands."""
    clock = call.game.clock
    return read(
        {
            "now": clock.stamp(clock.now()),
            "frozen": clock.frozen,
            "rate": clock.rate,
            "skew_seconds": clock.skew / 1000,
            "time_scale": float(call.game.config.time_scale),
        }
    )


def set_clock(call: AdminCall) -> Answer:
    """Freeze or release the clock, set its rate or skew, then step it."""
    clock, fields = call.game.clock, _fields(call, "freeze", "frozen", "rate", "skew_seconds", "step_seconds")
    frozen = fields.flag("freeze" if fields.has("freeze") else "frozen")
    rate = fields.number("rate", 0.001, HIGHEST_RATE)
    skew = fields.number("skew_seconds", -86_400, 86_400)
    step = fields.number("step_seconds", 0, LARGEST_STEP)
    fields.check()
    if frozen is not None:
        clock.freeze(frozen)
    if rate is not None:
        clock.set_rate(rate)
    if skew is not None:
        clock.skew = round(skew * 1000)
    if step is not None:
        clock.step(round(step * 1000))
    call.game.keep_clock()
    return read_clock(call)


def add_ship(call: AdminCall) -> Answer:
    """Give an agent a ship, docked, with a full tank unless `fuel` says otherwise."""
    universe, fields = call.game.universe, _fields(call, "agent", "type", "waypoint", "fuel")
    agent, waypoint = fields.member("agent", universe.agents), fields.member("waypoint", universe.galaxy.waypoints)
    ship_type, fuel = fields.choice("type", SHIP_TYPES), fields.whole("fuel", 0)
    fields.check()
    ship = universe.build_ship(universe.agents[agent], ship_type, waypoint, call.now)
    _fill(ship, fuel)
    return Answer({"data": _ship_json(call, ship)}, status=201)


def move_ship(call: AdminCall) -> Answer:
    """Put a ship somewhere at once, whatever it was doing; optionally with a `status` and `fuel`."""
    universe, fields = call.game.universe, _fields(call, "ship", "waypoint", "status", "fuel")
    symbol, waypoint = fields.member("ship", universe.ships), fields.member("waypoint", universe.galaxy.waypoints)
    status = fields.choice("status", ("DOCKED", "IN_ORBIT")) if fields.has("status") else None
    fuel = fields.whole("fuel", 0)
    fields.check()
    ship = universe.ships[symbol]
    ship.docked = ship.docked if status is None else status == "DOCKED"
    ship.origin = ship.waypoint = waypoint
    ship.departure = ship.arrival = call.now
    _fill(ship, fuel)
    universe.touch(ship)
    return read(_ship_json(call, ship))


def set_credits(call: AdminCall) -> Answer:
    """Make an agent rich or poor."""
    universe, fields = call.game.universe, _fields(call, "agent", "credits")
    symbol = fields.member("agent", universe.agents)
    amount = fields.required_whole("credits", -(2**53))
    fields.check()
    agent = universe.agents[symbol]
    agent.credits = amount
    universe.touch(agent)
    return read(agent_json(agent, universe))


def issue_token(call: AdminCall) -> Answer:
    """A fresh token for an agent, as the game's site would show it."""
    fields = _fields(call, "agent")
    agent = fields.member("agent", call.game.universe.agents)
    fields.check()
    return read({"token": call.game.tokens.issue(agent, call.now)})


def reset(call: AdminCall) -> Answer:
    """Begin the next universe, of `seed` or of the next seed."""
    fields = _fields(call, "seed")
    seed = fields.whole("seed", 0)
    fields.check()
    call.game.reset(seed)
    return read({"resetDate": call.game.universe.reset_date, "seed": call.game.galaxy.seed})


def unknown_admin_route(call: AdminCall) -> Answer:
    """The answer to anything else."""
    raise RefusedError(404, f"There is no admin endpoint /_sandbox{call.path['path']} with this method.")


def _fields(call: AdminCall, *known: str) -> Fields:
    fields = call.fields()
    fields.reject_unknown(known)
    return fields


def _fill(ship: Ship, fuel: int | None) -> None:
    if fuel is not None:
        ship.fuel = min(fuel, ship.fuel_capacity)


def _ship_json(call: AdminCall, ship: Ship) -> Json:
    return ship_json(ship, call.game.universe, call.game.clock, call.game.blueprints[ship.type])
