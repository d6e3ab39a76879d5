"""The public map: systems, waypoints, markets, shipyards, gates and building sites."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.call import Answer, Call, page_of, read
from sandbox.errors import RefusedError, invalid, not_found
from sandbox.render import Json, named, words
from sandbox.world.markets import TradeGood
from sandbox.world.places import System, Waypoint
from sandbox.world.ship_types import SHIP_TYPES, ships_sold_at
from sandbox.world.traits import TRAITS, WAYPOINT_TYPES


def list_systems(call: Call) -> Answer:
    """All systems, by symbol."""
    return page_of(call, list(call.game.galaxy.systems.values()), system_json)


def get_system(call: Call) -> Answer:
    """One system."""
    return read(system_json(_system(call)))


def list_waypoints(call: Call) -> Answer:
    """A system's waypoints, of a type and with all traits asked for; filters see through missing charts."""
    system, traits, types = _system(call), call.query("traits"), call.query("type")
    violations = {
        name: [f"{name} must be one of the known symbols; {value} is none."]
        for name, values, known in (("traits", traits, TRAITS), ("type", types, WAYPOINT_TYPES))
        for value in values
        if value not in known
    }
    if violations:
        raise invalid(violations)
    found = [w for w in system.waypoints if w.type in (types or (w.type,)) and set(traits) <= set(w.traits)]
    return page_of(call, found, lambda waypoint: waypoint_json(call, waypoint))


def get_waypoint(call: Call) -> Answer:
    """One waypoint."""
    return read(waypoint_json(call, _waypoint(call)))


def get_market(call: Call) -> Answer:
    """What a market trades; prices and transactions only for those who have a ship there."""
    waypoint = _waypoint(call)
    goods = call.game.market(waypoint)
    if not goods:
        raise not_found(f"Market at {waypoint.symbol}")
    market: Json = {"symbol": waypoint.symbol}
    for name, kind in (("exports", "EXPORT"), ("imports", "IMPORT"), ("exchange", "EXCHANGE")):
        market[name] = [named(good.symbol, "good") for good in goods if good.kind == kind]
    if _is_present(call, waypoint):
        market["transactions"] = list(call.game.universe.trades.get(waypoint.symbol, ()))
        market["tradeGoods"] = [_trade_good_json(good) for good in goods]
    return read(market)


def get_shipyard(call: Call) -> Answer:
    """Which ships a yard sells; prices and parts only for those who have a ship there."""
    waypoint = _waypoint(call)
    types = ships_sold_at(waypoint)
    if not types:
        raise not_found(f"Shipyard at {waypoint.symbol}")
    yard: Json = {"symbol": waypoint.symbol, "shipTypes": [{"type": symbol} for symbol in types]}
    if _is_present(call, waypoint):
        yard["transactions"] = list(call.game.universe.purchases.get(waypoint.symbol, ()))
        yard["ships"] = [_offer_json(call, symbol) for symbol in types]
    return read(yard | {"modificationsFee": 5000})


def get_jump_gate(call: Call) -> Answer:
    """Where a gate leads; an uncharted one tells only those who have a ship there."""
    gate = _waypoint(call)
    if gate.type != "JUMP_GATE":
        raise not_found(f"Jump gate at {gate.symbol}")
    if not gate.charted and not _is_present(call, gate):
        data = {"waypointSymbol": gate.symbol}
        raise RefusedError(4001, f"Waypoint {gate.symbol} is uncharted, and you have no ship there.", data)
    return read({"symbol": gate.symbol, "connections": list(call.game.galaxy.gates[gate.symbol])})


def get_construction(call: Call) -> Answer:
    """What an unfinished gate still needs."""
    waypoint = _waypoint(call)
    if not waypoint.under_construction:
        raise not_found(f"Construction site at {waypoint.symbol}")
    needs = (("FAB_MATS", 1600), ("ADVANCED_CIRCUITRY", 400), ("QUANTUM_STABILIZERS", 1))
    materials = [{"tradeSymbol": good, "required": units, "fulfilled": 0} for good, units in needs]
    return read({"symbol": waypoint.symbol, "materials": materials, "isComplete": False})


def _system(call: Call) -> System:
    symbol = call.path["system"].upper()
    system = call.game.galaxy.systems.get(symbol)
    if system is None:
        raise not_found(f"System {symbol}")
    return system


def _waypoint(call: Call) -> Waypoint:
    system, symbol = _system(call), call.path["waypoint"].upper()
    waypoint = call.game.galaxy.waypoints.get(symbol)
    if waypoint is None or waypoint.system != system.symbol:
        raise not_found(f"Waypoint {symbol}")
    return waypoint


def _is_present(call: Call, waypoint: Waypoint) -> bool:
    agent = call.agent.symbol if call.agent else None
    return call.game.universe.is_present(agent, waypoint.symbol, call.now)


def system_json(system: System) -> Json:
    """A System, with its waypoints in short."""
    return {
        "symbol": system.symbol,
        "sectorSymbol": "X1",
        "constellation": f"Constellation {system.symbol}",
        "name": f"Star {system.symbol}",
        "type": system.type,
        "x": system.x,
        "y": system.y,
        "waypoints": [_stub(w) | {"orbitals": _symbols(w.orbitals)} | _orbits(w) for w in system.waypoints],
        "factions": _symbols((system.faction,) if system.faction else ()),
    }


def waypoint_json(call: Call, waypoint: Waypoint) -> Json:
    """A Waypoint; an uncharted one hides its traits."""
    shape = _stub(waypoint) | {"systemSymbol": waypoint.system, "orbitals": _symbols(waypoint.orbitals)}
    shape |= _orbits(waypoint)
    if waypoint.faction:
        shape["faction"] = {"symbol": waypoint.faction}
    traits = waypoint.traits if waypoint.charted else ("UNCHARTED",)
    shape |= {"traits": [named(trait, "trait") for trait in traits], "modifiers": []}
    if waypoint.charted:
        shape["chart"] = {
            "waypointSymbol": waypoint.symbol,
            "submittedBy": waypoint.faction or "COSMIC",
            "submittedOn": f"{call.game.universe.reset_date}T00:00:00.000Z",
        }
    return shape | {"isUnderConstruction": waypoint.under_construction}


def _stub(waypoint: Waypoint) -> Json:
    return {"symbol": waypoint.symbol, "type": waypoint.type, "x": waypoint.x, "y": waypoint.y}


def _orbits(waypoint: Waypoint) -> Json:
    return {"orbits": waypoint.orbits} if waypoint.orbits else {}


def _symbols(symbols: Iterable[str]) -> list[Json]:
    return [{"symbol": symbol} for symbol in symbols]


def _trade_good_json(good: TradeGood) -> Json:
    shape: Json = {
        "symbol": good.symbol,
        "type": good.kind,
        "tradeVolume": good.trade_volume,
        "supply": good.supply,
    }
    if good.activity:
        shape["activity"] = good.activity
    return shape | {"purchasePrice": good.purchase_price, "sellPrice": good.sell_price}


def _offer_json(call: Call, symbol: str) -> Json:
    model, parts = SHIP_TYPES[symbol], call.game.blueprints[symbol]
    return {
        "type": symbol,
        "name": words(symbol),
        "description": f"{words(symbol)}: a ship of the sandbox.",
        "supply": "MODERATE",
        "activity": "WEAK",
        "purchasePrice": model.price,
        "frame": parts.frame,
        "reactor": parts.reactor,
        "engine": parts.engine,
        "modules": parts.modules,
        "mounts": parts.mounts,
        "crew": {"required": model.crew_required, "capacity": model.crew_capacity},
    }
