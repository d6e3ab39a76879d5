"""What ships do. Checks run in one order: body, transit, orbit or dock, destination, cooldown, fuel or credits."""

from __future__ import annotations

from sandbox import flight
from sandbox.call import Answer, Call, applied, no_op
from sandbox.errors import RefusedError
from sandbox.physics import FLIGHT_MODES, distance
from sandbox.render import Json, fuel_json, nav_json
from sandbox.universe import Ship
from sandbox.world.places import Waypoint, system_of


def orbit(call: Call) -> Answer:
    """Leave the dock."""
    return _berth(call, docked=False)


def dock(call: Call) -> Answer:
    """Enter the dock."""
    return _berth(call, docked=True)


def _berth(call: Call, *, docked: bool) -> Answer:
    ship = call.own_ship
    require_arrived(call, ship)
    changed = ship.docked != docked
    ship.docked = docked
    answer = {"nav": nav_json(ship, call.game.universe, call.game.clock)}
    if not changed:
        return no_op(answer)
    call.game.universe.touch(ship)
    return applied(answer)


def navigate(call: Call) -> Answer:
    """Fly to another waypoint of the system."""
    ship, symbol = call.own_ship, destination_of(call)
    require_orbit(call, ship)
    here = call.game.waypoint_of(ship)
    there = call.game.galaxy.waypoints.get(symbol)
    if system_of(symbol) != here.system and (there or system_of(symbol) in call.game.galaxy.systems):
        data = {"shipSymbol": ship.symbol, "destinationSymbol": symbol}
        raise RefusedError(4202, f"Ship {ship.symbol} cannot navigate out of {here.system}: jump or warp.", data)
    there = require_known(ship, there, symbol)
    if there.symbol == here.symbol:
        data = {"shipSymbol": ship.symbol, "destinationSymbol": symbol}
        raise RefusedError(4204, f"Ship {ship.symbol} is already at {symbol}.", data)
    flight.depart(ship, here, there, call.now, call.game.config.time_scale)
    call.game.universe.touch(ship)
    return applied(departure_json(call, ship))


def departure_json(call: Call, ship: Ship) -> Json:
    """What navigate, warp and a mode change answer."""
    clock = call.game.clock
    return {"nav": nav_json(ship, call.game.universe, clock), "fuel": fuel_json(ship, clock), "events": []}


def set_flight_mode(call: Call) -> Answer:
    """Choose the mode of the coming trips; under way, only a faster one."""
    ship, game = call.own_ship, call.game
    fields = call.fields()
    mode = fields.choice("flightMode", FLIGHT_MODES)
    fields.check()
    if mode == ship.flight_mode:
        return no_op(departure_json(call, ship))
    if call.now < ship.arrival:
        origin, there = game.galaxy.waypoints[ship.origin], game.waypoint_of(ship)
        warping = origin.system != there.system
        ends = (game.system_of(origin), game.system_of(there)) if warping else (origin, there)
        units = distance(ends[0].x - ends[1].x, ends[0].y - ends[1].y)
        flight.speed_up(ship, mode, units, call.now, game.config.time_scale, warping=warping)
    ship.flight_mode = mode
    game.universe.touch(ship)
    return applied(departure_json(call, ship))


def destination_of(call: Call) -> str:
    """The waypoint a body names, noted for the log."""
    fields = call.fields()
    symbol = fields.text("waypointSymbol").upper()
    fields.check()
    call.destination = symbol
    return symbol


def require_known(ship: Ship, there: Waypoint | None, symbol: str) -> Waypoint:
    """Refuse a destination that is not on the map."""
    if there is None:
        data = {"shipSymbol": ship.symbol, "destinationSymbol": symbol}
        raise RefusedError(4201, f"The destination {symbol} does not exist.", data)
    return there


def require_arrived(call: Call, ship: Ship) -> None:
    """Refuse what a ship cannot do under way."""
    now, clock = call.now, call.game.clock
    if now >= ship.arrival:
        return
    seconds = -(-(ship.arrival - now) // 1000)
    raise RefusedError(
        4214,
        f"Ship {ship.symbol} is in transit from {ship.origin} to {ship.waypoint}, and arrives in {seconds} seconds.",
        {
            "departureSymbol": ship.origin,
            "destinationSymbol": ship.waypoint,
            "arrival": clock.stamp(ship.arrival),
            "departureTime": clock.stamp(ship.departure),
            "secondsToArrival": seconds,
        },
    )


def require_orbit(call: Call, ship: Ship) -> None:
    """Refuse what a ship under way or in the dock cannot do."""
    require_arrived(call, ship)
    if ship.docked:
        raise RefusedError(4236, f"Ship {ship.symbol} is not in orbit.", {"waypointSymbol": ship.waypoint})


def require_dock(call: Call, ship: Ship) -> None:
    """Refuse what a ship can only do in the dock."""
    require_arrived(call, ship)
    if not ship.docked:
        raise RefusedError(4244, f"Ship {ship.symbol} is not docked.", {"waypointSymbol": ship.waypoint})
