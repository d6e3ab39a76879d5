"""Leaving the system: through a gate, or by warp."""

from __future__ import annotations

from sandbox import flight
from sandbox.call import Answer, Call, applied
from sandbox.errors import RefusedError
from sandbox.handlers.actions import departure_json, destination_of, require_known, require_orbit
from sandbox.handlers.trading import transaction_json
from sandbox.physics import distance
from sandbox.render import agent_json, cooldown_json, nav_json
from sandbox.universe import Agent, Ship
from sandbox.world.markets import ANTIMATTER, TradeGood
from sandbox.world.places import Waypoint


def jump(call: Call) -> Answer:
    """Go through a gate to a connected one, for a unit of antimatter bought on the spot."""
    ship, agent, game = call.own_ship, call.own_agent, call.game
    symbol = destination_of(call)
    require_orbit(call, ship)
    here = game.waypoint_of(ship)
    there = _connected_gate(call, ship, here, symbol)
    _require_cool(call, ship)
    antimatter = _pay_for_antimatter(call, agent, here)
    transaction = transaction_json(call, ship, antimatter.symbol, 1, antimatter.purchase_price)
    flight.jump(ship, game.system_of(here), game.system_of(there), there, call.now, game.config.time_scale)
    game.universe.touch(ship, agent)
    return applied(
        {
            "nav": nav_json(ship, game.universe, game.clock),
            "cooldown": cooldown_json(ship, game.clock),
            "transaction": transaction,
            "agent": agent_json(agent, game.universe),
        }
    )


def _connected_gate(call: Call, ship: Ship, here: Waypoint, symbol: str) -> Waypoint:
    if here.type != "JUMP_GATE":
        data = {"shipSymbol": ship.symbol, "waypointSymbol": here.symbol}
        raise RefusedError(4254, f"Ship {ship.symbol} is not at a jump gate.", data)
    if here.under_construction:
        raise RefusedError(4256, f"The gate {here.symbol} is under construction.", {"waypointSymbol": here.symbol})
    connections = call.game.galaxy.gates[here.symbol]
    if symbol not in connections:
        known = {"connections": list(connections)}
        raise RefusedError(4255, f"The gate {here.symbol} is not connected to {symbol}.", known)
    there = call.game.galaxy.waypoints[symbol]
    if there.under_construction:
        raise RefusedError(4262, f"The gate {symbol} is under construction.", {"waypointSymbol": symbol})
    return there


def _require_cool(call: Call, ship: Ship) -> None:
    if call.now < ship.cooldown_end:
        cooldown = cooldown_json(ship, call.game.clock)
        message = f"Ship {ship.symbol} is cooling down for {cooldown['remainingSeconds']} seconds."
        raise RefusedError(4000, message, {"cooldown": cooldown})


def _pay_for_antimatter(call: Call, agent: Agent, gate: Waypoint) -> TradeGood:
    antimatter = call.game.good(gate, ANTIMATTER)
    if antimatter is None:
        data = {"waypointSymbol": gate.symbol, "tradeSymbol": ANTIMATTER}
        raise RefusedError(4601, f"{ANTIMATTER} is not sold at {gate.symbol}.", data)
    price = antimatter.purchase_price
    if agent.credits < price:
        balance = {"agentCredits": agent.credits, "totalPrice": price}
        raise RefusedError(4265, f"A jump costs {price}, and the agent has {agent.credits} credits.", balance)
    agent.credits -= price
    return antimatter


def warp(call: Call) -> Answer:
    """Fly to a waypoint of another system, within the reach of the warp drive."""
    ship, game = call.own_ship, call.game
    symbol = destination_of(call)
    require_orbit(call, ship)
    there = require_known(ship, game.galaxy.waypoints.get(symbol), symbol)
    here, target = game.system_of(game.waypoint_of(ship)), game.system_of(there)
    data = {"shipSymbol": ship.symbol, "destinationSymbol": symbol}
    if here.symbol == target.symbol:
        raise RefusedError(4235, f"{symbol} lies in the ship's own system: navigate there.", data)
    reach = ship.model.warp_range
    if reach is None:
        raise RefusedError(4241, f"Ship {ship.symbol} has no warp drive.", data)
    units = distance(target.x - here.x, target.y - here.y)
    if units > reach:
        raise RefusedError(4201, f"{symbol} is {units} away, and the warp drive reaches {reach}.", data)
    flight.warp(ship, here, target, there, call.now, game.config.time_scale)
    game.universe.touch(ship)
    return applied(departure_json(call, ship))
