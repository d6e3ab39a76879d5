"""Filling the tank, from the market or from the hold."""

from __future__ import annotations

from sandbox.call import Answer, Call, applied, no_op
from sandbox.errors import RefusedError
from sandbox.handlers.actions import require_dock
from sandbox.handlers.trading import pay, transaction_json, unload
from sandbox.physics import market_units
from sandbox.render import Json, agent_json, cargo_json, fuel_json
from sandbox.world.markets import FUEL


def refuel(call: Call) -> Answer:
    """Add `units` of ship fuel, or fill up; market and hold count by started hundreds."""
    ship, agent, universe = call.own_ship, call.own_agent, call.game.universe
    fields = call.fields()
    wanted, from_cargo = fields.whole("units", least=1), bool(fields.flag("fromCargo"))
    fields.check()
    require_dock(call, ship)
    free = max(0, ship.fuel_capacity - ship.fuel)
    added = free if wanted is None else min(wanted, free)
    units = market_units(added)
    price = 0
    if from_cargo:
        unload(ship, FUEL, units)
    else:
        price = _buy(call, units)
    ship.fuel += added
    answer: Json = {
        "agent": agent_json(agent, universe),
        "fuel": fuel_json(ship, call.game.clock),
        "transaction": transaction_json(call, ship, FUEL, units, price),
    }
    if from_cargo:
        answer["cargo"] = cargo_json(ship)
    if added == 0:
        return no_op(answer)
    universe.touch(ship, agent)
    return applied(answer)


def _buy(call: Call, units: int) -> int:
    """Pay, and return the price of one market unit."""
    waypoint = call.game.waypoint_of(call.own_ship)
    good = call.game.good(waypoint, FUEL)
    if good is None:
        data = {"waypointSymbol": waypoint.symbol, "tradeSymbol": FUEL}
        raise RefusedError(4601, f"{FUEL} is not sold at {waypoint.symbol}.", data)
    pay(call.own_agent, good, units)
    return good.purchase_price
