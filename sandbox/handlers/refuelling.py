"""Filling the tank, from the market or from the hold."""

from __future__ import annotations

from sandbox.call import Answer, Call, applied, no_op
from sandbox.errors import RefusedError
from sandbox.handlers.actions import require_dock
from sandbox.physics import market_units
from sandbox.render import Json, agent_json, cargo_json, fuel_json
from sandbox.universe import Agent, Ship
from sandbox.world.markets import FUEL


def refuel(call: Call) -> Answer:
    """Add `units` of ship fuel, or fill up; the market charges by started hundreds."""
    ship, agent = call.own_ship, call.own_agent
    fields = call.fields()
    wanted, from_cargo = fields.whole("units", least=1), bool(fields.flag("fromCargo"))
    fields.check()
    require_dock(call, ship)
    free = max(0, ship.fuel_capacity - ship.fuel)
    added = free if wanted is None else min(wanted, free)
    units = market_units(added)
    price = _take_from_hold(ship, units) if from_cargo else _buy(call, agent, ship, units)
    ship.fuel += added
    answer: Json = {
        "agent": agent_json(agent, call.game.universe),
        "fuel": fuel_json(ship, call.game.clock),
        "transaction": transaction_json(call, ship, FUEL, units, price),
    }
    if from_cargo:
        answer["cargo"] = cargo_json(ship)
    if added == 0:
        return no_op(answer)
    call.game.universe.touch(ship, agent)
    return applied(answer)


def _buy(call: Call, agent: Agent, ship: Ship, units: int) -> int:
    """Pay, and return the price of one unit."""
    good = call.game.good(call.game.waypoint_of(ship), FUEL)
    if good is None:
        data = {"waypointSymbol": ship.waypoint, "tradeSymbol": FUEL}
        raise RefusedError(4601, f"{FUEL} is not sold at {ship.waypoint}.", data)
    total = units * good.purchase_price
    if agent.credits < total:
        raise RefusedError(
            4600,
            f"{units} units of {FUEL} cost {total}, and agent {agent.symbol} has {agent.credits} credits.",
            {
                "agentCredits": agent.credits,
                "totalPrice": total,
                "tradeSymbol": FUEL,
                "units": units,
                "purchasePrice": good.purchase_price,
            },
        )
    agent.credits -= total
    return good.purchase_price


def _take_from_hold(ship: Ship, units: int) -> int:
    held = ship.cargo.get(FUEL, 0)
    if held == 0:
        data = {"shipSymbol": ship.symbol, "tradeSymbol": FUEL}
        raise RefusedError(4218, f"Ship {ship.symbol} carries no {FUEL}.", data)
    if held < units:
        shortage = {"shipSymbol": ship.symbol, "tradeSymbol": FUEL, "cargoUnits": held, "unitsToRemove": units}
        raise RefusedError(4219, f"Ship {ship.symbol} carries {held} {FUEL}, and {units} are needed.", shortage)
    if held == units:
        del ship.cargo[FUEL]
    else:
        ship.cargo[FUEL] = held - units
    return 0


def transaction_json(call: Call, ship: Ship, good: str, units: int, price: int) -> Json:
    """A MarketTransaction of a purchase; kept for those who look at the market when anything was traded."""
    transaction: Json = {
        "waypointSymbol": ship.waypoint,
        "shipSymbol": ship.symbol,
        "tradeSymbol": good,
        "type": "PURCHASE",
        "units": units,
        "pricePerUnit": price,
        "totalPrice": units * price,
        "timestamp": call.game.clock.stamp(call.now),
    }
    if units and price:
        call.game.universe.note_trade(transaction)
    return transaction
