"""Every call of the game's API that the sandbox answers."""

from __future__ import annotations

from typing import Final

from sandbox.endpoint import Access, GameRoute
from sandbox.handlers import actions, agents, fleet, leaving, refuelling, status, systems, trading

SHIP: Final = "/my/ships/{ship}"
WAYPOINT: Final = "/systems/{system}/waypoints/{waypoint}"

GAME_ROUTES: Final = (
    GameRoute("GET", "", "get_status", status.get_status, Access.OPEN),
    GameRoute("GET", "/", "get_status", status.get_status, Access.OPEN),
    GameRoute("GET", "/error-codes", "list_error_codes", status.list_error_codes, Access.OPEN),
    GameRoute("POST", "/register", "register", agents.register, Access.ACCOUNT),
    GameRoute("GET", "/my/agent", "get_agent", agents.get_agent),
    GameRoute("GET", "/my/account", "get_account", agents.get_account),
    GameRoute("GET", "/my/contracts", "list_contracts", agents.list_contracts),
    GameRoute("GET", "/my/contracts/{contract}", "get_contract", agents.get_contract),
    GameRoute("GET", "/my/ships", "list_ships", fleet.list_ships),
    GameRoute("POST", "/my/ships", "buy_ship", fleet.buy_ship),
    GameRoute("GET", SHIP, "get_ship", fleet.get_ship),
    GameRoute("GET", f"{SHIP}/nav", "get_nav", fleet.get_nav),
    GameRoute("PATCH", f"{SHIP}/nav", "set_flight_mode", actions.set_flight_mode),
    GameRoute("GET", f"{SHIP}/cargo", "get_cargo", fleet.get_cargo),
    GameRoute("GET", f"{SHIP}/cooldown", "get_cooldown", fleet.get_cooldown),
    GameRoute("POST", f"{SHIP}/orbit", "orbit", actions.orbit),
    GameRoute("POST", f"{SHIP}/dock", "dock", actions.dock),
    GameRoute("POST", f"{SHIP}/navigate", "navigate", actions.navigate),
    GameRoute("POST", f"{SHIP}/refuel", "refuel", refuelling.refuel),
    GameRoute("POST", f"{SHIP}/jump", "jump", leaving.jump),
    GameRoute("POST", f"{SHIP}/warp", "warp", leaving.warp),
    GameRoute("POST", f"{SHIP}/purchase", "purchase", trading.purchase),
    GameRoute("POST", f"{SHIP}/sell", "sell", trading.sell),
    GameRoute("GET", "/agents", "list_agents", agents.list_agents, Access.OPTIONAL),
    GameRoute("GET", "/agents/{agent}", "get_public_agent", agents.get_public_agent, Access.OPTIONAL),
    GameRoute("GET", "/factions", "list_factions", agents.list_factions, Access.OPTIONAL),
    GameRoute("GET", "/factions/{faction}", "get_faction", agents.get_faction, Access.OPTIONAL),
    GameRoute("GET", "/systems", "list_systems", systems.list_systems, Access.OPTIONAL),
    GameRoute("GET", "/systems/{system}", "get_system", systems.get_system, Access.OPTIONAL),
    GameRoute("GET", "/systems/{system}/waypoints", "list_waypoints", systems.list_waypoints, Access.OPTIONAL),
    GameRoute("GET", WAYPOINT, "get_waypoint", systems.get_waypoint, Access.OPTIONAL),
    GameRoute("GET", f"{WAYPOINT}/market", "get_market", systems.get_market, Access.OPTIONAL),
    GameRoute("GET", f"{WAYPOINT}/shipyard", "get_shipyard", systems.get_shipyard, Access.OPTIONAL),
    GameRoute("GET", f"{WAYPOINT}/jump-gate", "get_jump_gate", systems.get_jump_gate, Access.OPTIONAL),
    GameRoute("GET", f"{WAYPOINT}/construction", "get_construction", systems.get_construction, Access.OPTIONAL),
)
