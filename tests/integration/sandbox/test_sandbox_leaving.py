"""Gates and warp drives: what they ask for, and what they leave behind."""

import pytest

from sandbox.world.places import System, Waypoint
from tests.fakes.sandbox_driver import Driver

SHIP = "/my/ships/ACE-1"


@pytest.fixture
async def at_gate(game: Driver) -> Waypoint:
    """The frigate is in orbit of the home gate."""
    gate = game.find("JUMP_GATE")
    await game.place("ACE-1", gate.symbol, status="IN_ORBIT")
    return gate


def neighbour(game: Driver, gate: Waypoint) -> str:
    galaxy = game.sandbox.game.galaxy
    return next(other for other in galaxy.gates[gate.symbol] if not galaxy.waypoints[other].under_construction)


def unfinished(game: Driver) -> tuple[str, str]:
    """A gate that is not finished, and one that leads to it."""
    galaxy = game.sandbox.game.galaxy
    gate = next(g for g in galaxy.gates if galaxy.waypoints[g].under_construction)
    return gate, galaxy.gates[gate][0]


async def test_a_jump_is_instant_costs_antimatter_and_cools_down(game: Driver, at_gate: Waypoint) -> None:
    there = neighbour(game, at_gate)

    answer = (await game.post(f"{SHIP}/jump", {"waypointSymbol": there})).data

    assert ("IN_ORBIT", there) == (answer["nav"]["status"], answer["nav"]["waypointSymbol"])
    assert (answer["transaction"]["tradeSymbol"], answer["transaction"]["units"]) == ("ANTIMATTER", 1)
    assert 175_000 - answer["transaction"]["totalPrice"] == answer["agent"]["credits"]
    assert answer["cooldown"]["totalSeconds"] == answer["cooldown"]["remainingSeconds"] >= 75
    assert (await game.get(SHIP)).data["fuel"]["current"] == 400


async def test_a_cooldown_blocks_the_next_jump_and_nothing_else(game: Driver, at_gate: Waypoint) -> None:
    there = neighbour(game, at_gate)
    seconds = (await game.post(f"{SHIP}/jump", {"waypointSymbol": there})).data["cooldown"]["totalSeconds"]

    refused = await game.post(f"{SHIP}/jump", {"waypointSymbol": at_gate.symbol})
    docked = await game.post(f"{SHIP}/dock")
    cooling = await game.get(f"{SHIP}/cooldown")
    game.wall.pass_seconds(seconds)
    idle = await game.get(f"{SHIP}/cooldown")
    await game.post(f"{SHIP}/orbit")
    again = await game.post(f"{SHIP}/jump", {"waypointSymbol": at_gate.symbol})

    assert (refused.status, refused.code) == (409, 4000)
    assert refused.error["data"]["cooldown"] == cooling.data
    assert {"shipSymbol", "totalSeconds", "remainingSeconds", "expiration"} == cooling.data.keys()
    assert (docked.status, idle.status, idle.body, again.status) == (200, 204, b"", 200)


async def test_jumps_are_checked_in_order(game: Driver, at_gate: Waypoint) -> None:
    async def jump(to: str) -> int:
        return (await game.post(f"{SHIP}/jump", {"waypointSymbol": to})).code

    site, before_site = unfinished(game)
    await game.post(f"{SHIP}/dock")
    assert await jump(neighbour(game, at_gate)) == 4236
    await game.place("ACE-1", game.home.waypoints[0].symbol, status="IN_ORBIT")
    assert await jump(neighbour(game, at_gate)) == 4254
    await game.place("ACE-1", site)
    assert await jump(before_site) == 4256
    await game.place("ACE-1", before_site)
    assert await jump(site) == 4262
    await game.place("ACE-1", at_gate.symbol)
    assert await jump("X1-NOWHERE-A1") == 4255
    assert await jump(at_gate.symbol) == 4255
    await game.admin("/agents", agent="ACE", credits=4999)
    assert await jump(neighbour(game, at_gate)) == 4265
    assert (await game.post(f"{SHIP}/jump", {"systemSymbol": "X1-A1"})).code == 422


async def test_a_refused_jump_names_the_connections(game: Driver, at_gate: Waypoint) -> None:
    error = (await game.post(f"{SHIP}/jump", {"waypointSymbol": "X1-NOWHERE-A1"})).error

    gate = (await game.get(f"/systems/{at_gate.system}/waypoints/{at_gate.symbol}/jump-gate")).data
    assert {"connections": gate["connections"]} == error["data"]


async def test_probes_jump_too(game: Driver) -> None:
    gate = game.find("JUMP_GATE")
    await game.place("ACE-2", gate.symbol, status="IN_ORBIT")

    assert (await game.post("/my/ships/ACE-2/jump", {"waypointSymbol": neighbour(game, gate)})).status == 200


def nearest(game: Driver) -> System:
    """The nearest other system that has somewhere to go."""
    home = game.home
    systems = (s for s in game.sandbox.game.galaxy.systems.values() if s.waypoints and s.symbol != home.symbol)
    return min(systems, key=lambda s: (s.x - home.x) ** 2 + (s.y - home.y) ** 2)


async def test_an_explorer_warps_by_the_distance_of_the_stars(game: Driver) -> None:
    target = nearest(game).waypoints[-1].symbol
    ship = (await game.admin("/ships", agent="ACE", type="SHIP_EXPLORER", waypoint=game.home.waypoints[0].symbol))[
        "symbol"
    ]
    await game.post(f"/my/ships/{ship}/orbit")

    answer = (await game.post(f"/my/ships/{ship}/warp", {"waypointSymbol": target})).data
    game.wall.pass_seconds(3600)

    assert ("IN_TRANSIT", target) == (answer["nav"]["status"], answer["nav"]["waypointSymbol"])
    assert 800 - answer["fuel"]["current"] == answer["fuel"]["consumed"]["amount"] > 100
    assert (await game.get(f"/my/ships/{ship}/nav")).data["status"] == "IN_ORBIT"


async def test_a_warp_can_be_sped_up_under_way(game: Driver) -> None:
    target = nearest(game).waypoints[0].symbol
    await game.admin("/ships", agent="ACE", type="SHIP_EXPLORER", waypoint=game.home.waypoints[0].symbol)
    await game.post("/my/ships/ACE-3/orbit")
    await game.patch("/my/ships/ACE-3/nav", {"flightMode": "DRIFT"})
    drifting = (await game.post("/my/ships/ACE-3/warp", {"waypointSymbol": target})).data

    cruising = (await game.patch("/my/ships/ACE-3/nav", {"flightMode": "CRUISE"})).data

    assert cruising["nav"]["route"]["arrival"] < drifting["nav"]["route"]["arrival"]
    assert cruising["fuel"]["current"] < drifting["fuel"]["current"] == 799


async def test_warps_are_checked_in_order(game: Driver) -> None:
    home, galaxy = game.home, game.sandbox.game.galaxy
    far = max(
        (s for s in galaxy.systems.values() if s.waypoints), key=lambda s: (s.x - home.x) ** 2 + (s.y - home.y) ** 2
    )
    await game.admin("/ships", agent="ACE", type="SHIP_EXPLORER", waypoint=home.waypoints[0].symbol, fuel=10)

    async def warp(ship: str, to: str) -> int:
        return (await game.post(f"/my/ships/{ship}/warp", {"waypointSymbol": to})).code

    near = nearest(game).waypoints[0].symbol
    assert await warp("ACE-3", near) == 4236
    await game.post("/my/ships/ACE-3/orbit")
    await game.post(f"{SHIP}/orbit")
    assert await warp("ACE-3", "X1-NOWHERE-A1") == 4201
    assert await warp("ACE-3", home.waypoints[1].symbol) == 4235
    assert await warp("ACE-1", near) == 4241
    assert await warp("ACE-3", far.waypoints[0].symbol) == 4201
    assert await warp("ACE-3", near) == 4203
