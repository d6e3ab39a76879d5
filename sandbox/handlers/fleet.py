"""Looking at ships, and buying them."""

from __future__ import annotations

from sandbox.call import Answer, Call, applied, page_of, read
from sandbox.errors import RefusedError, not_found
from sandbox.render import Json, agent_json, cargo_json, cooldown_json, nav_json, ship_json
from sandbox.universe import Ship
from sandbox.world.ship_types import SHIP_TYPES, ships_sold_at


def own_ship_json(call: Call, ship: Ship) -> Json:
    """A Ship of the caller."""
    return ship_json(ship, call.game.universe, call.game.clock, call.game.blueprints[ship.type])


def list_ships(call: Call) -> Answer:
    """The caller's ships, in the order of their making."""
    universe = call.game.universe
    return page_of(
        call, universe.fleet(call.own_agent.symbol), lambda symbol: own_ship_json(call, universe.ships[symbol])
    )


def get_ship(call: Call) -> Answer:
    """One ship."""
    return read(own_ship_json(call, call.own_ship))


def get_nav(call: Call) -> Answer:
    """Where a ship is."""
    return read(nav_json(call.own_ship, call.game.universe, call.game.clock))


def get_cargo(call: Call) -> Answer:
    """What a ship carries."""
    return read(cargo_json(call.own_ship))


def get_cooldown(call: Call) -> Answer:
    """A ship's cooldown; 204 without a body when idle."""
    if call.own_ship.cooldown_end <= call.now:
        return Answer(status=204)
    return read(cooldown_json(call.own_ship, call.game.clock))


def buy_ship(call: Call) -> Answer:
    """Buy a ship at a shipyard where an own ship stands."""
    ship_type, waypoint_symbol = _order(call)
    universe, agent = call.game.universe, call.own_agent
    waypoint = universe.galaxy.waypoints.get(waypoint_symbol)
    if waypoint is None or not waypoint.is_shipyard:
        raise not_found(f"Shipyard {waypoint_symbol}")
    if not universe.is_present(agent.symbol, waypoint.symbol, call.now):
        raise RefusedError(
            4245,
            f"Agent {agent.symbol} has no ship at {waypoint.symbol}.",
            {"waypointSymbol": waypoint.symbol},
        )
    if ship_type not in ships_sold_at(waypoint):
        data = {"waypointSymbol": waypoint.symbol, "shipType": ship_type}
        raise RefusedError(4605, f"{ship_type} is not sold at {waypoint.symbol}.", data)
    price = SHIP_TYPES[ship_type].price
    if agent.credits < price:
        balance = {"creditsAvailable": agent.credits, "creditsNeeded": price}
        raise RefusedError(4216, f"{ship_type} costs {price}, and the agent has {agent.credits} credits.", balance)
    agent.credits -= price
    ship = universe.build_ship(agent, ship_type, waypoint.symbol, call.now)
    transaction = {
        "waypointSymbol": waypoint.symbol,
        "shipSymbol": ship_type,
        "shipType": ship_type,
        "price": price,
        "agentSymbol": agent.symbol,
        "timestamp": call.game.clock.stamp(call.now),
    }
    universe.note_purchase(transaction)
    call.ship = ship
    answer = {"agent": agent_json(agent, universe), "ship": own_ship_json(call, ship), "transaction": transaction}
    return applied(answer, status=201)


def _order(call: Call) -> tuple[str, str]:
    fields = call.fields()
    ship_type = fields.choice("shipType", SHIP_TYPES)
    waypoint = fields.text("waypointSymbol").upper()
    fields.check()
    return ship_type, waypoint
