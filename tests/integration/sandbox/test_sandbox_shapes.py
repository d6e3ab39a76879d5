"""Every answer holds every key that strict clients require, with the right kind of value."""

import re
from typing import Any

from tests.fakes.sandbox_driver import Driver

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Stamp:
    """A time stamp, in a shape."""


class Maybe:
    """A key that may be absent, in a shape."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


NAMED = {"symbol": str, "name": str, "description": str}
NEEDS = {"power": int, "crew": int, "slots": int}
END = {"symbol": str, "type": str, "systemSymbol": str, "x": int, "y": int}
PART = NAMED | {"condition": int, "integrity": int, "quality": int, "requirements": NEEDS}
AGENT = {"accountId": str, "symbol": str, "headquarters": str, "credits": int, "startingFaction": str, "shipCount": int}
ROUTE = {"destination": END, "origin": END, "departure": END, "departureTime": Stamp, "arrival": Stamp}
NAV = {"systemSymbol": str, "waypointSymbol": str, "route": ROUTE, "status": str, "flightMode": str}
FUEL = {"current": int, "capacity": int, "consumed": {"amount": int, "timestamp": Stamp}}
CARGO = {"capacity": int, "units": int, "inventory": [NAMED | {"units": int}]}
COOLDOWN = {"shipSymbol": str, "totalSeconds": int, "remainingSeconds": int, "expiration": Maybe(Stamp)}
PARTS = {
    "frame": PART | {"moduleSlots": int, "mountingPoints": int, "fuelCapacity": int},
    "reactor": PART | {"powerOutput": int},
    "engine": PART | {"speed": int},
    "modules": [NAMED | {"requirements": NEEDS, "capacity": Maybe(int), "range": Maybe(int)}],
    "mounts": [NAMED | {"requirements": NEEDS, "strength": Maybe(int), "deposits": Maybe([str])}],
}
SHIP = PARTS | {
    "symbol": str,
    "registration": {"name": str, "factionSymbol": str, "role": str},
    "nav": NAV,
    "crew": {"current": int, "required": int, "capacity": int, "rotation": str, "morale": int, "wages": int},
    "cargo": CARGO,
    "fuel": FUEL,
    "cooldown": COOLDOWN,
}
FACTION = NAMED | {"headquarters": Maybe(str), "traits": [NAMED], "isRecruiting": bool}
DELIVERY = {"tradeSymbol": str, "destinationSymbol": str, "unitsRequired": int, "unitsFulfilled": int}
CONTRACT = {
    "id": str,
    "factionSymbol": str,
    "type": str,
    "terms": {"deadline": Stamp, "payment": {"onAccepted": int, "onFulfilled": int}, "deliver": [DELIVERY]},
    "accepted": bool,
    "fulfilled": bool,
    "expiration": Stamp,
    "deadlineToAccept": Stamp,
}
TRADE = {
    "waypointSymbol": str,
    "shipSymbol": str,
    "tradeSymbol": str,
    "type": str,
    "units": int,
    "pricePerUnit": int,
    "totalPrice": int,
    "timestamp": Stamp,
}
PURCHASE = {
    "waypointSymbol": str,
    "shipSymbol": str,
    "shipType": str,
    "price": int,
    "agentSymbol": str,
    "timestamp": Stamp,
}
STUB = {"symbol": str, "type": str, "x": int, "y": int, "orbitals": [{"symbol": str}], "orbits": Maybe(str)}
WAYPOINT = STUB | {
    "systemSymbol": str,
    "faction": Maybe({"symbol": str}),
    "traits": [NAMED],
    "modifiers": [NAMED],
    "chart": Maybe({"waypointSymbol": str, "submittedBy": str, "submittedOn": Stamp}),
    "isUnderConstruction": bool,
}
SYSTEM = {
    "symbol": str,
    "sectorSymbol": str,
    "constellation": str,
    "name": str,
    "type": str,
    "x": int,
    "y": int,
    "waypoints": [STUB],
    "factions": [{"symbol": str}],
}
TRADE_GOOD = {
    "symbol": str,
    "type": str,
    "tradeVolume": int,
    "supply": str,
    "activity": Maybe(str),
    "purchasePrice": int,
    "sellPrice": int,
}
MARKET = {
    "symbol": str,
    "exports": [NAMED],
    "imports": [NAMED],
    "exchange": [NAMED],
    "transactions": Maybe([TRADE]),
    "tradeGoods": Maybe([TRADE_GOOD]),
}
OFFER = PARTS | {
    "type": str,
    "name": str,
    "description": str,
    "supply": str,
    "activity": str,
    "purchasePrice": int,
    "crew": {"required": int, "capacity": int},
}
SHIPYARD = {
    "symbol": str,
    "shipTypes": [{"type": str}],
    "modificationsFee": int,
    "transactions": Maybe([PURCHASE]),
    "ships": Maybe([OFFER]),
}
DEPARTURE = {"nav": NAV, "fuel": FUEL, "events": []}
META = {"total": int, "page": int, "limit": int}


def check(shape: Any, value: Any, where: str = "data") -> None:
    """Compare a value with its shape, key by key."""
    if isinstance(shape, Maybe):
        check(shape.shape, value, where)
    elif isinstance(shape, dict):
        required = {key for key, part in shape.items() if not isinstance(part, Maybe)}
        assert required <= value.keys() <= shape.keys(), (where, required ^ value.keys())
        for key, part in value.items():
            check(shape[key], part, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for number, item in enumerate(value):
            check(shape[0] if shape else None, item, f"{where}[{number}]")
    elif shape is Stamp:
        assert STAMP.fullmatch(value), (where, value)
    else:
        assert type(value) is shape, (where, value)


async def test_a_registration_is_complete(empty: Driver) -> None:
    born = await empty.register()

    check({"token": str, "agent": AGENT, "contract": CONTRACT, "faction": FACTION, "ships": [SHIP]}, born)
    assert len(born["ships"]) == 2


async def test_what_is_mine_is_complete(game: Driver) -> None:
    check(AGENT, (await game.get("/my/agent")).data)
    check([SHIP], (await game.get("/my/ships")).data)
    check(SHIP, (await game.get("/my/ships/ACE-1")).data)
    check(NAV, (await game.get("/my/ships/ACE-1/nav")).data)
    check(CARGO, (await game.get("/my/ships/ACE-1/cargo")).data)
    check([CONTRACT], (await game.get("/my/contracts")).data)
    contract = (await game.get("/my/contracts")).data[0]
    check(CONTRACT, (await game.get(f"/my/contracts/{contract['id']}")).data)
    check({"id": str, "email": type(None), "createdAt": Stamp}, (await game.get("/my/account")).data["account"])


async def test_the_live_servers_key_order_of_a_ship_is_kept(game: Driver) -> None:
    keys = [
        "symbol",
        "registration",
        "nav",
        "crew",
        "frame",
        "reactor",
        "engine",
        "modules",
        "mounts",
        "cargo",
        "fuel",
        "cooldown",
    ]

    assert keys == list((await game.get("/my/ships/ACE-1")).data)


async def test_actions_answer_completely(game: Driver) -> None:
    check({"nav": NAV}, (await game.post("/my/ships/ACE-1/orbit")).data)
    check(DEPARTURE, (await game.patch("/my/ships/ACE-1/nav", {"flightMode": "BURN"})).data)
    target = {"waypointSymbol": game.find("FUEL_STATION").symbol}
    check(DEPARTURE, (await game.post("/my/ships/ACE-1/navigate", target)).data)
    game.wall.pass_seconds(3600)
    check({"nav": NAV}, (await game.post("/my/ships/ACE-1/dock")).data)
    check({"agent": AGENT, "fuel": FUEL, "transaction": TRADE}, (await game.post("/my/ships/ACE-1/refuel")).data)
    bought = (await game.post("/my/ships/ACE-1/purchase", {"symbol": "FUEL", "units": 1})).data
    check({"agent": AGENT, "cargo": CARGO, "transaction": TRADE}, bought)
    check([SHIP], (await game.get("/my/ships")).data)


async def test_jumps_and_purchases_answer_completely(game: Driver) -> None:
    gate = game.find("JUMP_GATE")
    await game.place("ACE-1", gate.symbol, status="IN_ORBIT")
    there = {"waypointSymbol": game.sandbox.game.galaxy.gates[gate.symbol][0]}
    jumped = (await game.post("/my/ships/ACE-1/jump", there)).data
    check({"nav": NAV, "cooldown": COOLDOWN, "transaction": TRADE, "agent": AGENT}, jumped)

    yard = (await game.get("/my/ships/ACE-2/nav")).data["waypointSymbol"]
    bought = (await game.post("/my/ships", {"shipType": "SHIP_PROBE", "waypointSymbol": yard})).data
    check({"agent": AGENT, "ship": SHIP, "transaction": PURCHASE}, bought)


async def test_the_map_is_complete(game: Driver) -> None:
    for system in (await game.get("/systems?limit=20")).data:
        check(SYSTEM, system)
        check(SYSTEM, (await game.get(f"/systems/{system['symbol']}")).data)
        page = (await game.get(f"/systems/{system['symbol']}/waypoints?limit=20")).json
        check({"data": [WAYPOINT], "meta": META}, page)
        check([WAYPOINT], page["data"])


async def test_markets_yards_and_gates_are_complete(game: Driver) -> None:
    await game.place("ACE-1", next(w.symbol for w in game.home.waypoints if w.is_shipyard))
    for waypoint in game.home.waypoints:
        path = f"/systems/{waypoint.system}/waypoints/{waypoint.symbol}"
        check(WAYPOINT, (await game.get(path)).data)
        if waypoint.is_market:
            check(MARKET, (await game.get(f"{path}/market")).data)
        if waypoint.is_shipyard:
            check(SHIPYARD, (await game.get(f"{path}/shipyard")).data)
        if waypoint.type == "JUMP_GATE":
            check({"symbol": str, "connections": [str]}, (await game.get(f"{path}/jump-gate")).data)


async def test_factions_and_agents_are_complete(game: Driver) -> None:
    check([FACTION], (await game.get("/factions?limit=20")).data)
    check({key: shape for key, shape in AGENT.items() if key != "accountId"}, (await game.get("/agents/ACE")).data)


async def test_the_server_describes_itself_without_an_envelope(game: Driver) -> None:
    status = (await game.get("/")).json

    check(
        {
            "status": str,
            "version": str,
            "resetDate": str,
            "description": str,
            "stats": {"accounts": int, "agents": int, "ships": int, "systems": int, "waypoints": int},
            "health": {"lastMarketUpdate": Stamp},
            "leaderboards": {"mostCredits": [{"agentSymbol": str, "credits": int}], "mostSubmittedCharts": []},
            "serverResets": {"next": Stamp, "frequency": str},
            "announcements": [],
            "links": [],
        },
        status,
    )
    codes = (await game.get("/error-codes")).json["errorCodes"]
    check([{"code": int, "name": str}], codes)
    assert {4000, 4113, 4203, 4214, 4236, 4244, 4601} <= {entry["code"] for entry in codes}


async def test_an_error_has_code_message_and_request_id(game: Driver) -> None:
    reply = await game.call("GET", "/my/ships/NOBODY-1", headers={"x-request-id": "mine"})

    check({"code": int, "message": str, "requestId": str}, reply.error)
    assert "mine" == reply.error["requestId"] == reply.headers["x-request-id"]
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
