"""Buying and selling cargo."""

from __future__ import annotations

from sandbox.call import Answer, Call, applied
from sandbox.errors import RefusedError
from sandbox.handlers.actions import require_dock
from sandbox.render import Json, agent_json, cargo_json
from sandbox.universe import Agent, Ship
from sandbox.world.markets import TradeGood


def purchase(call: Call) -> Answer:
    """Buy goods into the hold."""
    ship, agent = call.own_ship, call.own_agent
    symbol, units = _order(call)
    require_dock(call, ship)
    good = _traded(call, ship, symbol, units, code=4601)
    room = ship.model.cargo_capacity - ship.cargo_units
    if units > room:
        data: Json = {"shipSymbol": ship.symbol, "cargoCapacity": ship.model.cargo_capacity, "unitsToAdd": units}
        raise RefusedError(4217, f"Ship {ship.symbol} has room for {room} units.", data)
    pay(agent, good, units)
    ship.cargo[symbol] = ship.cargo.get(symbol, 0) + units
    return _settle(call, ship, agent, transaction_json(call, ship, symbol, units, good.purchase_price))


def sell(call: Call) -> Answer:
    """Sell goods out of the hold."""
    ship, agent = call.own_ship, call.own_agent
    symbol, units = _order(call)
    require_dock(call, ship)
    good = _traded(call, ship, symbol, units, code=4602)
    unload(ship, symbol, units)
    agent.credits += units * good.sell_price
    return _settle(call, ship, agent, transaction_json(call, ship, symbol, units, good.sell_price, kind="SELL"))


def _order(call: Call) -> tuple[str, int]:
    fields = call.fields()
    symbol, units = fields.text("symbol").upper(), fields.required_whole("units", least=1)
    fields.check()
    return symbol, units


def _traded(call: Call, ship: Ship, symbol: str, units: int, code: int) -> TradeGood:
    good = call.game.good(call.game.waypoint_of(ship), symbol)
    data: Json = {"waypointSymbol": ship.waypoint, "tradeSymbol": symbol}
    if good is None:
        raise RefusedError(code, f"{symbol} is not traded at {ship.waypoint}.", data)
    if units > good.trade_volume:
        data |= {"units": units, "tradeVolume": good.trade_volume}
        raise RefusedError(4604, f"One trade of {symbol} is at most {good.trade_volume} units.", data)
    return good


def pay(agent: Agent, good: TradeGood, units: int) -> None:
    """Take the price of so many units from an agent, or refuse with 4600."""
    total = units * good.purchase_price
    if agent.credits < total:
        raise RefusedError(
            4600,
            f"{units} {good.symbol} cost {total}, and agent {agent.symbol} has {agent.credits} credits.",
            {
                "agentCredits": agent.credits,
                "totalPrice": total,
                "tradeSymbol": good.symbol,
                "units": units,
                "purchasePrice": good.purchase_price,
            },
        )
    agent.credits -= total


def unload(ship: Ship, symbol: str, units: int) -> None:
    """Take so many units from the hold, or refuse with 4218 or 4219."""
    held = ship.cargo.get(symbol, 0)
    data: Json = {"shipSymbol": ship.symbol, "tradeSymbol": symbol, "cargoUnits": held, "unitsToRemove": units}
    if held == 0:
        raise RefusedError(4218, f"Ship {ship.symbol} carries no {symbol}.", data)
    if held < units:
        raise RefusedError(4219, f"Ship {ship.symbol} carries {held} {symbol}, and {units} are needed.", data)
    if held == units:
        del ship.cargo[symbol]
    else:
        ship.cargo[symbol] = held - units


def _settle(call: Call, ship: Ship, agent: Agent, transaction: Json) -> Answer:
    universe = call.game.universe
    universe.touch(ship, agent)
    answer = {"agent": agent_json(agent, universe), "cargo": cargo_json(ship), "transaction": transaction}
    return applied(answer, status=201)


def transaction_json(call: Call, ship: Ship, good: str, units: int, price: int, kind: str = "PURCHASE") -> Json:
    """A MarketTransaction; kept for those who look at the market when anything changed hands."""
    transaction: Json = {
        "waypointSymbol": ship.waypoint,
        "shipSymbol": ship.symbol,
        "tradeSymbol": good,
        "type": kind,
        "units": units,
        "pricePerUnit": price,
        "totalPrice": units * price,
        "timestamp": call.game.clock.stamp(call.now),
    }
    if units and price:
        call.game.universe.note_trade(transaction)
    return transaction
