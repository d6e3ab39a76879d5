"""Registration, the own agent, and what is public about the others."""

from __future__ import annotations

import re
from typing import Final

from sandbox.call import Answer, Call, applied, page_of, read
from sandbox.errors import RefusedError, not_found
from sandbox.render import Json, agent_json, named, ship_json
from sandbox.universe import Agent
from sandbox.world.factions import FACTIONS, faction_named
from sandbox.world.places import System
from sandbox.world.ship_types import FLEET_TURN

CALL_SIGN: Final = re.compile(r"[A-Z0-9_-]{3,14}")
RESERVED: Final = frozenset({"ADMIN", "SANDBOX", "SPACETRADERS"})
START_CREDITS: Final = 175_000
WEEK: Final = 7 * 86_400_000


def register(call: Call) -> Answer:
    """Enlist a new agent of a faction: a frigate at headquarters, and a probe at a shipyard."""
    symbol, faction = _enlistment(call)
    start = _start_system(call, symbol, faction)
    universe, now = call.game.universe, call.now
    agent = Agent(symbol, faction, start.waypoints[0].symbol, START_CREDITS, now)
    universe.agents[symbol] = call.agent = agent
    yard = next(w for w in start.waypoints if w.is_shipyard and w.symbol.split("-")[-1].startswith("H"))
    ships = [
        universe.build_ship(agent, "SHIP_COMMAND_FRIGATE", agent.headquarters, now),
        universe.build_ship(agent, "SHIP_PROBE", yard.symbol, now),
    ]
    for number in range(call.game.config.ships):
        universe.build_ship(agent, FLEET_TURN[number % len(FLEET_TURN)], agent.headquarters, now)
    answer = {
        "token": call.game.tokens.issue(symbol, now),
        "agent": agent_json(agent, universe),
        "contract": contract_json(call, agent),
        "faction": faction_json(call, faction),
        "ships": [ship_json(ship, universe, call.game.clock, call.game.blueprints[ship.type]) for ship in ships],
    }
    return applied(answer, status=201)


def _enlistment(call: Call) -> tuple[str, str]:
    fields = call.fields()
    symbol = fields.text("symbol").upper()
    if symbol and not CALL_SIGN.fullmatch(symbol):
        fields.reject("symbol", "symbol must be 3 to 14 characters: letters, digits, dashes and underscores.")
    faction = fields.choice("faction", [faction.symbol for faction in FACTIONS])
    fields.check()
    return symbol, faction


def _start_system(call: Call, symbol: str, faction: str) -> System:
    if symbol in RESERVED:
        raise RefusedError(4110, f"The call sign {symbol} is reserved.", {"agentSymbol": symbol})
    if symbol in call.game.universe.agents:
        raise RefusedError(4111, f"The call sign {symbol} is taken.", {"agentSymbol": symbol})
    start = call.game.galaxy.start_system(faction)
    if start is None:
        raise RefusedError(4112, f"The faction {faction} takes no new agents.", {"factionSymbol": faction})
    return start


def get_agent(call: Call) -> Answer:
    """The caller's agent."""
    return read(agent_json(call.own_agent, call.game.universe))


def get_account(call: Call) -> Answer:
    """The account behind the caller's agent."""
    agent = call.own_agent
    account = {
        "id": call.game.universe.identifier("account", agent.symbol),
        "email": None,
        "createdAt": call.game.clock.stamp(agent.registered),
    }
    return read({"account": account})


def list_agents(call: Call) -> Answer:
    """All agents, as the public sees them."""
    agents = list(call.game.universe.agents.values())
    return page_of(call, agents, lambda agent: agent_json(agent, call.game.universe, own=False))


def get_public_agent(call: Call) -> Answer:
    """One agent, as the public sees it."""
    symbol = call.path["agent"].upper()
    agent = call.game.universe.agents.get(symbol)
    if agent is None:
        raise not_found(f"Agent {symbol}")
    return read(agent_json(agent, call.game.universe, own=False))


def list_contracts(call: Call) -> Answer:
    """The caller's contracts: the one that came with the registration."""
    return page_of(call, [call.own_agent], lambda agent: contract_json(call, agent))


def get_contract(call: Call) -> Answer:
    """One contract."""
    contract = contract_json(call, call.own_agent)
    if contract["id"] != call.path["contract"]:
        raise not_found(f"Contract {call.path['contract']}")
    return read(contract)


def contract_json(call: Call, agent: Agent) -> Json:
    """The open contract every agent starts with; the sandbox never settles it."""
    clock = call.game.clock
    terms: Json = {
        "deadline": clock.stamp(agent.registered + WEEK),
        "payment": {"onAccepted": 1500, "onFulfilled": 8500},
        "deliver": [
            {
                "tradeSymbol": "IRON_ORE",
                "destinationSymbol": agent.headquarters,
                "unitsRequired": 50,
                "unitsFulfilled": 0,
            }
        ],
    }
    return {
        "id": call.game.universe.identifier("contract", agent.symbol),
        "factionSymbol": agent.faction,
        "type": "PROCUREMENT",
        "terms": terms,
        "accepted": False,
        "fulfilled": False,
        "expiration": clock.stamp(agent.registered + WEEK // 7),
        "deadlineToAccept": clock.stamp(agent.registered + WEEK // 7),
    }


def list_factions(call: Call) -> Answer:
    """All factions."""
    return page_of(call, FACTIONS, lambda faction: faction_json(call, faction.symbol))


def get_faction(call: Call) -> Answer:
    """One faction."""
    return read(faction_json(call, call.path["faction"].upper()))


def faction_json(call: Call, symbol: str) -> Json:
    """A Faction; only those that recruit have a headquarters."""
    faction = faction_named(symbol)
    if faction is None:
        raise not_found(f"Faction {symbol}")
    start = call.game.galaxy.start_system(symbol)
    headquarters: Json = {"headquarters": start.waypoints[0].symbol} if start else {}
    description = f"{faction.name}: a faction of the sandbox."
    head: Json = {"symbol": symbol, "name": faction.name, "description": description}
    traits = [named(trait, "trait") for trait in faction.traits]
    return head | headquarters | {"traits": traits, "isRecruiting": faction.recruits}
